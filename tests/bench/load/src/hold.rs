//! Many conversations that are open and say nothing.
//!
//! For each of COUNT, the OPENINGs are sent one after the other, over a few connections that are shared and closed again. The
//! value of HEADER in an answer takes the place of `THE-SESSION` in what follows. With a STREAM, a connection of its own is
//! opened then, sends it, and is held from its first event on. When all are there, a line says the seconds it took.
//!
//! What to do next is read from standard input, until that ends:
//!
//! - `tell TRIGGER TEMPLATE SECONDS MARK` calls with the TEMPLATE, one call after the other, for SECONDS; then sends the TRIGGER
//!   and goes on calling until every stream has had an event with MARK in it. Says in milliseconds when the TRIGGER was answered
//!   and when half and all had theirs; and the latencies of the calls before (`quiet`) and of those in between (`meanwhile`).

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::io::{BufRead as _, Read as _, Write as _};
use std::net::TcpStream as Blocking;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::Template;
use crate::http::{Answer, Latencies};

const OPENERS: usize = 16;
const PLACE: &str = "THE-SESSION";
/// How long all streams may take to hear of one thing.
const PATIENCE: Duration = Duration::from_secs(60);

type Failure = Box<dyn Error>;

/// What all streams share.
#[derive(Default)]
struct Held {
    mark: RefCell<Vec<u8>>,
    /// When each heard of what was told last.
    heard: RefCell<Vec<Instant>>,
    wanted: Cell<usize>,
    all: Notify,
    ended: Cell<usize>,
}

pub fn run(
    address: &str,
    count: usize,
    header: &str,
    openings: Vec<Vec<u8>>,
    stream: Option<Vec<u8>>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let (held, left) = (Rc::new(Held::default()), Rc::new(Cell::new(count)));
        let begin = Instant::now();
        let plan = Rc::new((address.to_owned(), header.to_owned(), openings, stream));
        let openers: Vec<_> = (0..OPENERS.min(count))
            .map(|_| tokio::task::spawn_local(open(Rc::clone(&plan), Rc::clone(&left), Rc::clone(&held))))
            .collect();
        for opener in openers {
            opener.await?.map_err(|why| -> Failure { why.into() })?;
        }
        say(&format!("{{\"seconds\":{}}}", begin.elapsed().as_secs_f64()))?;

        // Read by a thread, since a blocked read must not keep the streams from being read.
        let (sender, mut commands) = tokio::sync::mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        while let Some(command) = commands.recv().await {
            match command.split(' ').collect::<Vec<_>>().as_slice() {
                ["tell", trigger, template, seconds, mark] => {
                    let streams = if plan.3.is_some() { count } else { 0 };
                    let calls = (address.to_owned(), Template::read(template)?);
                    let seconds = Duration::from_secs_f64(seconds.parse()?);
                    say(&tell(&held, streams, std::fs::read(trigger)?, calls, seconds, mark).await?)?;
                }
                _ => return Err(format!("there is no `{command}`").into()),
            }
        }
        Ok(())
    })
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Opens one conversation after the other, as long as there are any left.
async fn open(
    plan: Rc<(String, String, Vec<Vec<u8>>, Option<Vec<u8>>)>,
    left: Rc<Cell<usize>>,
    held: Rc<Held>,
) -> Result<(), String> {
    let (address, header, openings, stream) = &*plan;
    let said = |why: Failure| why.to_string();
    let mut shared = match openings.as_slice() {
        [] => None,
        _ => Some((connect(address).await.map_err(said)?, Answer::default())),
    };
    while left.get() > 0 {
        left.set(left.get() - 1);
        let mut session = None;
        if let Some((connection, answer)) = &mut shared {
            for opening in openings {
                exchange(connection, answer, &filled(opening, session.as_deref())).await.map_err(said)?;
                session = session.or_else(|| answer.header(header).map(ToOwned::to_owned));
            }
        }
        if let Some(request) = stream {
            let mut connection = connect(address).await.map_err(said)?;
            let request = filled(request, session.as_deref());
            connection.write_all(&request).await.map_err(|why| said(why.into()))?;
            begun(&mut connection).await.map_err(said)?;
            tokio::task::spawn_local(listen(connection, Rc::clone(&held)));
        }
    }
    Ok(())
}

async fn connect(address: &str) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn filled(request: &[u8], session: Option<&str>) -> Vec<u8> {
    match session {
        Some(session) => String::from_utf8_lossy(request).replace(PLACE, session).into_bytes(),
        None => request.to_vec(),
    }
}

async fn exchange(stream: &mut TcpStream, answer: &mut Answer, request: &[u8]) -> Result<(), Failure> {
    stream.write_all(request).await?;
    answer.clear();
    while !answer.whole()? {
        let read = stream.read(answer.room()).await?;
        answer.grew(|_| Ok(read))?;
    }
    Ok(())
}

