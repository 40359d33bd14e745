//! The testing kit: a server's client in a test, with calls that the compiler holds against the function, answers to what the server
//! asks, and failures that say what came instead.
//!
//! ```
//! use fastmcp_rs::prelude::*;
//! use fastmcp_rs::serde_json::json;
//! use fastmcp_rs::testing::*;
//!
//! /// Adds two numbers.
//! #[tool]
//! fn add(a: i64, b: i64) -> i64 {
//!     a + b
//! }
//!
//! # fn main() {
//! # fastmcp_rs::block_on(async {
//! let client = TestClient::new(Server::empty("calculator").tool(add)).await;
//! let sum: i64 = client.tool(add).call((1, 2)).await.unwrap();
//! assert_eq!(sum, 3);
//! client.tool(add).call_json(json!({ "a": "x", "b": 1 })).await.assert_invalid("/a");
//! # });
//! # }
//! ```
//!
//! Whatever fails panics at the line of the test.

mod answers;
mod called;
mod catalog;
mod client;
mod diff;
mod fake;
mod http;
mod recorded;
mod transports;
mod typed;

pub use answers::{AskedSoFar, Logs, ProgressSeen, TestAnswer, accept, cancel, decline, sampled};
pub use called::Called;
#[doc(hidden)]
pub use catalog::assert_catalog_in;
pub use catalog::{CatalogSnapshot, catalog_of};
pub use client::{Process, TestClient, ToolCall};
pub use diff::{CatalogChange, diff};
pub use fake::{FakeServer, FakeStep};
pub use http::HttpServer;
pub use recorded::{Recorded, Recorder};
pub use transports::{TestTransport, each_transport};
#[doc(hidden)]
pub use typed::{Fill, TestArgument, TestSignature, Tuple};

/// Holds what a server offers against the snapshot of it in `tests/catalog/<server>.json` of the package, and panics where they
/// differ, saying of each change whether it breaks callers. `UPDATE_CATALOG=1` writes the snapshot; without one the first run
/// fails and writes nothing. It is for `async` tests.
///
/// ```no_run
/// # use fastmcp_rs::prelude::*;
/// # fn server() -> Server { Server::empty("calculator") }
/// # async fn catalog() {
/// fastmcp_rs::assert_catalog!(server());
/// # }
/// ```
#[macro_export]
macro_rules! assert_catalog {
    ($server:expr $(,)?) => {
        $crate::testing::assert_catalog_in($server, ::core::env!("CARGO_MANIFEST_DIR")).await
    };
}
pub use crate::assert_catalog;
