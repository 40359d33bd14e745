//! [`Context`]: what a handler holds of the call it serves.

mod caller;
pub(crate) mod extract;
pub(crate) mod interaction;

use std::any::TypeId;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

pub use crate::context::caller::Caller;
pub use crate::context::extract::{FromContext, Headers, Needs, State};
use crate::context::interaction::Rounds;
use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::protocol::meta::{KeptMeta, Meta};
use crate::protocol::{
    ClientCapabilities, Implementation, LogLevel, PromptResult, ResourceResult, Revision, jsonrpc, method,
};
use crate::result::ToolResult;
use crate::session::{Notifier, Outgoing, Session};

/// A change that clients may want to hear of.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Change {
    Tools,
    Prompts,
    Resources,
    Updated(String),
}

/// What the server does for a handler. The handler gets this, never the server.
pub(crate) trait Host: Send + Sync {
    fn state(&self, of: TypeId) -> Option<Arc<dyn std::any::Any + Send + Sync>>;
    fn changed(&self, change: Change);
    fn call_tool<'a>(
        &'a self,
        name: &'a str,
        arguments: Value,
        on_behalf: &'a Context,
    ) -> BoxFuture<'a, Result<ToolResult, ToolError>>;
    fn read_resource<'a>(
        &'a self,
        uri: &'a str,
        on_behalf: &'a Context,
    ) -> BoxFuture<'a, Result<ResourceResult, ToolError>>;
    fn get_prompt<'a>(
        &'a self,
        name: &'a str,
        arguments: Map<String, Value>,
        on_behalf: &'a Context,
    ) -> BoxFuture<'a, Result<PromptResult, ToolError>>;
}

/// Reads the headers of the transport's request, if a handler wants them.
pub(crate) trait ReadHeaders: Sync {
    fn headers(&self) -> Headers;
}

/// Where a request's own messages go, made when first wanted.
pub(crate) trait OpenNotifier: Sync {
    fn notifier(&self) -> Option<Notifier>;
}

impl OpenNotifier for Option<Notifier> {
    fn notifier(&self) -> Option<Notifier> {
        self.clone()
    }
}

/// The facts of one request, borrowed from the connection while it is dispatched. A [`Context`] is made from it for handlers that want one.
pub(crate) struct Origin<'a> {
    pub host: &'a Arc<dyn Host>,
    pub revision: Revision,
    pub id: Option<&'a RawValue>,
    pub meta: Meta<'a>,
    pub session: Option<&'a Arc<Session>>,
    pub notifier: &'a dyn OpenNotifier,
    pub headers: Option<&'a dyn ReadHeaders>,
    pub caller: &'a Caller,
    pub log_level: Option<LogLevel>,
    /// Whether arguments sent as strings are read as what their schema asks for.
    pub lenient: bool,
    /// The answers of earlier rounds, and where the context leaves its questions for whoever runs the handler.
    pub rounds: OnceCell<Arc<Rounds>>,
    /// The request's context, if it has one already.
    pub context: Option<&'a Context>,
}

/// What a client declared in a modern request.
pub(crate) fn read_capabilities(raw: Option<&RawValue>) -> ClientCapabilities {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// What a handler holds of the call it serves. Cheap to clone.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// /// Counts slowly.
/// #[tool]
/// async fn count(to: u32, ctx: Context) -> Result<u32, ToolError> {
///     for done in 0..to {
///         ctx.progress(f64::from(done), f64::from(to)).await;
///     }
///     ctx.info(format!("counted to {to}")).await;
///     Ok(to)
/// }
/// ```
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    host: Arc<dyn Host>,
    revision: Revision,
    id: Option<Box<RawValue>>,
    meta: KeptMeta,
    progress_token: Option<Box<RawValue>>,
    client_info: Option<Box<RawValue>>,
    capabilities: ClientCapabilities,
    session: Option<Arc<Session>>,
    notifier: Option<Notifier>,
    headers: Headers,
    caller: Caller,
    log_level: Option<LogLevel>,
    lenient: bool,
    cancellation: CancellationToken,
    progress: AtomicU64,
    rounds: Arc<Rounds>,
}

impl Context {
    /// The context of a request: the one that it has, or one made now.
    pub(crate) fn of(origin: &Origin<'_>) -> Self {
        if let Some(context) = origin.context {
            return context.clone();
        }
        let handshake =
            origin.session.and_then(|session| session.handshake()).filter(|_| origin.revision.has_handshake());
        let capabilities = match handshake {
            Some(handshake) => handshake.capabilities.clone(),
            None => read_capabilities(origin.meta.client_capabilities()),
        };
        let client_info = match handshake {
            Some(handshake) => handshake.client_info.clone(),
            None => origin.meta.client_info().map(ToOwned::to_owned),
        };
        let rounds = Arc::clone(origin.rounds.get_or_init(Arc::default));
        Self(Arc::new(Inner {
            host: Arc::clone(origin.host),
            revision: origin.revision,
            id: origin.id.map(ToOwned::to_owned),
            meta: origin.meta.keep(),
            progress_token: origin.meta.progress_token().map(ToOwned::to_owned),
            client_info,
            capabilities,
            session: origin.session.cloned(),
            notifier: origin.notifier.notifier(),
            headers: origin.headers.map(ReadHeaders::headers).unwrap_or_default(),
            caller: origin.caller.clone(),
            log_level: origin.log_level,
            lenient: origin.lenient,
            cancellation: rounds.cancellation().clone(),
            progress: AtomicU64::new(0f64.to_bits()),
            rounds,
        }))
    }

