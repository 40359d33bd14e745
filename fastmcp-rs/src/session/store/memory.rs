//! What replicas share, in memory: for several servers of one process, and for tests of what replicas do.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::{
    Append, BusEvent, BusListener, EventPage, EventStore, Loaded, OnceStore, ReplicaBus, SessionChange, SessionRecord,
    SessionStore, StoreFuture,
};
use crate::session::lock;

/// What replicas share, in the memory of one process. Give every server a clone of one `Arc`.
#[derive(Default)]
pub struct MemoryStore {
    sessions: Mutex<HashMap<String, KeptSession>>,
    streams: Mutex<HashMap<(String, u64), KeptStream>>,
    listeners: Mutex<(u32, Vec<BusListener>)>,
    taken: Mutex<HashMap<String, Instant>>,
    /// Of calls: nanoseconds by the clock of whoever counts.
    pub(crate) counters: Mutex<HashMap<String, u64>>,
}

struct KeptSession {
    version: u64,
    record: SessionRecord,
    until: Instant,
}

#[derive(Default)]
struct KeptStream {
    events: BTreeMap<u64, Vec<u8>>,
    last: u64,
    bytes: usize,
    done: bool,
    closed: u64,
    until: Option<Instant>,
}

impl MemoryStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("sessions", &lock(&self.sessions).len()).finish_non_exhaustive()
    }
}

impl SessionStore for MemoryStore {
    fn create<'a>(
        &'a self,
        id: &'a str,
        record: &'a SessionRecord,
        limit: usize,
        idle: Duration,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let now = Instant::now();
            let mut sessions = lock(&self.sessions);
            sessions.retain(|_, kept| kept.until > now);
            while sessions.len() >= limit {
                let idlest = sessions.iter().min_by_key(|(_, kept)| kept.until).map(|(id, _)| id.clone());
                let Some(idlest) = idlest else { break };
                sessions.remove(&idlest);
            }
            sessions.insert(id.to_owned(), KeptSession { version: 1, record: record.clone(), until: now + idle });
            Ok(())
        })
    }

    fn load<'a>(&'a self, id: &'a str, seen: Option<u64>, idle: Duration) -> StoreFuture<'a, Loaded> {
        Box::pin(async move {
            let now = Instant::now();
            let mut sessions = lock(&self.sessions);
            let Some(kept) = sessions.get_mut(id).filter(|kept| kept.until > now) else { return Ok(Loaded::Gone) };
            kept.until = now + idle;
            Ok(if seen == Some(kept.version) {
                Loaded::Unchanged
            } else {
                Loaded::Session { version: kept.version, record: Box::new(kept.record.clone()) }
            })
        })
    }

    fn update<'a>(&'a self, id: &'a str, changes: &'a [SessionChange]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            if let Some(kept) = lock(&self.sessions).get_mut(id) {
                kept.version += 1;
                changes.iter().for_each(|change| kept.record.apply(change));
            }
            Ok(())
        })
    }

    fn remove<'a>(&'a self, id: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            lock(&self.sessions).remove(id);
            lock(&self.streams).retain(|(session, _), _| session != id);
            Ok(())
        })
    }
}

impl EventStore for MemoryStore {
    fn append<'a>(&'a self, session: &'a str, stream: u64, what: Append<'a>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let now = Instant::now();
            let mut streams = lock(&self.streams);
            streams.retain(|_, stream| stream.until.is_none_or(|until| until > now));
            let stream = streams.entry((session.to_owned(), stream)).or_default();
            for (number, event) in what.events {
                if *number > stream.last {
                    stream.last = *number;
                    stream.bytes += event.len();
                    stream.events.insert(*number, event.clone());
                }
            }
            while stream.events.len() > what.limits.events
                || (stream.bytes > what.limits.bytes && stream.events.len() > 1)
            {
                let Some((_, dropped)) = stream.events.pop_first() else { break };
                stream.bytes -= dropped.len();
            }
            stream.done |= what.done;
            stream.closed = what.closed;
            stream.until = Some(now + what.limits.age);
            Ok(())
        })
    }

    fn read<'a>(&'a self, session: &'a str, stream: u64, after: u64) -> StoreFuture<'a, Option<EventPage>> {
        Box::pin(async move {
            let now = Instant::now();
            let streams = lock(&self.streams);
            let stream = streams
                .get(&(session.to_owned(), stream))
                .filter(|stream| stream.until.is_none_or(|until| until > now));
            Ok(stream.map(|stream| EventPage {
                events: stream
                    .events
                    .range(after.saturating_add(1)..)
                    .map(|(number, event)| (*number, event.clone()))
                    .collect(),
                done: stream.done,
                closed: stream.closed,
            }))
        })
    }
}

impl ReplicaBus for MemoryStore {
    fn join(&self, listener: BusListener) -> StoreFuture<'_, u32> {
        Box::pin(async move {
            let mut listeners = lock(&self.listeners);
            listeners.0 += 1;
            listeners.1.push(listener);
            Ok(listeners.0)
        })
    }

    fn publish(&self, message: Vec<u8>) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            lock(&self.listeners).1.retain(|listener| listener(BusEvent::Message(message.clone())));
            Ok(())
        })
    }
}

impl OnceStore for MemoryStore {
    fn take<'a>(&'a self, key: &'a str, life: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let now = Instant::now();
            let mut taken = lock(&self.taken);
            taken.retain(|_, until| *until > now);
            Ok(taken.insert(key.to_owned(), now + life).is_none())
        })
    }
}
