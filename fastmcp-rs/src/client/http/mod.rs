//! Streamable HTTP, of every revision (basic/transports/streamable-http): each message is a POST, whose response has what comes for
//! it. The older revisions have sessions, which may be lost and are then begun anew, streams that can be resumed, and one more
//! stream for what belongs to no request.

mod address;
mod auth;
mod headers;
mod legacy;
mod pool;
#[cfg(feature = "client-tls")]
mod tls;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, SystemTime};

use hyper::header::HeaderMap;
use hyper::{Method, Request};
use tokio::task::AbortHandle;

pub use auth::{Again, AuthChallenge, AuthFuture, BearerToken, ClientAuth};
pub(super) use legacy::LegacyCarrier;

use self::address::Address;
use self::pool::{Connections, HttpReply, WholeBody};
use super::dialogue::{Dialogue, Farewell};
use super::error::{AuthError, ClientError, ConnectError, Sent};
use super::incoming::ServerMessage;
use super::letter::{Carriage, Carrier, Departure, Letter, LetterKind, ParamList};
use super::stream;
use crate::future::{self, BoxFuture};
use crate::protocol::{Revision, method};
use crate::session::lock;
use crate::text::sanitize;
use crate::wire::events::{EventReader, StreamEvent};

/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// The most of a refusal's body that is read, in bytes, and shown, in characters.
const REFUSAL: usize = 256 * 1024;
const SHOWN: usize = 200;
/// How long is waited before a stream is opened again: at first, at most, and where the server says nothing.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A stream that lived this long was no failure.
const LIVED: Duration = Duration::from_secs(30);
/// Attempts in a row to come back to a stream that brought nothing.
const ATTEMPTS: u32 = 20;
/// How long a message that nobody waits for may take.
const NOTICE: Duration = Duration::from_secs(5);
/// How long the end of a session may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// How a server is reached.
#[derive(Clone)]
pub(super) struct HttpWay {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub auth: Option<Arc<dyn ClientAuth>>,
    #[cfg(feature = "client-tls")]
    pub authorities: Option<std::path::PathBuf>,
}

impl HttpWay {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            headers: Vec::new(),
            auth: None,
            #[cfg(feature = "client-tls")]
            authorities: None,
        }
    }
}

impl fmt::Debug for HttpWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWay").finish_non_exhaustive()
    }
}

/// What every request over HTTP is made with.
pub(super) struct HttpParts {
    pool: Connections,
    headers: HeaderMap,
    auth: Option<Arc<dyn ClientAuth>>,
    most: usize,
}

impl HttpParts {
    pub(super) fn new(way: &HttpWay, most: usize) -> Result<Self, ClientError> {
        let setting = |what| ConnectError::Setting { what };
        let address = Address::parse(&way.url).map_err(setting)?;
        #[cfg(not(feature = "client-tls"))]
        if address.is_secure() {
            let what = "an `https://` URL takes the feature `client-tls` of fastmcp-rs".to_owned();
            return Err(setting(what).into());
        }
        let mut headers = HeaderMap::new();
        headers::add(&mut headers, "user-agent", concat!("fastmcp-rs/", env!("CARGO_PKG_VERSION")))?;
        for (name, value) in &way.headers {
            headers::add(&mut headers, name, value).map_err(|_| {
                let name = sanitize::bounded(name, 64).into_owned();
                setting(format!("the header `{name}` cannot be sent over HTTP"))
            })?;
        }
        #[cfg(feature = "client-tls")]
        let pool = Connections::new(address, tls::Tls::new(way.authorities.as_deref()).map_err(setting)?);
        #[cfg(not(feature = "client-tls"))]
        let pool = Connections::new(address);
        Ok(Self { pool, headers, auth: way.auth.clone(), most })
    }

    fn path(&self) -> &str {
        self.pool.address().path()
    }

