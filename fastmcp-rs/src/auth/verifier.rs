//! [`Verifier`]: what a token says about its bearer.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use axum::http::{HeaderMap, Uri};

use super::explain::{AuthStep, step_of};
use crate::context::Caller;
use crate::future::BoxFuture;

/// Says whose a token is. [`TokenMap`](crate::TokenMap) is one; [`from_fn`] makes one of a function.
///
/// ```
/// use fastmcp_rs::auth::{Presented, Verdict, Verifier};
/// use fastmcp_rs::{Caller, Server};
///
/// struct Sessions;
///
/// impl Verifier for Sessions {
///     async fn verify(&self, presented: &Presented<'_>) -> Verdict {
///         match presented.token.strip_prefix("session-") {
///             Some("4711") => Verdict::Known(Caller::new("ada").with_scopes(["notes:read"])),
///             Some(_) => Verdict::Invalid("unknown"),
///             None => Verdict::NotMine,
///         }
///     }
/// }
///
/// let server = Server::new("notes").auth(Sessions);
/// ```
pub trait Verifier: Send + Sync + 'static {
    /// Looks at a token. It is asked for each request, before the body is read.
    fn verify<'a>(&'a self, presented: &'a Presented<'a>) -> impl Future<Output = Verdict> + Send + 'a;

    /// What it adds to the server's metadata for clients, and the scopes that it asks of everybody. Asked once, when the server is
    /// built. Default: nothing.
    fn describe(&self) -> AuthorizationServers {
        AuthorizationServers::default()
    }

    /// The server starts, within a runtime: what takes time may begin. Default: nothing.
    fn warm(&self) {}

    /// Whether it could say whose a token is. While it could not, `/ready` says that no calls should come. Default: it could.
    fn is_ready(&self) -> bool {
        true
    }

    /// What is known of the keys that it fetches, for metrics. Default: it fetches none.
    #[doc(hidden)]
    fn key_levels(&self) -> Option<KeyLevels> {
        None
    }

    /// How it comes to its verdict, for `check --auth`. Default: the verdict.
    #[doc(hidden)]
    fn explain<'a>(&'a self, presented: &'a Presented<'a>) -> impl Future<Output = Vec<AuthStep>> + Send + 'a {
        async move { vec![step_of(&self.verify(presented).await)] }
    }
}

/// How old keys are, and how often they were fetched.
#[derive(Clone, Copy, Debug, Default)]
#[doc(hidden)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "only metrics tell of it"))]
pub struct KeyLevels {
    pub(crate) age: Duration,
    pub(crate) fetched: u64,
    pub(crate) failed: u64,
}

/// A token as it came. Its `Debug` shows neither the token nor the headers.
#[non_exhaustive]
pub struct Presented<'a> {
    /// The scheme of the `Authorization` header, as it was written; any case of `Bearer`.
    pub scheme: &'a str,
    /// The token itself.
    pub token: &'a str,
    /// The method of the HTTP request.
    pub method: &'a str,
    /// The target of the HTTP request.
    pub uri: &'a Uri,
    /// The headers of the HTTP request.
    pub headers: &'a HeaderMap,
    /// The URL by which clients know the server, for which tokens are; see [`Server::public_url`](crate::Server::public_url).
    pub resource: Option<&'a str>,
    /// So many bad tokens came from there lately that no more work is to go into this one: a verifier that has to work for its answer
    /// says what it remembers, or [`NotMine`](Verdict::NotMine), which is answered 429.
    pub cheaply: bool,
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented").field("scheme", &self.scheme).field("method", &self.method).finish_non_exhaustive()
    }
}

/// What a [`Verifier`] says of a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// It is this caller's. One whose [`expires_at`](Caller::expires_at) has passed is refused.
    Known(Caller),
    /// Somebody else's: the next verifier is asked. If it is nobody's, the request is answered 401.
    NotMine,
    /// It is bad: 401. The word says why, for metrics and the log: `expired`, `signature`, `revoked`.
    Invalid(&'static str),
    /// Nobody can say at the moment: 503, with this `Retry-After`, unless a later verifier knows the token.
    Unavailable(Duration),
}

