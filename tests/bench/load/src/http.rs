//! Keep-alive connections, one request under way on each.

use std::cell::RefCell;
use std::error::Error;
use std::io::{Read as _, Write as _};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{Template, check, cpu};

/// Latencies in nanoseconds: of what began after the warming up, and before.
#[derive(Default)]
struct Seen {
    latencies: Vec<u64>,
    early: Vec<u64>,
}

/// A fifth of the time is for warming up; it counts where a server needs longer than that for its first answer to each.
pub fn run(address: &str, time: Duration, pids: &[u32], templates: Vec<Template>) -> Result<(), Box<dyn Error>> {
    let (start, at_start) = (Instant::now(), each(pids));
    let mut begin = start + time / 5;
    let end = begin + time;
    let seen = Rc::new(RefCell::new(Seen::default()));
    let mut before = Vec::new();
    if templates.len() == 1 {
        // Alone, a blocking socket has the smallest cost of its own.
        before = one(address, begin, end, pids, templates.into_iter().next().expect("there is one"), &seen)?;
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let mut tasks = Vec::new();
            for template in templates {
                tasks.push(tokio::task::spawn_local(many(address.to_owned(), begin, end, template, Rc::clone(&seen))));
            }
            tokio::time::sleep_until(begin.into()).await;
            before = each(pids);
            for task in tasks {
                task.await?.map_err(|why| -> Box<dyn Error> { why.into() })?;
            }
            Ok::<_, Box<dyn Error>>(())
        })?;
    }
    let mut seen = seen.borrow_mut();
    if seen.latencies.is_empty() {
        (begin, before) = (start, at_start);
        seen.latencies = std::mem::take(&mut seen.early);
    }
    let spent: Vec<f64> =
        each(pids).iter().zip(&before).map(|(now, then)| now.saturating_sub(*then).as_secs_f64()).collect();
    let latencies = Latencies::of(std::mem::take(&mut seen.latencies));
    println!(
        "{{\"requests\":{},\"seconds\":{},\"cpu\":{},\"each\":{spent:?},{latencies}}}",
        latencies.0.len(),
        begin.elapsed().as_secs_f64(),
        spent.iter().sum::<f64>(),
    );
    Ok(())
}

/// The CPU time of each process so far.
fn each(pids: &[u32]) -> Vec<Duration> {
    pids.iter().map(|pid| cpu(*pid)).collect()
}

/// What many calls took, in nanoseconds, in order.
pub struct Latencies(Vec<u64>);

impl Latencies {
    pub fn of(mut latencies: Vec<u64>) -> Self {
        latencies.sort_unstable();
        Self(latencies)
    }

    /// In microseconds.
    fn at(&self, part: f64) -> f64 {
        let place = (self.0.len() as f64 * part) as usize;
        self.0.get(place.min(self.0.len().saturating_sub(1))).map_or(0.0, |nanos| *nanos as f64 / 1e3)
    }
}

impl std::fmt::Display for Latencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [p50, p99, slowest] = [0.5, 0.99, 1.0].map(|part| self.at(part));
        write!(f, "\"p50\":{p50},\"p99\":{p99},\"slowest\":{slowest},\"calls\":{}", self.0.len())
    }
}

fn one(
    address: &str,
    begin: Instant,
    end: Instant,
    pids: &[u32],
    mut template: Template,
    seen: &RefCell<Seen>,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut answer = Answer::default();
    let mut before = None;
    loop {
        let started = Instant::now();
        if started >= end {
            return Ok(before.unwrap_or_default());
        }
        if started >= begin && before.is_none() {
            before = Some(each(pids));
            continue;
        }
        let (request, number) = template.next();
        stream.write_all(request)?;
        answer.clear();
        while !answer.whole()? {
            answer.grew(|room| stream.read(room))?;
        }
        seen.borrow_mut().note(started, before.is_some());
        answer.check(number)?;
    }
}

