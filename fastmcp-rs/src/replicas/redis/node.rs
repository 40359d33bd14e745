//! One server, and the connection to it: made when first needed, shared by all who ask, made again when it broke, and then after
//! pauses that grow.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::time::Instant;

use super::address::RedisAddress;
use super::dial::{Dialed, Dialer};
use super::failure::RedisFailure;
use super::flight::{Flight, jittered};
use super::scripts::ScriptCall;
use crate::future;
use crate::session::lock;

/// The pauses between attempts to connect, each a little more or less.
const PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(20),
    Duration::from_millis(60),
    Duration::from_millis(180),
    Duration::from_millis(400),
];

pub(super) struct RedisNode {
    pub address: RedisAddress,
    dialer: Arc<Dialer>,
    line: Mutex<NodeLine>,
    dialing: Flight<Result<Arc<Dialed>, RedisFailure>>,
    probing: AtomicBool,
}

#[derive(Default)]
struct NodeLine {
    open: Option<Arc<Dialed>>,
    failures: usize,
    not_before: Option<Instant>,
}

/// What is asked of a server.
#[derive(Clone, Copy)]
pub(super) enum Operation<'a> {
    Command(&'a Cmd),
    Script(&'a ScriptCall<'a>),
}

impl RedisNode {
    pub(super) fn new(address: RedisAddress, dialer: Arc<Dialer>) -> Arc<Self> {
        Arc::new(Self {
            address,
            dialer,
            line: Mutex::default(),
            dialing: Flight::default(),
            probing: AtomicBool::new(false),
        })
    }

    /// The connection, once there is one.
    pub(super) async fn connection(self: &Arc<Self>) -> Result<Arc<Dialed>, RedisFailure> {
        if let Some(open) = &lock(&self.line).open {
            return Ok(Arc::clone(open));
        }
        let dialed = self.dialing.join(|| Arc::clone(self).dial()).await;
        self.dialing.clear();
        dialed.unwrap_or_else(|| Err(RedisFailure::broken(&self.address, "cannot be reached: nobody tried")))
    }

    async fn dial(self: Arc<Self>) -> Result<Arc<Dialed>, RedisFailure> {
        let (open, not_before) = {
            let line = lock(&self.line);
            (line.open.clone(), line.not_before)
        };
        if let Some(open) = open {
            return Ok(open);
        }
        if let Some(not_before) = not_before {
            tokio::time::sleep_until(not_before).await;
        }
        let dialed = self.dialer.connect(&self.address).await.map(Arc::new);
        let mut line = lock(&self.line);
        match &dialed {
            Ok(open) => *line = NodeLine { open: Some(Arc::clone(open)), ..NodeLine::default() },
            Err(_) => {
                line.failures += 1;
                let pause = PAUSES[line.failures.min(PAUSES.len() - 1)];
                line.not_before = Some(Instant::now() + jittered(pause));
            }
        }
        dialed
    }

    /// Lets go of a connection that broke, unless somebody has already made another.
    pub(super) fn forget(&self, broken: &Arc<Dialed>) {
        let mut line = lock(&self.line);
        if line.open.as_ref().is_some_and(|open| Arc::ptr_eq(open, broken)) {
            line.open = None;
        }
    }

    /// Finds out whether a connection lives, and lets go of it if not.
    pub(super) fn probe(self: &Arc<Self>, doubtful: &Arc<Dialed>, patience: Duration) {
        if self.probing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (node, doubtful) = (Arc::clone(self), Arc::clone(doubtful));
        future::spawn(async move {
            let ping = redis::cmd("PING");
            let mut connection = doubtful.connection.clone();
            let answer = tokio::time::timeout(patience, ping.query_async::<Value>(&mut connection)).await;
            // An error is an answer, if it is the server's.
            if !answer.is_ok_and(|answer| answer.map_or_else(|error| !error.is_io_error(), |_| true)) {
                node.forget(&doubtful);
            }
            node.probing.store(false, Ordering::Release);
        });
    }

    /// Runs an operation over a connection to here. `asking`: for a key that is on its way here.
    pub(super) async fn run(
        &self,
        over: &Dialed,
        operation: Operation<'_>,
        asking: bool,
    ) -> Result<Value, RedisFailure> {
        let done = match operation {
            Operation::Command(command) => answer(over, command, asking).await,
            Operation::Script(call) => match answer(over, &call.by_digest(), asking).await {
                Err(error) if is_no_script(&error) => answer(over, &call.whole(), asking).await,
                done => done,
            },
        };
        done.map_err(|error| RedisFailure::of(&error, &self.address))
    }
}

fn is_no_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

async fn answer(over: &Dialed, command: &Cmd, asking: bool) -> RedisResult<Value> {
    let mut connection = over.connection.clone();
    if !asking {
        return command.query_async(&mut connection).await;
    }
    // ASKING holds for the next command of the connection, which others use at the same time: the two go out as one.
    let mut both = redis::pipe();
    both.cmd("ASKING").ignore().add_command(command.clone());
    let (answer,) = both.query_async(&mut connection).await?;
    Ok(answer)
}
