//! Requests of the older revisions, which belong to a session: they go on when their connection breaks, come in batches, and
//! leave streams that can be read again.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use axum::http::{HeaderMap, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::body::HttpBody;
use super::endpoint::Endpoint;
use super::events::{Log, Opening, ResponseWork};
use super::mirrored_headers::LAST_EVENT_ID;
use super::notifier::LazyNotifier;
use super::responses::{
    Accepts, HttpResponse, events, gone, json_response, not_allowed, plain, refused, status, unavailable,
};
use super::sessions::{Held, HttpSession, Known, Sessions};
use crate::bounds;
use crate::context::Caller;
use crate::engine::answered::Answered;
use crate::engine::connection::Connection;
use crate::engine::core::Core;
use crate::engine::run::Running;
use crate::future;
use crate::observe::record::Via;
use crate::protocol::{Revision, RpcError};
use crate::replicas::Replicas;
use crate::session::{Notifier, Outgoing};
use crate::text::sanitize::bounded;

impl Endpoint {
    /// A request of an older session: once it takes time it belongs to the session, and goes on when its client's
    /// connection breaks.
    pub(super) async fn run_in_session(
        &self,
        id: &RawValue,
        revision: Revision,
        mut running: Running,
        notifier: LazyNotifier,
        accepts: Accepts,
        http: &Arc<HttpSession>,
    ) -> HttpResponse {
        // Before its first step, which may be its effect.
        if http.session.is_running(id) {
            return still_running(id);
        }
        if http.session.running_count() >= self.core.settings.running {
            return too_many_running(id);
        }
        let first = poll_fn(|task| Poll::Ready(Pin::new(&mut running).poll(task))).await;
        let messages = notifier.into_messages();
        let quiet = messages.as_ref().is_none_or(mpsc::Receiver::is_empty);
        if !self.is_alone() && first.is_ready() && !Box::pin(self.save_changes(http)).await {
            return unavailable();
        }
        let work = match first {
            Poll::Ready(answered) if quiet => return self.json(id, revision, answered),
            Poll::Ready(answered) => ResponseWork::Done(answered),
            Poll::Pending => ResponseWork::Running(running),
        };
        let Some(cancelled) = http.session.start(id) else { return still_running(id) };
        // For as long as the client waits for it: a call that was left keeps nobody out.
        let hold = http.hold();
        if http.session.running_count() > self.core.settings.running {
            http.session.finish(id, &cancelled);
            return too_many_running(id);
        }
        let log = http.stream();
        let driver = Driver {
            core: Arc::clone(&self.core),
            log: Arc::clone(&log),
            id: id.to_owned(),
            revision,
            session: Arc::clone(http),
            sessions: Arc::clone(&self.sessions),
            replicas: self.replicas.get().cloned(),
        };
        future::spawn(async move {
            let done = cancelled.run_until_cancelled(driver.drive(work, messages)).await;
            driver.end(done, &cancelled).await;
        });
        let unopened = Unopened { session: http, log: &log };
        match log.opening(accepts.events).await {
            Opening::Response(response) => json_response(StatusCode::OK, response.to_vec()),
            // Cancelled: there is no response, and the exchange has to end somehow.
            Opening::Nothing => status(StatusCode::ACCEPTED),
            Opening::Stream => {
                std::mem::forget(unopened);
                if let (Some(replicas), Some(session)) = (self.replicas.get(), http.session.id()) {
                    Box::pin(replicas.begin(session, &log)).await;
                }
                http.keep_elsewhere(&log);
                events(HttpBody::events(Held::new(log.read(0, revision.primes_streams()), hold)))
            }
        }
    }

    /// Several messages at once, which only 2025-03-26 had.
    pub(super) async fn batch(&self, text: &str, known: &Known, caller: &Caller, accepts: Accepts) -> HttpResponse {
        let session = match known {
            Known::Session(http)
                if http.session.handshake().is_some_and(|handshake| handshake.revision.can_batch()) =>
            {
                http
            }
            Known::Gone => return gone(),
            Known::Unavailable => return unavailable(),
            _ => {
                return refused(
                    400,
                    None,
                    &RpcError::invalid_request("a batch is not accepted here: send one message at a time"),
                );
            }
        };
        if !accepts.json {
            return plain(StatusCode::NOT_ACCEPTABLE, "a batch is answered with application/json".to_owned());
        }
        let (sender, mut messages) = mpsc::channel(bounds::OUTGOING);
        let notifier = Some(Notifier::new(sender));
        let (alive, mut running) = mpsc::channel(1);
        let mut out = Vec::new();
        {
            let mut connection =
                Connection::new(Arc::clone(&self.core), Arc::clone(&session.session), notifier, caller.clone())
                    .over(Via::Http)
                    .tracked(alive);
            connection.receive(text, &mut mpsc::channel(1).1, &mut out);
            connection.close_notifier();
        }
        if out.is_empty() {
            // The responses come together when the last is there; notifications in between have no stream to go on.
            // There may be none, if all were cancelled, and a task that lives on may still hold the other end.
            let mut next = async || {
                poll_fn(|task| match messages.poll_recv(task) {
                    Poll::Pending => running.poll_recv(task).map(|_| messages.try_recv().ok()),
                    ready => ready,
                })
                .await
            };
            while let Some(message) = next().await {
                if let Outgoing::Message(message, _) = message
                    && message.first() == Some(&b'[')
                {
                    out = message;
                    break;
                }
            }
        }
        if !self.is_alone() && !Box::pin(self.save_changes(session)).await {
            return unavailable();
        }
        match out.trim_ascii_end() {
            [] => status(StatusCode::ACCEPTED),
            array @ [b'[', ..] => json_response(StatusCode::OK, array.to_vec()),
            error => json_response(StatusCode::BAD_REQUEST, error.to_vec()),
        }
    }

