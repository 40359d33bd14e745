//! What several replicas of a server share, so that a client of a revision with sessions may reach any of them with any
//! request: the sessions themselves, the events of their streams, and a bus. With one process none of it is needed.
//!
//! [`MemoryStore`] shares between servers of one process, [`RedisStore`](crate::replicas::RedisStore) between machines (feature `redis`).
//! Whoever has another database implements the traits.

mod memory;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use memory::MemoryStore;

use crate::error::BoxError;
use crate::session::record::{SessionChange, SessionRecord};

/// What every method of a store returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The store does not answer, or not as it should. Requests that need it are answered with status 503; the text is for the log.
#[derive(Debug)]
pub struct StoreError(BoxError);

impl StoreError {
    /// From whatever went wrong.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// What became of looking for a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// There is none of that id: it never existed, was removed, or was idle too long.
    Gone,
    /// It is there and still has the version that the caller has seen.
    Unchanged,
    /// It is there.
    Session {
        /// Grows with every change.
        version: u64,
        /// The session.
        record: Box<SessionRecord>,
    },
}

/// Keeps the conversations of revisions with a handshake. Every request of one is looked up here, so a method should take no
/// more than a round trip, and fail within a few seconds.
pub trait SessionStore: Send + Sync + 'static {
    /// Takes in a new session. It ends when nobody loads it for as long as `idle`; if there are `limit` sessions already, the
    /// longest idle one makes room.
    fn create<'a>(
        &'a self,
        id: &'a str,
        record: &'a SessionRecord,
        limit: usize,
        idle: Duration,
    ) -> StoreFuture<'a, ()>;

    /// Looks a session up and lets it live for another `idle`. `seen` is the version that the caller has, if it has one.
    fn load<'a>(&'a self, id: &'a str, seen: Option<u64>, idle: Duration) -> StoreFuture<'a, Loaded>;

    /// Changes a session, if it is there.
    fn update<'a>(&'a self, id: &'a str, changes: &'a [SessionChange]) -> StoreFuture<'a, ()>;

    /// Ends a session.
    fn remove<'a>(&'a self, id: &'a str) -> StoreFuture<'a, ()>;
}

/// How much of one stream is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventLimits {
    /// Events; the oldest go first.
    pub events: usize,
    /// Bytes of all events together.
    pub bytes: usize,
    /// How long the stream is kept after it was last written to.
    pub age: Duration,
}

/// What is written to a stream at once: events with their numbers, which grow, and how things stand.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Append<'a> {
    /// The events. With none, the stream is only kept for longer.
    pub events: &'a [(u64, Vec<u8>)],
    /// Nothing comes after these.
    pub done: bool,
    /// How often the reader was sent away, to come back for the rest.
    pub closed: u64,
    /// What is to be kept.
    pub limits: EventLimits,
}

/// A piece of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    /// Events with their numbers, in order. Not all have to come at once.
    pub events: Vec<(u64, Vec<u8>)>,
    /// Nothing comes after what the store has.
    pub done: bool,
    /// How often the reader was sent away.
    pub closed: u64,
}

/// Keeps the events of streams, for clients that come back with a `Last-Event-ID`.
pub trait EventStore: Send + Sync + 'static {
    /// Writes to a stream, which begins with the first write. Events that it has already are left out, so that a write can be
    /// repeated.
    fn append<'a>(&'a self, session: &'a str, stream: u64, what: Append<'a>) -> StoreFuture<'a, ()>;

    /// Reads the events after the one of the number `after`; `None` if there is no such stream.
    fn read<'a>(&'a self, session: &'a str, stream: u64, after: u64) -> StoreFuture<'a, Option<EventPage>>;
}

/// What a replica hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusEvent {
    /// A message that some replica published, this one included.
    Message(Vec<u8>),
    /// The connection was lost for a while, and messages with it.
    Missed,
}

/// Takes what comes over a bus, without waiting; `false` once nobody listens any more.
pub type BusListener = Arc<dyn Fn(BusEvent) -> bool + Send + Sync>;

/// Carries short messages to all replicas.
pub trait ReplicaBus: Send + Sync + 'static {
    /// Begins to listen, and gives this replica a number that no other has: from 1 on, below 2²⁰.
    fn join(&self, listener: BusListener) -> StoreFuture<'_, u32>;

    /// Sends a message to all replicas.
    fn publish(&self, message: Vec<u8>) -> StoreFuture<'_, ()>;
}

/// Knows what may be used once: the states of questions that a client brings back, on 2026-07-28.
pub trait OnceStore: Send + Sync + 'static {
    /// Takes a key, for all replicas: `true` the first time, and `false` as long as `life` after that.
    fn take<'a>(&'a self, key: &'a str, life: Duration) -> StoreFuture<'a, bool>;
}

/// One counter of calls, by a name that all replicas give it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitCounter {
    /// Of any length, and with anything in it.
    pub name: String,
    /// The time from one call to the next, in whole microseconds, of which there is one at the least.
    pub interval: Duration,
    /// How many calls may come at once after a pause.
    pub burst: u32,
}

impl LimitCounter {
    /// A counter that is paid off by one call each `interval`.
    pub fn new(name: impl Into<String>, interval: Duration, burst: u32) -> Self {
        Self { name: name.into(), interval, burst }
    }
}

/// Counts the calls that [rate limits](crate::RateLimit) bound.
pub trait LimitStore: Send + Sync + 'static {
    /// Takes one call from every counter, or from none: then which of them has the longest to wait, by its place, and how long. It is one
    /// step for whoever else does the same, by the clock of the store. It need not watch over its own time, and an error is nothing
    /// that has to be repaired: each limit has its [`StoreFailure`](crate::StoreFailure). As it stands, it is an error.
    ///
    /// A counter is a time `t`, zero at first. A call at `now` makes it `max(t, now) + interval`, and may come if that is no later
    /// than `now + burst * interval`.
    fn count<'a>(&'a self, counters: &'a [LimitCounter]) -> StoreFuture<'a, Option<(usize, Duration)>> {
        let _ = counters;
        Box::pin(std::future::ready(Err(StoreError::new("this store counts no calls"))))
    }
}

/// All that replicas share.
pub trait ReplicaStore: SessionStore + EventStore + ReplicaBus + OnceStore + LimitStore {}

impl<T: SessionStore + EventStore + ReplicaBus + OnceStore + LimitStore> ReplicaStore for T {}
