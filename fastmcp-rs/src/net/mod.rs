//! The network around a server: what it asks of others over HTTP, and what it is told of where requests come from.

#[cfg(feature = "auth")]
mod fetch;
pub(crate) mod forwarded;

#[cfg(feature = "auth")]
pub(crate) use fetch::{Fetched, Fetcher, problem_of};
