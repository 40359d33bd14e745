//! [`Http`]: what a program says about serving over HTTP.

use std::sync::Arc;
use std::time::Duration;

use super::origin::Guard;
use crate::replicas::ReplicaConfig;
use crate::session::store::ReplicaStore;

/// How a server is served over HTTP; given with [`Server::http`](crate::Server::http).
///
/// ```
/// use fastmcp_rs::{Http, Server};
///
/// let server = Server::new("greeter").http(Http::new().path("/agents").allowed_hosts(["mcp.example.com"]));
/// ```
#[derive(Clone)]
#[must_use = "give it to `Server::http`"]
pub struct Http {
    pub(crate) path: String,
    pub(crate) guard: Guard,
    pub(crate) max_sessions: usize,
    pub(crate) session_idle: Duration,
    pub(crate) max_connections: usize,
    pub(crate) replicas: Option<ReplicaConfig>,
    #[cfg(feature = "sse")]
    pub(crate) sse: bool,
}

impl Default for Http {
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

impl Http {
    /// The settings that hold unless told otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// The path of the endpoint. Default: `/mcp`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Host names by which clients reach this server, beside those of loopback: `mcp.example.com`, with or without a port.
    pub fn allowed_hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        for host in hosts {
            self.guard.allow_host(&host.into());
        }
        self
    }

    /// Origins whose pages may use this server from a browser, beside those of this machine: `https://app.example.com`.
    pub fn allowed_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        for origin in origins {
            self.guard.allow_origin(&origin.into());
        }
        self
    }

    /// Takes requests for any host: only where a proxy in front checks the `Host` header itself.
    pub fn allow_any_host(mut self) -> Self {
        self.guard.allow_any_host();
        self
    }

    /// Sessions of revisions before 2026-07-28 that may exist at once; the longest idle one makes room. Default: 10,000. Zero is
    /// a start-up error.
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.max_sessions = sessions;
        self
    }

    /// How long a session may be idle before it ends. Default: 30 minutes. Zero is a start-up error.
    pub fn session_idle(mut self, idle: Duration) -> Self {
        self.session_idle = idle;
        self
    }

    /// Connections that may be open at once. Default: 10,000. Zero is a start-up error.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Shares sessions, the events of their streams and change notices with other replicas of this server through Redis, so
    /// that all of them may stand behind a plain load balancer: `redis://127.0.0.1:6379`. `FASTMCP_REDIS_URL` says the same
    /// where nothing is said here. The server does not start without it.
    #[cfg(feature = "redis")]
    pub fn redis(mut self, url: impl Into<String>) -> Self {
        self.replicas = Some(ReplicaConfig::Redis(url.into()));
        self
    }

    /// The same through a store of one's own, or a [`MemoryStore`](crate::replicas::MemoryStore) for several servers of one
    /// process.
    pub fn replicas(mut self, store: Arc<dyn ReplicaStore>) -> Self {
        self.replicas = Some(ReplicaConfig::Through(store));
        self
    }

    /// Serves the HTTP+SSE transport of 2024-11-05 as well, at `/sse` and `/messages`.
    #[cfg(feature = "sse")]
    pub fn legacy_sse(mut self) -> Self {
        self.sse = true;
        self
    }

    /// What is wrong with them.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !self.path.starts_with('/') {
            problems.push(format!("`Http::path` is `{}`: write a path that begins with `/`", self.path));
        }
        if self.max_sessions == 0 {
            problems.push("`Http::max_sessions` of zero would let no session begin".to_owned());
        }
        if self.session_idle.is_zero() {
            problems.push("`Http::session_idle` of zero would end every session at once".to_owned());
        }
        if self.max_connections == 0 {
            problems.push("`Http::max_connections` of zero would take no connection".to_owned());
        }
        problems
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("path", &self.path).finish_non_exhaustive()
    }
}
