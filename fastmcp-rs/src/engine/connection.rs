//! One conversation over a stream of messages: reads them, answers at once what can be, and keeps the rest running beside.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::mpsc::{Receiver, Sender};

use super::answered::Answered;
use super::core::Core;
use super::lifecycle::cancelled_id;
use super::request::{Answer, Request, Step};
use super::run::Running;
use crate::bounds;
use crate::context::{Caller, Host};
use crate::future;
use crate::observe::record::Via;
use crate::protocol::jsonrpc::write_error;
use crate::protocol::message::{Batch, JsonRpc, Unreadable};
use crate::protocol::params::Params;
use crate::protocol::{Revision, RpcError, method};
use crate::session::{KeptBytes, Notifier, Outgoing, Session};
use crate::text::sanitize::bounded;
use crate::wire::weight;

/// One conversation.
pub(crate) struct Connection {
    core: Arc<Core>,
    host: Arc<dyn Host>,
    session: Arc<Session>,
    notifier: Option<Notifier>,
    caller: Caller,
    way: Via,
    /// Held by every request that runs beside the connection: when the last lets go, all is answered.
    alive: Option<Sender<Infallible>>,
}

impl Connection {
    pub(crate) fn new(core: Arc<Core>, session: Arc<Session>, notifier: Option<Notifier>, caller: Caller) -> Self {
        let host: Arc<dyn Host> = Arc::clone(&core) as _;
        Self { core, host, session, notifier, caller, way: Via::Stream, alive: None }
    }

    /// Says how its requests come in.
    pub(crate) fn over(self, way: Via) -> Self {
        Self { way, ..self }
    }

    #[cfg(feature = "sse")]
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Lets go of the notifier: once every call that holds a copy is done, the stream of outgoing messages ends.
    pub(crate) fn close_notifier(&mut self) {
        self.notifier = None;
        self.alive = None;
    }

    /// Lets `alive` be held by every request that runs on.
    pub(crate) fn tracked(mut self, alive: Sender<Infallible>) -> Self {
        self.alive = Some(alive);
        self
    }

    /// Takes one message. What can be answered now is appended to `out`, each answer on a line of its own, after what
    /// handlers have left in `outgoing`: progress and log lines come before the answer to the request that they belong to.
    pub(crate) fn receive(&self, text: &str, outgoing: &mut Receiver<Outgoing>, out: &mut Vec<u8>) {
        let limit = self.core.settings.message_bytes;
        if weight::exceeds(text, limit) {
            return refuse(&Unreadable::too_heavy(text, limit), out);
        }
        if text.trim_start().starts_with('[') && self.speaks_batches() {
            return self.receive_batch(text, outgoing, out);
        }
        match JsonRpc::read(text) {
            Ok(JsonRpc::Request { id, method, params }) => {
                let answer = self.begin(id, &method, params, text.len());
                self.reply(id, answer, outgoing, out);
            }
            Ok(JsonRpc::Notification { method, params }) => self.notification(&method, params),
            Ok(JsonRpc::Response { id, outcome }) => self.session.answer(id, outcome),
            Err(unreadable) => refuse(&unreadable, out),
        }
    }

    /// A line over the limit, whose id was never seen.
    pub(crate) fn too_long(&self, out: &mut Vec<u8>) {
        let limit = self.core.settings.message_bytes;
        write_error(out, None, &RpcError::invalid_request(format!("a message may have at most {limit} bytes")));
        out.push(b'\n');
    }

    fn speaks_batches(&self) -> bool {
        self.session.handshake().is_some_and(|handshake| handshake.revision.can_batch())
    }

    fn reply(&self, id: &RawValue, answer: Answer, outgoing: &mut Receiver<Outgoing>, out: &mut Vec<u8>) {
        let Answer { revision, step } = answer;
        match step {
            Step::Run(running) => self.spawn(id, revision, running),
            Step::Done(mut answered) => {
                take_sent(outgoing, out);
                self.core.write_answer(out, id, revision, &mut answered);
                out.push(b'\n');
            }
        }
    }

