//! What is under way with one server: requests that wait for their answers, questions of the server's that are being answered, and
//! who is told of changes. Transports hand every message here, whatever it is; nothing that comes can make it fail.

use std::collections::HashMap;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::{ClientError, Sent};
use super::hooks::{ClientHooks, ProgressUpdate, ServerLog};
use super::incoming::{Received, ServerMessage};
use super::letter::{Carrier, Letter, LetterKind};
use super::questions;
use crate::bounds;
use crate::future;
use crate::protocol::jsonrpc::{begin_result, write_error};
use crate::protocol::message::Batch;
use crate::protocol::{Revision, RpcError, id, meta, method};
use crate::session::lock;
use crate::text::sanitize;

/// Changes that a slow listener may be late by.
const CHANGES: usize = 256;
/// Questions that a server may have open at once.
const QUESTIONS: usize = 64;
/// The longest piece of noise that is shown in an error, in characters.
const NOISE: usize = 200;

/// One conversation with a server.
pub(super) struct Dialogue {
    pub hooks: Arc<ClientHooks>,
    next: AtomicU64,
    pending: Mutex<HashMap<u64, Pending>>,
    /// Questions of the server's that are being answered, by the key of their id.
    asked: Mutex<HashMap<String, CancellationToken>>,
    /// Known once the handshake is done.
    revision: OnceLock<Revision>,
    changes: broadcast::Sender<News>,
    ended: OnceLock<Farewell>,
    closed: CancellationToken,
    /// The first line that was no message.
    noise: OnceLock<String>,
}

/// A request that waits for its answer.
struct Pending {
    answer: oneshot::Sender<Received>,
    method: &'static str,
    progress: Option<Arc<dyn Fn(ProgressUpdate) + Send + Sync>>,
    progressed: Arc<Mutex<Option<Instant>>>,
    /// For a request that is acknowledged before it is answered.
    acknowledged: Option<oneshot::Sender<()>>,
}

/// Something changed on the server.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub change: Changed,
    /// The subscription that it was heard by, where there are such.
    pub by: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    Tools,
    Prompts,
    Resources,
    Resource(String),
}

/// How a conversation ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Farewell {
    pub exit: Option<ExitStatus>,
    pub stderr_tail: String,
}

impl Farewell {
    /// The error of a request that was not answered.
    pub(super) fn error(&self, during: Option<&str>, sent: Sent) -> ClientError {
        ClientError::Disconnected {
            during: during.map(ToOwned::to_owned),
            exit: self.exit,
            stderr_tail: self.stderr_tail.clone(),
            sent,
        }
    }
}

/// A request whose answer is waited for. Dropping it forgets the request.
pub(super) struct OpenRequest {
    conversation: Arc<Dialogue>,
    pub id: u64,
    pub answer: oneshot::Receiver<Received>,
    pub progressed: Arc<Mutex<Option<Instant>>>,
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        lock(&self.conversation.pending).remove(&self.id);
    }
}

impl Dialogue {
    /// A conversation whose requests are counted from `first`.
    pub(super) fn new(hooks: Arc<ClientHooks>, first: u64) -> Arc<Self> {
        Arc::new(Self {
            hooks,
            next: AtomicU64::new(first),
            pending: Mutex::default(),
            asked: Mutex::default(),
            revision: OnceLock::new(),
            changes: broadcast::Sender::new(CHANGES),
            ended: OnceLock::new(),
            closed: CancellationToken::new(),
            noise: OnceLock::new(),
        })
    }

    /// A number that no request had before: not for the server either, which may still answer one that was given up.
    pub(super) fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn revision(&self) -> Option<Revision> {
        self.revision.get().copied()
    }

    pub(super) fn agree_on(&self, revision: Revision) {
        let _ = self.revision.set(revision);
    }

    /// How many requests wait for their answers.
    pub(super) fn pending_count(&self) -> usize {
        lock(&self.pending).len()
    }

    /// Enters a request, unless the conversation is over.
    pub(super) fn open(
        self: &Arc<Self>,
        id: u64,
        method: &'static str,
        progress: Option<Arc<dyn Fn(ProgressUpdate) + Send + Sync>>,
        acknowledged: Option<oneshot::Sender<()>>,
    ) -> Result<OpenRequest, ClientError> {
        let (sender, answer) = oneshot::channel();
        let progressed = Arc::default();
        let pending = Pending { answer: sender, method, progress, progressed: Arc::clone(&progressed), acknowledged };
        lock(&self.pending).insert(id, pending);
        let open = OpenRequest { conversation: Arc::clone(self), id, answer, progressed };
        // After it was entered: who ends the conversation either sees it or is seen.
        match self.ended.get() {
            Some(ending) => Err(ending.error(Some(method), Sent::No)),
            None => Ok(open),
        }
    }

