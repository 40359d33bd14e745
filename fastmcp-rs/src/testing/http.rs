//! A server on a port of its own, for clients over HTTP.

use std::fmt;

use tokio::task::JoinHandle;

use crate::client::{Client, ClientBuilder};
use crate::server::{RunningServer, Server};

/// A server that listens on a free port of this machine until it is stopped or dropped.
pub struct HttpServer {
    url: String,
    server: RunningServer,
    serving: JoinHandle<()>,
}

impl HttpServer {
    /// Builds a server and serves it over Streamable HTTP.
    ///
    /// # Panics
    /// When the server does not start.
    #[track_caller]
    pub fn start(server: Server) -> impl Future<Output = Self> {
        let at = std::panic::Location::caller();
        async move {
            let failed = |error: &dyn fmt::Display| -> ! { panic!("the server of {at} does not start: {error}") };
            let server = server.start().await.unwrap_or_else(|error| failed(&error));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(|error| failed(&error));
            let address = listener.local_addr().unwrap_or_else(|error| failed(&error));
            let path = server.http_path().to_owned();
            let serving = server.clone();
            let serving = crate::future::spawn(async move {
                if let Err(error) = serving.serve_http_on(listener).await {
                    tracing::error!(%error, "a server within a test ended");
                }
            });
            Self { url: format!("http://{address}{path}"), server, serving }
        }
    }

    /// The URL of its endpoint.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of it, for [`TestClient::with`](super::TestClient::with).
    pub fn client(&self) -> ClientBuilder {
        Client::http(&self.url)
    }

    /// The server, to be changed while it runs.
    #[must_use]
    pub fn server(&self) -> &RunningServer {
        &self.server
    }

    /// Ends it, its lifespans included.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").field("url", &self.url).finish_non_exhaustive()
    }
}
