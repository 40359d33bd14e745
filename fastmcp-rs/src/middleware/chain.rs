//! The hooks, and how one message passes through them.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::arguments::Arguments;
use crate::context::Context;
use crate::engine::core::Core;
use crate::engine::dispatch::{Outcome as Routed, Request, route};
use crate::engine::encode::{Body, Reply};
use crate::engine::run::not_found;
use crate::error::{ErrorKind, ToolError};
use crate::future::BoxFuture;
use crate::protocol::jsonrpc::text;
use crate::protocol::{PromptResult, RpcError, method};
use crate::result::ToolResult;

/// A call of a tool on its way to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallTool {
    /// The tool's name.
    pub name: String,
    /// The arguments as they came, not yet held against the schema.
    pub arguments: Arguments,
    /// The context of the call.
    pub context: Context,
}

/// A resource about to be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadResource {
    /// The URI that was asked for.
    pub uri: String,
    /// The context of the call.
    pub context: Context,
}

/// A prompt about to be filled in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GetPrompt {
    /// The prompt's name.
    pub name: String,
    /// The arguments as they came.
    pub arguments: Arguments,
    /// The context of the call.
    pub context: Context,
}

/// A list about to be given.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct List {
    /// The method: `tools/list` or one of its siblings.
    pub method: &'static str,
    /// The context of the request.
    pub context: Context,
}

/// A list as it is given, its items still JSON.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listed {
    /// The items, in the shape of the revision that asked.
    pub items: Vec<Value>,
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
}

/// One message on its way through the server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Message {
    /// `tools/call`.
    CallTool(CallTool),
    /// `resources/read`.
    ReadResource(ReadResource),
    /// `prompts/get`.
    GetPrompt(GetPrompt),
    /// `tools/list` and its siblings.
    List(List),
    /// Any other request.
    #[non_exhaustive]
    Request {
        /// Its method.
        method: String,
        /// The context of the request.
        context: Context,
    },
    /// A notification from the client.
    #[non_exhaustive]
    Notification {
        /// Its method.
        method: String,
        /// Its parameters.
        params: Value,
    },
}

impl Message {
    /// The method of the message.
    #[must_use]
    pub fn method(&self) -> &str {
        match self {
            Self::CallTool(_) => method::TOOLS_CALL,
            Self::ReadResource(_) => method::RESOURCES_READ,
            Self::GetPrompt(_) => method::PROMPTS_GET,
            Self::List(list) => list.method,
            Self::Request { method, .. } | Self::Notification { method, .. } => method,
        }
    }

    /// The name of the tool or prompt, or the URI of the resource, that the message is about.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::CallTool(call) => Some(&call.name),
            Self::ReadResource(read) => Some(&read.uri),
            Self::GetPrompt(get) => Some(&get.name),
            _ => None,
        }
    }

    /// The arguments of a call or a prompt.
    #[must_use]
    pub fn arguments(&self) -> Option<&Arguments> {
        match self {
            Self::CallTool(call) => Some(&call.arguments),
            Self::GetPrompt(get) => Some(&get.arguments),
            _ => None,
        }
    }

    /// The context of a request; `None` for a notification.
    #[must_use]
    pub fn context(&self) -> Option<&Context> {
        match self {
            Self::CallTool(call) => Some(&call.context),
            Self::ReadResource(read) => Some(&read.context),
            Self::GetPrompt(get) => Some(&get.context),
            Self::List(list) => Some(&list.context),
            Self::Request { context, .. } => Some(context),
            Self::Notification { .. } => None,
        }
    }
}

/// What a message came to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Of `tools/call`.
    Tool(Result<ToolResult, ToolError>),
    /// Of `resources/read`: `{"contents": [..]}`.
    Resource(Result<Value, ToolError>),
    /// Of `prompts/get`.
    Prompt(Result<PromptResult, ToolError>),
    /// Of a list.
    List(Result<Listed, RpcError>),
    /// Of any other request: the result's members.
    Other(Result<Value, RpcError>),
    /// Of a notification.
    Nothing,
}

impl Outcome {
    /// Whether the message failed, as a protocol error or as a result with `isError`.
    #[must_use]
    pub fn is_error(&self) -> bool {
        match self {
            Self::Tool(result) => result.as_ref().map_or(true, ToolResult::is_error),
            Self::Resource(result) => result.is_err(),
            Self::Prompt(result) => result.is_err(),
            Self::List(result) => result.is_err(),
            Self::Other(result) => result.is_err(),
            Self::Nothing => false,
        }
    }
}