    /// Takes the first step of a request, which for most is the only one.
    fn begin(&self, id: &RawValue, method: &str, params: Result<Params<'_>, &'static str>, bytes: usize) -> Answer {
        let request = Request::incoming(&self.core, &self.host, Some(&self.session), &self.notifier, &self.caller)
            .over(self.way, bytes);
        if self.session.is_running(id) {
            let error = RpcError::invalid_request(format!(
                "a request with the id {} is still running",
                bounded(id.get(), bounds::ECHO)
            ));
            return request.refuse(id, method, error);
        }
        let Answer { revision, step } = request.answer(id, method, params);
        let step = match step {
            Step::Run(running) if self.session.running_count() >= self.core.settings.running => {
                // Before its first step, which may be its effect.
                let limit = self.core.settings.running;
                let what = format!("more than {limit} requests are running: wait for one of them");
                Step::Done(running.refused(RpcError::internal(what)))
            }
            Step::Run(mut running) => {
                // Most handlers finish in their first step, and cost no task.
                match pin!(&mut running).poll(&mut Task::from_waker(Waker::noop())) {
                    Poll::Ready(answered) => Step::Done(answered),
                    Poll::Pending => Step::Run(running),
                }
            }
            done => done,
        };
        Answer { revision, step }
    }

    /// Runs the rest of a request beside the connection, until it is done or cancelled.
    fn spawn(&self, id: &RawValue, revision: Revision, running: Running) {
        let Some(notifier) = self.notifier.clone() else { return };
        let Some(cancelled) = self.session.start(id) else { return };
        let (core, session, id) = (Arc::clone(&self.core), Arc::clone(&self.session), id.to_owned());
        let alive = self.alive.clone();
        future::spawn(async move {
            let _alive = alive;
            let answered = cancelled.run_until_cancelled(async {
                let answer = WaitingAnswer::new(&core, &session, &id, revision, running.await);
                // Until a reader makes room for its answer, it counts as running: so no more begin than may run.
                (answer, notifier.room().await)
            });
            if let Some((answer, Some(room))) = answered.await {
                // A cancelled request gets no response, even if it was done in the same moment.
                if session.finish(&id, &cancelled) {
                    room.send(Outgoing::Message(answer.bytes, answer.kept));
                }
            } else {
                session.finish(&id, &cancelled);
            }
        });
    }

    /// Takes a notification; none is ever answered.
    pub(crate) fn notification(&self, method: &str, params: Option<&RawValue>) {
        match method {
            method::CANCELLED => {
                if let Some(id) = cancelled_id(params) {
                    self.session.cancel(&id);
                }
            }
            method::INITIALIZED => self.session.set_initialized(),
            _ => {}
        }
        observe(&self.core, method, params);
    }

