//! The engine: it takes one request at a time to its component and back, and knows methods, not bytes.

mod complete;
pub(crate) mod connection;
pub(crate) mod core;
pub(crate) mod encode;
pub(crate) mod gate;
mod lifecycle;
pub(crate) mod lifespan;
mod listen;
mod methods;
pub(crate) mod pipeline;
pub(crate) mod request;
pub(crate) mod run;
#[cfg(feature = "interaction")]
pub(crate) mod seal;

pub(crate) use listen::tell_session;
