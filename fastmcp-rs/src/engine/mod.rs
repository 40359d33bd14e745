//! The engine: it takes one request at a time to its component and back, and knows methods, not bytes.

pub(crate) mod answered;
#[cfg(feature = "interaction")]
mod binding;
mod bound;
mod complete;
pub(crate) mod connection;
pub(crate) mod core;
pub(crate) mod encode;
pub(crate) mod ending;
mod extended;
pub(crate) mod gate;
mod lifecycle;
pub(crate) mod lifespan;
mod listen;
pub(crate) mod methods;
#[cfg(not(feature = "interaction"))]
mod no_seal;
pub(crate) mod pipeline;
#[cfg(feature = "http")]
pub(crate) mod readiness;
pub(crate) mod request;
pub(crate) mod run;
#[cfg(feature = "interaction")]
pub(crate) mod seal;
#[cfg(feature = "interaction")]
mod used;

pub(crate) use listen::tell_session;
