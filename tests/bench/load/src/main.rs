//! The client of the bench: it sends what it is given and counts what comes back. It knows HTTP and lines, and nothing of MCP.
//!
//! A template is a whole request in a file. Wherever it says `1000000`, each request gets a number of its own, counting up from
//! there; a number keeps its seven digits, so a request keeps its length.
//!
//! - `bench-load http ADDR SECONDS PID[,PID..] TEMPLATE..`: one keep-alive connection for each template, the next request after
//!   each answer. Says requests, seconds, the CPU seconds of the processes, together and each, and in microseconds the
//!   latencies' p50, p99 and the slowest.
//! - `bench-load stdio SECONDS WINDOW GREETING TEMPLATE COMMAND..`: starts the server, and keeps WINDOW requests under way.
//!   Says messages and seconds, and the CPU seconds of the server.
//! - `bench-load start COUNT GREETING TEMPLATE COMMAND..`: milliseconds from start to first answer, as often as COUNT.
//! - `bench-load hold ADDR COUNT HEADER [OPENING..] -- [STREAM]`: holds many conversations open, see `hold.rs`.
//! - `bench-load bad ADDR SECONDS CONNECTIONS RATE ONCE AGAIN TIMES`: clients that do not behave, see `bad.rs`.

mod bad;
mod hold;
mod http;
mod stdio;

use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["http", address, seconds, pids, templates @ ..] if !templates.is_empty() => {
            let templates = templates.iter().map(|path| Template::read(path)).collect::<Result<Vec<_>, _>>()?;
            let pids = pids.split(',').map(str::parse).collect::<Result<Vec<_>, _>>()?;
            http::run(address, Duration::from_secs_f64(seconds.parse()?), &pids, templates)
        }
        ["stdio", seconds, window, greeting, template, command @ ..] if !command.is_empty() => {
            let greeting = std::fs::read(greeting)?;
            let seconds = Duration::from_secs_f64(seconds.parse()?);
            stdio::run(seconds, window.parse()?, &greeting, Template::read(template)?, command)
        }
        ["start", count, greeting, template, command @ ..] if !command.is_empty() => {
            stdio::start(count.parse()?, &std::fs::read(greeting)?, &Template::read(template)?, command)
        }
        ["hold", address, count, header, files @ ..] if files.contains(&"--") => {
            let at = files.iter().position(|file| *file == "--").unwrap_or_default();
            let openings = files[..at].iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
            let stream = files.get(at + 1).map(std::fs::read).transpose()?;
            hold::run(address, count.parse()?, header, openings, stream)
        }
        ["bad", address, seconds, connections, rate, once, again, times] => {
            let kind = bad::Kind {
                once: std::fs::read(once)?,
                again: std::fs::read(again)?,
                times: times.parse()?,
                rate: rate.parse()?,
            };
            bad::run(address, Duration::from_secs_f64(seconds.parse()?), connections.parse()?, kind)
        }
        _ => Err("bench-load http|stdio|start|hold|bad: see the top of its main.rs".into()),
    }
}

const FIRST: u64 = 1_000_000;

/// A request, and where in it its number stands.
#[derive(Clone)]
struct Template {
    bytes: Vec<u8>,
    places: Vec<usize>,
    number: u64,
}

impl Template {
    fn read(path: &str) -> std::io::Result<Self> {
        let bytes = std::fs::read(path)?;
        let mark = FIRST.to_string().into_bytes();
        let places = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&mark)).collect();
        Ok(Self { bytes, places, number: FIRST })
    }

    /// The next request, and its number.
    fn next(&mut self) -> (&[u8], [u8; 7]) {
        let mut digits = [0; 7];
        let mut rest = self.number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.number = if self.number == 9_999_999 { FIRST } else { self.number + 1 };
        for place in &self.places {
            self.bytes[*place..place + 7].copy_from_slice(&digits);
        }
        (&self.bytes, digits)
    }
}

/// Refuses an answer that is none: fast errors are not to be counted.
fn check(answer: &[u8], number: [u8; 7]) -> Result<(), Box<dyn std::error::Error>> {
    let has = |what: &[u8]| answer.windows(what.len()).any(|part| part == what);
    if has(&number) && has(b"\"result\"") && !has(b"\"isError\":true") {
        return Ok(());
    }
    let start = String::from_utf8_lossy(&answer[..answer.len().min(400)]);
    Err(format!("request {} was answered with {start}", String::from_utf8_lossy(&number)).into())
}

/// CPU time of a process so far, in all its threads.
fn cpu(pid: u32) -> Duration {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Duration::ZERO };
    let spent = threads.flatten().filter_map(|thread| {
        let line = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        line.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}