    /// A request to a path of the server's.
    async fn request(
        &self,
        method: Method,
        path: &str,
        letter: Option<&Letter>,
        accept: &str,
    ) -> Result<Request<WholeBody>, ClientError> {
        let mut all = self.headers.clone();
        headers::add(&mut all, "host", self.pool.address().authority())?;
        headers::add(&mut all, "accept", accept)?;
        if let Some(auth) = &self.auth {
            for (name, value) in auth.headers().await.map_err(ClientError::Auth)? {
                headers::add(&mut all, &name, &value)?;
            }
        }
        let body = match letter {
            None => WholeBody::new(""),
            Some(letter) => {
                headers::add(&mut all, "content-type", "application/json")?;
                headers::repeat(&mut all, letter)?;
                WholeBody::new(letter.text.clone())
            }
        };
        let mut request = Request::builder().method(method).uri(path).body(body);
        if let Ok(request) = &mut request {
            *request.headers_mut() = all;
        }
        request.map_err(|error| ClientError::request(format!("the server's URL cannot be used: {error}")))
    }
}

/// The message in an event, if there is one.
fn message_of(event: &StreamEvent) -> Option<&str> {
    let is_message = event.kind.as_deref().is_none_or(|kind| kind == "message" || kind.is_empty());
    event.data.as_deref().filter(|data| is_message && !data.is_empty())
}

/// What a response that is no answer means.
async fn refused(reply: &mut HttpReply) -> ClientError {
    let status = reply.status();
    if let (401, header) | (403, header @ Some(_)) = (status, reply.header("www-authenticate").map(ToOwned::to_owned)) {
        let challenge = AuthChallenge { status, header };
        return ClientError::Auth(match status {
            401 => AuthError::Required { challenge: challenge.header },
            _ => AuthError::Scope { needed: challenge.parameter("scope").unwrap_or_default() },
        });
    }
    let retry_after = reply.header("retry-after").and_then(retry_after);
    let to = reply
        .header("location")
        .map(|to| sanitize::bounded(to.split('?').next().unwrap_or_default(), SHOWN).into_owned());
    let body = reply.whole(REFUSAL).await.unwrap_or_default();
    let body = String::from_utf8_lossy(&body).into_owned();
    let body_start = match to.filter(|_| (300..400).contains(&status)) {
        Some(to) => format!("it leads to {to}, where requests are not sent"),
        None => sanitize::bounded(body.trim(), SHOWN).into_owned(),
    };
    ClientError::Http { status, retry_after, body_start }
}

/// A time to wait: in seconds, or until a date.
fn retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// A conversation over Streamable HTTP. Dropping it ends what runs for it.
pub(super) struct HttpCarrier(Arc<HttpDialogue>);

/// What those who carry messages, and those who hear, have in common.
struct HttpDialogue {
    this: Weak<Self>,
    http: HttpParts,
    dialogue: Arc<Dialogue>,
    session: Mutex<ClientSession>,
    /// Held by whoever begins the session anew.
    renewing: tokio::sync::Mutex<()>,
    /// The stream for what belongs to no request.
    stream: Mutex<Option<AbortHandle>>,
}

/// The session of the older revisions, and what it takes to begin it anew.
#[derive(Default)]
struct ClientSession {
    id: Option<String>,
    /// Which session it is, counted.
    number: u64,
    greeting: Option<Vec<u8>>,
    log_level: Option<Vec<u8>>,
    subscriptions: BTreeMap<String, Vec<u8>>,
}

impl HttpCarrier {
    pub(super) fn start(http: HttpParts, dialogue: &Arc<Dialogue>) -> Self {
        Self(Arc::new_cyclic(|this| HttpDialogue {
            this: Weak::clone(this),
            http,
            dialogue: Arc::clone(dialogue),
            session: Mutex::default(),
            renewing: tokio::sync::Mutex::new(()),
            stream: Mutex::default(),
        }))
    }
}

impl HttpDialogue {
    fn carrier(&self) -> Option<Arc<dyn Carrier>> {
        self.this.upgrade().map(|this| this as Arc<dyn Carrier>)
    }

    fn is_legacy(&self) -> bool {
        self.dialogue.revision().is_some_and(Revision::has_handshake)
    }

