//! The other end of a conversation: what a client declared in its handshake, what it was asked, and what of it is still running.
//!
//! A conversation is one stdio process, or one HTTP session of a revision with a handshake. A 2026-07-28 request has none;
//! all that it declares comes with it.

pub(crate) mod kept;
#[cfg(feature = "http")]
pub(crate) mod record;
#[cfg(feature = "http")]
mod shared;
#[cfg(feature = "http")]
pub(crate) mod store;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::error::InteractionError;
use crate::protocol::{ClientCapabilities, LogLevel, Revision, RpcError, id, jsonrpc, method};
#[cfg(feature = "http")]
use crate::session::record::SessionChange;
use crate::text::percent;
use crate::uri::covers;
pub(crate) use kept::{KeptBytes, KeptRoom};
#[cfg(feature = "http")]
pub(crate) use shared::{ReplicaLink, SharedSession};

/// Locks without caring whether some other holder panicked: every critical section here leaves the data whole.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What leaves for the client outside of responses.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// One JSON-RPC message, without a line end, and the room that it takes while it waits, where it is large.
    Message(Vec<u8>, Option<KeptBytes>),
    /// Close the event stream that carries this request; the client comes back for the rest (2025-11-25, SEP-1699).
    CloseStream,
}

impl Outgoing {
    /// A message that is too small to be counted.
    pub(crate) fn message(bytes: Vec<u8>) -> Self {
        Self::Message(bytes, None)
    }
}

/// Where the messages of one request, or of one conversation, go.
#[derive(Clone)]
pub(crate) struct Notifier(Sink);

#[derive(Clone)]
enum Sink {
    /// Bounded: a sender waits for a slow reader.
    Channel(mpsc::Sender<Outgoing>),
    /// Keeps what it is given, within bounds of its own.
    #[cfg(feature = "http")]
    Callback(Arc<dyn Fn(Outgoing) + Send + Sync>),
}

impl Notifier {
    pub(crate) fn new(sender: mpsc::Sender<Outgoing>) -> Self {
        Self(Sink::Channel(sender))
    }

    /// A notifier on which nobody waits.
    #[cfg(feature = "http")]
    pub(crate) fn calling(keep: impl Fn(Outgoing) + Send + Sync + 'static) -> Self {
        Self(Sink::Callback(Arc::new(keep)))
    }

    /// Sends, waiting for room; `false` if the other end is gone.
    pub(crate) async fn send(&self, outgoing: Outgoing) -> bool {
        self.room().await.map(|room| room.send(outgoing)).is_some()
    }

    /// Waits for room for one message; `None` if the other end is gone.
    pub(crate) async fn room(&self) -> Option<Room<'_>> {
        match &self.0 {
            Sink::Channel(sender) => sender.reserve().await.ok().map(Room::Channel),
            #[cfg(feature = "http")]
            Sink::Callback(_) => Some(Room::Callback(self)),
        }
    }

    /// Sends if there is room now: for notices that lose nothing by being dropped.
    pub(crate) fn offer(&self, outgoing: Outgoing) -> bool {
        match &self.0 {
            Sink::Channel(sender) => sender.try_send(outgoing).is_ok(),
            #[cfg(feature = "http")]
            Sink::Callback(keep) => {
                keep(outgoing);
                true
            }
        }
    }
}

/// Room for one message, which is sent at once.
pub(crate) enum Room<'a> {
    Channel(mpsc::Permit<'a, Outgoing>),
    #[cfg(feature = "http")]
    Callback(&'a Notifier),
}

impl Room<'_> {
    pub(crate) fn send(self, outgoing: Outgoing) {
        match self {
            Self::Channel(permit) => permit.send(outgoing),
            #[cfg(feature = "http")]
            Self::Callback(notifier) => {
                notifier.offer(outgoing);
            }
        }
    }
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifier").finish_non_exhaustive()
    }
}

/// What the client said about itself in `initialize`.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub revision: Revision,
    pub capabilities: ClientCapabilities,
    pub client_info: Option<Box<RawValue>>,
    /// The capabilities as they came, for other replicas.
    #[cfg(feature = "http")]
    pub declared: Option<Box<RawValue>>,
}

type AnswerSender = oneshot::Sender<Result<Box<RawValue>, RpcError>>;

/// One conversation.
pub(crate) struct Session {
    id: Option<String>,
    handshake: OnceLock<Handshake>,
    /// What is kept for it, and what its handshake is of that.
    kept: Arc<KeptRoom>,
    greeting: OnceLock<KeptBytes>,
    initialized: AtomicBool,
    /// The least level that the client wants to see, once it has said so.
    log_level: AtomicU8,
    /// By the normal spelling of their URI, with what each takes of what is kept.
    subscriptions: Mutex<HashMap<String, KeptBytes>>,
    next_request: AtomicU64,
    waiting: Mutex<HashMap<u64, AnswerSender>>,
    /// By the [key](id::key) of their id.
    running: Mutex<HashMap<String, CancellationToken>>,
    values: Mutex<HashMap<String, Value>>,
    closed: CancellationToken,
    /// What other replicas of the server have to do with it, if there are any.
    #[cfg(feature = "http")]
    shared: Option<SharedSession>,
}

