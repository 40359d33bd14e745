//! What replicas share, in Redis (5 or newer, or what speaks its protocol): a hash per session, a stream per event stream, one
//! channel. Every operation is one round trip, by a script where it takes several steps, and all that one operation names is in one
//! slot of a cluster: the sessions and the channel in one, the events of each session in another.

mod address;
mod bus;
mod complaints;
mod dial;
mod failure;
mod flight;
mod keys;
mod limiter;
mod link;
mod node;
mod scripts;
mod settings;
mod slots;
mod tls;
mod topology;

use std::sync::Arc;
use std::time::Duration;

use redis::{FromRedisValue, Value};

use crate::session::record::{SessionChange, SessionRecord};
use crate::session::store::{
    Append, BusListener, EventPage, EventStore, Loaded, OnceStore, ReplicaBus, SessionStore, StoreError, StoreFuture,
};
use keys::RedisKeys;
use link::Link;
use scripts::Scripts;
pub use settings::Redis;

/// Events of one answer to a reader, which asks again for more.
const PAGE: usize = 128;
/// Numbers of replicas stay below this, so that what is made of them fits where it has to.
const REPLICAS: u32 = 1 << 20;

/// What replicas share, in Redis; see [`Http::redis`](crate::Http::redis). Cheap to clone.
#[derive(Clone)]
pub struct RedisStore(Arc<RedisInner>);

struct RedisInner {
    link: Arc<Link>,
    scripts: Scripts,
    keys: RedisKeys,
}

impl RedisStore {
    /// The Redis at a URL such as `redis://:password@redis.internal:6379/0`, or of [settings](Redis). All keys begin with `prefix`:
    /// replicas of one server use the same, other servers another. In a cluster, the last part of it (after the last `:`) is what
    /// the sessions' slot is found by. Nothing is sent yet.
    ///
    /// # Errors
    /// When the URL is none of Redis, or a file that the settings name cannot be used.
    pub fn new(redis: impl Into<Redis>, prefix: impl AsRef<str>) -> Result<Self, StoreError> {
        let link = Arc::new(Link::new(&redis.into())?);
        let keys = RedisKeys::new(prefix.as_ref());
        Ok(Self(Arc::new(RedisInner { link, scripts: Scripts::new(), keys })))
    }
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisStore").field("keys", &self.0.keys).finish_non_exhaustive()
    }
}

impl SessionStore for RedisStore {
    fn create<'a>(
        &'a self,
        id: &'a str,
        record: &'a SessionRecord,
        limit: usize,
        idle: Duration,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let keys = &self.0.keys;
            let mut call = self.0.scripts.create.on([keys.session(id), keys.sessions()]);
            call.arg(id).arg(limit).arg(milliseconds(idle)).arg(keys.session(""));
            call.arg("record").arg(serde_json::to_string(record).map_err(StoreError::new)?);
            self.0.link.script(&call).await.map(drop)
        })
    }

    fn load<'a>(&'a self, id: &'a str, seen: Option<u64>, idle: Duration) -> StoreFuture<'a, Loaded> {
        Box::pin(async move {
            let keys = &self.0.keys;
            let mut call = self.0.scripts.load.on([keys.session(id), keys.sessions()]);
            call.arg(id).arg(milliseconds(idle)).arg(seen.unwrap_or(0));
            let fields = match self.0.link.script(&call).await? {
                Value::Nil => return Ok(Loaded::Gone),
                Value::Array(fields) if fields.is_empty() => return Ok(Loaded::Unchanged),
                fields => read_value(fields)?,
            };
            read_record(fields)
        })
    }

    fn update<'a>(&'a self, id: &'a str, changes: &'a [SessionChange]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut call = self.0.scripts.update.on([self.0.keys.session(id)]);
            for change in changes {
                let (field, value) = match change {
                    SessionChange::Initialized => ("initialized".to_owned(), Some("1".to_owned())),
                    SessionChange::LogLevel(level) => {
                        ("level".to_owned(), Some(serde_json::to_string(level).map_err(StoreError::new)?))
                    }
                    SessionChange::Subscribed(uri) => (format!("uri:{uri}"), Some("1".to_owned())),
                    SessionChange::Unsubscribed(uri) => (format!("uri:{uri}"), None),
                    SessionChange::Value(key, value) => (format!("value:{key}"), Some(value.to_string())),
                    SessionChange::Removed(key) => (format!("value:{key}"), None),
                };
                call.arg(field).arg(usize::from(value.is_some())).arg(value.unwrap_or_default());
            }
            self.0.link.script(&call).await.map(drop)
        })
    }

    fn remove<'a>(&'a self, id: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let keys = &self.0.keys;
            let mut call = self.0.scripts.remove.on([keys.session(id), keys.sessions()]);
            call.arg(id);
            self.0.link.script(&call).await.map(drop)
        })
    }
}

