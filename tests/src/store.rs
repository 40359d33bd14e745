//! A store of replicas in memory, before which something happens each time it is asked: it takes its time, or is out of reach.

use std::{future::Future, time::Duration};

use fastmcp_rs::replicas::{
    Append, BusListener, EventPage, EventStore, LimitCounter, LimitStore, Loaded, MemoryStore, OnceStore, ReplicaBus,
    SessionChange, SessionRecord, SessionStore, StoreError, StoreFuture,
};

/// What a store is asked for.
#[derive(Clone, Copy, Debug)]
pub enum StoreRequest<'a> {
    /// To keep, find, change or end a session.
    Session,
    /// To keep events.
    Append,
    /// To give events.
    Read,
    /// To take a key, which can be taken once.
    Take,
    /// To count a call.
    Count(&'a [LimitCounter]),
    /// To carry messages between replicas.
    Bus,
}

/// What happens before the store in memory is asked.
pub trait BeforeStore: Send + Sync + 'static {
    /// Is over before the store is asked; with an error the store is not asked at all.
    fn before(&self, asked: StoreRequest<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The store in memory, and what happens before it.
#[derive(Default)]
pub struct HookedStore<H> {
    /// What keeps everything.
    pub memory: MemoryStore,
    /// What comes first.
    pub hook: H,
}

impl<H: BeforeStore> HookedStore<H> {
    fn after<'a, T: 'a>(&'a self, asked: StoreRequest<'a>, answer: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            self.hook.before(asked).await?;
            answer.await
        })
    }
}

impl<H: BeforeStore> SessionStore for HookedStore<H> {
    fn create<'a>(
        &'a self,
        id: &'a str,
        record: &'a SessionRecord,
        limit: usize,
        idle: Duration,
    ) -> StoreFuture<'a, ()> {
        self.after(StoreRequest::Session, self.memory.create(id, record, limit, idle))
    }

    fn load<'a>(&'a self, id: &'a str, seen: Option<u64>, idle: Duration) -> StoreFuture<'a, Loaded> {
        self.after(StoreRequest::Session, self.memory.load(id, seen, idle))
    }

    fn update<'a>(&'a self, id: &'a str, changes: &'a [SessionChange]) -> StoreFuture<'a, ()> {
        self.after(StoreRequest::Session, self.memory.update(id, changes))
    }

    fn remove<'a>(&'a self, id: &'a str) -> StoreFuture<'a, ()> {
        self.after(StoreRequest::Session, self.memory.remove(id))
    }
}

impl<H: BeforeStore> EventStore for HookedStore<H> {
    fn append<'a>(&'a self, session: &'a str, stream: u64, what: Append<'a>) -> StoreFuture<'a, ()> {
        self.after(StoreRequest::Append, self.memory.append(session, stream, what))
    }

    fn read<'a>(&'a self, session: &'a str, stream: u64, after: u64) -> StoreFuture<'a, Option<EventPage>> {
        self.after(StoreRequest::Read, self.memory.read(session, stream, after))
    }
}

impl<H: BeforeStore> OnceStore for HookedStore<H> {
    fn take<'a>(&'a self, key: &'a str, life: Duration) -> StoreFuture<'a, bool> {
        self.after(StoreRequest::Take, self.memory.take(key, life))
    }
}

impl<H: BeforeStore> LimitStore for HookedStore<H> {
    fn count<'a>(&'a self, counters: &'a [LimitCounter]) -> StoreFuture<'a, Option<(usize, Duration)>> {
        self.after(StoreRequest::Count(counters), self.memory.count(counters))
    }
}

impl<H: BeforeStore> ReplicaBus for HookedStore<H> {
    fn join(&self, listener: BusListener) -> StoreFuture<'_, u32> {
        self.after(StoreRequest::Bus, self.memory.join(listener))
    }

    fn publish(&self, message: Vec<u8>) -> StoreFuture<'_, ()> {
        self.after(StoreRequest::Bus, self.memory.publish(message))
    }
}
