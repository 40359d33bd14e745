//! What a handler can ask for beside its arguments: [`State`], [`Headers`], the cancellation token, and types of the user's own.

use std::any::{TypeId, type_name};
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::error::ToolError;

/// The state that handlers need, gathered when the server starts so that nothing is found missing later.
#[derive(Debug, Default)]
pub struct Needs(pub(crate) Vec<(TypeId, &'static str)>);

impl Needs {
    /// Says that a value of this type must have been given to the server, with `Server::state` or by its lifespan.
    pub fn state<T: Send + Sync + 'static>(&mut self) {
        self.0.push((TypeId::of::<T>(), type_name::<T>()));
    }
}

/// A type that a handler can take as a parameter without the caller sending it.
///
/// It is resolved once per call, before the function runs; its error becomes the call's.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// struct Tenant(String);
///
/// impl FromContext for Tenant {
///     type Error = ToolError;
///
///     async fn from_context(context: &Context) -> Result<Self, ToolError> {
///         let name = context.headers().get("x-tenant").ok_or_else(|| ToolError::forbidden("no tenant"))?;
///         Ok(Tenant(name.to_owned()))
///     }
/// }
///
/// /// Which tenant this is.
/// #[tool]
/// async fn whoami(tenant: Tenant) -> String {
///     tenant.0
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be injected",
    label = "neither named by the URI or the prompt's text, nor something injected",
    note = "if clients give it: write the parameter's name in braces in the URI, or in the text of the prompt",
    note = "if the server has it: take it as `State<..>` (what is inside must be `Send + Sync + 'static`), or implement `fastmcp_rs::FromContext`"
)]
pub trait FromContext: Sized + Send + 'static {
    /// Why it could not be resolved.
    type Error: Into<ToolError> + Send;

    /// Resolves the value for one call.
    fn from_context(context: &Context) -> impl Future<Output = Result<Self, Self::Error>> + Send;

    /// The value, for types that need not wait for it: it spares a call the box of a future.
    #[doc(hidden)]
    fn immediately(context: &Context) -> Option<Result<Self, Self::Error>> {
        let _ = context;
        None
    }

    /// Names the state that [`from_context`](Self::from_context) will look for, so that the server refuses to start without it.
    fn needs(needs: &mut Needs) {
        let _ = needs;
    }
}

impl FromContext for Context {
    type Error = Infallible;

    fn immediately(context: &Context) -> Option<Result<Self, Infallible>> {
        Some(Ok(context.clone()))
    }

    async fn from_context(context: &Context) -> Result<Self, Infallible> {
        Ok(context.clone())
    }
}

/// Shared state: what the server was given with `Server::state` or by its lifespan.
///
/// Dereferences to the value. A server whose handlers need state that nobody gave refuses to start.
pub struct State<T>(Arc<T>);

impl<T: Send + Sync + 'static> State<T> {
    /// Wraps a value, for calling a handler directly in a test.
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// The shared pointer itself.
    #[must_use]
    pub fn into_inner(self) -> Arc<T> {
        self.0
    }

    pub(crate) fn from_arc(value: Arc<T>) -> Self {
        Self(value)
    }
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Send + Sync + 'static> FromContext for State<T> {
    type Error = ToolError;

    fn immediately(context: &Context) -> Option<Result<Self, ToolError>> {
        context.state::<T>().map(Ok)
    }

    async fn from_context(context: &Context) -> Result<Self, ToolError> {
        // Only a tool added at run time can get here without its state; everything else was checked at start-up.
        context.state::<T>().ok_or_else(|| ToolError::internal(format!("no state of type {}", type_name::<T>())))
    }

    fn needs(needs: &mut Needs) {
        needs.state::<T>();
    }
}

/// The HTTP headers of the request that carried the call; empty on other transports. Credentials are left out.
#[derive(Clone, Debug, Default)]
pub struct Headers(Arc<[(String, String)]>);

/// Headers that hold secrets: a handler gets the [`Caller`] instead.
const WITHHELD: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-api-key"];

impl Headers {
    /// Headers from names and values; credentials are dropped.
    pub fn new<N: Into<String>, V: Into<String>>(headers: impl IntoIterator<Item = (N, V)>) -> Self {
        let lower = headers.into_iter().map(|(name, value)| (name.into().to_ascii_lowercase(), value.into()));
        Self(lower.filter(|(name, _)| !WITHHELD.contains(&name.as_str())).collect())
    }

    /// The first value of a header; names are compared without regard to case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers, names in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromContext for Headers {
    type Error = Infallible;

    fn immediately(context: &Context) -> Option<Result<Self, Infallible>> {
        Some(Ok(context.headers().clone()))
    }

    async fn from_context(context: &Context) -> Result<Self, Infallible> {
        Ok(context.headers().clone())
    }
}

impl FromContext for CancellationToken {
    type Error = Infallible;

    fn immediately(context: &Context) -> Option<Result<Self, Infallible>> {
        Some(Ok(context.cancellation().clone()))
    }

    async fn from_context(context: &Context) -> Result<Self, Infallible> {
        Ok(context.cancellation().clone())
    }
}
