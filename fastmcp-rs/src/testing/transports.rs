//! One test over every way in.

use std::fmt;

use super::client::TestClient;
use super::http::HttpServer;
use crate::client::Client;
use crate::protocol::Revision;
use crate::server::Server;

/// How a client of [`each_transport`] reached its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestTransport {
    /// Lines, as over the pipes of a process.
    Lines,
    /// Streamable HTTP, on a real port.
    Http,
}

impl TestTransport {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Lines, Self::Http];
}

impl fmt::Display for TestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lines => "lines",
            Self::Http => "HTTP",
        })
    }
}

/// Runs one test over lines and over HTTP, in each revision of the protocol, each time with a server of its own. Which it is at is said
/// on standard error, which a test that fails shows.
///
/// ```
/// # use fastmcp_rs::prelude::*;
/// # use fastmcp_rs::serde_json::json;
/// # use fastmcp_rs::testing::*;
/// /// Answers.
/// #[tool]
/// fn ping() -> &'static str {
///     "pong"
/// }
///
/// # fn main() {
/// # fastmcp_rs::block_on(async {
/// each_transport(
///     || Server::empty("pinging").tool(ping),
///     async |client| {
///         client.call("ping", json!({})).await.assert_ok().assert_text("pong");
///     },
/// )
/// .await;
/// # });
/// # }
/// ```
///
/// # Panics
/// When a server does not start, and where the test does.
pub async fn each_transport(server: impl Fn() -> Server, test: impl AsyncFn(TestClient)) {
    for transport in TestTransport::ALL {
        for revision in Revision::ALL {
            crate::printing::say(&format!("-- over {transport}, in {revision}"));
            match transport {
                TestTransport::Lines => {
                    let client = TestClient::with(Client::memory(server()).era(revision)).await;
                    test(client.clone()).await;
                    client.close().await;
                }
                TestTransport::Http => {
                    let http = HttpServer::start(server()).await;
                    let client = TestClient::with(http.client().era(revision)).await;
                    test(client.clone()).await;
                    client.close().await;
                    http.stop().await;
                }
            }
        }
    }
}
