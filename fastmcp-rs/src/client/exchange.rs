//! One request and its answer: written as the revision wants it, waited for within its limits, and taken back where nobody waits
//! any more.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::dialogue::{Dialogue, OpenRequest};
use super::error::{ClientError, Sent};
use super::hooks::ProgressUpdate;
use super::incoming::Received;
use super::letter::{Carriage, Carrier, Departure, Letter, LetterKind, ParamList};
use crate::protocol::shape::Shaped;
use crate::protocol::{Implementation, LogLevel, Revision, meta, method};
use crate::session::lock;

/// How long an answer is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestLimits {
    /// Without any progress; `None` for as long as it takes.
    pub timeout: Option<Duration>,
    /// With it.
    pub most: Option<Duration>,
}

impl RequestLimits {
    pub(super) const NONE: Self = Self { timeout: None, most: None };
}

/// A conversation, and what carries it.
pub(super) struct Tie {
    pub conversation: Arc<Dialogue>,
    pub carrier: Arc<dyn Carrier>,
    /// What every request of a stateless revision says in its `_meta`.
    envelope: Map<String, Value>,
}

/// One request.
pub(super) struct Query {
    pub method: &'static str,
    pub members: ParamList,
    pub name: Option<String>,
    pub repeated: Vec<(String, String)>,
    pub meta: Map<String, Value>,
    pub progress: Option<Arc<dyn Fn(ProgressUpdate) + Send + Sync>>,
    pub limits: RequestLimits,
}

impl Query {
    pub(super) fn new(method: &'static str, members: ParamList, limits: RequestLimits) -> Self {
        Self { method, members, name: None, repeated: Vec::new(), meta: Map::new(), progress: None, limits }
    }
}

impl Tie {
    pub(super) fn new(
        conversation: Arc<Dialogue>,
        carrier: Arc<dyn Carrier>,
        info: &Implementation,
        log_level: Option<LogLevel>,
    ) -> Self {
        // Only what is not stateless is written otherwise, and says it once.
        let revision = Revision::LATEST;
        let capabilities = conversation.hooks.capabilities();
        let value = |json: serde_json::Result<Value>| json.unwrap_or_else(|_| json!({}));
        let mut envelope = Map::new();
        envelope.insert(meta::PROTOCOL_VERSION.into(), json!(revision));
        envelope.insert(meta::CLIENT_CAPABILITIES.into(), value(serde_json::to_value(Shaped(&capabilities, revision))));
        envelope.insert(meta::CLIENT_INFO.into(), value(serde_json::to_value(Shaped(info, revision))));
        if let Some(level) = log_level {
            envelope.insert(meta::LOG_LEVEL.into(), json!(level));
        }
        Self { conversation, carrier, envelope }
    }

    /// Sends a request in this revision and waits for its result.
    pub(super) async fn ask(&self, revision: Revision, ask: Query) -> Received {
        let (mut waiting, letter) = self.begin(revision, ask, None)?;
        waiting.answer(self.carrier.carry(letter)).await
    }

    /// Enters a request and writes it. The second is what has to be carried.
    pub(super) fn begin(
        &self,
        revision: Revision,
        ask: Query,
        acknowledged: Option<oneshot::Sender<()>>,
    ) -> Result<(Awaited, Letter), ClientError> {
        let Query { method, members, name, repeated, mut meta, progress, limits } = ask;
        let id = self.conversation.next_id();
        if revision.has_handshake() {
            // The members of the stateless envelope mean nothing there.
        } else {
            meta.extend(self.envelope.clone());
        }
        if progress.is_some() {
            meta.insert("progressToken".to_owned(), json!(id));
        }
        let members = if meta.is_empty() { members } else { members.with("_meta", &meta)? };
        let text = members.request(id, method);
        let open = self.conversation.open(id, method, progress, acknowledged)?;
        let written = (method != method::INITIALIZE).then_some(revision);
        let letter = Letter::new(text, LetterKind::Request { id, method, name, repeated }, written);
        let waiting = Awaited {
            open,
            carrier: Arc::clone(&self.carrier),
            conversation: Arc::clone(&self.conversation),
            left: letter.left.clone(),
            method,
            limits,
            done: false,
        };
        Ok((waiting, letter))
    }