/// A session from the fields of its hash.
fn read_record(fields: Vec<String>) -> Result<Loaded, StoreError> {
    let mut record = SessionRecord::default();
    let (mut version, mut changes) = (0, Vec::new());
    let mut fields = fields.into_iter();
    while let (Some(field), Some(value)) = (fields.next(), fields.next()) {
        match field.as_str() {
            "version" => version = value.parse().map_err(StoreError::new)?,
            "record" => record = serde_json::from_str(&value).map_err(StoreError::new)?,
            "initialized" => changes.push(SessionChange::Initialized),
            "level" => changes.push(SessionChange::LogLevel(serde_json::from_str(&value).map_err(StoreError::new)?)),
            other => {
                if let Some(uri) = other.strip_prefix("uri:") {
                    changes.push(SessionChange::Subscribed(uri.to_owned()));
                } else if let Some(key) = other.strip_prefix("value:") {
                    let value = serde_json::from_str(&value).map_err(StoreError::new)?;
                    changes.push(SessionChange::Value(key.to_owned(), value));
                }
            }
        }
    }
    changes.iter().for_each(|change| record.apply(change));
    Ok(Loaded::Session { version, record: Box::new(record) })
}

impl OnceStore for RedisStore {
    fn take<'a>(&'a self, key: &'a str, life: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let mut call = self.0.scripts.take.on([self.0.keys.once(key)]);
            call.arg(milliseconds(life));
            Ok(self.0.link.script(&call).await? != Value::Nil)
        })
    }
}

impl EventStore for RedisStore {
    fn append<'a>(&'a self, session: &'a str, stream: u64, what: Append<'a>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut call = self.0.scripts.append.on(self.0.keys.events(session, stream));
            call.arg(what.limits.events).arg(what.limits.bytes);
            call.arg(milliseconds(what.limits.age)).arg(usize::from(what.done)).arg(what.closed);
            for (number, event) in what.events {
                call.arg(*number).arg(event.as_slice());
            }
            self.0.link.script(&call).await.map(drop)
        })
    }

    fn read<'a>(&'a self, session: &'a str, stream: u64, after: u64) -> StoreFuture<'a, Option<EventPage>> {
        Box::pin(async move {
            let mut call = self.0.scripts.read.on(self.0.keys.events(session, stream));
            call.arg(after.saturating_add(1)).arg(PAGE);
            let read = self.0.link.script(&call).await?;
            if read == Value::Nil {
                return Ok(None);
            }
            let (done, closed, events): (u8, u64, Vec<RedisEntry>) = read_value(read)?;
            let mut page = EventPage { closed, ..EventPage::default() };
            // What is left for the next page comes before the end.
            page.done = done == 1 && events.len() < PAGE;
            for (id, mut fields) in events {
                let number = id.strip_prefix("0-").and_then(|number| number.parse().ok());
                let number = number.ok_or_else(|| StoreError::new(format!("an event has the id {id}")))?;
                page.events.push((number, fields.pop().unwrap_or_default()));
            }
            Ok(Some(page))
        })
    }
}

/// An event as Redis has it: its id, and the name and value of its one field.
type RedisEntry = (String, Vec<Vec<u8>>);

/// A value that Redis answered with, with our own error.
fn read_value<T: FromRedisValue>(value: Value) -> Result<T, StoreError> {
    T::from_redis_value(value).map_err(StoreError::new)
}

impl ReplicaBus for RedisStore {
    fn join(&self, listener: BusListener) -> StoreFuture<'_, u32> {
        Box::pin(async move {
            let key = self.0.keys.replicas();
            let mut count = redis::cmd("INCR");
            count.arg(&key);
            let number: u64 = read_value(self.0.link.command(&key, &count).await?)?;
            bus::subscribe(&self.0.link, self.0.keys.channel(), listener).await?;
            Ok((number % u64::from(REPLICAS - 1)) as u32 + 1)
        })
    }

    fn publish(&self, message: Vec<u8>) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            // A cluster tells all its nodes, whichever is told; this one fails with the sessions, and not by itself.
            let channel = self.0.keys.channel();
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(&channel).arg(message);
            self.0.link.command(&channel, &publish).await.map(drop)
        })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 40)
}
