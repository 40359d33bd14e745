//! Audit lines on their way: bounded in number, chained and written by a thread of its own, which tries again where it cannot write.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ring::digest;
use tokio::sync::{Notify, Semaphore};

use super::super::Levels;
use super::super::record::hex;
use super::AuditFsync;
use super::target::AuditTarget;
use crate::error::Error;
use crate::printing;
use crate::session::lock;

/// Lines that wait to be written, and calls under way whose line will.
const SLOTS: usize = 8192;
/// How long to wait before writing is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the end of the server may wait for the last lines.
const LAST: Duration = Duration::from_secs(3);

pub(super) struct AuditQueue {
    state: Mutex<QueueState>,
    came: Condvar,
    ended: Condvar,
    slots: Semaphore,
    /// Nothing can be written.
    pub(super) down: AtomicBool,
    up: Notify,
    levels: Arc<Levels>,
}

#[derive(Default)]
struct QueueState {
    lines: VecDeque<Vec<u8>>,
    reopen: bool,
    closing: bool,
    running: bool,
}

/// Room for the line of one call.
pub(crate) struct AuditSlot {
    queue: Arc<AuditQueue>,
    taken: AtomicBool,
}

impl AuditSlot {
    pub(super) fn new(queue: &Arc<AuditQueue>) -> Arc<Self> {
        Arc::new(Self { queue: Arc::clone(queue), taken: AtomicBool::new(false) })
    }

    /// Takes room if there is any.
    pub(super) fn take(&self) -> bool {
        let Ok(permit) = self.queue.slots.try_acquire() else { return false };
        permit.forget();
        self.taken.store(true, Ordering::Relaxed);
        true
    }

    /// Waits for room.
    pub(super) async fn wait(&self) {
        if let Ok(permit) = self.queue.slots.acquire().await {
            permit.forget();
            self.taken.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for AuditSlot {
    fn drop(&mut self) {
        if *self.taken.get_mut() {
            self.queue.slots.add_permits(1);
        }
    }
}

impl AuditQueue {
    pub(super) fn new(levels: &Arc<Levels>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            came: Condvar::new(),
            ended: Condvar::new(),
            slots: Semaphore::new(SLOTS),
            down: AtomicBool::new(false),
            up: Notify::new(),
            levels: Arc::clone(levels),
        })
    }

    pub(super) fn start(self: &Arc<Self>, mut target: AuditTarget, fsync: AuditFsync) -> Result<(), Error> {
        let last = target
            .open()
            .map_err(|error| Error::new(format!("the audit log {target} cannot be opened")).caused_by(error))?;
        let chain = HashChain::after(last);
        lock(&self.state).running = true;
        let queue = Arc::clone(self);
        thread::Builder::new()
            .name("mcp-audit".to_owned())
            .spawn(move || {
                AuditWriter { queue: &queue, target, fsync, chain, unsynced: None }.run();
                lock(&queue.state).running = false;
                queue.ended.notify_all();
            })
            .map_err(|error| Error::new("the audit log's thread cannot be started").caused_by(error))?;
        Ok(())
    }

    /// Takes a line that is whole but for the hash of the line before. A call that has no room for its line takes some now.
    pub(super) fn push(&self, line: Vec<u8>, slot: Option<&AuditSlot>) {
        let taken = slot.is_some_and(|slot| slot.taken.swap(false, Ordering::Relaxed));
        if !taken {
            match self.slots.try_acquire() {
                Ok(permit) => permit.forget(),
                Err(_) => {
                    self.levels.audit_lost.fetch_add(1, Ordering::Relaxed);
                    return;
                }
            }
        }
        lock(&self.state).lines.push_back(line);
        self.came.notify_one();
    }

    /// Waits until lines can be written.
    pub(super) async fn writes(&self) {
        loop {
            let up = self.up.notified();
            if !self.down.load(Ordering::Acquire) {
                return;
            }
            up.await;
        }
    }

    pub(super) fn reopen(&self) {
        lock(&self.state).reopen = true;
        self.came.notify_one();
    }

    /// Waits a while for the last lines.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.closing = true;
        self.came.notify_one();
        let _ = self.ended.wait_timeout_while(state, LAST, |state| state.running);
    }
}

/// The hash of the line before.
struct HashChain {
    last: String,
    /// The line before has no end.
    torn: bool,
}

impl HashChain {
    fn after(last: Option<(Vec<u8>, bool)>) -> Self {
        match last {
            Some((line, torn)) => Self { last: hash(&line), torn },
            None => Self { last: String::new(), torn: false },
        }
    }

