//! One of several replicas of a server: what it shares with the others, by a [`ReplicaStore`]. How an HTTP request uses that stands
//! in the transport.
//!
//! A session is looked up in the store with every request, and what a request changes of it is written back before its answer
//! goes out; so no replica has to be told anything for the next request to be right. What is under way is another matter: a
//! request runs where it came in, and what concerns it (the client's answer to a question, a cancellation, the end of the
//! session) goes over the bus to all replicas, of which one knows what it is about.

mod messages;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
mod store_tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::{Notify, mpsc};

use crate::engine::core::Core;
use crate::error::Error;
use crate::future;
pub use crate::session::record::{SessionChange, SessionRecord};
pub use crate::session::store::{
    Append, BusEvent, BusListener, EventLimits, EventPage, EventStore, LimitCounter, LimitStore, Loaded, MemoryStore,
    OnceStore, ReplicaBus, ReplicaStore, SessionStore, StoreError, StoreFuture,
};
use crate::session::{ReplicaLink, Session, lock};
pub(crate) use messages::BusMessage;
#[cfg(feature = "redis")]
pub use redis::{Redis, RedisStore};

/// BusMessage that wait to go out, or to be read. More are dropped, and cost a client no more than a moment's delay.
const WAITING: usize = 4096;

/// One replica among others.
pub(crate) struct Replicas {
    pub(crate) store: Arc<dyn ReplicaStore>,
    /// Its number among them.
    number: u32,
    pub(crate) idle: Duration,
    limit: usize,
    outgoing: mpsc::Sender<BusMessage>,
    requests: AtomicU64,
    streams: AtomicU64,
    /// Streams of other replicas that are read here, by session and number.
    read_here: Mutex<HashMap<(String, u64), Arc<Wake>>>,
}

