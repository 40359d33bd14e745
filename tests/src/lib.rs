//! What the tests are made of: example servers as processes and servers within the test, clients that send exactly the bytes a
//! test wants sent, and the schemas of the protocol, which every message from a server has to meet.
//!
//! [`everywhere`] runs one test body over stdio and HTTP and in an older and the newest revision, with an example; [`served`] does
//! the same with a server that the test builds itself. [`Client`] is what the body is given.
//! Hostile bytes go out through [`Client::deliver`], [`stdio::Pipe`] or [`http::Connection`].

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

pub mod book;
pub mod client;
pub mod example;
pub mod http;
pub mod issuer;
pub mod redis;
pub mod schema;
pub mod stdio;
pub mod store;

pub use client::{Client, Delivered, Refusal, Subject, Transport, everywhere, served, wherever};
pub use example::Example;
pub use schema::Revision;

use std::{future::Future, time::Duration};

/// How long anything may take before a test says that it never came. Far more than is needed, so that a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// The value of `future`, or a panic that says what was waited for.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come within {PATIENCE:?}"),
    }
}
