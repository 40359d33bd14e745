//! [`Http`]: what a program says about serving over HTTP.

use std::sync::Arc;
use std::time::Duration;

use super::origin::Guard;
#[cfg(feature = "page")]
use super::page::Shown;
use crate::auth::Auth;
use crate::auth::metadata::WELL_KNOWN;
use crate::error::unusable;
use crate::net::forwarded::TrustedProxies;
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
    /// Who may call, and where that is told; set when the server is built.
    pub(crate) auth: Arc<Auth>,
    pub(crate) metadata_paths: Vec<String>,
    pub(crate) max_sessions: usize,
    pub(crate) session_idle: Duration,
    pub(crate) max_connections: usize,
    pub(crate) replicas: Option<ReplicaConfig>,
    /// Who is believed about where requests come from; set when the server is built.
    pub(crate) proxies: Option<TrustedProxies>,
    #[cfg(feature = "sse")]
    pub(crate) sse: bool,
    #[cfg(feature = "page")]
    pub(crate) page: Shown,
    /// What of it cannot be used.
    problems: Vec<String>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            path: "/mcp".to_owned(),
            guard: Guard::default(),
            auth: Arc::default(),
            metadata_paths: Vec::new(),
            max_sessions: 10_000,
            session_idle: Duration::from_secs(30 * 60),
            max_connections: 10_000,
            replicas: None,
            proxies: None,
            #[cfg(feature = "sse")]
            sse: false,
            #[cfg(feature = "page")]
            page: Shown::default(),
            problems: Vec::new(),
        }
    }
}

impl Http {
    /// The settings that hold unless told otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a setting that cannot be used.
    #[track_caller]
    fn check(mut self, usable: bool, setting: &str, why: &str) -> Self {
        if !usable {
            self.problems.push(unusable(&format!("Http::{setting}"), why));
        }
        self
    }

    /// The path of the endpoint. Default: `/mcp`. One that does not begin with `/`, or has `?`, `#`, spaces or braces, is a
    /// start-up error.
    #[track_caller]
    pub fn path(self, path: impl Into<String>) -> Self {
        let path = path.into();
        let wrong = wrong_path(&path).unwrap_or_default();
        let mut http = self.check(wrong.is_empty(), &format!("path({path:?})"), &format!("cannot be served: {wrong}"));
        http.path = path;
        http
    }

    /// Host names by which clients reach this server, beside those of loopback: `mcp.example.com`, with or without a port.
    /// Anything else is a start-up error.
    #[track_caller]
    pub fn allowed_hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        for host in hosts.into_iter().map(Into::into) {
            if let Err(wrong) = self.guard.allow_host(&host) {
                self = self.check(false, &format!("allowed_hosts([{host:?}])"), &wrong);
            }
        }
        self
    }

    /// Origins whose pages may use this server from a browser, beside those of this machine: `https://app.example.com`.
    /// `*` is any. Anything else is a start-up error.
    #[track_caller]
    pub fn allowed_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        for origin in origins.into_iter().map(Into::into) {
            if let Err(wrong) = self.guard.allow_origin(&origin) {
                self = self.check(false, &format!("allowed_origins([{origin:?}])"), &wrong);
            }
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
    #[track_caller]
    pub fn max_sessions(self, sessions: usize) -> Self {
        let usable = sessions > 0;
        Self { max_sessions: sessions, ..self.check(usable, "max_sessions(0)", "would let no session begin") }
    }

    /// How long a session may be idle before it ends. Default: 30 minutes. Zero is a start-up error.
    #[track_caller]
    pub fn session_idle(self, idle: Duration) -> Self {
        let usable = !idle.is_zero();
        Self {
            session_idle: idle,
            ..self.check(usable, "session_idle(Duration::ZERO)", "would end every session at once")
        }
    }

    /// Connections that may be open at once. Default: 10,000. Zero is a start-up error.
    #[track_caller]
    pub fn max_connections(self, connections: usize) -> Self {
        let usable = connections > 0;
        Self { max_connections: connections, ..self.check(usable, "max_connections(0)", "would take no connection") }
    }

    /// Shares sessions, the events of their streams and change notices with other replicas of this server through Redis, so
    /// that all of them may stand behind a plain load balancer: `redis://127.0.0.1:6379`, or [`Redis`](crate::replicas::Redis) with
    /// more to say. `FASTMCP_REDIS_URL` says the same where nothing is said here. The server does not start without it, nor with a
    /// URL that is none.
    #[cfg(feature = "redis")]
    #[track_caller]
    pub fn redis(self, redis: impl Into<crate::replicas::Redis>) -> Self {
        let redis = redis.into();
        let problem = redis.problem();
        let why = format!("names no Redis: {}", problem.as_deref().unwrap_or_default());
        let mut http = self.check(problem.is_none(), "redis(..)", &why);
        http.replicas = Some(ReplicaConfig::Redis(redis));
        http
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

    /// Takes in who may call.
    pub(crate) fn take_auth(&mut self, auth: Auth) {
        if let (Some(url), true) = (&auth.public_url, auth.metadata.is_some()) {
            // A proxy may have put the path of the public URL there.
            self.metadata_paths =
                [url.path(), self.path.trim_end_matches('/')].map(|path| format!("{WELL_KNOWN}{path}")).into();
            self.metadata_paths.dedup();
        }
        self.auth = Arc::new(auth);
    }

    /// What of them cannot be used, and where it was given.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problems = self.problems.iter().cloned();
        #[cfg(feature = "page")]
        let problems = problems.chain(self.page.problem());
        problems.collect()
    }
}

/// What keeps a text from being a path as it stands in a URL, and in axum's routes.
pub(crate) fn wrong_path(path: &str) -> Option<&'static str> {
    match path.strip_prefix('/') {
        None => Some("a path begins with `/`"),
        Some(rest) if matches!(rest.trim_end_matches('/'), "health" | "ready") => {
            Some("there load balancers ask whether the server is well")
        }
        Some(rest)
            if rest.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'{' | b'}')) =>
        {
            None
        }
        Some(_) => {
            Some("a path has no spaces, control characters, `?`, `#` or braces; other characters are percent-encoded")
        }
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("path", &self.path).finish_non_exhaustive()
    }
}
