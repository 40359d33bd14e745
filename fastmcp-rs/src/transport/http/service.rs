//! The endpoint as a service of HTTP requests: both eras at one path. What comes in is checked, read once, dispatched, and
//! answered as one piece of JSON where that is possible, as a stream of events where something happens before the end.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::{Body as HttpBody, Buf as _};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::HttpSettings;
use super::body::Body;
use super::envelope::{Head, LAST_EVENT_ID, SESSION_ID};
use super::events::{KEEP_ALIVE, Log, Opening, Response as EventResponse, Work};
use super::guard::{expose, preflight};
use super::replicas::Replicas;
use super::sessions::{Hold, HttpSession, Sessions, new_id};
use crate::context::{Caller, Host, OpenOutlet};
use crate::limits;
use crate::peer::{Outgoing, Outlet, lock};
use crate::protocol::jsonrpc::{INVALID_REQUEST, Message, PARSE_ERROR, write_error};
use crate::protocol::params::Params;
use crate::protocol::{Revision, RpcError, method};
use crate::server::connection::{Connection, observe};
use crate::server::core::Core;
use crate::server::dispatch::{Answer, Envelope as _, Link, Outcome, dispatch};
use crate::server::encode::Reply;
use crate::server::running::Running;
use crate::tasks;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(60);

pub(super) type HttpResponse = Response<Body>;

/// The server as a tower service of HTTP requests; see [`Server::into_service`](crate::Server::into_service). Cheap to clone.
#[derive(Clone)]
pub struct McpService(Arc<Endpoint>);

pub(super) struct Endpoint {
    pub(super) core: Arc<Core>,
    host: Arc<dyn Host>,
    pub(super) settings: HttpSettings,
    pub(super) sessions: Arc<Sessions>,
    /// The other replicas, once this one has joined them.
    pub(super) replicas: tokio::sync::OnceCell<Arc<Replicas>>,
    #[cfg(feature = "sse")]
    pub(super) streams: super::sse::Streams,
}

impl std::fmt::Debug for McpService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("McpService").field("server", &self.0.core.info.name).finish_non_exhaustive()
    }
}

impl<B> tower_service::Service<Request<B>> for McpService
where
    B: HttpBody<Data: Send, Error: std::fmt::Display> + Send + 'static,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.handle(request).await) })
    }
}

impl McpService {
    pub(crate) fn new(core: Arc<Core>, settings: HttpSettings) -> Self {
        let host: Arc<dyn Host> = Arc::clone(&core) as _;
        let sessions = Sessions::new(settings.max_sessions, settings.session_idle);
        Self(Arc::new(Endpoint {
            core,
            host,
            settings,
            sessions,
            replicas: tokio::sync::OnceCell::new(),
            #[cfg(feature = "sse")]
            streams: super::sse::Streams::default(),
        }))
    }

    /// Begins to end the sessions: nobody is asked any more, and streams that belong to no request end. Calls go on.
    pub(crate) fn wind_down(&self) {
        self.0.sessions.wind_down();
    }

    /// Ends all sessions, so that their streams end and connections can close.
    pub(crate) fn close(&self) {
        self.0.sessions.close();
        #[cfg(feature = "sse")]
        self.0.close_streams();
    }

    #[cfg(feature = "sse")]
    pub(crate) fn serves_sse(&self) -> bool {
        self.0.settings.sse
    }

    /// Joins the other replicas, if there are to be any.
    pub(crate) async fn join(&self) -> Result<(), crate::error::Error> {
        if self.0.is_alone() { Ok(()) } else { self.0.join().await }
    }

    pub(crate) fn path(&self) -> &str {
        &self.0.settings.path
    }

