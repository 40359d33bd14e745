//! The conversations of revisions with a handshake, over HTTP: found by an id that nobody can guess, bounded in number,
//! ended when idle (2025-11-25, basic/transports, "Session Management").

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::time::Instant;

use super::body::Events;
use super::events::Log;
use super::session_table::{Owner, SessionTable};
use crate::context::Caller;
use crate::engine::core::Core;
use crate::future::{self, BoxFuture};
use crate::replicas::Replicas;
use crate::session::{KeptRoom, Notifier, Outgoing, Session, lock};

/// Finished streams that a session keeps for a client that lost its connection.
const KEPT_STREAMS: usize = 16;

/// One conversation over HTTP.
pub(crate) struct HttpSession {
    pub session: Arc<Session>,
    pub(super) owner: Owner,
    /// Who used it last, with the rights that it had then.
    used_by: Mutex<Caller>,
    used: Mutex<Instant>,
    /// Connections that hold a stream of it open.
    open: AtomicUsize,
    streams: Mutex<BTreeMap<u64, Arc<Log>>>,
    next_stream: AtomicU64,
    replicas: Option<Arc<Replicas>>,
}

impl HttpSession {
    fn new(session: Arc<Session>, owner: Owner, replicas: Option<Arc<Replicas>>) -> Self {
        Self {
            session,
            owner,
            used_by: Mutex::default(),
            used: Mutex::new(Instant::now()),
            open: AtomicUsize::new(0),
            streams: Mutex::default(),
            // 0 is the stream of what belongs to no request.
            next_stream: AtomicU64::new(1),
            replicas,
        }
    }

    /// It is used now.
    pub(super) fn touch(&self) {
        *lock(&self.used) = Instant::now();
    }

    fn idle_since(&self) -> Option<Instant> {
        (self.open.load(Ordering::Relaxed) == 0 && self.session.running_count() == 0).then(|| *lock(&self.used))
    }

    /// Whether it may make room for another, and which goes first: one that is idle before one that only has calls under way, and
    /// the one that was used longest ago. One whose stream is being read stays.
    pub(super) fn may_go(&self) -> Option<(bool, Instant)> {
        (self.open.load(Ordering::Relaxed) == 0).then(|| (self.session.running_count() > 0, *lock(&self.used)))
    }

    /// Keeps the session from being idle while it is held.
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        self.open.fetch_add(1, Ordering::Relaxed);
        Hold(Arc::clone(self))
    }

    /// A stream for the messages of one request.
    pub(crate) fn stream(&self) -> Arc<Log> {
        let number = match &self.replicas {
            None => self.next_stream.fetch_add(1, Ordering::Relaxed),
            Some(replicas) => replicas.stream_number(false),
        };
        let log = Log::new(number, self.session.kept());
        let mut streams = lock(&self.streams);
        while streams.len() >= KEPT_STREAMS {
            let Some(finished) =
                streams.iter().find(|(number, log)| **number > 0 && log.is_done()).map(|(number, _)| *number)
            else {
                break;
            };
            streams.remove(&finished);
        }
        streams.insert(log.number, Arc::clone(&log));
        log
    }

    /// Forgets its oldest finished stream, if it has any.
    fn forget_finished(&self) -> bool {
        let mut streams = lock(&self.streams);
        let finished = streams.iter().find(|(number, log)| **number > 0 && log.is_done()).map(|(number, _)| *number);
        finished.is_some_and(|number| streams.remove(&number).is_some())
    }

    pub(crate) fn forget(&self, log: &Log) {
        lock(&self.streams).remove(&log.number);
    }

    pub(crate) fn find(&self, number: u64) -> Option<Arc<Log>> {
        let streams = lock(&self.streams);
        let unasked = streams.get(&0).filter(|log| log.number == number);
        unasked.or_else(|| streams.get(&number)).cloned()
    }

    /// The stream of what belongs to no request; it begins with the first GET, and so does the listening for it.
    pub(crate) fn standalone(self: &Arc<Self>, core: &Arc<Core>) -> Arc<Log> {
        let mut streams = lock(&self.streams);
        if let Some(log) = streams.get(&0) {
            return Arc::clone(log);
        }
        let number = self.replicas.as_ref().map_or(0, |replicas| replicas.stream_number(true));
        let log = Log::new(number, self.session.kept());
        streams.insert(0, Arc::clone(&log));
        let kept = Arc::clone(&log);
        let notifier = Notifier::calling(move |outgoing| {
            if let Outgoing::Message(message, _) = outgoing {
                kept.push(message, false);
            }
        });
        let this = Arc::downgrade(self);
        let who = move || this.upgrade().map_or_else(Caller::default, |this| lock(&this.used_by).clone());
        let told = crate::engine::tell_session(Arc::clone(core), Arc::clone(&self.session), notifier, who);
        let kept = Arc::clone(&log);
        future::spawn(async move {
            told.await;
            kept.finish();
        });
        drop(streams);
        self.keep_elsewhere(&log);
        log
    }

    /// Keeps what comes on a stream where other replicas find it, if there are any.
    pub(crate) fn keep_elsewhere(&self, log: &Arc<Log>) {
        if let (Some(replicas), Some(id)) = (&self.replicas, self.session.id()) {
            replicas.keep(id.to_owned(), Arc::clone(log));
        }
    }

    /// It is used by this caller now.
    pub(super) fn used_by(&self, caller: &Caller) {
        lock(&self.used_by).clone_from(caller);
        self.touch();
    }

    /// Whether it belongs to the caller.
    pub(crate) fn is_of(&self, caller: &Caller) -> bool {
        self.owner.is(caller)
    }

    /// See [`Sessions::wind_down`].
    fn wind_down(&self) {
        self.session.stop_asking();
        if let Some(standalone) = lock(&self.streams).get(&0) {
            standalone.finish();
        }
    }

    fn end(&self) {
        self.session.close();
        for (_, log) in std::mem::take(&mut *lock(&self.streams)) {
            log.finish();
        }
    }
}