    /// Ends a line with the hash of the one before.
    fn link(&mut self, line: &mut Vec<u8>) {
        line.extend_from_slice(b",\"prev\":\"");
        line.extend_from_slice(self.last.as_bytes());
        line.extend_from_slice(b"\"}");
        self.last = hash(line);
        line.push(b'\n');
        if std::mem::take(&mut self.torn) {
            line.insert(0, b'\n');
        }
    }
}

/// The hash of a line, without its end.
pub(super) fn hash(line: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, line).as_ref())
}

struct AuditWriter<'a> {
    queue: &'a AuditQueue,
    target: AuditTarget,
    fsync: AuditFsync,
    chain: HashChain,
    /// Since when there is something that may not have reached the disk.
    unsynced: Option<Instant>,
}

impl AuditWriter<'_> {
    fn run(mut self) {
        while let Some(mut line) = self.next() {
            self.chain.link(&mut line);
            if !self.write(&line) {
                let lost = 1 + lock(&self.queue.state).lines.len();
                self.queue.levels.audit_lost.fetch_add(lost as u64, Ordering::Relaxed);
                printing::say(&format!("fastmcp-rs: error: {lost} audit lines could not be written"));
                return;
            }
            self.queue.levels.audit_lines.fetch_add(1, Ordering::Relaxed);
            self.queue.slots.add_permits(1);
            self.unsynced.get_or_insert_with(Instant::now);
            match self.fsync {
                AuditFsync::EachLine => self.sync(),
                AuditFsync::Every(most) if self.unsynced.is_some_and(|since| since.elapsed() >= most) => self.sync(),
                AuditFsync::Every(_) | AuditFsync::Never => {}
            }
        }
        self.sync();
    }

    /// The next line; nothing once the server has ended and all is written.
    fn next(&mut self) -> Option<Vec<u8>> {
        let mut state = lock(&self.queue.state);
        loop {
            if std::mem::take(&mut state.reopen) {
                drop(state);
                self.reopen();
                state = lock(&self.queue.state);
            }
            if let Some(line) = state.lines.pop_front() {
                return Some(line);
            }
            if state.closing {
                return None;
            }
            let wait = match (self.fsync, self.unsynced) {
                (AuditFsync::Every(most), Some(since)) => Some(most.saturating_sub(since.elapsed())),
                _ => None,
            };
            match wait {
                Some(Duration::ZERO) => {
                    drop(state);
                    self.sync();
                    state = lock(&self.queue.state);
                }
                Some(wait) => {
                    state = self.queue.came.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => state = self.queue.came.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Writes a line, however long that takes; `false` if the server ends before it can be.
    fn write(&mut self, line: &[u8]) -> bool {
        let mut done = 0;
        while done < line.len() {
            match self.target.write(&line[done..]) {
                Ok(0) => self.failed(&io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    done += written;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => self.failed(&error),
            }
            let state = lock(&self.queue.state);
            let idle = |state: &mut QueueState| !(state.closing || state.reopen);
            let (mut state, _) =
                self.queue.came.wait_timeout_while(state, AGAIN, idle).unwrap_or_else(PoisonError::into_inner);
            if state.closing {
                drop(state);
                // Once more: the disk may have been cleaned up.
                return self.target.write(&line[done..]).is_ok_and(|written| written == line.len() - done);
            }
            if std::mem::take(&mut state.reopen) {
                drop(state);
                // In another file the line is whole.
                if self.reopen() {
                    done = 0;
                }
            }
        }
        if self.queue.down.swap(false, Ordering::AcqRel) {
            printing::say("fastmcp-rs: audit lines are written again");
            self.queue.up.notify_waiters();
        }
        true
    }

    fn failed(&self, error: &io::Error) {
        if !self.queue.down.swap(true, Ordering::AcqRel) {
            printing::say(&format!("fastmcp-rs: error: audit lines cannot be written to {}: {error}", self.target));
        }
    }

    fn reopen(&mut self) -> bool {
        self.sync();
        match self.target.open() {
            Ok(_) => true,
            Err(error) => {
                printing::say(&format!("fastmcp-rs: error: the audit log {} cannot be opened: {error}", self.target));
                false
            }
        }
    }

    fn sync(&mut self) {
        if self.unsynced.take().is_some()
            && let Err(error) = self.target.sync()
        {
            printing::say(&format!("fastmcp-rs: error: audit lines may not have reached {}: {error}", self.target));
        }
    }
}