/// What runs around messages. Every hook is optional, and passes on by default.
///
/// ```
/// use fastmcp_rs::middleware::{CallTool, Middleware, Next};
/// use fastmcp_rs::{ToolError, ToolResult};
///
/// /// Refuses every tool at night.
/// struct OfficeHours;
///
/// impl Middleware for OfficeHours {
///     async fn on_call_tool(&self, call: CallTool, next: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
///         if is_night() {
///             return Err(ToolError::unavailable("come back in the morning"));
///         }
///         next.run(call).await
///     }
/// }
/// # fn is_night() -> bool { false }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no middleware",
    note = "implement `fastmcp_rs::Middleware` for it; for HTTP concerns put a tower layer on `Server::into_router()`"
)]
pub trait Middleware: Send + Sync + 'static {
    /// Around every message.
    fn on_message<'a>(
        &'a self,
        message: Message,
        next: Next<'a, Message>,
    ) -> impl Future<Output = Outcome> + Send + 'a {
        next.run(message)
    }

    /// Around every request, inside `on_message`.
    fn on_request<'a>(
        &'a self,
        request: Message,
        next: Next<'a, Message>,
    ) -> impl Future<Output = Outcome> + Send + 'a {
        next.run(request)
    }

    /// Around every notification, inside `on_message`.
    fn on_notification<'a>(
        &'a self,
        notification: Message,
        next: Next<'a, Message>,
    ) -> impl Future<Output = Outcome> + Send + 'a {
        next.run(notification)
    }

    /// Around every call of a tool, inside `on_request`.
    fn on_call_tool<'a>(
        &'a self,
        call: CallTool,
        next: Next<'a, CallTool>,
    ) -> impl Future<Output = Result<ToolResult, ToolError>> + Send + 'a {
        next.run(call)
    }

    /// Around every reading of a resource, inside `on_request`.
    fn on_read_resource<'a>(
        &'a self,
        read: ReadResource,
        next: Next<'a, ReadResource>,
    ) -> impl Future<Output = Result<Value, ToolError>> + Send + 'a {
        next.run(read)
    }

    /// Around every prompt, inside `on_request`.
    fn on_get_prompt<'a>(
        &'a self,
        get: GetPrompt,
        next: Next<'a, GetPrompt>,
    ) -> impl Future<Output = Result<PromptResult, ToolError>> + Send + 'a {
        next.run(get)
    }

    /// Around `tools/list`.
    fn on_list_tools<'a>(
        &'a self,
        list: List,
        next: Next<'a, List>,
    ) -> impl Future<Output = Result<Listed, RpcError>> + Send + 'a {
        next.run(list)
    }

    /// Around `resources/list`.
    fn on_list_resources<'a>(
        &'a self,
        list: List,
        next: Next<'a, List>,
    ) -> impl Future<Output = Result<Listed, RpcError>> + Send + 'a {
        next.run(list)
    }

    /// Around `resources/templates/list`.
    fn on_list_resource_templates<'a>(
        &'a self,
        list: List,
        next: Next<'a, List>,
    ) -> impl Future<Output = Result<Listed, RpcError>> + Send + 'a {
        next.run(list)
    }

    /// Around `prompts/list`.
    fn on_list_prompts<'a>(
        &'a self,
        list: List,
        next: Next<'a, List>,
    ) -> impl Future<Output = Result<Listed, RpcError>> + Send + 'a {
        next.run(list)
    }
}

/// The rest of the way: further hooks, and the server at the end.
pub struct Next<'a, M: Hooked> {
    on: Box<dyn FnOnce(M) -> BoxFuture<'a, <M as Hooked>::Outcome> + Send + 'a>,
}

impl<'a, M: Hooked> Next<'a, M> {
    fn new(on: impl FnOnce(M) -> BoxFuture<'a, M::Outcome> + Send + 'a) -> Self {
        Self { on: Box::new(on) }
    }

    /// Goes on with a message, the same or a changed one.
    pub fn run(self, message: M) -> impl Future<Output = M::Outcome> + Send + 'a {
        (self.on)(message)
    }
}

/// A message that hooks are there for, and what it comes to.
pub trait Hooked: Send + Sized + 'static {
    /// What the message comes to.
    type Outcome: Send + 'static;
}

impl Hooked for Message {
    type Outcome = Outcome;
}

impl Hooked for CallTool {
    type Outcome = Result<ToolResult, ToolError>;
}

impl Hooked for ReadResource {
    type Outcome = Result<Value, ToolError>;
}

impl Hooked for GetPrompt {
    type Outcome = Result<PromptResult, ToolError>;
}

impl Hooked for List {
    type Outcome = Result<Listed, RpcError>;
}