/// Waits for the head of a stream and something behind it.
async fn begun(stream: &mut TcpStream) -> Result<(), Failure> {
    let mut seen = Vec::new();
    loop {
        if stream.read_buf(&mut seen).await? == 0 {
            return Err(format!("a stream ended at its beginning: {}", String::from_utf8_lossy(&seen)).into());
        }
        let head = seen.windows(4).position(|part| part == b"\r\n\r\n");
        if head.is_some_and(|head| head + 4 < seen.len()) {
            let good = seen.starts_with(b"HTTP/1.1 200");
            return if good { Ok(()) } else { Err(String::from_utf8_lossy(&seen).into_owned().into()) };
        }
    }
}

/// Reads one stream for as long as it lasts.
async fn listen(mut stream: TcpStream, held: Rc<Held>) {
    let mut buffer = [0; 1024];
    let mut kept = 0;
    loop {
        match stream.read(&mut buffer[kept..]).await {
            Ok(0) | Err(_) => {
                held.ended.set(held.ended.get() + 1);
                return held.all.notify_one();
            }
            Ok(read) => kept += read,
        }
        let mark = held.mark.borrow();
        let found = !mark.is_empty() && buffer[..kept].windows(mark.len()).any(|part| part == mark.as_slice());
        if found {
            held.heard.borrow_mut().push(Instant::now());
            kept = 0;
            if held.heard.borrow().len() == held.wanted.get() {
                held.all.notify_one();
            }
        } else {
            // The mark may come in two pieces.
            let rest = kept.min(mark.len().saturating_sub(1));
            buffer.copy_within(kept - rest..kept, 0);
            kept = rest;
        }
    }
}

async fn tell(
    held: &Held,
    streams: usize,
    trigger: Vec<u8>,
    (address, template): (String, Template),
    quiet: Duration,
    mark: &str,
) -> Result<String, Failure> {
    *held.mark.borrow_mut() = mark.as_bytes().to_vec();
    held.heard.borrow_mut().clear();
    held.wanted.set(streams);
    let (mut connection, mut answer) = (connect(&address).await?, Answer::default());
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let calls = std::thread::spawn(move || call(&address, template, &stopped).map_err(|why| why.to_string()));
    tokio::time::sleep(quiet).await;

    let begin = Instant::now();
    exchange(&mut connection, &mut answer, &trigger).await?;
    let answered = begin.elapsed();
    let all = async {
        while held.heard.borrow().len() < streams && held.ended.get() == 0 {
            held.all.notified().await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, all).await;
    let end = Instant::now();
    stop.store(true, Ordering::Relaxed);
    let calls = calls.join().map_err(|_| "the calls panicked")??;
    let mut heard: Vec<f64> =
        held.heard.borrow().iter().map(|at| at.saturating_duration_since(begin).as_secs_f64() * 1e3).collect();
    if came.is_err() || held.ended.get() > 0 {
        return Err(format!("{} of {streams} streams heard it, {} ended", heard.len(), held.ended.get()).into());
    }
    heard.sort_by(f64::total_cmp);
    let latencies = |wanted: &dyn Fn(Instant, Instant) -> bool| {
        let chosen = calls.iter().filter(|(from, to)| wanted(*from, *to));
        Latencies::of(chosen.map(|(from, to)| to.duration_since(*from).as_nanos() as u64).collect())
    };
    // The first calls are for warming up.
    let warm = begin.checked_sub(quiet * 4 / 5).unwrap_or(begin);
    Ok(format!(
        "{{\"answered\":{},\"half\":{},\"all\":{},\"quiet\":{{{}}},\"meanwhile\":{{{}}}}}",
        answered.as_secs_f64() * 1e3,
        heard.get(heard.len() / 2).copied().unwrap_or_default(),
        heard.last().copied().unwrap_or_default(),
        latencies(&|from, to| from >= warm && to < begin),
        latencies(&|from, to| to >= begin && from <= end),
    ))
}

/// One call after the other; when each began and ended.
fn call(address: &str, mut template: Template, stop: &AtomicBool) -> Result<Vec<(Instant, Instant)>, Failure> {
    let mut stream = Blocking::connect(address)?;
    stream.set_nodelay(true)?;
    let (mut answer, mut taken) = (Answer::default(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let begin = Instant::now();
        let (request, number) = template.next();
        stream.write_all(request)?;
        answer.clear();
        while !answer.whole()? {
            answer.grew(|room| stream.read(room))?;
        }
        taken.push((begin, Instant::now()));
        answer.check(number)?;
    }
    Ok(taken)
}