    /// Answers one HTTP request to the endpoint.
    pub(crate) async fn handle<B>(&self, request: Request<B>) -> HttpResponse
    where
        B: HttpBody<Error: std::fmt::Display>,
    {
        let endpoint = &*self.0;
        self.admitted(request, async |request| {
            let (parts, body) = request.into_parts();
            let caller = parts.extensions.get::<Caller>().cloned().unwrap_or_default();
            match parts.method {
                Method::POST => endpoint.post(&parts.headers, body, &caller).await,
                Method::GET => endpoint.get(&parts.headers, &caller).await,
                Method::DELETE => endpoint.delete(&parts.headers, &caller).await,
                _ => not_allowed(),
            }
        })
        .await
    }

    /// Answers one request to a URL of the older HTTP+SSE transport.
    #[cfg(feature = "sse")]
    pub(crate) async fn handle_sse<B>(&self, request: Request<B>) -> HttpResponse
    where
        B: HttpBody<Error: std::fmt::Display>,
    {
        self.admitted(request, async |request| self.0.sse(request).await).await
    }

    /// Lets a request through to `answer` if its host and origin are expected and the server has started.
    async fn admitted<B>(
        &self,
        request: Request<B>,
        answer: impl AsyncFnOnce(Request<B>) -> HttpResponse,
    ) -> HttpResponse {
        let endpoint = &*self.0;
        let origin = match endpoint.settings.guard.check(request.uri(), request.headers()) {
            Ok(origin) => origin.cloned(),
            Err(refused) => {
                tracing::warn!("a request was refused: {}", refused.why);
                return plain(StatusCode::from_u16(refused.status).unwrap_or(StatusCode::FORBIDDEN), refused.why);
            }
        };
        if !endpoint.core.is_started()
            && let Err(error) = endpoint.core.start().await
        {
            tracing::error!("the server cannot start: {error}");
            return plain(StatusCode::SERVICE_UNAVAILABLE, "the server cannot start; its log says why".to_owned());
        }
        if !endpoint.is_alone()
            && let Err(error) = Box::pin(endpoint.join()).await
        {
            tracing::error!("the server cannot start: {error}");
            return plain(StatusCode::SERVICE_UNAVAILABLE, "the server cannot start; its log says why".to_owned());
        }
        let Some(origin) = origin else { return answer(request).await };
        let mut response = if request.method() == Method::OPTIONS {
            let mut response = status(StatusCode::NO_CONTENT);
            preflight(response.headers_mut(), request.headers());
            response
        } else {
            answer(request).await
        };
        expose(response.headers_mut(), &origin);
        response
    }
}

/// The outlet of one request, made when a handler first wants to say something.
#[derive(Default)]
struct LazyOutlet {
    made: OnceLock<Outlet>,
    messages: Mutex<Option<mpsc::Receiver<Outgoing>>>,
    /// The client takes no stream of events, so nothing can be said to it before the end.
    mute: bool,
}

impl OpenOutlet for LazyOutlet {
    fn outlet(&self) -> Option<Outlet> {
        if self.mute {
            return None;
        }
        Some(
            self.made
                .get_or_init(|| {
                    let (sender, messages) = mpsc::channel(limits::OUTGOING);
                    *lock(&self.messages) = Some(messages);
                    Outlet::new(sender)
                })
                .clone(),
        )
    }
}