impl Replicas {
    /// Joins the others.
    pub(crate) async fn join(
        store: Arc<dyn ReplicaStore>,
        core: &Arc<Core>,
        conversations: Weak<dyn Conversations>,
        limit: usize,
        idle: Duration,
    ) -> Result<Arc<Self>, StoreError> {
        let (heard, incoming) = mpsc::channel::<BusEvent>(WAITING);
        let listener = move |event: BusEvent| match heard.try_send(event) {
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!("too many messages from other replicas at once: some were dropped");
                true
            }
            sent => sent.is_ok(),
        };
        let number = store.join(Arc::new(listener)).await?;
        let (outgoing, to_send) = mpsc::channel(WAITING);
        let replicas = Arc::new(Self {
            store: Arc::clone(&store),
            number,
            idle,
            limit,
            outgoing: outgoing.clone(),
            requests: AtomicU64::new(1),
            streams: AtomicU64::new(1),
            read_here: Mutex::default(),
        });
        future::spawn(messages::send(store, number, to_send));
        future::spawn(messages::receive(incoming, Arc::downgrade(&replicas), conversations, Arc::downgrade(core)));
        core.relay_changes(move |change| {
            if outgoing.try_send(BusMessage::Changed(change.clone())).is_err() {
                tracing::warn!("a change could not be told to other replicas");
            }
        });
        if let Some(limits) = &core.limits {
            let store: Arc<dyn ReplicaStore> = Arc::clone(&replicas.store);
            limits.share(store, Arc::clone(&core.observers.levels));
        }
        let store = Arc::clone(&replicas.store);
        core.share_use(Box::new(move |key, life| {
            let store = Arc::clone(&store);
            Box::pin(async move {
                store
                    .take(&key, life)
                    .await
                    .map_err(|error| tracing::warn!(%error, "a request state cannot be checked"))
            })
        }));
        Ok(replicas)
    }

    /// A number for a stream that no other stream of any replica has.
    pub(crate) fn stream_number(&self, standalone: bool) -> u64 {
        let own = self.streams.fetch_add(1, Ordering::Relaxed);
        u64::from(self.number) << 40 | (own << 1 & 0xff_ffff_ffff) | u64::from(standalone)
    }

    /// Tells the others what a request changed of its session. `false` if that failed; it is tried again with the next.
    pub(crate) async fn save_changes(&self, session: &Session) -> bool {
        let changes = session.take_changes();
        let Some(id) = session.id().filter(|_| !changes.is_empty()) else { return true };
        match self.store.update(id, &changes).await {
            Ok(()) => {
                self.publish(BusMessage::Renewed(id.to_owned()));
                true
            }
            Err(_) => {
                session.put_back(changes);
                false
            }
        }
    }

    /// Lets the other replicas know of a session that has begun here.
    pub(crate) async fn create_shared(&self, session: &Session, subject: Option<&str>) -> bool {
        let (Some(id), Some(record)) = (session.id(), session.record(subject)) else { return false };
        self.store.create(id, &record, self.limit, self.idle).await.is_ok()
    }

    /// Looks again at a session that is in use here; `false` if it is gone.
    pub(crate) async fn renew(&self, session: &Session) -> bool {
        let Some(id) = session.id() else { return true };
        match self.store.load(id, session.seen(), self.idle).await {
            Ok(Loaded::Session { version, record }) => session.renew(version, &record),
            Ok(Loaded::Gone) => return false,
            Ok(Loaded::Unchanged) | Err(_) => {}
        }
        true
    }

    /// Writes to a stream.
    pub(crate) async fn append(&self, session: &str, stream: u64, what: Append<'_>) -> Result<(), StoreError> {
        self.store.append(session, stream, what).await
    }

    /// Reads a stream.
    pub(crate) async fn read(&self, session: &str, stream: u64, after: u64) -> Result<Option<EventPage>, StoreError> {
        self.store.read(session, stream, after).await
    }

    /// Begins to read a stream of another replica here; whoever has read it here before stops.
    pub(crate) fn read_here(self: &Arc<Self>, session: String, stream: u64) -> RemoteStream {
        let wake = Arc::new(Wake::default());
        let earlier = lock(&self.read_here).insert((session.clone(), stream), Arc::clone(&wake));
        if let Some(earlier) = earlier {
            earlier.end();
        }
        RemoteStream { replicas: Arc::downgrade(self), session, stream, wake }
    }

    /// Something came on a stream that may be read here.
    fn wake(&self, session: String, stream: u64) {
        if let Some(wake) = lock(&self.read_here).get(&(session, stream)) {
            wake.changed.notify_one();
        }
    }

    /// A stream that may be read here is now read elsewhere.
    fn left(&self, session: String, stream: u64) {
        if let Some(wake) = lock(&self.read_here).remove(&(session, stream)) {
            wake.end();
        }
    }

    /// A session is over, and with it the streams of other replicas that are read here.
    pub(crate) fn stop_reading(&self, session: &str) {
        lock(&self.read_here).retain(|(of, _), wake| {
            let stays = of != session;
            if !stays {
                wake.end();
            }
            stays
        });
    }

    /// Whether the store does.
    pub(crate) async fn answers(&self) -> Result<(), StoreError> {
        // No session has this id.
        self.store.load("", None, self.idle).await.map(drop)
    }

    /// Sessions that are held open here do not end for being idle elsewhere.
    pub(crate) async fn touch(&self, ids: &[String]) {
        for id in ids {
            // The version does not matter, and no session has this one.
            if self.store.load(id, Some(0), self.idle).await.is_err() {
                return;
            }
        }
    }

    pub(crate) fn publish(&self, news: BusMessage) {
        if self.outgoing.try_send(news).is_err() {
            tracing::warn!("a message to other replicas was dropped");
        }
    }
}

