//! The hooks, and the messages that pass through them.

use std::future::Future;
use std::ops::BitOr;

use serde_json::{Map, Value};

use super::chain::Next;
use super::{Arguments, Lazy};
use crate::component::ComponentInfo;
use crate::context::Context;
use crate::error::ToolError;
use crate::protocol::{CacheHints, PromptResult, ResourceResult, RpcError, method};
use crate::result::ToolResult;

/// A call of a tool on its way to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallTool {
    /// The tool's name.
    pub name: String,
    /// The arguments as they came, not yet held against the schema.
    pub arguments: Arguments,
    /// The tool, if the server has one of that name.
    pub component: Option<ComponentInfo>,
    /// The context of the call.
    pub context: Context,
}

/// A resource about to be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadResource {
    /// The URI that was asked for.
    pub uri: String,
    /// The resource, if the server has one of that URI.
    pub component: Option<ComponentInfo>,
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
    /// The prompt, if the server has one of that name.
    pub component: Option<ComponentInfo>,
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

/// A list as it is given.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listed {
    /// The items, in the shape of the revision that asked. They are read when they are looked at.
    pub items: Lazy<Vec<Value>>,
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
    /// How long the list may be kept.
    pub cache: CacheHints,
}

/// The result of a request that is neither for a component nor for a list.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Exchanged {
    /// The members of the result.
    pub members: Lazy<Map<String, Value>>,
    /// How long it may be kept, for those that may.
    pub cache: Option<CacheHints>,
}

/// One message on its way through the server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Incoming {
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
        /// The component that it is about: of which `completion/complete` completes an argument.
        component: Option<ComponentInfo>,
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

impl Incoming {
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

    /// The component that the message is for, if the server has it.
    #[must_use]
    pub fn component(&self) -> Option<&ComponentInfo> {
        match self {
            Self::CallTool(call) => call.component.as_ref(),
            Self::ReadResource(read) => read.component.as_ref(),
            Self::GetPrompt(get) => get.component.as_ref(),
            Self::Request { component, .. } => component.as_ref(),
            Self::List(_) | Self::Notification { .. } => None,
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
    /// Of `resources/read`.
    Resource(Result<ResourceResult, ToolError>),
    /// Of `prompts/get`.
    Prompt(Result<PromptResult, ToolError>),
    /// Of a list.
    List(Result<Listed, RpcError>),
    /// Of any other request.
    Other(Result<Exchanged, RpcError>),
    /// Of a notification.
    Nothing,
}

impl Outcome {
    /// A failure on the way to the component of a method.
    pub(crate) fn failed(method: &str, error: ToolError) -> Self {
        match method {
            method::TOOLS_CALL => Self::Tool(Err(error)),
            method::PROMPTS_GET => Self::Prompt(Err(error)),
            _ => Self::Resource(Err(error)),
        }
    }

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
    message = "`{Self}` is not a middleware",
    note = "implement `fastmcp_rs::Middleware` for it; for HTTP concerns put a tower layer on `Server::into_router()`"
)]
pub trait Middleware: Send + Sync + 'static {
    /// The hooks that this middleware has. Messages do not pass those that it does not name, so that they cost nothing.
    /// Default: all of them.
    fn hooks(&self) -> Hooks {
        Hooks::all()
    }

    /// Around every message.
    fn on_message<'a>(
        &'a self,
        message: Incoming,
        next: Next<'a, Incoming>,
    ) -> impl Future<Output = Outcome> + Send + 'a {
        next.run(message)
    }

    /// Around every request, inside `on_message`.
    fn on_request<'a>(
        &'a self,
        request: Incoming,
        next: Next<'a, Incoming>,
    ) -> impl Future<Output = Outcome> + Send + 'a {
        next.run(request)
    }

    /// Around every notification, inside `on_message`.
    fn on_notification<'a>(
        &'a self,
        notification: Incoming,
        next: Next<'a, Incoming>,
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
    ) -> impl Future<Output = Result<ResourceResult, ToolError>> + Send + 'a {
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

/// Which hooks a [`Middleware`] has.
///
/// ```
/// use fastmcp_rs::middleware::Hooks;
///
/// let both = Hooks::CALL_TOOL | Hooks::READ_RESOURCE;
/// assert!(Hooks::all().contains(both));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hooks(u16);

impl Hooks {
    /// `on_message`.
    pub const MESSAGE: Self = Self(1);
    /// `on_request`.
    pub const REQUEST: Self = Self(1 << 1);
    /// `on_notification`.
    pub const NOTIFICATION: Self = Self(1 << 2);
    /// `on_call_tool`.
    pub const CALL_TOOL: Self = Self(1 << 3);
    /// `on_read_resource`.
    pub const READ_RESOURCE: Self = Self(1 << 4);
    /// `on_get_prompt`.
    pub const GET_PROMPT: Self = Self(1 << 5);
    /// `on_list_tools`.
    pub const LIST_TOOLS: Self = Self(1 << 6);
    /// `on_list_resources`.
    pub const LIST_RESOURCES: Self = Self(1 << 7);
    /// `on_list_resource_templates`.
    pub const LIST_RESOURCE_TEMPLATES: Self = Self(1 << 8);
    /// `on_list_prompts`.
    pub const LIST_PROMPTS: Self = Self(1 << 9);

    /// Every hook.
    #[must_use]
    pub const fn all() -> Self {
        Self((1 << 10) - 1)
    }

    /// No hook.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// Whether all of `other` are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Hooks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