impl LazyOutlet {
    fn into_messages(self) -> Option<mpsc::Receiver<Outgoing>> {
        self.messages.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What a client takes as an answer.
#[derive(Clone, Copy)]
struct Accepts {
    json: bool,
    events: bool,
}

impl Endpoint {
    async fn post<B>(&self, headers: &HeaderMap, body: B, caller: &Caller) -> HttpResponse
    where
        B: HttpBody<Error: std::fmt::Display>,
    {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
            return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the content type must be application/json".to_owned());
        }
        if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding.as_bytes() != b"identity") {
            return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the content must not be encoded".to_owned());
        }
        let accepts = accepted(headers);
        if !accepts.json && !accepts.events {
            return plain(StatusCode::NOT_ACCEPTABLE, "accept application/json and text/event-stream".to_owned());
        }
        let bytes = match read_body(headers, body, self.core.settings.message_bytes).await {
            Ok(bytes) => bytes,
            Err(response) => return response,
        };
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return refused(400, None, &RpcError::new(PARSE_ERROR, "Parse error: the body is not UTF-8"));
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let known = self.known(headers, caller).await;
        if text.trim_start().starts_with('[') && serde_json::from_str::<&RawValue>(text).is_ok() {
            return self.batch(text, &known, caller, accepts).await;
        }
        match Message::read(text) {
            Err(unreadable) => refused(400, unreadable.id.as_deref(), &unreadable.error),
            Ok(Message::Request { id, method, params }) => {
                self.request(id, method, params, headers, &known, caller, accepts).await
            }
            Ok(Message::Notification { method, params }) => {
                self.notification(method, params, headers, &known, caller).await
            }
            Ok(Message::Response { id, outcome }) => match &known {
                Known::Session(http) => {
                    http.session.answer(id, outcome);
                    status(StatusCode::ACCEPTED)
                }
                Known::Gone => gone(),
                Known::Unavailable => unavailable(),
                Known::None => refused(400, None, &RpcError::invalid_request("a response belongs to a session")),
            },
        }
    }

