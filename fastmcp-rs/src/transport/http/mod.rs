//! Streamable HTTP: the 2026-07-28 revision and the older ones with sessions, at one path.

mod body;
mod endpoint;
mod envelope;
mod events;
mod guard;
mod in_session;
mod outlet;
mod patient;
mod replicas;
mod responses;
mod serve;
mod service;
mod sessions;
#[cfg(feature = "sse")]
mod sse;
pub(crate) mod store;
mod streaming;

use std::sync::Arc;
use std::time::Duration;

use crate::server::Server;
use guard::Guard;
use store::ReplicaStore;

pub use body::Body as HttpBody;
pub(crate) use serve::{listen, router, serve};
pub use service::McpService;

/// What the builder says about HTTP.
#[derive(Clone)]
pub(crate) struct HttpSettings {
    pub path: String,
    pub guard: Guard,
    pub max_sessions: usize,
    pub session_idle: Duration,
    pub max_connections: usize,
    pub replicas: Option<Sharing>,
    #[cfg(feature = "sse")]
    pub sse: bool,
}

/// What several replicas share their sessions through.
#[derive(Clone)]
pub(crate) enum Sharing {
    Through(Arc<dyn ReplicaStore>),
    /// The Redis of this URL.
    Redis(#[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "named in an error only"))] String),
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            path: "/mcp".to_owned(),
            guard: Guard::default(),
            max_sessions: 10_000,
            session_idle: Duration::from_secs(30 * 60),
            max_connections: 10_000,
            replicas: None,
            #[cfg(feature = "sse")]
            sse: false,
        }
    }
}

impl Server {
    /// The path of the HTTP endpoint. Default: `/mcp`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.http.path = path.into();
        self
    }

    /// Host names by which clients reach this server, beside those of loopback: `mcp.example.com`, with or without a port.
    #[must_use]
    pub fn allowed_hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        for host in hosts {
            self.http.guard.allow_host(&host.into());
        }
        self
    }

    /// Origins whose pages may use this server from a browser, beside those of this machine: `https://app.example.com`.
    #[must_use]
    pub fn allowed_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        for origin in origins {
            self.http.guard.allow_origin(&origin.into());
        }
        self
    }

    /// Takes requests for any host: only behind something that checks the `Host` header itself.
    #[must_use]
    pub fn allow_any_host(mut self) -> Self {
        self.http.guard.allow_any_host();
        self
    }

    /// Sessions of revisions before 2026-07-28 that may exist at once; the longest idle one makes room. Default: 10,000.
    #[must_use]
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.http.max_sessions = sessions.max(1);
        self
    }

    /// How long a session may be idle before it ends. Default: 30 minutes.
    #[must_use]
    pub fn session_idle(mut self, idle: Duration) -> Self {
        self.http.session_idle = idle;
        self
    }

    /// Shares sessions, the events of their streams and change notices with other replicas of this server through Redis, so
    /// that all of them may stand behind a plain load balancer: `redis://127.0.0.1:6379`. `FASTMCP_REDIS_URL` says the same
    /// where nothing is said here. The server does not start without it.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn redis(mut self, url: impl Into<String>) -> Self {
        self.http.replicas = Some(Sharing::Redis(url.into()));
        self
    }

    /// The same through a store of one's own, or a [`MemoryStore`](crate::MemoryStore) for several servers of one process.
    #[must_use]
    pub fn replicas(mut self, store: Arc<dyn ReplicaStore>) -> Self {
        self.http.replicas = Some(Sharing::Through(store));
        self
    }

    /// Serves the HTTP+SSE transport of 2024-11-05 as well, at `/sse` and `/messages`.
    #[cfg(feature = "sse")]
    #[must_use]
    pub fn legacy_sse(mut self) -> Self {
        self.http.sse = true;
        self
    }

    /// HTTP connections that may be open at once; more have to wait. Default: 10,000.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.http.max_connections = connections.max(1);
        self
    }
}