impl ReplicaLink for Replicas {
    fn answer(&self, session: &str, id: u64, outcome: Result<&RawValue, &RawValue>) {
        // Who asked stands in the id; an answer that nobody here waits for any more is nothing new.
        if id >> 32 != u64::from(self.number) {
            let (result, error) = match outcome {
                Ok(result) => (Some(result.to_owned()), None),
                Err(error) => (None, Some(error.to_owned())),
            };
            self.publish(BusMessage::Answer { session: session.to_owned(), id, result, error });
        }
    }

    fn cancel(&self, session: &str, id: &RawValue) {
        self.publish(BusMessage::Cancel { session: session.to_owned(), id: id.to_owned() });
    }

    fn request_id(&self) -> u64 {
        // Below 2⁵³, which every client can represent.
        u64::from(self.number) << 32 | (self.requests.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff)
    }
}

/// Tells whoever reads a stream of another replica that there is more, or that it is over.
#[derive(Default)]
struct Wake {
    changed: Notify,
    over: AtomicBool,
}

impl Wake {
    fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.changed.notify_one();
    }
}

/// A stream of another replica that is read here; dropping it ends the reading.
pub(crate) struct RemoteStream {
    replicas: Weak<Replicas>,
    pub session: String,
    pub stream: u64,
    wake: Arc<Wake>,
}

impl RemoteStream {
    /// Whether it is read elsewhere by now, or its session is over.
    pub(crate) fn is_over(&self) -> bool {
        self.wake.over.load(Ordering::Acquire)
    }

    /// Waits until there may be more.
    pub(crate) async fn changed(&self) {
        self.wake.changed.notified().await;
    }
}

impl Drop for RemoteStream {
    fn drop(&mut self) {
        let Some(replicas) = self.replicas.upgrade() else { return };
        let mut read_here = lock(&replicas.read_here);
        let key = (std::mem::take(&mut self.session), self.stream);
        if read_here.get(&key).is_some_and(|wake| Arc::ptr_eq(wake, &self.wake)) {
            read_here.remove(&key);
        }
    }
}

/// The conversations of this replica, as a message from another sees them.
pub(crate) trait Conversations: Send + Sync {
    /// The ids of all.
    fn ids(&self) -> Vec<String>;
    /// One of them, if it is in use here.
    fn find(&self, id: &str) -> Option<Arc<Session>>;
    /// Ends one.
    fn end(&self, id: &str);
    /// Whoever reads a stream of one here reads it elsewhere now.
    fn leave(&self, id: &str, stream: u64);
}

/// What several replicas share their sessions through.
#[derive(Clone)]
pub(crate) enum ReplicaConfig {
    Through(Arc<dyn ReplicaStore>),
    #[cfg(feature = "redis")]
    Redis(Redis),
}

/// The Redis that the environment names, where the program names nothing.
pub(crate) fn from_environment(sharing: &mut Option<ReplicaConfig>) -> Result<(), Error> {
    if sharing.is_some() {
        return Ok(());
    }
    #[cfg(feature = "redis")]
    {
        *sharing = Redis::from_environment()?.map(ReplicaConfig::Redis);
    }
    #[cfg(not(feature = "redis"))]
    if std::env::var_os("FASTMCP_REDIS_URL").is_some_and(|url| !url.is_empty()) {
        return Err(Error::new(
            "FASTMCP_REDIS_URL is set, and this program was built without the `redis` feature of fastmcp-rs",
        ));
    }
    Ok(())
}

/// The store that the settings ask for.
pub(crate) fn open(sharing: &ReplicaConfig, server: &str) -> Result<Arc<dyn ReplicaStore>, Error> {
    #[cfg(not(feature = "redis"))]
    let _ = server;
    match sharing {
        ReplicaConfig::Through(store) => Ok(Arc::clone(store)),
        #[cfg(feature = "redis")]
        ReplicaConfig::Redis(redis) => {
            let store = RedisStore::new(redis.clone().completed()?, format!("fastmcp:{server}"));
            Ok(Arc::new(store.map_err(|error| Error::new("Redis cannot be used as it is asked for").caused_by(error))?))
        }
    }
}