    /// A batch (2025-03-26 only): the responses come back together, in one array.
    fn receive_batch(&self, text: &str, outgoing: &mut Receiver<Outgoing>, out: &mut Vec<u8>) {
        let Ok(Batch(entries)) = serde_json::from_str(text) else { return };
        if entries.is_empty() {
            write_error(out, None, &RpcError::invalid_request("a batch must not be empty"));
            out.push(b'\n');
            return;
        }
        if entries.len() > bounds::BATCH {
            let what = format!("a batch may have at most {} messages", bounds::BATCH);
            write_error(out, None, &RpcError::invalid_request(what));
            out.push(b'\n');
            return;
        }
        let mut responses: Vec<Vec<u8>> = Vec::new();
        // Also those that are ready wait until all are.
        let mut kept: Option<KeptBytes> = None;
        let mut running = Vec::new();
        for entry in entries {
            let mut response = Vec::new();
            match JsonRpc::read(entry.get()) {
                Ok(JsonRpc::Request { method, id, .. }) if method == method::INITIALIZE => {
                    write_error(
                        &mut response,
                        Some(id),
                        &RpcError::invalid_request("`initialize` must not be in a batch"),
                    );
                }
                Ok(JsonRpc::Request { id, method, params }) => {
                    let Answer { revision, step } = self.begin(id, &method, params, entry.get().len());
                    match step {
                        Step::Done(answered) => {
                            let answer = WaitingAnswer::new(&self.core, &self.session, id, revision, answered);
                            response = answer.bytes;
                            kept = KeptBytes::together(kept, answer.kept);
                        }
                        Step::Run(rest) => {
                            if let Some(cancelled) = self.session.start(id) {
                                running.push((id.to_owned(), revision, rest, cancelled));
                            }
                        }
                    }
                }
                Ok(JsonRpc::Notification { method, params }) => self.notification(&method, params),
                Ok(JsonRpc::Response { id, outcome }) => self.session.answer(id, outcome),
                Err(unreadable) if unreadable.silent => {}
                Err(unreadable) => write_error(&mut response, unreadable.id.as_deref(), &unreadable.error),
            }
            if !response.is_empty() {
                responses.push(response);
            }
        }
        if running.is_empty() {
            if !responses.is_empty() {
                take_sent(outgoing, out);
                out.extend_from_slice(&array(&responses));
                out.push(b'\n');
            }
            return;
        }
        let Some(notifier) = self.notifier.clone() else { return };
        let (core, session) = (Arc::clone(&self.core), Arc::clone(&self.session));
        let alive = self.alive.clone();
        future::spawn(async move {
            let _alive = alive;
            let (done, mut finished) = tokio::sync::mpsc::channel(running.len());
            // Each runs in a task of its own, so that they run at the same time.
            for (id, revision, rest, cancelled) in running {
                let (done, core, session) = (done.clone(), Arc::clone(&core), Arc::clone(&session));
                future::spawn(async move {
                    if let Some(answered) = cancelled.run_until_cancelled(rest).await {
                        let answer = WaitingAnswer::new(&core, &session, &id, revision, answered);
                        let _ = done.send((id, answer, cancelled)).await;
                    }
                });
            }
            drop(done);
            let mut replies = Vec::new();
            while let Some(reply) = finished.recv().await {
                replies.push(reply);
            }
            let room = notifier.room().await;
            // They leave together, and until then each counts as running, and can still be cancelled.
            for (id, answer, cancelled) in replies {
                if session.finish(&id, &cancelled) {
                    responses.push(answer.bytes);
                    kept = KeptBytes::together(kept, answer.kept);
                }
            }
            if let Some(room) = room.filter(|_| !responses.is_empty()) {
                room.send(Outgoing::Message(array(&responses), kept));
            }
        });
    }
}

/// Answers what could not be read, if somebody is there to be answered.
fn refuse(unreadable: &Unreadable, out: &mut Vec<u8>) {
    if unreadable.silent {
        tracing::debug!(error = %unreadable.error, "a line that is not a message was ignored");
        return;
    }
    write_error(out, unreadable.id.as_deref(), &unreadable.error);
    out.push(b'\n');
}

/// An answer that waits for its reader, and the room that it takes while it does, where it is large.
struct WaitingAnswer {
    bytes: Vec<u8>,
    kept: Option<KeptBytes>,
}

impl WaitingAnswer {
    fn new(core: &Core, session: &Session, id: &RawValue, revision: Revision, mut answered: Answered) -> Self {
        let mut bytes = Vec::new();
        core.write_answer(&mut bytes, id, revision, &mut answered);
        if bytes.len() < bounds::COUNTED {
            return Self { bytes, kept: None };
        }
        let kept = session.kept().take(bytes.len());
        if kept.is_none() {
            bytes = Vec::new();
            let full = RpcError::internal("the answer is not kept: too many wait to be read");
            answered = answered.instead(full);
            core.write_answer(&mut bytes, id, revision, &mut answered);
        }
        Self { bytes, kept }
    }
}

/// Writes what handlers have sent so far.
pub(crate) fn take_sent(outgoing: &mut Receiver<Outgoing>, out: &mut Vec<u8>) {
    while let Ok(sent) = outgoing.try_recv() {
        if let Outgoing::Message(message, _) = sent {
            out.extend_from_slice(&message);
            out.push(b'\n');
        }
    }
}

fn array(responses: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![b'['];
    out.extend_from_slice(&responses.join(&b','));
    out.push(b']');
    out
}

/// Shows a notification to middleware, if there is any.
pub(crate) fn observe(core: &Core, method: &str, params: Option<&RawValue>) {
    if !core.middleware.is_empty() {
        // A slow middleware must not pile notifications up; what it cannot take is not shown to it.
        let Ok(room) = Arc::clone(&core.observing).try_acquire_owned() else {
            tracing::warn!(method = %bounded(method, 64), "a notification was not shown to middleware, which is still busy with earlier ones");
            return;
        };
        let params = params.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null);
        let notified = super::pipeline::notify(core.middleware.clone(), method.to_owned(), params);
        future::spawn(async move {
            notified.await;
            drop(room);
        });
    }
}
