//! Streamable HTTP: the 2026-07-28 revision and the older ones with sessions, at one path.

mod authentication;
mod body;
mod cors;
mod endpoint;
mod events;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
mod mirrored_headers;
mod notifier;
mod origin;
#[cfg(feature = "page")]
mod page;
mod probes;
#[cfg(test)]
mod replica_tests;
mod responses;
mod resume;
mod routes;
mod serve;
mod service;
mod session_requests;
mod session_table;
mod sessions;
mod settings;
mod shared_sessions;
#[cfg(feature = "sse")]
mod sse;
mod stall_timeout;
mod streaming;

pub use body::HttpBody;
#[cfg(feature = "page")]
pub use page::Page;
#[cfg(feature = "page")]
pub(crate) use page::Shown;
pub(crate) use routes::router;
pub(crate) use serve::{listen, serve};
pub use service::McpService;
pub use settings::Http;
pub(crate) use settings::wrong_path;