/// A middleware, erased: one message through all of its hooks.
trait Layer: Send + Sync {
    fn pass<'a>(&'a self, message: Message, next: Next<'a, Message>) -> BoxFuture<'a, Outcome>;
}

impl<M: Middleware> Layer for M {
    fn pass<'a>(&'a self, message: Message, next: Next<'a, Message>) -> BoxFuture<'a, Outcome> {
        let inner = Next::new(move |message: Message| -> BoxFuture<'a, Outcome> {
            if matches!(message, Message::Notification { .. }) {
                return Box::pin(self.on_notification(message, next));
            }
            let typed = Next::new(move |message| typed(self, message, next));
            Box::pin(self.on_request(message, typed))
        });
        Box::pin(self.on_message(message, inner))
    }
}

/// The innermost hook, by the kind of the message.
fn typed<'a, M: Middleware>(middleware: &'a M, message: Message, next: Next<'a, Message>) -> BoxFuture<'a, Outcome> {
    macro_rules! hook {
        ($hook:ident, $message:expr, $wrap:path, $outcome:path, $otherwise:expr) => {
            Box::pin(async move {
                let on = Next::new(move |message| {
                    Box::pin(async move {
                        match next.run($wrap(message)).await {
                            $outcome(outcome) => outcome,
                            _ => Err($otherwise),
                        }
                    })
                });
                $outcome(middleware.$hook($message, on).await)
            })
        };
    }
    let other = || ToolError::internal("a middleware answered with the outcome of another kind of message");
    let list_other = || RpcError::internal("a middleware answered with the outcome of another kind of message");
    match message {
        Message::CallTool(call) => hook!(on_call_tool, call, Message::CallTool, Outcome::Tool, other()),
        Message::ReadResource(read) => hook!(on_read_resource, read, Message::ReadResource, Outcome::Resource, other()),
        Message::GetPrompt(get) => hook!(on_get_prompt, get, Message::GetPrompt, Outcome::Prompt, other()),
        Message::List(list) => match list.method {
            method::TOOLS_LIST => hook!(on_list_tools, list, Message::List, Outcome::List, list_other()),
            method::PROMPTS_LIST => hook!(on_list_prompts, list, Message::List, Outcome::List, list_other()),
            method::RESOURCES_LIST => hook!(on_list_resources, list, Message::List, Outcome::List, list_other()),
            _ => hook!(on_list_resource_templates, list, Message::List, Outcome::List, list_other()),
        },
        other => Box::pin(next.run(other)),
    }
}

/// All middleware of a server, outermost first.
#[derive(Clone, Default)]
pub(crate) struct Chain(Arc<Vec<Box<dyn Layer>>>);