    /// A request to the endpoint, within the session if there is one; and which session that is.
    async fn request(
        &self,
        method: Method,
        path: &str,
        letter: Option<&Letter>,
        accept: &str,
    ) -> Result<(Request<WholeBody>, Option<u64>), ClientError> {
        let mut request = self.http.request(method, path, letter, accept).await?;
        if letter.is_none()
            && let Some(revision) = self.dialogue.revision().filter(|revision| revision.has_version_header())
        {
            headers::add(request.headers_mut(), "mcp-protocol-version", revision.as_str())?;
        }
        // `initialize` begins a session, and 2026-07-28 has none.
        let within = letter.is_none_or(|letter| letter.revision.is_some_and(Revision::has_handshake));
        let (id, number) = {
            let session = lock(&self.session);
            (session.id.clone().filter(|_| within), session.number)
        };
        if let Some(id) = &id {
            headers::add(request.headers_mut(), "mcp-session-id", id)?;
        }
        Ok((request, id.is_some().then_some(number)))
    }

    /// Posts a message, once more where something else has to be done first: follow to another path, prove who is asking, begin the
    /// session anew.
    async fn post(&self, letter: &Letter, may_renew: bool) -> Result<HttpReply, ClientError> {
        let mut path = self.http.path().to_owned();
        let (mut redirects, mut challenged, mut renewed) = (0, false, !may_renew);
        loop {
            let accept = "application/json, text/event-stream";
            let (request, session) = self.request(Method::POST, &path, Some(letter), accept).await?;
            let mut reply = self.http.pool.send(request, &letter.left).await?;
            match reply.status() {
                // The only ones after which a POST is still a POST.
                307 | 308 if redirects < REDIRECTS => {
                    let target = reply.header("location").and_then(|to| self.http.pool.address().resolve(to));
                    let Some(target) = target else { return Err(refused(&mut reply).await) };
                    reply.drain();
                    (redirects, path) = (redirects + 1, target);
                }
                300..=399 => return Err(refused(&mut reply).await),
                status @ (401 | 403) => {
                    let header = reply.header("www-authenticate").map(ToOwned::to_owned);
                    let challenge = AuthChallenge { status, header };
                    if let Some(auth) = &self.http.auth
                        && !std::mem::replace(&mut challenged, true)
                        && (status == 401 || challenge.header.is_some())
                        && auth.challenged(&challenge).await.map_err(ClientError::Auth)? == Again::Retry
                    {
                        reply.drain();
                        continue;
                    }
                    return Err(refused(&mut reply).await);
                }
                status @ (400 | 404) if session.is_some() && !renewed => {
                    let body = reply.whole(REFUSAL).await.unwrap_or_default();
                    // Of a session that is gone, 404 says so by itself; 400 may mean anything else.
                    if status == 400 && !says_no_session(&body) {
                        return Err(self.refusal(letter, status, &body));
                    }
                    renewed = true;
                    Box::pin(self.renew(session.unwrap_or_default())).await?;
                }
                _ => return Ok(reply),
            }
        }
    }

    /// A refusal whose body has been read: an answer in it counts, whatever the status.
    fn refusal(&self, letter: &Letter, status: u16, body: &[u8]) -> ClientError {
        let text = String::from_utf8_lossy(body);
        if let Some(message) = ServerMessage::read(&text)
            && let LetterKind::Request { id, .. } = letter.kind
            && (message.answers() == Some(id) || message.is_orphan())
            && let Err(error @ ClientError::Rpc { .. }) = message.outcome()
        {
            return error;
        }
        let body_start = sanitize::bounded(text.trim(), SHOWN).into_owned();
        ClientError::Http { status, retry_after: None, body_start }
    }

    async fn send(&self, letter: Letter, may_renew: bool) -> Result<Carriage, ClientError> {
        let mut reply = self.post(&letter, may_renew).await?;
        let LetterKind::Request { id, method, ref name, .. } = letter.kind else {
            return match reply.status() {
                200..=299 => {
                    reply.drain();
                    Ok(Carriage::Answered)
                }
                _ => Err(refused(&mut reply).await),
            };
        };
        match reply.status() {
            200..=299 => {
                self.remember(method, name.as_deref(), &letter.text, &reply);
                self.read(reply, id, method).await
            }
            // A server's failure is no answer, whatever it says.
            500.. => Err(refused(&mut reply).await),
            status if reply.media_type() == "application/json" => {
                let retry_after = reply.header("retry-after").and_then(retry_after);
                let body = reply.whole(REFUSAL).await.unwrap_or_default();
                Err(match self.refusal(&letter, status, &body) {
                    ClientError::Http { status, body_start, .. } => {
                        ClientError::Http { status, retry_after, body_start }
                    }
                    other => other,
                })
            }
            _ => Err(refused(&mut reply).await),
        }
    }