/// No level was set: everything from `info` on is sent.
const UNSET: u8 = u8::MAX;

impl Session {
    /// A conversation of a server that keeps `all` for its clients.
    pub(crate) fn new(id: Option<String>, all: &Arc<KeptRoom>) -> Self {
        Self {
            id,
            handshake: OnceLock::new(),
            kept: all.part(),
            greeting: OnceLock::new(),
            initialized: AtomicBool::new(false),
            log_level: AtomicU8::new(UNSET),
            subscriptions: Mutex::default(),
            next_request: AtomicU64::new(1),
            waiting: Mutex::default(),
            running: Mutex::default(),
            values: Mutex::default(),
            closed: CancellationToken::new(),
            #[cfg(feature = "http")]
            shared: None,
        }
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Remembers the first handshake; a second `initialize` is answered and changes nothing. `kept` is what it takes.
    pub(crate) fn greet(&self, handshake: Handshake, kept: KeptBytes) {
        if self.handshake.set(handshake).is_ok() {
            let _ = self.greeting.set(kept);
        }
    }

    /// What is kept for this conversation.
    pub(crate) fn kept(&self) -> &Arc<KeptRoom> {
        &self.kept
    }

    pub(crate) fn handshake(&self) -> Option<&Handshake> {
        self.handshake.get()
    }

    pub(crate) fn set_initialized(&self) {
        self.initialized.store(true, Ordering::Release);
        #[cfg(feature = "http")]
        self.note(|| SessionChange::Initialized);
    }

    pub(crate) fn is_initialized(&self) -> bool {
        self.initialized.load(Ordering::Acquire)
    }

    pub(crate) fn set_log_level(&self, level: LogLevel) {
        self.log_level.store(level as u8, Ordering::Relaxed);
        #[cfg(feature = "http")]
        self.note(|| SessionChange::LogLevel(level));
    }

    pub(crate) fn wants_log(&self, level: LogLevel) -> bool {
        let least = self.log_level.load(Ordering::Relaxed);
        level as u8 >= if least == UNSET { LogLevel::Info as u8 } else { least }
    }

    /// Subscribes to a resource, by the normal spelling of its URI. An error says why it cannot: the conversation has too many
    /// already, or there is no room to keep it.
    pub(crate) fn subscribe(&self, uri: &str, limit: usize) -> Result<(), String> {
        let uri = &*percent::normal(uri);
        let mut subscriptions = lock(&self.subscriptions);
        if subscriptions.contains_key(uri) {
            return Ok(());
        }
        if subscriptions.len() >= limit {
            return Err(format!("a conversation may have at most {limit} subscriptions"));
        }
        let Some(kept) = self.kept.take(uri.len()) else {
            return Err(
                "there is no room for this subscription: give up others, or read the answers that wait".to_owned()
            );
        };
        subscriptions.insert(uri.to_owned(), kept);
        #[cfg(feature = "http")]
        self.note(|| SessionChange::Subscribed(uri.to_owned()));
        Ok(())
    }

    pub(crate) fn unsubscribe(&self, uri: &str) {
        let uri = &*percent::normal(uri);
        lock(&self.subscriptions).remove(uri);
        #[cfg(feature = "http")]
        self.note(|| SessionChange::Unsubscribed(uri.to_owned()));
    }

    pub(crate) fn is_subscribed(&self, uri: &str) -> bool {
        let uri = percent::normal(uri);
        lock(&self.subscriptions).keys().any(|subscribed| covers(subscribed, &uri))
    }

    pub(crate) fn subscriptions(&self) -> Vec<String> {
        lock(&self.subscriptions).keys().cloned().collect()
    }

    /// Sends a request to the client and waits for the answer. Dropping the future takes the question back.
    pub(crate) async fn ask(
        &self,
        notifier: &Notifier,
        method: &str,
        params: &Value,
    ) -> Result<Box<RawValue>, InteractionError> {
        let id = self.request_id();
        let (sender, answer) = oneshot::channel();
        lock(&self.waiting).insert(id, sender);
        let asked = Asked { session: self, notifier, id };
        if self.closed.is_cancelled() || !notifier.send(Outgoing::message(jsonrpc::request(id, method, params))).await {
            return Err(InteractionError::Disconnected);
        }
        let answer = answer.await;
        std::mem::forget(asked);
        answer.map_err(|_| InteractionError::Disconnected)?.map_err(InteractionError::Refused)
    }

    /// Hands the client's response to whoever asked; unknown ids are ignored.
    pub(crate) fn answer(&self, id: &RawValue, outcome: Result<&RawValue, &RawValue>) {
        let Some(Ok(number)) = id::key(id).map(|id| id.parse::<u64>()) else { return };
        let Some(waiting) = lock(&self.waiting).remove(&number) else {
            #[cfg(feature = "http")]
            self.forward_answer(number, outcome);
            return;
        };
        // The asker may have gone in the meantime.
        let _ = waiting.send(outcome.map(ToOwned::to_owned).map_err(read_error));
    }

    /// Registers a running request so that it can be cancelled; `None` if its id is in use.
    pub(crate) fn start(&self, id: &RawValue) -> Option<CancellationToken> {
        let token = CancellationToken::new();
        match lock(&self.running).entry(key(id).into_owned()) {
            std::collections::hash_map::Entry::Occupied(_) => None,
            std::collections::hash_map::Entry::Vacant(place) => Some(place.insert(token).clone()),
        }
    }

    /// Whether a request of this id is under way.
    pub(crate) fn is_running(&self, id: &RawValue) -> bool {
        let running = lock(&self.running);
        !running.is_empty() && running.contains_key(&*key(id))
    }

    pub(crate) fn running_count(&self) -> usize {
        lock(&self.running).len()
    }

    /// The request is done. `false` if it was cancelled, and its response is not to be sent.
    pub(crate) fn finish(&self, id: &RawValue, token: &CancellationToken) -> bool {
        let mut running = lock(&self.running);
        // Once cancelled, the id may belong to another request already.
        !token.is_cancelled() && running.remove(&*key(id)).is_some()
    }

    /// `notifications/cancelled`: stops the request; unknown ids are ignored.
    pub(crate) fn cancel(&self, id: &RawValue) {
        if !self.cancel_here(id) {
            #[cfg(feature = "http")]
            self.forward_cancel(id);
        }
    }

    /// Stops the request if it runs in this process.
    pub(crate) fn cancel_here(&self, id: &RawValue) -> bool {
        let mut running = lock(&self.running);
        let token = running.remove(&*key(id));
        // Under the lock, so that a request is either answered or cancelled.
        token.is_some_and(|token| {
            token.cancel();
            true
        })
    }

    /// The number of the next question to the client.
    fn request_id(&self) -> u64 {
        #[cfg(feature = "http")]
        if let Some(shared) = &self.shared {
            return shared.elsewhere.request_id();
        }
        self.next_request.fetch_add(1, Ordering::Relaxed)
    }

    /// The client answers no more questions: whoever waits for an answer is told.
    pub(crate) fn stop_asking(&self) {
        self.closed.cancel();
        lock(&self.waiting).clear();
    }

    /// Ends the conversation: running requests are cancelled, and nobody waits any longer.
    pub(crate) fn close(&self) {
        self.closed.cancel();
        for (_, token) in lock(&self.running).drain() {
            token.cancel();
        }
        lock(&self.waiting).clear();
    }

    pub(crate) fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        lock(&self.values).get(key).cloned()
    }

