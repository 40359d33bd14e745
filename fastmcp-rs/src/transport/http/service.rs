//! The endpoint as a service of HTTP requests: both eras at one path. What comes in is checked, read once, dispatched, and
//! answered as one piece of JSON where that is possible, as a stream of events where something happens before the end.
//! What only a session has is in [`session_requests`](super::session_requests).

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, Request, StatusCode};
use hyper::body::{Body, Buf as _};
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::time::Instant;

use super::body::HttpBody;
use super::cors::{expose, preflight};
use super::endpoint::Endpoint;
use super::events::{KEEP_ALIVE, Response as EventResponse, ResponseWork};
use super::mirrored_headers::{Head, SESSION_ID};
use super::notifier::LazyNotifier;
use super::origin::Refused;
use super::responses::{
    Accepts, HttpResponse, events, gone, later, not_allowed, only_post, plain, refused, settled, status, too_many,
    unavailable,
};
use super::session_table::Owner;
use super::sessions::{Known, new_id};
use super::settings::Http;
use crate::bounds;
use crate::context::Caller;
use crate::engine::connection::{Connection, observe};
use crate::engine::core::Core;
use crate::engine::request::{Answer, MirroredHeaders as _, Request as Incoming, Step};
use crate::engine::run::Running;
use crate::error::ErrorKind;
use crate::observe::TurnedAway;
use crate::observe::record::Via;
use crate::protocol::jsonrpc::PARSE_ERROR;
use crate::protocol::message::{JsonRpc, Unreadable};
use crate::protocol::params::Params;
use crate::protocol::{Revision, RpcError, method};
use crate::session::Outgoing;
use crate::wire::weight;

/// How long a body may take to arrive, and for how long nothing of it may come.
const BODY_TIME: Duration = Duration::from_secs(120);
const BODY_IDLE: Duration = Duration::from_secs(30);
/// Bytes a second that a large body must bring on the average, once it takes longer than [`BODY_IDLE`].
const LEAST_RATE: u64 = 16 * 1024;

/// The server as a tower service of HTTP requests; see [`Server::into_service`](crate::Server::into_service). Cheap to clone.
#[derive(Clone)]
pub struct McpService(Arc<Endpoint>);

impl std::fmt::Debug for McpService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("McpService").field("server", &self.0.core.info.name).finish_non_exhaustive()
    }
}

impl<B> tower_service::Service<Request<B>> for McpService
where
    B: Body<Data: Send, Error: std::fmt::Display> + Send + 'static,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            Ok(match service.came_from(&request, None) {
                Ok(peer) => service.handle(request, peer).await,
                Err(why) => plain(StatusCode::BAD_REQUEST, why.to_owned()),
            })
        })
    }
}

impl McpService {
    pub(crate) fn new(core: Arc<Core>, settings: Http) -> Self {
        Self(Arc::new(Endpoint::new(core, settings)))
    }

    /// Begins to end the sessions: nobody is asked any more, and streams that belong to no request end. Calls go on.
    pub(crate) fn wind_down(&self) {
        self.0.sessions.wind_down();
    }

    /// Calls of sessions that are under way.
    pub(crate) fn running(&self) -> usize {
        self.0.sessions.running()
    }

    /// Ends all sessions, so that their streams end and connections can close.
    pub(crate) fn close(&self) {
        self.0.sessions.close();
        #[cfg(feature = "sse")]
        self.0.close_streams();
    }

    /// Joins the other replicas, if there are to be any.
    pub(crate) async fn join(&self) -> Result<(), crate::error::Error> {
        if self.0.is_alone() { Ok(()) } else { self.0.join().await }
    }

    /// The metrics, if this listener shows them.
    #[cfg(feature = "metrics")]
    pub(super) fn metrics(&self) -> Option<&crate::observe::metrics::Metrics> {
        let observers = &self.0.core.observers;
        observers.metrics.as_deref().filter(|_| observers.shows_metrics)
    }

    /// Answers a scraper. Neither host nor token is asked for: scrapers come by the address, and have none.
    #[cfg(feature = "metrics")]
    pub(super) fn show_metrics<B>(&self, request: &Request<B>, peer: Option<IpAddr>) -> HttpResponse {
        let peer = caller_of(request.extensions(), peer).address();
        match self.metrics() {
            Some(metrics) => super::metrics::answer(metrics, request.method(), request.headers(), peer),
            None => status(StatusCode::NOT_FOUND),
        }
    }

