//! The engine: it takes one request at a time to its component and back, and knows methods, not bytes.

mod complete;
pub(crate) mod connection;
pub(crate) mod core;
mod direct;
pub(crate) mod dispatch;
pub(crate) mod encode;
mod lifecycle;
pub(crate) mod lifespan;
mod listen;
pub(crate) mod run;
#[cfg(feature = "interaction")]
pub(crate) mod seal;

pub(crate) use listen::tell_session;