    async fn known(&self, headers: &HeaderMap, caller: &Caller) -> Known {
        match headers.get(SESSION_ID) {
            None => Known::None,
            // Boxed, so that a server alone does not carry the place for it around.
            Some(id) if !self.is_alone() => Box::pin(self.known_to_all(id, caller)).await,
            Some(id) => match id.to_str().ok().and_then(|id| self.sessions.find(id, caller)) {
                Some(session) => Known::Session(session),
                None => Known::Gone,
            },
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one request")]
    async fn request(
        &self,
        id: &RawValue,
        method: &str,
        params: Result<Params<'_>, &'static str>,
        headers: &HeaderMap,
        known: &Known,
        caller: &Caller,
        accepts: Accepts,
    ) -> HttpResponse {
        let head = Head(headers);
        // `initialize` begins a session of its own, whatever id the client came with.
        let fresh = if method == method::INITIALIZE {
            match new_id() {
                Some(id) => Some(Arc::new(self.new_session(id))),
                None => return plain(StatusCode::SERVICE_UNAVAILABLE, "no randomness for a session id".to_owned()),
            }
        } else {
            None
        };
        let session = fresh.as_ref().or(match known {
            Known::Session(http) => Some(&http.session),
            _ => None,
        });
        let outlet = LazyOutlet { mute: !accepts.events, ..LazyOutlet::default() };
        let Answer { revision, outcome } = {
            let link = Link {
                core: &self.core,
                host: &self.host,
                session,
                outlet: &outlet,
                headers: Some(&head),
                caller,
                envelope: Some(&head),
                earlier: Cell::default(),
            };
            dispatch(&link, id, method, params)
        };
        let modern = revision.is_modern();
        if !modern && fresh.is_none() {
            match known {
                Known::Gone => return gone(),
                Known::Unavailable => return unavailable(),
                _ => {}
            }
            if head.version_header().is_some_and(|version| Revision::parse(version).is_none_or(Revision::is_modern)) {
                return refused(
                    400,
                    Some(id),
                    &RpcError::invalid_request("the MCP-Protocol-Version header names a version that is not served"),
                );
            }
        }
        let outcome = match outcome {
            // Middleware makes a future even of a handshake.
            Outcome::Run(running) if fresh.is_some() && !modern => Outcome::Done(running.await),
            outcome => outcome,
        };
        match outcome {
            Outcome::Done(reply) => {
                if let (Known::Session(http), None, false) = (known, &fresh, modern || self.is_alone())
                    && !Box::pin(self.tell(http)).await
                {
                    return unavailable();
                }
                let mut response = self.json(id, revision, &reply);
                if let (Some(session), Ok(_), false) = (fresh, &reply, modern) {
                    let session_id = session.id().and_then(|id| HeaderValue::from_str(id).ok());
                    if !self.is_alone() && !Box::pin(self.announce(&session, caller)).await {
                        return unavailable();
                    }
                    if self.sessions.insert(session, caller.subject().map(ToOwned::to_owned)).is_err() {
                        return too_many();
                    }
                    if let Some(session_id) = session_id {
                        response.headers_mut().insert(SESSION_ID, session_id);
                    }
                }
                response
            }
            Outcome::Run(running) if modern => self.run_modern(id, revision, running, outlet, accepts).await,
            Outcome::Run(running) => match known {
                Known::Session(http) => self.run_in_session(id, revision, running, outlet, accepts, http).await,
                _ => self.json(id, revision, &running.await),
            },
        }
    }

    /// A 2026-07-28 request: the handler lives in this very future, so that a client that goes away takes it along.
    async fn run_modern(
        &self,
        id: &RawValue,
        revision: Revision,
        mut running: Running,
        outlet: LazyOutlet,
        accepts: Accepts,
    ) -> HttpResponse {
        let Some(mut messages) = outlet.into_messages() else {
            // Nothing can be said before the end, and most handlers want nothing said.
            if !accepts.events {
                return self.json(id, revision, &running.await);
            }
            return match tokio::time::timeout(KEEP_ALIVE, &mut running).await {
                Ok(reply) => self.json(id, revision, &reply),
                Err(_) => self.stream(id, revision, Work::Running(running), mpsc::channel(1).1, None),
            };
        };
        let mut silence = None;
        let (work, first) = poll_fn(|task| {
            let polled = Pin::new(&mut running).poll(task);
            let message = loop {
                match messages.poll_recv(task) {
                    Poll::Ready(Some(Outgoing::Message(message))) => break Some(message),
                    Poll::Ready(Some(Outgoing::CloseStream)) => {}
                    Poll::Ready(None) | Poll::Pending => break None,
                }
            };
            match (polled, message) {
                (Poll::Ready(reply), message) => Poll::Ready((Some(reply), message)),
                (Poll::Pending, Some(message)) => Poll::Ready((None, Some(message))),
                (Poll::Pending, None) => {
                    let silence = silence.get_or_insert_with(|| Box::pin(tokio::time::sleep(KEEP_ALIVE)));
                    silence.as_mut().poll(task).map(|()| (None, None))
                }
            }
        })
        .await;
        match (work, first) {
            (Some(reply), None) => self.json(id, revision, &reply),
            (Some(reply), first) => self.stream(id, revision, Work::Done(reply), messages, first),
            (None, first) => self.stream(id, revision, Work::Running(running), messages, first),
        }
    }

    fn stream(
        &self,
        id: &RawValue,
        revision: Revision,
        work: Work,
        messages: mpsc::Receiver<Outgoing>,
        first: Option<Vec<u8>>,
    ) -> HttpResponse {
        events(Body::events(EventResponse {
            core: Arc::clone(&self.core),
            id: id.to_owned(),
            revision,
            work,
            messages,
            first,
            keep_alive: Box::pin(tokio::time::sleep(KEEP_ALIVE)),
        }))
    }

    /// A request of an older session: once it takes time it belongs to the session, and goes on when its client's
    /// connection breaks.
    async fn run_in_session(
        &self,
        id: &RawValue,
        revision: Revision,
        mut running: Running,
        outlet: LazyOutlet,
        accepts: Accepts,
        http: &Arc<HttpSession>,
    ) -> HttpResponse {
        let first = poll_fn(|task| Poll::Ready(Pin::new(&mut running).poll(task))).await;
        let messages = outlet.into_messages();
        let quiet = messages.as_ref().is_none_or(mpsc::Receiver::is_empty);
        if !self.is_alone() && first.is_ready() && !Box::pin(self.tell(http)).await {
            return unavailable();
        }
        let work = match first {
            Poll::Ready(reply) if quiet => return self.json(id, revision, &reply),
            Poll::Ready(reply) => Work::Done(reply),
            Poll::Pending => Work::Running(running),
        };
        let Some(cancelled) = http.session.start(id) else {
            return refused(
                400,
                Some(id),
                &RpcError::invalid_request(format!("a request with the id {} is still running", id.get())),
            );
        };
        if http.session.running_count() > self.core.settings.running {
            http.session.finish(id, &cancelled);
            return refused(200, Some(id), &RpcError::internal("too many requests are running: wait for one of them"));
        }
        let log = http.stream();
        let driver = Driver {
            core: Arc::clone(&self.core),
            log: Arc::clone(&log),
            id: id.to_owned(),
            revision,
            hold: http.hold(),
            session: Arc::clone(http),
            replicas: self.replicas.get().cloned(),
        };
        tasks::spawn(async move {
            let done = cancelled.run_until_cancelled(driver.drive(work, messages)).await;
            driver.end(done, &cancelled).await;
        });
        match log.opening(accepts.events).await {
            Opening::Response(response) => {
                http.forget(&log);
                json_response(StatusCode::OK, response.to_vec())
            }
            // Cancelled: there is no response, and the exchange has to end somehow.
            Opening::Nothing => status(StatusCode::ACCEPTED),
            Opening::Stream => {
                http.keep_elsewhere(&log);
                events(Body::events(log.read(0, revision >= Revision::V2025_11_25)))
            }
        }
    }

    async fn notification(
        &self,
        method: &str,
        params: Option<&RawValue>,
        headers: &HeaderMap,
        known: &Known,
        caller: &Caller,
    ) -> HttpResponse {
        match known {
            Known::Session(http) if !Head(headers).claims_modern() => {
                let connection =
                    Connection::new(Arc::clone(&self.core), Arc::clone(&http.session), None, caller.clone());
                connection.notification(method, params);
                if !self.is_alone() && !Box::pin(self.tell(http)).await {
                    return unavailable();
                }
            }
            Known::Gone if !Head(headers).claims_modern() => return gone(),
            Known::Unavailable if !Head(headers).claims_modern() => return unavailable(),
            // Without a conversation there is nothing that a notification could be about.
            _ => observe(&self.core, method, params),
        }
        status(StatusCode::ACCEPTED)
    }

    /// Several messages at once, which only 2025-03-26 had.
    async fn batch(&self, text: &str, known: &Known, caller: &Caller, accepts: Accepts) -> HttpResponse {
        let session = match known {
            Known::Session(http)
                if http.session.handshake().is_some_and(|handshake| handshake.revision == Revision::V2025_03_26) =>
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
        let (sender, mut messages) = mpsc::channel(limits::OUTGOING);
        let outlet = Some(Outlet::new(sender));
        let mut out = Vec::new();
        {
            let mut connection =
                Connection::new(Arc::clone(&self.core), Arc::clone(&session.session), outlet, caller.clone());
            connection.receive(text, &mut mpsc::channel(1).1, &mut out);
            connection.close_outlet();
        }
        if out.is_empty() {
            // The responses come together when the last is there; notifications in between have no stream to go on.
            while let Some(message) = messages.recv().await {
                if let Outgoing::Message(message) = message
                    && message.first() == Some(&b'[')
                {
                    out = message;
                    break;
                }
            }
        }
        if !self.is_alone() && !Box::pin(self.tell(session)).await {
            return unavailable();
        }
        match out.trim_ascii_end() {
            [] => status(StatusCode::ACCEPTED),
            array @ [b'[', ..] => json_response(StatusCode::OK, array.to_vec()),
            error => json_response(StatusCode::BAD_REQUEST, error.to_vec()),
        }
    }

    /// The stream of what belongs to no request, or the rest of a broken one.
    async fn get(&self, headers: &HeaderMap, caller: &Caller) -> HttpResponse {
        let http = match self.known(headers, caller).await {
            Known::Session(http) => http,
            Known::Gone => return gone(),
            Known::Unavailable => return unavailable(),
            Known::None => return not_allowed(),
        };
        if !accepted(headers).events {
            return plain(StatusCode::NOT_ACCEPTABLE, "a GET asks for text/event-stream".to_owned());
        }
        let prime = http.session.handshake().is_some_and(|handshake| handshake.revision >= Revision::V2025_11_25);
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
                    return plain(StatusCode::BAD_REQUEST, "the Last-Event-ID is none of this server's".to_owned());
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
                    let ended = Log::new(stream);
                    ended.finish();
                    ended
                })
                .read(event, false)
            }
        };
        events(Body::events(Held::new(reader, http.hold())))
    }

    async fn delete(&self, headers: &HeaderMap, caller: &Caller) -> HttpResponse {
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

    fn json(&self, id: &RawValue, revision: Revision, reply: &Reply) -> HttpResponse {
        let code = match reply {
            Err(error) if revision.is_modern() || error.code == INVALID_REQUEST => error.status,
            _ => 200,
        };
        let mut out = Vec::with_capacity(512);
        self.core.write_reply(&mut out, id, revision, reply);
        json_response(StatusCode::from_u16(code).unwrap_or(StatusCode::OK), out)
    }
}