/// See [`HttpSession::hold`].
pub(crate) struct Hold(Arc<HttpSession>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.touch();
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream that keeps its session from being idle.
pub(super) struct Held<R> {
    reader: R,
    _hold: Hold,
    /// Until then its client is known; then it comes back with a new token.
    expiry: Option<BoxFuture<'static, ()>>,
}

impl<R> Held<R> {
    pub(super) fn new(reader: R, hold: Hold) -> Self {
        Self { reader, _hold: hold, expiry: None }
    }

    /// Ends the stream when its client is no longer known.
    pub(super) fn until(self, expiry: Option<BoxFuture<'static, ()>>) -> Self {
        Self { expiry, ..self }
    }
}

impl<R: Events> Events for Held<R> {
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Bytes>> {
        if self.expiry.as_mut().is_some_and(|expiry| expiry.as_mut().poll(task).is_ready()) {
            return Poll::Ready(None);
        }
        self.reader.poll_next(task)
    }
}

/// The session that a request names.
pub(super) enum Known {
    None,
    Session(Arc<HttpSession>),
    /// It names one that does not exist, not any more, or not for this caller.
    Gone,
    /// Nobody can say: the store does not answer.
    Unavailable,
}

/// All conversations of a server, in memory.
pub(crate) struct Sessions {
    map: Mutex<SessionTable>,
    limit: usize,
    idle: Duration,
    /// What is kept for all clients.
    kept: Arc<KeptRoom>,
    replicas: OnceLock<Arc<Replicas>>,
    /// Whether somebody looks for idle sessions; changed under the lock of the map.
    sweeping: AtomicBool,
}

/// There is no room, and the stream of every session is being read.
pub(crate) struct Full;

impl Sessions {
    pub(crate) fn new(limit: usize, idle: Duration, kept: Arc<KeptRoom>) -> Arc<Self> {
        Arc::new(Self {
            map: Mutex::default(),
            limit,
            idle,
            kept,
            replicas: OnceLock::new(),
            sweeping: AtomicBool::new(false),
        })
    }

    /// A session that exists and belongs to the caller; anything else looks the same from outside.
    pub(crate) fn find(&self, id: &str, caller: &Caller) -> Option<Arc<HttpSession>> {
        let session = lock(&self.map).get(id).cloned()?;
        if !session.is_of(caller) {
            return None;
        }
        session.used_by(caller);
        Some(session)
    }

    /// Makes room for so many bytes of a session, or of a request without one: finished streams, which may never be read again,
    /// are forgotten, the session's own first, then those of whoever keeps the most. `false` if that is not enough.
    pub(crate) fn make_room(&self, own: Option<&HttpSession>, bytes: usize) -> bool {
        let room = own.map_or(&self.kept, |own| own.session.kept());
        loop {
            if room.take(bytes).is_some() {
                return true;
            }
            if own.is_some_and(HttpSession::forget_finished) {
                continue;
            }
            if !room.could_take(bytes) && own.is_some() {
                return false;
            }
            let mut others: Vec<Arc<HttpSession>> =
                lock(&self.map).iter().map(|(_, session)| Arc::clone(session)).collect();
            others.sort_by_key(|session| std::cmp::Reverse(session.session.kept().bytes()));
            if !others.iter().any(|session| session.forget_finished()) {
                return false;
            }
        }
    }

    /// Sessions from now on are known to other replicas.
    pub(crate) fn share(&self, replicas: Arc<Replicas>) {
        let _ = self.replicas.set(replicas);
    }

    /// A session that is in use here, whoever asks.
    pub(crate) fn peek(&self, id: &str) -> Option<Arc<HttpSession>> {
        lock(&self.map).get(id).cloned()
    }

    /// All sessions that are in use here.
    pub(crate) fn ids(&self) -> Vec<String> {
        lock(&self.map).iter().map(|(id, _)| id.clone()).collect()
    }

    /// How many there are.
    #[cfg(feature = "metrics")]
    pub(crate) fn len(&self) -> usize {
        lock(&self.map).len()
    }

    /// Takes in a session that has just been initialized, here or at another replica; one that is there already stays.
    pub(super) fn insert(self: &Arc<Self>, session: Arc<Session>, owner: Owner) -> Result<Arc<HttpSession>, Full> {
        let Some(id) = session.id().map(ToOwned::to_owned) else { return Err(Full) };
        let session = Arc::new(HttpSession::new(session, owner, self.replicas.get().cloned()));
        let evicted = {
            let mut map = lock(&self.map);
            if let Some(there) = map.get(&id) {
                return Ok(Arc::clone(there));
            }
            let mut evicted = None;
            if map.len() >= self.limit {
                let goes = map.first_to_go(&session.owner).ok_or(Full)?;
                evicted = map.remove(&goes);
            }
            if !self.sweeping.swap(true, Ordering::Relaxed) {
                self.sweep();
            }
            map.insert(id, Arc::clone(&session));
            evicted
        };
        if let Some(evicted) = evicted {
            evicted.end();
        }
        Ok(session)
    }

    /// Ends a session at its client's wish.
    pub(crate) fn remove(&self, id: &str) {
        let removed = lock(&self.map).remove(id);
        if let Some(session) = removed {
            session.end();
        }
    }

    /// Nobody is asked any more, and the streams that belong to no request end; calls under way go on.
    pub(crate) fn wind_down(&self) {
        let all: Vec<_> = lock(&self.map).iter().map(|(_, session)| Arc::clone(session)).collect();
        for session in all {
            session.wind_down();
        }
    }

    /// Calls that are under way, of all of them.
    pub(crate) fn running(&self) -> usize {
        lock(&self.map).iter().map(|(_, session)| session.session.running_count()).sum()
    }

    /// Ends every session.
    pub(crate) fn close(&self) {
        let all = std::mem::take(&mut *lock(&self.map));
        for (_, session) in all.iter() {
            session.end();
        }
    }

    /// Begins to look for idle sessions, for as long as there are any.
    fn sweep(self: &Arc<Self>) {
        let sessions: Weak<Self> = Arc::downgrade(self);
        let pause = (self.idle / 4).clamp(Duration::from_millis(100), Duration::from_secs(60));
        future::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let Some(sessions) = sessions.upgrade() else { return };
                let idle: Vec<_> = {
                    let mut map = lock(&sessions.map);
                    let now = Instant::now();
                    let idle = |session: &HttpSession| {
                        session.idle_since().is_some_and(|since| now.duration_since(since) >= sessions.idle)
                    };
                    let ids: Vec<String> =
                        map.iter().filter(|(_, session)| idle(session)).map(|(id, _)| id.clone()).collect();
                    ids.iter().filter_map(|id| map.remove(id)).collect()
                };
                if let Some(replicas) = sessions.replicas.get() {
                    // The others see requests alone, and not what is held open here.
                    let held: Vec<String> = lock(&sessions.map)
                        .iter()
                        .filter(|(_, session)| session.idle_since().is_none())
                        .map(|(id, _)| id.clone())
                        .collect();
                    replicas.touch(&held).await;
                }
                for session in idle {
                    tracing::debug!("an idle session was ended");
                    session.end();
                }
                let map = lock(&sessions.map);
                if map.len() == 0 {
                    sessions.sweeping.store(false, Ordering::Relaxed);
                    return;
                }
            }
        });
    }
}

/// 128 random bits, as text.
pub(crate) fn new_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