    pub(crate) fn set_value(&self, key: String, value: Value) {
        #[cfg(feature = "http")]
        self.note(|| SessionChange::Value(key.clone(), value.clone()));
        lock(&self.values).insert(key, value);
    }

    pub(crate) fn remove_value(&self, key: &str) -> Option<Value> {
        #[cfg(feature = "http")]
        self.note(|| SessionChange::Removed(key.to_owned()));
        lock(&self.values).remove(key)
    }
}

/// An id as the running requests are found by; what is not one finds nothing.
fn key(id: &RawValue) -> Cow<'_, str> {
    id::key(id).unwrap_or_default()
}

/// A question under way; dropping it tells the client that the answer is no longer wanted.
struct Asked<'a> {
    session: &'a Session,
    notifier: &'a Notifier,
    id: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if lock(&self.session.waiting).remove(&self.id).is_some() {
            let params = serde_json::value::to_raw_value(&serde_json::json!({ "requestId": self.id }));
            if let Ok(params) = params {
                self.notifier.offer(Outgoing::message(jsonrpc::notification(method::CANCELLED, Some(&params))));
            }
        }
    }
}

fn read_error(raw: &RawValue) -> RpcError {
    #[derive(serde::Deserialize)]
    struct Wire {
        code: i32,
        message: String,
        data: Option<Value>,
    }
    match serde_json::from_str::<Wire>(raw.get()) {
        Ok(wire) => RpcError { data: wire.data, ..RpcError::new(wire.code, wire.message) },
        Err(_) => RpcError::internal("the client sent an unreadable error"),
    }
}