    /// Where a request came from: its connection's other end, or whom trusted proxies name.
    pub(super) fn came_from<B>(
        &self,
        request: &Request<B>,
        peer: Option<IpAddr>,
    ) -> Result<Option<IpAddr>, &'static str> {
        let Some(proxies) = &self.0.settings.proxies else { return Ok(peer) };
        let socket = peer.or_else(|| connected_from(request.extensions()));
        let values = |name| request.headers().get_all(name).into_iter().map(HeaderValue::as_bytes);
        let address = proxies.came_from(socket, values("forwarded"), values("x-forwarded-for"));
        address.inspect_err(|why| tracing::warn!(?socket, "a request was refused: {why}"))
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.0.core
    }

    pub(super) fn settings(&self) -> &Http {
        &self.0.settings
    }

    /// Answers one HTTP request to the endpoint; `peer` is where it came from, where our own listener knows.
    pub(crate) async fn handle<B>(&self, request: Request<B>, peer: Option<IpAddr>) -> HttpResponse
    where
        B: Body<Error: std::fmt::Display>,
    {
        let endpoint = &*self.0;
        self.admitted(request, peer, async |request| {
            let (parts, body) = request.into_parts();
            let caller = caller_of(&parts.extensions, peer);
            match parts.method {
                Method::POST => settled(endpoint.post(&parts.headers, body, &caller).await).await,
                // 2026-07-28 has neither.
                Method::GET | Method::DELETE if Head(&parts.headers).claims_modern() => only_post(),
                Method::GET => endpoint.get(&parts.headers, &caller).await,
                Method::DELETE => endpoint.delete(&parts.headers, &caller).await,
                _ => not_allowed(),
            }
        })
        .await
    }

    /// Answers one request to a URL of the older HTTP+SSE transport.
    #[cfg(feature = "sse")]
    pub(crate) async fn handle_sse<B>(&self, request: Request<B>, peer: Option<IpAddr>) -> HttpResponse
    where
        B: Body<Error: std::fmt::Display>,
    {
        self.admitted(request, peer, async |request| self.0.sse(request, peer).await).await
    }

    /// Lets a request through to `answer` if its host and origin are expected and the server has started.
    async fn admitted<B>(
        &self,
        mut request: Request<B>,
        peer: Option<IpAddr>,
        answer: impl AsyncFnOnce(Request<B>) -> HttpResponse,
    ) -> HttpResponse {
        let endpoint = &*self.0;
        let origin = match endpoint.settings.guard.check(request.uri(), request.headers()) {
            Ok(origin) => origin.cloned(),
            Err(refused) => {
                let caller = caller_of(request.extensions(), peer);
                let (via, kind, why) = (Via::Http, ErrorKind::Forbidden, &*refused.why);
                endpoint.core.observers.turned_away(&TurnedAway { caller: &caller, via, kind, why });
                return turned_away(refused);
            }
        };
        #[cfg(feature = "page")]
        if let Some(page) = super::page::instead(&endpoint.settings, &request) {
            return page;
        }
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
        let is_preflight = origin.is_some() && request.method() == Method::OPTIONS;
        let mut response = if is_preflight {
            let mut response = status(StatusCode::NO_CONTENT);
            preflight(response.headers_mut(), request.headers());
            response
        } else if let Some(refused) = endpoint.at_the_edge(&request, peer) {
            refused
        } else if endpoint.settings.auth.asks()
            // Boxed, so that a server that asks nobody does not carry the place for it around.
            && let Some(refused) = Box::pin(endpoint.authenticate(&mut request, peer)).await
        {
            refused
        } else {
            answer(request).await
        };
        if let Some(origin) = origin {
            expose(response.headers_mut(), &origin);
        }
        response
    }
}

/// Who makes a request, as far as somebody before us has said; and from where.
pub(super) fn caller_of(extensions: &Extensions, peer: Option<IpAddr>) -> Caller {
    let caller = extensions.get::<Caller>().cloned().unwrap_or_default();
    let peer = peer.or_else(|| connected_from(extensions));
    if caller.address().is_none() { caller.with_address(peer) } else { caller }
}

/// Where the connection of a request comes from, where a listener of the user's own says so.
fn connected_from(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip())
}

/// The answer to a request whose host or origin is not expected.
pub(super) fn turned_away(refused: Refused) -> HttpResponse {
    tracing::warn!("a request was refused: {}", refused.why);
    plain(StatusCode::from_u16(refused.status).unwrap_or(StatusCode::FORBIDDEN), refused.why)
}

