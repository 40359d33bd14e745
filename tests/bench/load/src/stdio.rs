//! A server's pipes.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Template, check, cpu};

fn spawn(command: &[&str]) -> std::io::Result<Child> {
    Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Sends the greeting, a line at a time; only a line with an id is answered.
fn greet(greeting: &[u8], input: &mut impl std::io::Write, output: &mut impl std::io::BufRead) -> std::io::Result<()> {
    for line in greeting.split_inclusive(|byte| *byte == b'\n') {
        input.write_all(line)?;
        input.flush()?;
        if line.windows(5).any(|part| part == b"\"id\":") {
            output.read_until(b'\n', &mut Vec::new())?;
        }
    }
    Ok(())
}

/// A fifth of the time is for warming up.
pub fn run(
    time: Duration,
    window: usize,
    greeting: &[u8],
    mut template: Template,
    command: &[&str],
) -> Result<(), Box<dyn Error>> {
    let mut child = spawn(command)?;
    let mut input = child.stdin.take().expect("it is piped");
    let mut output = BufReader::with_capacity(256 * 1024, child.stdout.take().expect("it is piped"));
    greet(greeting, &mut input, &mut output)?;

    // The first answer is looked at as a whole.
    let (request, number) = template.next();
    input.write_all(request)?;
    let mut first = Vec::new();
    output.read_until(b'\n', &mut first)?;
    check(&first, number)?;

    let mut output = output.into_inner();
    let begin = Instant::now() + time / 5;
    let end = begin + time;
    let (mut wanted, mut under_way, mut counted) = (window, 0, 0_u64);
    let mut started = None;
    let mut batch = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let now = Instant::now();
        if started.is_none() && now >= begin {
            started = Some((now, cpu(child.id())));
        }
        if now >= end {
            let (from, before) = started.expect("the begin is before the end");
            let spent = cpu(child.id()).saturating_sub(before);
            let seconds = from.elapsed().as_secs_f64();
            println!("{{\"requests\":{counted},\"seconds\":{seconds},\"cpu\":{}}}", spent.as_secs_f64());
            break;
        }
        batch.clear();
        for _ in 0..wanted {
            batch.extend_from_slice(template.next().0);
        }
        input.write_all(&batch)?;
        under_way += wanted;
        let read = output.read(&mut buffer)?;
        if read == 0 {
            return Err("the server ended".into());
        }
        wanted = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        under_way -= wanted;
        if started.is_some() {
            counted += wanted as u64;
        }
    }
    // The end of its input makes some servers drop what they are at, so it comes after the last answer.
    while under_way > 0 {
        let read = output.read(&mut buffer)?;
        if read == 0 {
            return Err(format!("{under_way} requests were not answered").into());
        }
        under_way -= buffer[..read].iter().filter(|byte| **byte == b'\n').count().min(under_way);
    }
    drop(input);
    child.wait()?;
    Ok(())
}

pub fn start(count: usize, greeting: &[u8], template: &Template, command: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut taken = Vec::new();
    for _ in 0..count {
        let mut template = template.clone();
        let (request, number) = template.next();
        let begin = Instant::now();
        let mut child = spawn(command)?;
        let mut input = child.stdin.take().expect("it is piped");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        greet(greeting, &mut input, &mut output)?;
        input.write_all(request)?;
        let mut answer = Vec::new();
        output.read_until(b'\n', &mut answer)?;
        taken.push(begin.elapsed().as_secs_f64() * 1e3);
        check(&answer, number)?;
        drop(input);
        child.wait()?;
    }
    println!("{taken:?}");
    Ok(())
}
