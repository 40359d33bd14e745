#![doc = include_str!("../../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "http")]
pub mod auth;
mod bounds;
mod catalog;
#[cfg(feature = "client")]
pub mod client;
mod component;
mod context;
mod engine;
mod error;
mod extension;
mod future;
mod incident;
mod limits;
pub mod middleware;
#[cfg(feature = "http")]
mod net;
mod observe;
mod panics;
mod printing;
pub mod protocol;
#[cfg(feature = "http")]
pub mod replicas;
mod result;
mod schema;
mod server;
mod session;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod transport;
mod uri;
mod wire;

#[cfg(feature = "__bench")]
#[doc(hidden)]
pub mod __bench;
#[doc(hidden)]
pub mod __private;

#[cfg(feature = "http")]
pub use auth::Verifier;
#[cfg(feature = "http")]
pub use auth::token_map::TokenMap;
#[cfg(feature = "auth")]
pub use auth::{introspect::Introspect, jwt::Jwt};
pub use component::output::{Bytes, HandlerError, PromptOutput, ResourceOutput};
pub use component::{
    Completing, ComponentInfo, ComponentKind, DynamicPrompt, DynamicResource, DynamicTool, Function, Json, PlainText,
    Service, Source, ToolArg, ToolOutput,
};
pub use context::{Caller, Context, FromContext, Headers, Needs, SessionValues, State};
pub use error::{BoxError, Error, ErrorKind, InteractionError, Result, ToolError};
pub use extension::Extension;
pub use fastmcp_rs_macros::{model, prompt, resource, server, tool};
#[cfg(feature = "client")]
pub use future::block_on;
pub use limits::RateLimit;
#[cfg(feature = "http")]
pub use limits::StoreFailure;
pub use middleware::Middleware;
#[cfg(feature = "http")]
pub use net::forwarded::TrustedProxies;
#[cfg(feature = "interaction")]
pub use observe::audit::{Audit, AuditArguments, AuditFsync, AuditFull};
#[cfg(feature = "metrics")]
pub use prometheus_client;
pub use protocol::{
    Audio, CacheHints, CacheScope, Content, Elicited, File, Icon, Image, InputRequest, InputRequired, LogLevel,
    Message, PromptResult, ResourceContents, ResourceResult, Revision, RpcError, SamplingRequest,
};
pub use result::{ReadResult, ToolResult};
pub use server::{Conversation, RunningServer, Server, cli};
pub use tokio_util::sync::CancellationToken;
#[cfg(feature = "page")]
pub use transport::http::Page;
#[cfg(feature = "http")]
pub use transport::http::{Http, HttpBody, McpService};
#[cfg(feature = "http")]
pub use transport::listener::Listener;
pub use transport::stream::Transport;
pub use {schemars, serde, serde_json};

/// What most servers need: `use fastmcp_rs::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "http")]
    pub use crate::Http;
    pub use crate::{
        Audio, Caller, CancellationToken, Completing, Content, Context, DynamicPrompt, DynamicResource, DynamicTool,
        Elicited, File, FromContext, Headers, Image, InputRequest, InputRequired, Json, Message, PromptResult,
        ResourceContents, SamplingRequest, Server, State, ToolError, ToolResult, model, prompt, resource, tool,
    };
}