impl Endpoint {
    async fn post<B>(&self, headers: &HeaderMap, body: B, caller: &Caller) -> HttpResponse
    where
        B: Body<Error: std::fmt::Display>,
    {
        if let Some(refusal) = unacceptable(headers) {
            return refusal;
        }
        let accepts = Accepts::of(headers);
        if !accepts.json && !accepts.events {
            return plain(StatusCode::NOT_ACCEPTABLE, "accept application/json and text/event-stream".to_owned());
        }
        let bytes = match read_body(headers, body, self.core.settings.message_bytes, &self.body_room).await {
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
        let limit = self.core.settings.message_bytes;
        if weight::exceeds(text, limit) {
            let unreadable = Unreadable::too_heavy(text, limit);
            return refused(400, unreadable.id.as_deref(), &unreadable.error);
        }
        match JsonRpc::read(text) {
            Err(unreadable) => refused(400, unreadable.id.as_deref(), &unreadable.error),
            Ok(JsonRpc::Request { id, method, params }) => {
                if text.len() >= bounds::COUNTED || method == method::INITIALIZE {
                    let own = if let Known::Session(http) = &known { Some(&**http) } else { None };
                    self.sessions.make_room(own, text.len());
                }
                self.request(id, &method, params, text.len(), headers, &known, caller, accepts).await
            }
            Ok(JsonRpc::Notification { method, params }) => {
                self.notification(&method, params, headers, &known, caller).await
            }
            Ok(JsonRpc::Response { id, outcome }) => match &known {
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

    #[expect(clippy::too_many_arguments, reason = "the parts of one request")]
    async fn request(
        &self,
        id: &RawValue,
        method: &str,
        params: Result<Params<'_>, &'static str>,
        bytes: usize,
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
        let notifier = LazyNotifier::new(accepts);
        let Answer { revision, step } = Incoming::incoming(&self.core, &self.host, session, &notifier, caller)
            .headers(&head, &head)
            .over(Via::Http, bytes)
            .answer(id, method, params);
        let stateless = !revision.has_handshake();
        if !stateless && fresh.is_none() {
            match known {
                Known::Gone => return gone(),
                Known::Unavailable => return unavailable(),
                _ => {}
            }
            if head
                .version_header()
                .is_some_and(|version| Revision::parse(version).is_none_or(|version| !version.has_handshake()))
            {
                return refused(
                    400,
                    Some(id),
                    &RpcError::invalid_request("the MCP-Protocol-Version header names a version that is not served"),
                );
            }
        }
        let step = match step {
            // Middleware makes a future even of a handshake.
            Step::Run(running) if fresh.is_some() && !stateless => Step::Done(running.await),
            step => step,
        };
        match step {
            Step::Done(answered) => {
                if let (Known::Session(http), None, false) = (known, &fresh, stateless || self.is_alone())
                    && !Box::pin(self.save_changes(http)).await
                {
                    return unavailable();
                }
                let greeted = answered.reply.is_ok();
                let mut response = self.json(id, revision, answered);
                if let (Some(session), true, false) = (fresh, greeted, stateless) {
                    let session_id = session.id().and_then(|id| HeaderValue::from_str(id).ok());
                    if !self.is_alone() && !Box::pin(self.create_shared(&session, caller)).await {
                        return unavailable();
                    }
                    if self.sessions.insert(session, Owner::of(caller)).is_err() {
                        return too_many();
                    }
                    if let Some(session_id) = session_id {
                        response.headers_mut().insert(SESSION_ID, session_id);
                    }
                }
                response
            }
            Step::Run(running) if stateless => self.run_modern(id, revision, running, notifier, accepts).await,
            Step::Run(running) => match known {
                Known::Session(http) => self.run_in_session(id, revision, running, notifier, accepts, http).await,
                _ => self.json(id, revision, running.await),
            },
        }
    }

    /// A 2026-07-28 request: the handler lives in this very future, so that a client that goes away takes it along.
    async fn run_modern(
        &self,
        id: &RawValue,
        revision: Revision,
        mut running: Running,
        notifier: LazyNotifier,
        accepts: Accepts,
    ) -> HttpResponse {
        let Some(mut messages) = notifier.into_messages() else {
            // Nothing can be said before the end, and most handlers want nothing said.
            if !accepts.events {
                return self.json(id, revision, running.await);
            }
            return match tokio::time::timeout(KEEP_ALIVE, &mut running).await {
                Ok(answered) => self.json(id, revision, answered),
                Err(_) => self.stream(id, revision, ResponseWork::Running(running), mpsc::channel(1).1, None),
            };
        };
        let mut silence = None;
        let (work, first) = poll_fn(|task| {
            let polled = Pin::new(&mut running).poll(task);
            let message = loop {
                match messages.poll_recv(task) {
                    Poll::Ready(Some(Outgoing::Message(message, _))) => break Some(message),
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
            (Some(answered), None) => self.json(id, revision, answered),
            (Some(answered), first) => self.stream(id, revision, ResponseWork::Done(answered), messages, first),
            (None, first) => self.stream(id, revision, ResponseWork::Running(running), messages, first),
        }
    }

    fn stream(
        &self,
        id: &RawValue,
        revision: Revision,
        work: ResponseWork,
        messages: mpsc::Receiver<Outgoing>,
        first: Option<Vec<u8>>,
    ) -> HttpResponse {
        events(HttpBody::events(EventResponse {
            core: Arc::clone(&self.core),
            id: id.to_owned(),
            revision,
            work,
            messages,
            first,
            keep_alive: Box::pin(tokio::time::sleep(KEEP_ALIVE)),
        }))
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
                if !self.is_alone() && !Box::pin(self.save_changes(http)).await {
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
}

/// Reads a body, bounded in size and time. What has arrived of large bodies shares `room`.
pub(super) async fn read_body<B>(
    headers: &HeaderMap,
    body: B,
    limit: usize,
    room: &Semaphore,
) -> Result<Vec<u8>, HttpResponse>
where
    B: Body<Error: std::fmt::Display>,
{
    let announced =
        headers.get(axum::http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(1024).min(bounds::SMALL_BODY));
    let mut body = std::pin::pin!(body);
    let begun = Instant::now();
    // What was taken of the room, given back with the last of it.
    let mut taken: Option<SemaphorePermit<'_>> = None;
    loop {
        let until = (Instant::now() + BODY_IDLE).min(begun + BODY_TIME);
        let frame = match tokio::time::timeout_at(until, poll_fn(|task| body.as_mut().poll_frame(task))).await {
            Err(_) => return Err(too_slow()),
            Ok(None) => return Ok(bytes),
            Ok(Some(Err(error))) => {
                return Err(plain(StatusCode::BAD_REQUEST, format!("the body broke off: {error}")));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(mut data) = frame.into_data() else { continue };
        let length = bytes.len() + data.remaining();
        if length > limit {
            return Err(too_large(limit));
        }
        if length > bounds::SMALL_BODY {
            let elapsed = begun.elapsed();
            if elapsed > BODY_IDLE && (length as u64) < elapsed.as_secs().saturating_mul(LEAST_RATE) {
                return Err(too_slow());
            }
            let held = taken.as_ref().map_or(0, SemaphorePermit::num_permits);
            let wanted = u32::try_from(length - held).unwrap_or(u32::MAX);
            let Ok(more) = room.try_acquire_many(wanted) else {
                return Err(later("other large messages are arriving", "1"));
            };
            match &mut taken {
                Some(taken) => taken.merge(more),
                None => taken = Some(more),
            }
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            bytes.extend_from_slice(chunk);
            let length = chunk.len();
            data.advance(length);
        }
    }
}

/// The refusal of content that is not JSON in UTF-8, as it is, and of headers that there may be one of, given twice.
fn unacceptable(headers: &HeaderMap) -> Option<HttpResponse> {
    for once in [&CONTENT_TYPE, &SESSION_ID] {
        if headers.get_all(once).iter().nth(1).is_some() {
            return Some(plain(StatusCode::BAD_REQUEST, format!("there is more than one `{once}` header")));
        }
    }
    let unsupported = |why: &str| Some(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, why.to_owned()));
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    // What nearly every client sends.
    if kind != "application/json" {
        let mut parts = kind.split(';').map(str::trim);
        if !parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
            return unsupported("the content type must be application/json");
        }
        let charset =
            parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
        let known = |value: &str| ["utf-8", "utf8", "us-ascii"].iter().any(|known| value.eq_ignore_ascii_case(known));
        if charset.is_some_and(|(_, value)| !known(value.trim().trim_matches('"'))) {
            return unsupported("the charset must be UTF-8");
        }
    }
    let encoded = |encoding: &HeaderValue| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().any(encoded) {
        return unsupported("the content must not be encoded");
    }
    None
}

fn too_slow() -> HttpResponse {
    plain(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time".to_owned())
}

fn too_large(limit: usize) -> HttpResponse {
    plain(StatusCode::PAYLOAD_TOO_LARGE, format!("a message may have at most {limit} bytes"))
}
