//! Clients that do not behave. Each sends ONCE, and then AGAIN as often as TIMES, as fast as the server takes it; it reads RATE
//! bytes a second, or nothing (0), or all there is (-1). Where the server ends a connection, another one is begun. Says how
//! much was sent and read, and how many connections there were.

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub struct Kind {
    pub once: Vec<u8>,
    pub again: Vec<u8>,
    pub times: u64,
    pub rate: i64,
}

#[derive(Default)]
struct Done {
    sent: Cell<u64>,
    read: Cell<u64>,
    connections: Cell<u64>,
}

pub fn run(address: &str, time: Duration, connections: usize, kind: Kind) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let (kind, done) = (Rc::new(kind), Rc::new(Done::default()));
    let end = Instant::now() + time;
    local.block_on(&runtime, async {
        for _ in 0..connections {
            let (address, kind, done) = (address.to_owned(), Rc::clone(&kind), Rc::clone(&done));
            tokio::task::spawn_local(async move {
                loop {
                    // However it ended, the next one is no better.
                    let _ = one(&address, &kind, &done).await;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            });
        }
        tokio::time::sleep_until(end.into()).await;
    });
    let (sent, read, connections) = (done.sent.get(), done.read.get(), done.connections.get());
    println!("{{\"sent\":{sent},\"read\":{read},\"connections\":{connections}}}");
    Ok(())
}

async fn one(address: &str, kind: &Kind, done: &Done) -> std::io::Result<()> {
    let stream = TcpStream::connect(address).await?;
    done.connections.set(done.connections.get() + 1);
    let (mut from, mut to) = stream.into_split();
    let write = async {
        let mut next = kind.once.as_slice();
        let mut left = kind.times;
        loop {
            while !next.is_empty() {
                let some = to.write(next).await?;
                done.sent.set(done.sent.get() + some as u64);
                next = &next[some..];
            }
            if left == 0 {
                return std::future::pending::<std::io::Result<()>>().await;
            }
            left -= 1;
            next = &kind.again;
        }
    };
    let read = async {
        let mut buffer = vec![0; if kind.rate > 0 { kind.rate as usize } else { 64 * 1024 }];
        loop {
            match kind.rate {
                0 => std::future::pending::<()>().await,
                1.. => tokio::time::sleep(Duration::from_secs(1)).await,
                _ => {}
            }
            match from.read(&mut buffer).await? {
                0 => return Ok(()),
                some => done.read.set(done.read.get() + some as u64),
            }
        }
    };
    tokio::select! {
        ended = write => ended,
        ended = read => ended,
    }
}
