//! Streamable HTTP. (Being written.)
use std::net::SocketAddr;
use std::sync::Arc;

use crate::error::Error;
use crate::server::core::Core;

#[derive(Clone, Default)]
pub(crate) struct HttpSettings {
    pub path: Option<String>,
}

/// The service.
#[derive(Clone)]
pub struct McpService;

impl McpService {
    pub(crate) fn new(_: Arc<Core>, _: HttpSettings) -> Self {
        Self
    }
}

pub(crate) async fn listen(address: SocketAddr) -> Result<tokio::net::TcpListener, Error> {
    tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| Error::new(format!("cannot listen at {address}")).caused_by(error))
}

pub(crate) async fn serve(_: Arc<Core>, _: HttpSettings, _: tokio::net::TcpListener) -> Result<(), Error> {
    Err(Error::new("not yet"))
}

pub(crate) fn router(_: Arc<Core>, _: HttpSettings) -> axum::Router {
    axum::Router::new()
}

impl crate::Server {
    /// The path of the endpoint.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.http.path = Some(path.into());
        self
    }
}