/// The session that a request names.
pub(super) enum Known {
    None,
    Session(Arc<HttpSession>),
    /// It names one that does not exist, not any more, or not for this caller.
    Gone,
    /// Nobody can say: the store does not answer.
    Unavailable,
}

/// Runs one request of a session and writes what comes of it into its stream.
struct Driver {
    core: Arc<Core>,
    log: Arc<Log>,
    id: Box<RawValue>,
    revision: Revision,
    session: Arc<HttpSession>,
    replicas: Option<Arc<Replicas>>,
    hold: Hold,
}

impl Driver {
    async fn drive(&self, mut work: Work, mut messages: Option<mpsc::Receiver<Outgoing>>) -> Reply {
        poll_fn(|task| {
            let mut polled = match &mut work {
                Work::Running(running) => Pin::new(running).poll(task),
                Work::Done(_) => match std::mem::replace(&mut work, Work::Sent) {
                    Work::Done(reply) => Poll::Ready(reply),
                    _ => Poll::Pending,
                },
                Work::Sent => Poll::Pending,
            };
            // What was said before the end goes out before it.
            while let Some(receiver) = &mut messages {
                match receiver.poll_recv(task) {
                    Poll::Ready(Some(Outgoing::Message(message))) => self.log.push(message, false),
                    Poll::Ready(Some(Outgoing::CloseStream)) => self.log.send_away(),
                    Poll::Ready(None) => messages = None,
                    Poll::Pending => break,
                }
            }
            if let Poll::Ready(reply) = polled {
                polled = Poll::Ready(reply);
            }
            polled
        })
        .await
    }

