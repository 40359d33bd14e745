//! The ground: MCP's wire types, one file per concern. Serde only; nothing here reads, writes or waits.

mod capabilities;
mod completion;
mod content;
mod elicitation;
mod forms;
mod icon;
mod implementation;
pub(crate) mod jsonrpc;
mod logging;
pub(crate) mod meta;
pub(crate) mod method;
pub(crate) mod params;
mod prompt;
mod resource;
mod roots;
mod round_trip;
mod sampling;
pub(crate) mod shape;
mod tool;
mod version;

pub use capabilities::*;
pub use completion::*;
pub use content::*;
pub use elicitation::*;
pub use forms::{FormError, requested_schema};
pub use icon::*;
pub use implementation::*;
pub use jsonrpc::RpcError;
pub use logging::*;
pub use prompt::*;
pub use resource::*;
pub use roots::*;
pub use round_trip::*;
pub use sampling::*;
pub use tool::*;
pub use version::Revision;