impl Chain {
    pub(crate) fn add(&mut self, middleware: impl Middleware) {
        match Arc::get_mut(&mut self.0) {
            Some(layers) => layers.push(Box::new(middleware)),
            None => unreachable!("the chain is shared only once the server is built"),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn run<'a>(layers: &'a [Box<dyn Layer>], message: Message, end: Next<'a, Message>) -> BoxFuture<'a, Outcome> {
    match layers.split_first() {
        None => Box::pin(end.run(message)),
        Some((first, rest)) => first.pass(message, Next::new(move |message| run(rest, message, end))),
    }
}

/// Whether a method passes through middleware: `subscriptions/listen` is a stream, not an exchange.
pub(crate) fn applies(method: &str) -> bool {
    method != method::LISTEN
}

/// Takes a request through the middleware of its server.
pub(crate) fn through(request: &Request<'_>) -> BoxFuture<'static, Reply> {
    let chain = request.core().middleware.clone();
    let (message, end) = match open(request) {
        Ok(opened) => opened,
        Err(error) => return Box::pin(std::future::ready(Err(error))),
    };
    let core = Arc::clone(request.core());
    let revision = request.revision;
    let method = request.method.to_owned();
    let uri = request.uri().map(Cow::into_owned).unwrap_or_default();
    Box::pin(async move {
        // A `Next` is invariant in its lifetime; this one is as long as the chain.
        let end = Next::new(move |message| Box::pin(end.run(message)));
        let outcome = run(&chain.0, message, end).await;
        close(&core, revision, &method, &uri, outcome)
    })
}

/// A notification through the middleware. They see it; its effect does not depend on them.
pub(crate) async fn notified(chain: Chain, method: String, params: Value) {
    let end = Next::new(|_| Box::pin(std::future::ready(Outcome::Nothing)));
    run(&chain.0, Message::Notification { method, params }, end).await;
}

/// The request as a message, and the end of its way: the same dispatch that a server without middleware goes straight to.
fn open(request: &Request<'_>) -> Result<(Message, Next<'static, Message>), RpcError> {
    request.check_params()?;
    let context = request.context();
    let came = request.params.raw().map(ToOwned::to_owned);
    // What cannot be read as what it claims to be still passes, but as a refusal that nothing on the way can turn into a call.
    let (message, refusal) = match typed_message(request, &context) {
        Ok(message) => (message, None),
        Err(error) => (Message::Request { method: request.method.to_owned(), context: context.clone() }, Some(error)),
    };
    let target = message.target().map(ToOwned::to_owned);
    let core = Arc::clone(request.core());
    let log_level = request.log_level;
    let end = Next::new(move |message: Message| -> BoxFuture<'static, Outcome> {
        Box::pin(async move {
            if let Some(error) = refusal {
                return outcome_of(&message, Err(error));
            }
            let same = !message.arguments().is_some_and(Arguments::changed) && message.target() == target.as_deref();
            let params = match came {
                Some(came) if same => Ok(came),
                came => params_of(&message, came.as_deref()).map_err(|error| RpcError::internal(error.to_string())),
            };
            let reply = match params {
                Ok(params) => answer(&core, &context, message.method(), &params, log_level).await,
                Err(error) => Err(error),
            };
            outcome_of(&message, reply)
        })
    });
    Ok((message, end))
}

/// The parameters that came, with what a middleware has made of the name, the URI and the arguments.
fn params_of(message: &Message, came: Option<&RawValue>) -> serde_json::Result<Box<RawValue>> {
    let mut params: Map<String, Value> = match came {
        Some(came) => serde_json::from_str(came.get())?,
        None => Map::new(),
    };
    if let Some(target) = message.target() {
        let key = if matches!(message, Message::ReadResource(_)) { "uri" } else { "name" };
        params.insert(key.to_owned(), target.into());
    }
    if let Some(arguments) = message.arguments()
        && (!arguments.is_empty() || params.contains_key("arguments"))
    {
        params.insert("arguments".to_owned(), Value::Object(Map::clone(arguments)));
    }
    to_raw_value(&params)
}

fn typed_message(request: &Request<'_>, context: &Context) -> Result<Message, RpcError> {
    let arguments = || match request.params.members.arguments {
        // Some clients send the object as a string.
        Some(raw)
            if raw.get().starts_with('"')
                && request.method == method::TOOLS_CALL
                && request.core().settings.lenient =>
        {
            let inside: Option<Box<RawValue>> = text(raw).and_then(|text| serde_json::from_str(&text).ok());
            match &inside {
                Some(inside) => Arguments::of(Some(inside)),
                None => Err(RpcError::invalid_params("`arguments` must be an object")),
            }
        }
        raw => Arguments::of(raw),
    };
    let context = context.clone();
    Ok(match request.method {
        method::TOOLS_CALL => {
            Message::CallTool(CallTool { name: request.name()?.into_owned(), arguments: arguments()?, context })
        }
        method::RESOURCES_READ => Message::ReadResource(ReadResource { uri: request.uri()?.into_owned(), context }),
        method::PROMPTS_GET => {
            Message::GetPrompt(GetPrompt { name: request.name()?.into_owned(), arguments: arguments()?, context })
        }
        method::TOOLS_LIST => Message::List(List { method: method::TOOLS_LIST, context }),
        method::PROMPTS_LIST => Message::List(List { method: method::PROMPTS_LIST, context }),
        method::RESOURCES_LIST => Message::List(List { method: method::RESOURCES_LIST, context }),
        method::RESOURCES_TEMPLATES_LIST => Message::List(List { method: method::RESOURCES_TEMPLATES_LIST, context }),
        other => Message::Request { method: other.to_owned(), context },
    })
}

/// Routes a request rebuilt from what a middleware passed on.
async fn answer(
    core: &Arc<Core>,
    context: &Context,
    method: &str,
    params: &RawValue,
    log_level: Option<crate::protocol::LogLevel>,
) -> Reply {
    let routed = {
        let link = context.link(core);
        route(&Request::rebuilt(&link, context, method, params, log_level)?)?
    };
    match routed {
        Routed::Done(reply) => reply,
        Routed::Run(running) => running.await,
    }
}

/// The members of a body as a JSON object.
fn object(members: &[u8]) -> Value {
    let mut json = Vec::with_capacity(members.len() + 2);
    json.push(b'{');
    json.extend_from_slice(members);
    json.push(b'}');
    serde_json::from_slice(&json).unwrap_or_default()
}

fn outcome_of(message: &Message, reply: Reply) -> Outcome {
    match message {
        Message::CallTool(_) => Outcome::Tool(match reply {
            Ok(Body::Tool(result)) => Ok(result),
            Ok(Body::Input(input)) => Err(input.into()),
            Ok(_) => Ok(ToolResult::new()),
            Err(error) => Err(ToolError::rpc(error)),
        }),
        Message::ReadResource(_) => Outcome::Resource(match reply {
            Ok(Body::Read { contents, meta, .. }) => {
                let mut value = serde_json::json!({ "contents": contents });
                if let Some(meta) = meta {
                    value["_meta"] = Value::Object(meta);
                }
                Ok(value)
            }
            Ok(Body::Input(input)) => Err(input.into()),
            Ok(_) => Ok(Value::Null),
            Err(error) => Err(ToolError::rpc(error)),
        }),
        Message::GetPrompt(_) => Outcome::Prompt(match reply {
            Ok(Body::Prompt(result)) => Ok(result),
            Ok(Body::Input(input)) => Err(input.into()),
            Ok(_) => Ok(PromptResult::default()),
            Err(error) => Err(ToolError::rpc(error)),
        }),
        Message::List(_) => Outcome::List(reply.map(|body| {
            let mut members = match body {
                Body::Cached { members, .. } | Body::Members(members) => object(&members),
                _ => Value::Null,
            };
            let next_cursor = members.get("nextCursor").and_then(Value::as_str).map(ToOwned::to_owned);
            let items = members
                .as_object_mut()
                .and_then(|members| members.values_mut().find(|value| value.is_array()))
                .map(Value::take);
            let items = match items {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            };
            Listed { items, next_cursor }
        })),
        Message::Request { .. } => Outcome::Other(reply.map(|body| match body {
            Body::Cached { members, .. } | Body::Members(members) => object(&members),
            _ => Value::Object(Map::new()),
        })),
        Message::Notification { .. } => Outcome::Nothing,
    }
}

/// The outcome back as a reply.
fn close(core: &Core, revision: crate::protocol::Revision, method: &str, uri: &str, outcome: Outcome) -> Reply {
    let members = |value: Value| match value {
        Value::Object(mut object) => {
            // These are the server's to write.
            object.remove("_meta");
            object.remove("resultType");
            let json = Value::Object(object).to_string();
            Ok(json.as_bytes().get(1..json.len() - 1).unwrap_or_default().to_vec())
        }
        _ => Err(RpcError::internal("a middleware answered with what is no object")),
    };
    let cached = |members| {
        let settings = &core.settings;
        Body::Cached { members, ttl_ms: settings.list_ttl_ms, scope: settings.list_scope }
    };
    match outcome {
        Outcome::Tool(Ok(result)) => Ok(Body::Tool(result)),
        Outcome::Tool(Err(error)) => core.conclude(revision, true, error),
        Outcome::Resource(Ok(value)) => {
            let Value::Object(mut value) = value else {
                return Err(RpcError::internal("a middleware answered with what is no object"));
            };
            let contents = serde_json::from_value(value.remove("contents").unwrap_or_default()).map_err(|error| {
                RpcError::internal(format!("a middleware answered with what are no contents: {error}"))
            })?;
            let meta = match value.remove("_meta") {
                Some(Value::Object(meta)) => Some(meta),
                _ => None,
            };
            Ok(Body::Read { contents, meta, ttl_ms: 0, scope: crate::protocol::CacheScope::Private })
        }
        Outcome::Resource(Err(error)) if error.error_kind() == ErrorKind::NotFound => {
            Err(not_found(revision, uri, error.message()))
        }
        Outcome::Prompt(Ok(result)) => Ok(Body::Prompt(result)),
        Outcome::Resource(Err(error)) | Outcome::Prompt(Err(error)) => core.conclude(revision, false, error),
        Outcome::List(Err(error)) | Outcome::Other(Err(error)) => Err(error),
        Outcome::List(Ok(listed)) => {
            let member = match method {
                method::TOOLS_LIST => "tools",
                method::PROMPTS_LIST => "prompts",
                method::RESOURCES_LIST => "resources",
                _ => "resourceTemplates",
            };
            let mut object = Map::new();
            object.insert(member.to_owned(), Value::Array(listed.items));
            if let Some(next) = listed.next_cursor {
                object.insert("nextCursor".to_owned(), Value::String(next));
            }
            Ok(cached(members(Value::Object(object))?))
        }
        Outcome::Other(Ok(value)) if method == method::DISCOVER => Ok(cached(members(value)?)),
        Outcome::Other(Ok(value)) => Ok(Body::Members(members(value)?)),
        Outcome::Nothing => Ok(Body::Empty),
    }
}
