//! One of several replicas of a server: what it shares with the others, by a [`ReplicaStore`].
//!
//! A session is looked up in the store with every request, and what a request changes of it is written back before its answer
//! goes out; so no replica has to be told anything for the next request to be right. What is under way is another matter: a
//! request runs where it came in, and what concerns it (the client's answer to a question, a cancellation, the end of the
//! session) goes over the bus to all replicas, of which one knows what it is about.

mod endpoint;
mod keep;
mod news;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::Sharing;
use super::sessions::Sessions;
use super::store::{BusEvent, ReplicaStore, StoreError};
use crate::engine::core::Core;
use crate::error::Error;
use crate::future;
use crate::session::{Elsewhere, Session};
use keep::Wake;
use news::News;

/// News that wait to go out, or to be read. More are dropped, and cost a client no more than a moment's delay.
const WAITING: usize = 4096;

/// One replica among others.
pub(crate) struct Replicas {
    store: Arc<dyn ReplicaStore>,
    /// Its number among them.
    number: u32,
    idle: Duration,
    limit: usize,
    outgoing: mpsc::Sender<News>,
    requests: AtomicU64,
    streams: AtomicU64,
    /// Streams of other replicas that are read here, by session and number.
    read_here: Mutex<HashMap<(String, u64), Arc<Wake>>>,
}

impl Replicas {
    /// Joins the others.
    pub(super) async fn join(
        store: Arc<dyn ReplicaStore>,
        core: &Arc<Core>,
        sessions: &Arc<Sessions>,
        limit: usize,
        idle: Duration,
    ) -> Result<Arc<Self>, StoreError> {
        let (heard, incoming) = mpsc::channel::<BusEvent>(WAITING);
        let listener = move |event: BusEvent| match heard.try_send(event) {
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!("too much news of other replicas at once: some was dropped");
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
        future::spawn(news::send(store, number, to_send));
        future::spawn(news::receive(
            incoming,
            Arc::downgrade(&replicas),
            Arc::downgrade(sessions),
            Arc::downgrade(core),
        ));
        core.relay_changes(move |change| {
            if outgoing.try_send(News::Changed(change.clone())).is_err() {
                tracing::warn!("a change could not be told to other replicas");
            }
        });
        sessions.share(Arc::clone(&replicas));
        Ok(replicas)
    }

    /// A number for a stream that no other stream of any replica has.
    pub(super) fn stream_number(&self, standalone: bool) -> u64 {
        let own = self.streams.fetch_add(1, Ordering::Relaxed);
        u64::from(self.number) << 40 | (own << 1 & 0xff_ffff_ffff) | u64::from(standalone)
    }

    /// Tells the others what a request changed of its session. `false` if that failed; it is tried again with the next.
    pub(super) async fn tell(&self, session: &Session) -> bool {
        let changes = session.take_changes();
        let Some(id) = session.id().filter(|_| !changes.is_empty()) else { return true };
        match self.store.update(id, &changes).await {
            Ok(()) => {
                self.publish(News::Renewed(id.to_owned()));
                true
            }
            Err(_) => {
                session.put_back(changes);
                false
            }
        }
    }

    /// Sessions that are held open here do not end for being idle elsewhere.
    pub(super) async fn touch(&self, ids: &[String]) {
        for id in ids {
            // The version does not matter, and no session has this one.
            if self.store.load(id, Some(0), self.idle).await.is_err() {
                return;
            }
        }
    }

    fn publish(&self, news: News) {
        if self.outgoing.try_send(news).is_err() {
            tracing::warn!("news for other replicas was dropped");
        }
    }
}

impl Elsewhere for Replicas {
    fn answer(&self, session: &str, id: u64, outcome: Result<&RawValue, &RawValue>) {
        // Who asked stands in the id; an answer that nobody here waits for any more is no news.
        if id >> 32 != u64::from(self.number) {
            let (result, error) = match outcome {
                Ok(result) => (Some(result.to_owned()), None),
                Err(error) => (None, Some(error.to_owned())),
            };
            self.publish(News::Answer { session: session.to_owned(), id, result, error });
        }
    }

    fn cancel(&self, session: &str, id: &RawValue) {
        self.publish(News::Cancel { session: session.to_owned(), id: id.to_owned() });
    }

    fn request_id(&self) -> u64 {
        // Below 2⁵³, which every client can represent.
        u64::from(self.number) << 32 | (self.requests.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff)
    }
}

/// The Redis that the environment names, where the program names nothing.
pub(super) fn from_environment(sharing: &mut Option<Sharing>) -> Result<(), Error> {
    const NAME: &str = "FASTMCP_REDIS_URL";
    if sharing.is_some() {
        return Ok(());
    }
    match std::env::var(NAME) {
        Ok(url) if !url.is_empty() => *sharing = Some(Sharing::Redis(url)),
        Err(std::env::VarError::NotUnicode(_)) => return Err(Error::new(format!("{NAME} is not UTF-8"))),
        _ => {}
    }
    Ok(())
}

/// The store that the settings ask for.
fn open(sharing: &Sharing, server: &str) -> Result<Arc<dyn ReplicaStore>, Error> {
    match sharing {
        Sharing::Through(store) => Ok(Arc::clone(store)),
        #[cfg(feature = "redis")]
        Sharing::Redis(url) => {
            let store = super::store::RedisStore::new(url, format!("fastmcp:{server}"));
            Ok(Arc::new(store.map_err(|error| Error::new("the URL of Redis cannot be used").caused_by(error))?))
        }
        #[cfg(not(feature = "redis"))]
        Sharing::Redis(_) => Err(Error::new(format!(
            "FASTMCP_REDIS_URL is set, and the server `{server}` was built without the `redis` feature of fastmcp-rs"
        ))),
    }
}

/// The replica, as long as it is there.
type Here = Weak<Replicas>;