/// What a [`Verifier`] is to clients: where they get its tokens, and for which scopes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AuthorizationServers {
    /// The issuers of tokens that it takes (RFC 9728, `authorization_servers`). None for tokens that are given out by hand.
    pub issuers: Vec<String>,
    /// The scopes that every request needs.
    pub required_scopes: Vec<String>,
    /// Other scopes that its tokens may have, as far as it knows.
    pub other_scopes: Vec<String>,
    /// A token stands in the program itself, which [`Server::production`](crate::Server::production) does not take.
    pub in_program: bool,
    /// Why it cannot be used, each with the line to write: the server does not start then.
    pub problems: Vec<String>,
}

/// A verifier made of a function of the token.
///
/// ```
/// use fastmcp_rs::auth::{self, Verdict};
/// use fastmcp_rs::{Caller, Server};
///
/// let server = Server::new("notes").auth(auth::from_fn(|token: String| async move {
///     match token.strip_prefix("session-") {
///         Some("4711") => Verdict::Known(Caller::new("ada")),
///         _ => Verdict::NotMine,
///     }
/// }));
/// ```
pub fn from_fn<F, R>(verify: F) -> FromFn<F>
where
    F: Fn(String) -> R + Send + Sync + 'static,
    R: Future<Output = Verdict> + Send + 'static,
{
    FromFn(verify)
}

/// See [`from_fn`].
#[derive(Clone, Copy)]
pub struct FromFn<F>(F);

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFn(..)")
    }
}

impl<F, R> Verifier for FromFn<F>
where
    F: Fn(String) -> R + Send + Sync + 'static,
    R: Future<Output = Verdict> + Send + 'static,
{
    fn verify<'a>(&'a self, presented: &'a Presented<'a>) -> impl Future<Output = Verdict> + Send + 'a {
        (self.0)(presented.token.to_owned())
    }
}

/// A verifier of any type, and what it said of itself.
pub(crate) struct AnyVerifier {
    verifier: Box<dyn Erased>,
    servers: AuthorizationServers,
}

impl AnyVerifier {
    pub(crate) fn new(verifier: impl Verifier) -> Self {
        Self { servers: verifier.describe(), verifier: Box::new(verifier) }
    }

    pub(crate) fn verify<'a>(&'a self, presented: &'a Presented<'a>) -> BoxFuture<'a, Verdict> {
        self.verifier.verify(presented)
    }

    pub(crate) fn warm(&self) {
        self.verifier.warm();
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn key_levels(&self) -> Option<KeyLevels> {
        self.verifier.key_levels()
    }

    pub(crate) fn explain<'a>(&'a self, presented: &'a Presented<'a>) -> BoxFuture<'a, Vec<AuthStep>> {
        self.verifier.explain(presented)
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.verifier.is_ready()
    }

    pub(crate) fn servers(&self) -> &AuthorizationServers {
        &self.servers
    }
}

trait Erased: Send + Sync {
    fn verify<'a>(&'a self, presented: &'a Presented<'a>) -> BoxFuture<'a, Verdict>;
    fn warm(&self);
    #[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "only metrics tell of it"))]
    fn key_levels(&self) -> Option<KeyLevels>;
    fn explain<'a>(&'a self, presented: &'a Presented<'a>) -> BoxFuture<'a, Vec<AuthStep>>;
    fn is_ready(&self) -> bool;
}

impl<V: Verifier> Erased for V {
    fn verify<'a>(&'a self, presented: &'a Presented<'a>) -> BoxFuture<'a, Verdict> {
        Box::pin(Verifier::verify(self, presented))
    }

    fn warm(&self) {
        Verifier::warm(self);
    }

    fn key_levels(&self) -> Option<KeyLevels> {
        Verifier::key_levels(self)
    }

    fn explain<'a>(&'a self, presented: &'a Presented<'a>) -> BoxFuture<'a, Vec<AuthStep>> {
        Box::pin(Verifier::explain(self, presented))
    }

    fn is_ready(&self) -> bool {
        Verifier::is_ready(self)
    }
}