    /// Sends a notification. Nobody can answer it, so only that it left is waited for.
    pub(super) async fn notify(
        &self,
        revision: Revision,
        method: &'static str,
        params: &ParamList,
    ) -> Result<(), ClientError> {
        self.carrier.carry(Letter::notification(method, params, Some(revision))).await.map(drop)
    }
}

/// A request under way. Dropping it takes it back.
pub(super) struct Awaited {
    open: OpenRequest,
    carrier: Arc<dyn Carrier>,
    conversation: Arc<Dialogue>,
    left: Departure,
    method: &'static str,
    limits: RequestLimits,
    done: bool,
}

enum Turn {
    Answer(Received),
    Carriage(Result<Carriage, ClientError>),
    TimeUp,
}

impl Awaited {
    pub(super) fn id(&self) -> u64 {
        self.open.id
    }

    /// Carries the request there, and waits for the answer.
    pub(super) async fn answer(&mut self, carrying: impl Future<Output = Result<Carriage, ClientError>>) -> Received {
        let mut carrying = pin!(carrying);
        let mut under_way = true;
        let began = Instant::now();
        let mut deadline = self.limits.timeout.map(|timeout| began + timeout);
        let mut sleep = pin!(tokio::time::sleep_until(deadline.unwrap_or(began)));
        loop {
            let event = poll_fn(|task| {
                if let Poll::Ready(answer) = std::pin::Pin::new(&mut self.open.answer).poll(task) {
                    // The conversation does not drop what it has not answered.
                    let gone = || ClientError::protocol("the request was forgotten");
                    return Poll::Ready(Turn::Answer(answer.unwrap_or_else(|_| Err(gone()))));
                }
                if under_way && let Poll::Ready(carried) = carrying.as_mut().poll(task) {
                    return Poll::Ready(Turn::Carriage(carried));
                }
                if deadline.is_some() && sleep.as_mut().poll(task).is_ready() {
                    return Poll::Ready(Turn::TimeUp);
                }
                Poll::Pending
            })
            .await;
            match event {
                Turn::Answer(outcome) => {
                    self.done = true;
                    return outcome;
                }
                Turn::Carriage(Ok(Carriage::Sent)) => under_way = false,
                Turn::Carriage(Ok(Carriage::Answered)) => {
                    // What came last may be the answer.
                    if let Ok(outcome) = self.open.answer.try_recv() {
                        self.done = true;
                        return outcome;
                    }
                    self.done = true;
                    let ending = self.conversation.ending().cloned().unwrap_or_default();
                    return Err(ending.error(Some(self.method), Sent::Maybe));
                }
                Turn::Carriage(Err(error)) => {
                    self.done = true;
                    // A server that answered before the rest of the request was taken has answered.
                    return self.open.answer.try_recv().unwrap_or(Err(match error {
                        ClientError::Disconnected { during: None, exit, stderr_tail, sent } => {
                            ClientError::Disconnected { during: Some(self.method.to_owned()), exit, stderr_tail, sent }
                        }
                        error => error,
                    }));
                }
                Turn::TimeUp => {
                    if let Some(later) = self.later(began) {
                        deadline = Some(later);
                        sleep.as_mut().reset(later);
                        continue;
                    }
                    let cancelled = self.take_back("the time is up");
                    return Err(ClientError::Timeout {
                        method: self.method.to_owned(),
                        after: began.elapsed(),
                        cancelled,
                        sent: self.left.sent(),
                    });
                }
            }
        }
    }

    /// The next time to look at the clock, if there was progress since the last.
    fn later(&self, began: Instant) -> Option<Instant> {
        let progressed = lock(&self.open.progressed).take()?;
        let next = progressed + self.limits.timeout?;
        let last = self.limits.most.map(|most| began + most);
        let next = last.map_or(next, |last| next.min(last));
        (next > Instant::now()).then_some(next)
    }

    /// Tells the server that nobody waits, if it may know of the request. `initialize` must not be cancelled, and who does not
    /// know `server/discover` may not know what to cancel.
    fn take_back(&mut self, reason: &'static str) -> bool {
        let greets = matches!(self.method, method::INITIALIZE | method::DISCOVER);
        if std::mem::replace(&mut self.done, true) || greets || self.left.sent() == Sent::No {
            return false;
        }
        self.carrier.cancel(self.open.id, reason);
        true
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.take_back("the answer is no longer wanted");
    }
}