    /// The conversation is over: whoever waits is told.
    pub(super) fn end(&self, ending: Farewell) {
        let _ = self.ended.set(ending);
        self.closed.cancel();
        let ending = self.ended.get().cloned().unwrap_or_default();
        let waiting: Vec<Pending> = lock(&self.pending).drain().map(|(_, pending)| pending).collect();
        for pending in waiting {
            let _ = pending.answer.send(Err(ending.error(Some(pending.method), Sent::Maybe)));
        }
    }

    pub(super) fn ending(&self) -> Option<&Farewell> {
        self.ended.get()
    }

    pub(super) fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<News> {
        self.changes.subscribe()
    }

    /// The first line that was no message.
    pub(super) fn noise(&self) -> Option<&str> {
        self.noise.get().map(String::as_str)
    }

    /// Something came that is of no use.
    pub(super) fn problem(&self, what: &str) {
        tracing::debug!(what, "a server's message was passed over");
        if let Some(told) = &self.hooks.problem {
            told(what);
        }
    }

    /// A line that is no message.
    pub(super) fn noise_came(&self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        let shown = sanitize::bounded(line.trim_end(), NOISE).into_owned();
        self.problem(&format!("a line that is no message: {shown}"));
        let _ = self.noise.set(shown);
    }

    /// Takes whatever the server wrote. `carried` is the request whose response it came in, where each has its own.
    pub(super) fn receive(self: &Arc<Self>, text: &str, carrier: &Arc<dyn Carrier>, carried: Option<u64>) {
        if self.revision().is_some_and(Revision::can_batch) && text.trim_ascii_start().starts_with('[') {
            match serde_json::from_str::<Batch<'_>>(text) {
                Ok(Batch(entries)) => {
                    for entry in entries {
                        self.take(entry.get(), carrier, carried);
                    }
                }
                Err(_) => self.noise_came(text),
            }
            return;
        }
        self.take(text, carrier, carried);
    }

    fn take(self: &Arc<Self>, text: &str, carrier: &Arc<dyn Carrier>, carried: Option<u64>) {
        let Some(message) = ServerMessage::read(text) else { return self.noise_came(text) };
        match &message.method {
            None => self.answered(&message, carried),
            Some(method) => match message.id {
                Some(id) => self.question(id, method, message.params, carrier),
                None => self.notified(method, message.params),
            },
        }
    }

    fn answered(&self, message: &ServerMessage<'_>, carried: Option<u64>) {
        let id = message.answers().or_else(|| carried.filter(|_| message.is_orphan()));
        let pending = id.and_then(|id| lock(&self.pending).remove(&id));
        let Some(pending) = pending else {
            // What was given up may still be answered, and some answer twice.
            let id = message.id.map_or("none", RawValue::get);
            return self.problem(&format!("an answer to nothing that was asked, with the id {}", bounded(id)));
        };
        let _ = pending.answer.send(message.outcome());
    }

    /// Whether a request has no answer yet.
    #[cfg(feature = "client-http")]
    pub(super) fn waits_for(&self, id: u64) -> bool {
        lock(&self.pending).contains_key(&id)
    }

    /// Ends a request that nothing more will come for.
    pub(super) fn fail(&self, id: u64, error: ClientError) {
        if let Some(pending) = lock(&self.pending).remove(&id) {
            let _ = pending.answer.send(Err(error));
        }
    }

    fn notified(&self, name: &str, params: Option<&RawValue>) {
        let params = params.map_or("{}", RawValue::get);
        match name {
            method::PROGRESS => self.progressed(params),
            method::MESSAGE => match (serde_json::from_str::<ServerLog>(params), &self.hooks.log) {
                (Ok(log), Some(told)) => told(log),
                (Ok(_), None) => {}
                (Err(_), _) => self.problem("a log message that cannot be read"),
            },
            method::TOOLS_CHANGED => self.changed(Changed::Tools, params),
            method::PROMPTS_CHANGED => self.changed(Changed::Prompts, params),
            method::RESOURCES_CHANGED => self.changed(Changed::Resources, params),
            method::RESOURCE_UPDATED => match member(params, "uri") {
                Some(Value::String(uri)) => self.changed(Changed::Resource(uri), params),
                _ => self.problem("a change of a resource that is not named"),
            },
            method::ACKNOWLEDGED => {
                let acknowledged = subscription(params)
                    .and_then(|id| lock(&self.pending).get_mut(&id).and_then(|pending| pending.acknowledged.take()));
                match acknowledged {
                    Some(acknowledged) => drop(acknowledged.send(())),
                    None => self.problem("an acknowledgement of nothing that was asked"),
                }
            }
            method::CANCELLED => {
                let cancelled =
                    serde_json::from_str::<TakenBack<'_>>(params).ok().and_then(|it| id::key(it.request_id));
                // Also a request of ours, on 2026-07-28 over lines: the end of a subscription.
                let ours = cancelled.as_deref().and_then(|key| key.parse().ok());
                if let Some(token) = cancelled.and_then(|key| lock(&self.asked).remove(&*key)) {
                    token.cancel();
                } else if let Some(id) = ours {
                    self.fail(id, ClientError::protocol("the server cancelled the request"));
                }
            }
            _ => {}
        }
    }

    fn changed(&self, change: Changed, params: &str) {
        self.hooks.changed(&change);
        // Nobody may be listening.
        let _ = self.changes.send(News { change, by: subscription(params) });
    }

    fn progressed(&self, params: &str) {
        #[derive(serde::Deserialize)]
        struct ProgressWire<'a> {
            #[serde(borrow, rename = "progressToken")]
            token: &'a RawValue,
            progress: f64,
            #[serde(default)]
            total: Option<f64>,
            #[serde(default)]
            message: Option<String>,
        }
        let Ok(wire) = serde_json::from_str::<ProgressWire<'_>>(params) else {
            return self.problem("progress that cannot be read");
        };
        let token = id::key(wire.token).and_then(|token| token.parse().ok());
        let told = {
            let pending = lock(&self.pending);
            let Some(pending) = token.and_then(|token: u64| pending.get(&token)) else { return };
            *lock(&pending.progressed) = Some(Instant::now());
            pending.progress.clone()
        };
        // Outside of the lock, since it is somebody else's code.
        if let Some(told) = told {
            told(ProgressUpdate { done: wire.progress, total: wire.total, message: wire.message });
        }
    }

    /// A request of the server's, as the older revisions have them.
    fn question(self: &Arc<Self>, id: &RawValue, name: &str, params: Option<&RawValue>, carrier: &Arc<dyn Carrier>) {
        let Some(key) = id::key(id) else { return self.problem("a request whose id is none") };
        if self.revision().is_some_and(|revision| !revision.asks_in_place()) {
            return self.problem(&format!("a request `{}`, which this revision does not have", bounded(name)));
        }
        let token = self.closed.child_token();
        let full = {
            let mut asked = lock(&self.asked);
            let full = asked.len() >= QUESTIONS || asked.contains_key(&*key);
            if !full {
                asked.insert(key.clone().into_owned(), token.clone());
            }
            full
        };
        if full {
            return self.problem("more questions than are answered at once");
        }
        let (this, carrier, id) = (Arc::clone(self), Arc::clone(carrier), id.to_owned());
        let (key, name) = (key.into_owned(), name.to_owned());
        let params = params.map(ToOwned::to_owned);
        let revision = self.revision().unwrap_or(Revision::LATEST_WITH_HANDSHAKE);
        future::spawn(async move {
            let answer = async {
                let outcome = questions::answer(&this.hooks, revision, &name, params.as_deref()).await;
                let mut text = Vec::new();
                match outcome {
                    Ok(result) => {
                        begin_result(&mut text, &id);
                        text.extend_from_slice(result.get().as_bytes());
                        text.push(b'}');
                    }
                    Err(error) => write_error(&mut text, Some(&id), &error),
                }
                if let Err(error) = carrier.carry(Letter::new(text, LetterKind::Answer, Some(revision))).await {
                    this.problem(&format!("an answer could not be sent: {error}"));
                }
            };
            token.run_until_cancelled(answer).await;
            lock(&this.asked).remove(&key);
        });
    }
}

#[derive(serde::Deserialize)]
struct TakenBack<'a> {
    #[serde(borrow, rename = "requestId")]
    request_id: &'a RawValue,
}

fn bounded(text: &str) -> std::borrow::Cow<'_, str> {
    sanitize::bounded(text, bounds::ECHO)
}

fn member(params: &str, name: &str) -> Option<Value> {
    serde_json::from_str::<Value>(params).ok()?.get_mut(name).map(Value::take)
}

/// The subscription that a notification belongs to.
fn subscription(params: &str) -> Option<u64> {
    member(params, "_meta")?.get(meta::SUBSCRIPTION_ID)?.as_u64()
}

/// An answer to the server that its method is not known.
pub(super) fn unknown(method: &str) -> RpcError {
    RpcError::method_not_found(method)
}