    /// The stream of what belongs to no request, or the rest of a broken one.
    pub(super) async fn get(&self, headers: &HeaderMap, caller: &Caller) -> HttpResponse {
        let http = match self.known(headers, caller).await {
            Known::Session(http) => http,
            Known::Gone => return gone(),
            Known::Unavailable => return unavailable(),
            Known::None => return not_allowed(),
        };
        if !Accepts::of(headers).events {
            return plain(StatusCode::NOT_ACCEPTABLE, "a GET asks for text/event-stream".to_owned());
        }
        let prime = http.session.handshake().is_some_and(|handshake| handshake.revision.primes_streams());
        let reader = match headers.get(LAST_EVENT_ID) {
            None => {
                let log = http.standalone(&self.core);
                log.read(log.last(), prime)
            }
            Some(last) => {
                let place = last.to_str().ok().and_then(|last| {
                    let (stream, event) = last.trim().split_once('-')?;
                    Some((stream.parse::<u64>().ok()?, event.parse::<u64>().ok()?))
                });
                let Some((stream, event)) = place else {
                    return plain(
                        StatusCode::BAD_REQUEST,
                        "the Last-Event-ID is not one that this server gave out".to_owned(),
                    );
                };
                if let Some(replicas) = self.replicas.get() {
                    return match Box::pin(replicas.resume(&self.core, &http, stream, event)).await {
                        Ok(body) => events(body),
                        Err(_) => unavailable(),
                    };
                }
                let log = if stream == 0 { Some(http.standalone(&self.core)) } else { http.find(stream) };
                // A stream that is no longer kept has nothing left to say.
                log.unwrap_or_else(|| {
                    let ended = Log::new(stream, http.session.kept());
                    ended.finish();
                    ended
                })
                .read(event, false)
            }
        };
        events(HttpBody::events(Held::new(reader, http.hold()).until(caller.expiry())))
    }

    pub(super) async fn delete(&self, headers: &HeaderMap, caller: &Caller) -> HttpResponse {
        match self.known(headers, caller).await {
            Known::Session(http) => {
                if let Some(id) = http.session.id() {
                    if !self.is_alone() && !Box::pin(self.end_everywhere(id)).await {
                        return unavailable();
                    }
                    self.sessions.remove(id);
                }
                status(StatusCode::NO_CONTENT)
            }
            Known::Gone => gone(),
            Known::Unavailable => unavailable(),
            Known::None => not_allowed(),
        }
    }
}

fn still_running(id: &RawValue) -> HttpResponse {
    let shown = bounded(id.get(), bounds::ECHO);
    refused(400, Some(id), &RpcError::invalid_request(format!("a request with the id {shown} is still running")))
}

fn too_many_running(id: &RawValue) -> HttpResponse {
    refused(200, Some(id), &RpcError::internal("too many requests are running: wait for one of them"))
}

/// The stream of a request whose client has seen nothing of it yet, and never can if it leaves now: then nobody asks for it again.
struct Unopened<'a> {
    session: &'a HttpSession,
    log: &'a Log,
}

impl Drop for Unopened<'_> {
    fn drop(&mut self) {
        self.session.forget(self.log);
    }
}

/// Runs one request of a session and writes what comes of it into its stream.
struct Driver {
    core: Arc<Core>,
    log: Arc<Log>,
    id: Box<RawValue>,
    revision: Revision,
    session: Arc<HttpSession>,
    sessions: Arc<Sessions>,
    replicas: Option<Arc<Replicas>>,
}

impl Driver {
    async fn drive(&self, mut work: ResponseWork, mut messages: Option<mpsc::Receiver<Outgoing>>) -> Answered {
        poll_fn(|task| {
            let polled = match &mut work {
                ResponseWork::Running(running) => Pin::new(running).poll(task),
                ResponseWork::Done(_) => match std::mem::replace(&mut work, ResponseWork::Sent) {
                    ResponseWork::Done(answered) => Poll::Ready(answered),
                    _ => Poll::Pending,
                },
                ResponseWork::Sent => Poll::Pending,
            };
            // What was said before the end goes out before it.
            while let Some(receiver) = &mut messages {
                match receiver.poll_recv(task) {
                    Poll::Ready(Some(Outgoing::Message(message, _))) => self.log.push(message, false),
                    Poll::Ready(Some(Outgoing::CloseStream)) => self.log.send_away(),
                    Poll::Ready(None) => messages = None,
                    Poll::Pending => break,
                }
            }
            polled
        })
        .await
    }

    async fn end(self, done: Option<Answered>, cancelled: &CancellationToken) {
        // What the handler left in the session is there before its answer, for the next request may go elsewhere.
        if let Some(replicas) = &self.replicas {
            replicas.save_changes(&self.session.session).await;
        }
        if let (Some(mut answered), true) = (done, self.session.session.finish(&self.id, cancelled)) {
            let mut out = Vec::new();
            self.core.write_answer(&mut out, &self.id, self.revision, &mut answered);
            if !self.sessions.make_room(Some(&self.session), out.len()) {
                out.clear();
                let full = RpcError::internal("the answer is not kept: too many wait to be read in this session");
                answered = answered.instead(full);
                self.core.write_answer(&mut out, &self.id, self.revision, &mut answered);
            }
            self.log.push(out, true);
        } else {
            self.log.finish();
        }
        self.session.touch();
    }
}
