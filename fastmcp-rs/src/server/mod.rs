//! The server: built from components, it answers one request at a time and knows methods, not bytes.

mod builder;
mod complete;
pub(crate) mod connection;
pub(crate) mod core;
mod direct;
pub(crate) mod dispatch;
pub(crate) mod encode;
mod handle;
mod lifecycle;
mod lifespan;
mod listen;
pub(crate) mod running;

pub use builder::Server;
pub use handle::Handle;

pub(crate) use listen::tell_session;