    async fn end(self, done: Option<Reply>, cancelled: &CancellationToken) {
        // What the handler left in the session is there before its answer, for the next request may go elsewhere.
        if let Some(replicas) = &self.replicas {
            replicas.tell(&self.session.session).await;
        }
        if let (Some(reply), true) = (done, self.session.session.finish(&self.id, cancelled)) {
            let mut out = Vec::new();
            self.core.write_reply(&mut out, &self.id, self.revision, &reply);
            self.log.push(out, true);
        } else {
            self.log.finish();
        }
        drop(self.hold);
    }
}

/// A stream that keeps its session from being idle.
pub(super) struct Held<R> {
    reader: R,
    _hold: Hold,
}

impl<R> Held<R> {
    pub(super) fn new(reader: R, hold: Hold) -> Self {
        Self { reader, _hold: hold }
    }
}

impl<R: super::body::Events> super::body::Events for Held<R> {
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<hyper::body::Bytes>> {
        self.reader.poll_next(task)
    }
}

/// Which answers a client takes. Much is accepted: no header, JSON alone, or everything.
fn accepted(headers: &HeaderMap) -> Accepts {
    let mut any = false;
    let mut accepts = Accepts { json: false, events: false };
    for value in headers.get_all(ACCEPT) {
        any = true;
        // What the official clients send.
        if value == "application/json, text/event-stream" {
            return Accepts { json: true, events: true };
        }
        for range in value.to_str().unwrap_or("").split(',').take(64) {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().unwrap_or("");
            let refused =
                parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0)));
            let is = |known: &str| !refused && kind.eq_ignore_ascii_case(known);
            let all = is("*/*");
            accepts.json |= all || is("application/json") || is("application/*");
            accepts.events |= all || is("text/event-stream") || is("text/*");
        }
    }
    if any { accepts } else { Accepts { json: true, events: false } }
}