async fn many(
    address: String,
    begin: Instant,
    end: Instant,
    mut template: Template,
    seen: Rc<RefCell<Seen>>,
) -> Result<(), String> {
    let said = |why: Box<dyn Error>| why.to_string();
    let mut stream = tokio::net::TcpStream::connect(address).await.map_err(|why| said(why.into()))?;
    stream.set_nodelay(true).map_err(|why| said(why.into()))?;
    let mut answer = Answer::default();
    loop {
        let started = Instant::now();
        if started >= end {
            return Ok(());
        }
        let (request, number) = template.next();
        stream.write_all(request).await.map_err(|why| said(why.into()))?;
        answer.clear();
        while !answer.whole().map_err(said)? {
            let read = stream.read(answer.room()).await.map_err(|why| said(why.into()))?;
            answer.grew(|_| Ok(read)).map_err(said)?;
        }
        seen.borrow_mut().note(started, started >= begin);
        answer.check(number).map_err(said)?;
    }
}

impl Seen {
    fn note(&mut self, started: Instant, counts: bool) {
        let taken = started.elapsed().as_nanos() as u64;
        if counts { &mut self.latencies } else { &mut self.early }.push(taken);
    }
}

/// What has come of an answer so far.
pub struct Answer {
    buffer: Vec<u8>,
    filled: usize,
    /// Where the body begins; 0 while the head is not whole.
    body: usize,
    /// Where the answer ends, or where its next chunk begins.
    end: usize,
    chunked: bool,
    count: u64,
}

impl Default for Answer {
    fn default() -> Self {
        Self { buffer: vec![0; 256 * 1024], filled: 0, body: 0, end: 0, chunked: false, count: 0 }
    }
}

impl Answer {
    pub fn clear(&mut self) {
        (self.filled, self.body, self.end, self.chunked) = (0, 0, 0, false);
    }

    pub fn room(&mut self) -> &mut [u8] {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        &mut self.buffer[self.filled..]
    }

    pub fn grew(&mut self, read: impl FnOnce(&mut [u8]) -> std::io::Result<usize>) -> Result<(), Box<dyn Error>> {
        match read(self.room())? {
            0 => Err("the server closed the connection".into()),
            more => {
                self.filled += more;
                Ok(())
            }
        }
    }

    /// Whether the answer is all there.
    pub fn whole(&mut self) -> Result<bool, Box<dyn Error>> {
        let there = &self.buffer[..self.filled];
        if self.body == 0 {
            let Some(head) = there.windows(4).position(|part| part == b"\r\n\r\n") else { return Ok(false) };
            let text = std::str::from_utf8(&there[..head])?;
            // Notifications are accepted, and not answered.
            if !text.starts_with("HTTP/1.1 200") && !text.starts_with("HTTP/1.1 202") {
                return Err(format!("the server said {text}").into());
            }
            self.body = head + 4;
            self.end = self.body;
            match header(text, "content-length") {
                Some(length) => self.end += length.parse::<usize>()?,
                None => self.chunked = true,
            }
        }
        while self.chunked && self.end <= self.filled {
            let rest = &there[self.end..];
            let Some(line) = rest.windows(2).position(|part| part == b"\r\n") else { return Ok(false) };
            let size = std::str::from_utf8(&rest[..line])?.split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size.trim(), 16)?;
            self.end += line + 2 + size + 2;
            self.chunked = size > 0;
        }
        Ok(!self.chunked && self.end <= self.filled)
    }

    /// A header of an answer that is whole.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        header(std::str::from_utf8(&self.buffer[..self.body]).ok()?, wanted)
    }

    /// Looks into one answer of 64.
    pub fn check(&mut self, number: [u8; 7]) -> Result<(), Box<dyn Error>> {
        self.count += 1;
        if self.count % 64 == 1 { check(&self.buffer[self.body..self.filled], number) } else { Ok(()) }
    }
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).next()
}