    /// Remembers what has to be said again where the session is begun anew.
    fn remember(&self, method: &str, name: Option<&str>, text: &[u8], reply: &HttpReply) {
        let mut session = lock(&self.session);
        match (method, name) {
            (method::INITIALIZE, _) => {
                session.id = reply.header("mcp-session-id").map(ToOwned::to_owned);
                session.greeting = Some(text.to_vec());
            }
            (method::SET_LEVEL, _) => session.log_level = Some(text.to_vec()),
            (method::RESOURCES_SUBSCRIBE, Some(uri)) => {
                session.subscriptions.insert(uri.to_owned(), text.to_vec());
            }
            (method::RESOURCES_UNSUBSCRIBE, Some(uri)) => {
                session.subscriptions.remove(uri);
            }
            _ => {}
        }
    }

    /// Reads what a response has for a request.
    async fn read(&self, mut reply: HttpReply, id: u64, method: &str) -> Result<Carriage, ClientError> {
        let kind = reply.media_type();
        match &*kind {
            "text/event-stream" => self.hear(reply, id).await,
            "application/json" => {
                let body = reply.whole(self.http.most).await?;
                let Ok(text) = std::str::from_utf8(&body) else {
                    return Err(ClientError::protocol("an answer is not UTF-8"));
                };
                if let Some(carrier) = self.carrier() {
                    self.dialogue.receive(text, &carrier, Some(id));
                }
                if self.dialogue.waits_for(id) {
                    return Err(ClientError::protocol("a response over HTTP has no answer to its request"));
                }
                Ok(Carriage::Answered)
            }
            other => {
                let shown = sanitize::bounded(if other.is_empty() { "no type" } else { other }, SHOWN).into_owned();
                let what = format!("it answered with HTTP status {} and {shown}", reply.status());
                if matches!(method, method::INITIALIZE | method::DISCOVER) {
                    return Err(ClientError::not_mcp(what, "is this the URL of the endpoint (often `/mcp`)?"));
                }
                Err(ClientError::protocol(what))
            }
        }
    }