    /// The revision that this request speaks.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// The JSON-RPC id of the request, as JSON text; `None` in a direct call.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.id.as_deref().map(RawValue::get)
    }

    /// What the client says it is. Unverified; not for decisions.
    #[must_use]
    pub fn client_info(&self) -> Option<Implementation> {
        self.0.client_info.as_deref().and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    /// What the client declared it can do.
    #[must_use]
    pub fn client_capabilities(&self) -> &ClientCapabilities {
        &self.0.capabilities
    }

    /// Who is calling.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.0.caller
    }

    /// The HTTP headers of the request, without credentials; empty on other transports.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.0.headers
    }

    /// The request's `_meta`, with every key that the client sent.
    #[must_use]
    pub fn meta(&self) -> Map<String, Value> {
        self.0.meta.raw().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// The W3C trace context of the request (`traceparent` of `_meta`), for handing on to other services.
    #[must_use]
    pub fn traceparent(&self) -> Option<String> {
        self.meta().get("traceparent").and_then(Value::as_str).map(ToOwned::to_owned)
    }

    /// The shared state of a type, if the server has it.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<State<T>> {
        let state = self.0.host.state(TypeId::of::<T>())?;
        state.downcast().ok().map(State::from_arc)
    }

    /// Values that live as long as the conversation; `None` on 2026-07-28, which has no conversations, and in direct calls.
    #[must_use]
    pub fn session(&self) -> Option<SessionValues> {
        let session = self.0.session.as_ref().filter(|_| self.0.revision.has_handshake())?;
        Some(SessionValues(Arc::clone(session)))
    }

    /// Waits until the call is cancelled: by the client, by its time limit, or by shutdown.
    pub async fn cancelled(&self) {
        self.0.cancellation.cancelled().await;
    }

    /// The token that is cancelled with the call, to hand to work of one's own.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.0.cancellation
    }

    /// Sends a log message at `debug`.
    pub async fn debug(&self, data: impl Into<Value>) {
        self.log(LogLevel::Debug, data).await;
    }

    /// Sends a log message at `info`.
    pub async fn info(&self, data: impl Into<Value>) {
        self.log(LogLevel::Info, data).await;
    }

    /// Sends a log message at `warning`.
    pub async fn warning(&self, data: impl Into<Value>) {
        self.log(LogLevel::Warning, data).await;
    }

    /// Sends a log message at `error`.
    pub async fn error(&self, data: impl Into<Value>) {
        self.log(LogLevel::Error, data).await;
    }

    /// Sends a log message to the client (server/utilities/logging), if it wants this level: on 2026-07-28 when the request
    /// asked for logs, before that unless `logging/setLevel` asked for less.
    pub async fn log(&self, level: LogLevel, data: impl Into<Value>) {
        let wanted = match (&self.0.session, self.0.revision.has_handshake()) {
            (Some(session), true) => session.wants_log(level),
            _ => self.0.log_level.is_some_and(|least| level >= least),
        };
        if wanted {
            self.notify(method::MESSAGE, &json!({ "level": level, "data": data.into() })).await;
        }
    }

    /// Reports progress: `done` of `total`. Does nothing unless the client asked for progress. Values that do not grow are dropped,
    /// as the protocol demands.
    pub async fn progress(&self, done: f64, total: f64) {
        self.report_progress(done, Some(total), None).await;
    }

    /// Reports progress with a total that may be unknown and a message (2025-03-26 and later).
    pub async fn report_progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let Some(token) = &self.0.progress_token else { return };
        // The very first report may be of zero.
        let grows =
            |last: u64| (done.is_finite() && (done > f64::from_bits(last) || last == 0)).then(|| done.to_bits().max(1));
        if self.0.progress.fetch_update(Ordering::AcqRel, Ordering::Acquire, grows).is_err() {
            return;
        }
        let mut params = json!({ "progressToken": token, "progress": done });
        if let Some(total) = total.filter(|total| total.is_finite()) {
            params["total"] = json!(total);
        }
        if let Some(message) = message.filter(|_| self.0.revision.has_progress_message()) {
            params["message"] = json!(message);
        }
        self.notify(method::PROGRESS, &params).await;
    }

    /// Sends a notification that belongs to this request.
    async fn notify(&self, method: &str, params: &Value) {
        let Some(notifier) = self.0.notifier.as_ref().filter(|_| !self.0.rounds.has_ended()) else { return };
        if let Ok(params) = serde_json::value::to_raw_value(params) {
            notifier.send(Outgoing::message(jsonrpc::notification(method, Some(&params)))).await;
        }
    }

    /// Tells subscribers that a resource changed.
    pub fn resource_updated(&self, uri: impl Into<String>) {
        self.0.host.changed(Change::Updated(uri.into()));
    }

    /// Tells clients that the list of tools changed.
    pub fn tools_changed(&self) {
        self.0.host.changed(Change::Tools);
    }

    /// Tells clients that the list of prompts changed.
    pub fn prompts_changed(&self) {
        self.0.host.changed(Change::Prompts);
    }

    /// Tells clients that the list of resources changed.
    pub fn resources_changed(&self) {
        self.0.host.changed(Change::Resources);
    }

    /// Calls another tool of this server, as the same caller.
    ///
    /// # Errors
    /// What the tool's own call would have failed with, and `not_found` for an unknown name.
    pub async fn call_tool(&self, name: &str, arguments: Value) -> Result<ToolResult, ToolError> {
        self.0.host.call_tool(name, arguments, self).await
    }

    /// Reads a resource of this server, as the same caller.
    ///
    /// # Errors
    /// What reading it would have failed with, and `not_found` for an unknown URI.
    pub async fn read_resource(&self, uri: &str) -> Result<ResourceResult, ToolError> {
        self.0.host.read_resource(uri, self).await
    }

    /// Fills in a prompt of this server, as the same caller.
    ///
    /// # Errors
    /// What getting it would have failed with, and `not_found` for an unknown name.
    pub async fn get_prompt(&self, name: &str, arguments: Map<String, Value>) -> Result<PromptResult, ToolError> {
        self.0.host.get_prompt(name, arguments, self).await
    }

    /// Closes the event stream that carries this call; the client comes back for the rest with `Last-Event-ID`
    /// (2025-11-25, basic/transports, polling). Does nothing on other revisions and transports.
    pub fn close_sse_stream(&self) {
        if let Some(notifier) = self.0.notifier.as_ref().filter(|_| self.0.revision.has_polling()) {
            notifier.offer(Outgoing::CloseStream);
        }
    }

    pub(crate) fn rounds(&self) -> &Rounds {
        &self.0.rounds
    }

    pub(crate) fn session_handle(&self) -> Option<&Arc<Session>> {
        self.0.session.as_ref()
    }

    pub(crate) fn notifier(&self) -> Option<&Notifier> {
        self.0.notifier.as_ref()
    }

    pub(crate) fn raw_id(&self) -> Option<&RawValue> {
        self.0.id.as_deref()
    }

    /// The request that this is the context of, once more.
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin {
            id: self.0.id.as_deref(),
            rounds: OnceCell::from(Arc::clone(&self.0.rounds)),
            context: Some(self),
            ..self.same(Meta::default())
        }
    }

    /// A request within this one: the same caller and client, no id, and a context of its own.
    pub(crate) fn nested(&self) -> Origin<'_> {
        self.same(self.0.meta.read())
    }

    fn same<'a>(&'a self, meta: Meta<'a>) -> Origin<'a> {
        Origin {
            host: &self.0.host,
            revision: self.0.revision,
            id: None,
            meta,
            session: self.0.session.as_ref(),
            notifier: &self.0.notifier,
            headers: Some(self),
            caller: &self.0.caller,
            log_level: self.0.log_level,
            lenient: self.0.lenient,
            rounds: OnceCell::new(),
            context: None,
        }
    }

    pub(crate) fn rounds_arc(&self) -> &Arc<Rounds> {
        &self.0.rounds
    }
}

impl ReadHeaders for Context {
    fn headers(&self) -> Headers {
        self.0.headers.clone()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("revision", &self.0.revision)
            .field("request_id", &self.request_id())
            .finish_non_exhaustive()
    }
}

/// Values that live as long as a conversation, for revisions that have one.
#[derive(Clone)]
pub struct SessionValues(Arc<Session>);

impl SessionValues {
    /// The session's id on HTTP; `None` on stdio, where the process is the session.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.0.id()
    }

    /// A value set earlier in this conversation.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        self.0.value(key)
    }

    /// Sets a value.
    pub fn set(&self, key: impl Into<String>, value: impl Into<Value>) {
        self.0.set_value(key.into(), value.into());
    }

    /// Removes a value and returns it.
    #[must_use]
    pub fn remove(&self, key: &str) -> Option<Value> {
        self.0.remove_value(key)
    }
}

impl fmt::Debug for SessionValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionValues").field("id", &self.id()).finish_non_exhaustive()
    }
}