/// Reads a body, bounded in size and time.
pub(super) async fn read_body<B>(headers: &HeaderMap, body: B, limit: usize) -> Result<Vec<u8>, HttpResponse>
where
    B: HttpBody<Error: std::fmt::Display>,
{
    let announced =
        headers.get(axum::http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(1024));
    let mut body = std::pin::pin!(body);
    let read = async {
        while let Some(frame) = poll_fn(|task| body.as_mut().poll_frame(task)).await {
            let frame =
                frame.map_err(|error| plain(StatusCode::BAD_REQUEST, format!("the body broke off: {error}")))?;
            let Ok(mut data) = frame.into_data() else { continue };
            if bytes.len() + data.remaining() > limit {
                return Err(too_large(limit));
            }
            while data.has_remaining() {
                let chunk = data.chunk();
                bytes.extend_from_slice(chunk);
                let length = chunk.len();
                data.advance(length);
            }
        }
        Ok(())
    };
    match tokio::time::timeout(BODY_TIME, read).await {
        Ok(Ok(())) => Ok(bytes),
        Ok(Err(response)) => Err(response),
        Err(_) => Err(plain(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time".to_owned())),
    }
}

fn too_large(limit: usize) -> HttpResponse {
    plain(StatusCode::PAYLOAD_TOO_LARGE, format!("a message may have at most {limit} bytes"))
}

pub(super) fn status(code: StatusCode) -> HttpResponse {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

/// A refusal of the transport: no JSON-RPC, since nothing of the message was looked at.
pub(super) fn plain(code: StatusCode, why: String) -> HttpResponse {
    let mut response = Response::new(Body::full(why.into_bytes()));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

pub(super) fn not_allowed() -> HttpResponse {
    let mut response = plain(
        StatusCode::METHOD_NOT_ALLOWED,
        "send requests with POST; GET and DELETE need an Mcp-Session-Id".to_owned(),
    );
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE"));
    response
}

/// The store of sessions does not answer, or not yet again.
pub(super) fn unavailable() -> HttpResponse {
    later("sessions cannot be looked up at the moment", "2")
}

fn too_many() -> HttpResponse {
    later("there are too many sessions", "30")
}

fn later(why: &str, seconds: &'static str) -> HttpResponse {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, why.to_owned());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    response
}

/// A session that does not exist (any more): the client begins a new one.
fn gone() -> HttpResponse {
    plain(StatusCode::NOT_FOUND, "there is no such session: send `initialize`".to_owned())
}

fn refused(code: u16, id: Option<&RawValue>, error: &RpcError) -> HttpResponse {
    let mut out = Vec::new();
    write_error(&mut out, id, error);
    json_response(StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST), out)
}

fn json_response(code: StatusCode, json: Vec<u8>) -> HttpResponse {
    let mut response = Response::new(Body::full(json));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn events(body: Body) -> HttpResponse {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