    /// Reads a stream until the request is answered, and comes back to it where it ends before that and the revision has such.
    async fn hear(&self, mut reply: HttpReply, id: u64) -> Result<Carriage, ClientError> {
        let (mut last, mut wait, mut failures) = (None, None, 0);
        loop {
            let heard = self.hear_some(&mut reply, Some(id), &mut last, &mut wait).await;
            if !self.dialogue.waits_for(id) {
                reply.drain();
                return Ok(Carriage::Answered);
            }
            failures = if heard { 0 } else { failures + 1 };
            drop(reply);
            loop {
                // Without an id there is nothing to come back to, and on 2026-07-28 never.
                if last.is_none() || !self.is_legacy() || failures >= ATTEMPTS {
                    return Ok(Carriage::Answered);
                }
                tokio::time::sleep(wait.unwrap_or_else(|| pause(failures))).await;
                match self.open(last.as_deref()).await {
                    Ok(Some(again)) => {
                        reply = again;
                        break;
                    }
                    // It keeps nothing to come back to.
                    Ok(None) => return Ok(Carriage::Answered),
                    Err(error) if error.is_retryable() => failures += 1,
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Reads events until the stream ends or the request is answered; whether there were any.
    async fn hear_some(
        &self,
        reply: &mut HttpReply,
        request: Option<u64>,
        last: &mut Option<String>,
        wait: &mut Option<Duration>,
    ) -> bool {
        let mut events = EventReader::new(self.http.most);
        let mut heard = false;
        while let Ok(Some(chunk)) = reply.chunk().await {
            let mut bytes = &chunk[..];
            while let Some(event) = events.next(&mut bytes) {
                let Ok(event) = event else {
                    let error = ClientError::protocol(format!("a message has more than {} bytes", self.http.most));
                    match request {
                        Some(id) => self.dialogue.fail(id, error),
                        None => self.dialogue.problem(&error.to_string()),
                    }
                    continue;
                };
                if let Some(id) = &event.id {
                    *last = Some(id.clone()).filter(|id| !id.is_empty());
                }
                *wait = event.retry.map(Duration::from_millis).or(*wait);
                if let (Some(message), Some(carrier)) = (message_of(&event), self.carrier()) {
                    heard = true;
                    self.dialogue.receive(message, &carrier, request);
                }
            }
            if request.is_some_and(|id| !self.dialogue.waits_for(id)) {
                return true;
            }
        }
        heard
    }

    /// Opens a stream by GET: a new one, or that which had this event. `None` where the server has no such.
    async fn open(&self, last: Option<&str>) -> Result<Option<HttpReply>, ClientError> {
        let (mut request, _) = self.request(Method::GET, self.http.path(), None, "text/event-stream").await?;
        if let Some(last) = last {
            headers::add(request.headers_mut(), "last-event-id", last)?;
        }
        let mut reply = self.http.pool.send(request, &Departure::default()).await?;
        match reply.status() {
            200 if reply.media_type() == "text/event-stream" => Ok(Some(reply)),
            200..=299 | 400 | 404 | 405 | 406 | 409 | 410 | 501 => {
                reply.drain();
                Ok(None)
            }
            _ => Err(refused(&mut reply).await),
        }
    }

    /// Listens, from now on, to what belongs to no request.
    fn listen(&self) {
        let this = Weak::clone(&self.this);
        let task = future::spawn(async move {
            let (mut last, mut wait, mut failures): (Option<String>, _, u32) = (None, None, 0);
            loop {
                let Some(me) = this.upgrade() else { return };
                let began = tokio::time::Instant::now();
                match me.open(last.as_deref()).await {
                    Ok(Some(mut reply)) => {
                        let heard = me.hear_some(&mut reply, None, &mut last, &mut wait).await;
                        // A stream that ends at once is one that did not come about.
                        failures = if heard || began.elapsed() > LIVED { 0 } else { failures + 1 };
                    }
                    // There was one, and what it was resumed from is no more: a fresh one.
                    Ok(None) if last.is_some() => {
                        last = None;
                        failures += 1;
                    }
                    Ok(None) => return,
                    Err(error) if error.is_retryable() => failures += 1,
                    Err(error) => return me.dialogue.problem(&format!("there is no stream of changes: {error}")),
                }
                drop(me);
                tokio::time::sleep(wait.unwrap_or_else(|| pause(failures))).await;
            }
        });
        if let Some(before) = lock(&self.stream).replace(task.abort_handle()) {
            before.abort();
        }
    }

    /// Begins the session anew, unless somebody else did: greets as before, and says again what the server was told.
    async fn renew(&self, lost: u64) -> Result<(), ClientError> {
        let _alone = self.renewing.lock().await;
        let (greeting, log_level, subscriptions) = {
            let mut session = lock(&self.session);
            if session.number != lost {
                return Ok(());
            }
            session.id = None;
            let subscriptions: Vec<Vec<u8>> = session.subscriptions.values().cloned().collect();
            (session.greeting.clone(), session.log_level.clone(), subscriptions)
        };
        let Some(greeting) = greeting else { return Err(ClientError::protocol("there was no session to lose")) };
        tracing::debug!("the session is gone, and is begun anew");
        let result = self.say_again(method::INITIALIZE, &greeting, None).await?;
        let answered = serde_json::from_str::<serde_json::Value>(result.get()).unwrap_or_default();
        let answered = answered["protocolVersion"].as_str().unwrap_or_default().to_owned();
        let agreed = self.dialogue.revision();
        if agreed.is_none_or(|revision| revision.as_str() != answered) {
            let offered = agreed.unwrap_or(Revision::LATEST_WITH_HANDSHAKE);
            return Err(ConnectError::Revision { offered, answered }.into());
        }
        lock(&self.session).number += 1;
        let initialized = Letter::notification(method::INITIALIZED, &ParamList::default(), agreed);
        self.send(initialized, false).await?;
        for (name, text) in log_level
            .iter()
            .map(|text| (method::SET_LEVEL, text))
            .chain(subscriptions.iter().map(|text| (method::RESOURCES_SUBSCRIBE, text)))
        {
            if let Err(error) = self.say_again(name, text, agreed).await {
                self.dialogue.problem(&format!("a new session was not told `{name}` again: {error}"));
            }
        }
        self.listen();
        Ok(())
    }

    /// Sends a request that was sent before, by a new id.
    async fn say_again(
        &self,
        method: &'static str,
        text: &[u8],
        revision: Option<Revision>,
    ) -> Result<Box<serde_json::value::RawValue>, ClientError> {
        let id = self.dialogue.next_id();
        let mut message: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
        message["id"] = id.into();
        let name = message["params"]["uri"].as_str().map(ToOwned::to_owned);
        let kind = LetterKind::Request { id, method, name, repeated: Vec::new() };
        let letter = Letter::new(message.to_string().into_bytes(), kind, revision);
        let mut open = self.dialogue.open(id, method, None, None)?;
        self.send(letter, false).await?;
        let gone = || ClientError::Disconnected {
            during: Some(method.to_owned()),
            exit: None,
            stderr_tail: String::new(),
            sent: Sent::Maybe,
        };
        open.answer.try_recv().unwrap_or_else(|_| Err(gone()))
    }

    /// Ends what runs for the conversation.
    fn stop(&self) {
        if let Some(stream) = lock(&self.stream).take() {
            stream.abort();
        }
        self.dialogue.end(Farewell::default());
    }
}

/// Whether a refusal is about a session that is not there.
fn says_no_session(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).to_ascii_lowercase().contains("session")
}

/// How long to wait after so many failures: half as long again each time, and never the same for everybody.
fn pause(failures: u32) -> Duration {
    let whole = FIRST_WAIT.mul_f64(1.5_f64.powi(i32::try_from(failures.min(16)).unwrap_or(16))).min(LONGEST_WAIT);
    let noise = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.subsec_nanos() % 1000);
    whole.mul_f64(0.8 + f64::from(noise) / 5000.0)
}

impl Carrier for HttpDialogue {
    fn carry(&self, letter: Letter) -> BoxFuture<'_, Result<Carriage, ClientError>> {
        Box::pin(async move {
            let begins = matches!(letter.kind, LetterKind::Notification { method: method::INITIALIZED });
            let carried = self.send(letter, true).await?;
            if begins {
                self.listen();
            }
            Ok(carried)
        })
    }

    fn cancel(&self, request: u64, reason: &'static str) {
        // On 2026-07-28 closing the response is how a request is cancelled, and that happens where it is dropped.
        if !self.is_legacy() || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let (Some(letter), Some(this)) =
            (stream::cancellation(request, reason, self.dialogue.revision()), self.this.upgrade())
        else {
            return;
        };
        future::spawn(async move {
            let _ = tokio::time::timeout(NOTICE, this.send(letter, false)).await;
        });
    }

    fn repeats_headers(&self) -> bool {
        true
    }

    fn close(&self) -> BoxFuture<'_, crate::Result> {
        Box::pin(async move {
            let session = lock(&self.session).id.is_some();
            if session {
                let goodbye = async {
                    let (request, _) = self.request(Method::DELETE, self.http.path(), None, "*/*").await?;
                    self.http.pool.send(request, &Departure::default()).await.map(HttpReply::drain)
                };
                // A server that ends no sessions, or is gone, has none to end.
                let _ = tokio::time::timeout(GOODBYE, goodbye).await;
            }
            self.stop();
            Ok(())
        })
    }
}

impl Carrier for HttpCarrier {
    fn carry(&self, letter: Letter) -> BoxFuture<'_, Result<Carriage, ClientError>> {
        self.0.carry(letter)
    }

    fn cancel(&self, request: u64, reason: &'static str) {
        self.0.cancel(request, reason);
    }

    fn repeats_headers(&self) -> bool {
        true
    }

    fn close(&self) -> BoxFuture<'_, crate::Result> {
        self.0.close()
    }
}

impl Drop for HttpCarrier {
    fn drop(&mut self) {
        self.0.stop();
    }
}
