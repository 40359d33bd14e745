//! What a server and its clients may agree on beyond the protocol: methods of an extension's own (2026-07-28, basic/index,
//! "Extensions").

use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::context::Context;
use crate::future::BoxFuture;
use crate::protocol::{RpcError, ServerCapabilities};

/// An extension of the protocol, given to [`Server::extension`](crate::Server::extension).
///
/// The server declares it in its capabilities, and answers its methods for clients that declare it too: on 2026-07-28 with the
/// request, before that in the handshake. For others a method of it is error -32021, which names the extension.
///
/// ```
/// use fastmcp_rs::{Context, Extension, RpcError, Server};
/// use serde_json::{Value, json};
///
/// struct Weekday;
///
/// impl Extension for Weekday {
///     fn id(&self) -> &str {
///         "com.example/weekday"
///     }
///
///     fn methods(&self) -> &[&str] {
///         &["weekday/get"]
///     }
///
///     async fn call(&self, _: &str, _: Value, _: Context) -> Result<Value, RpcError> {
///         Ok(json!({ "weekday": "Friday" }))
///     }
/// }
///
/// let server = Server::new("calendar").extension(Weekday);
/// ```
pub trait Extension: Send + Sync + 'static {
    /// Its identifier: a prefix that its author owns, a slash, and a name.
    fn id(&self) -> &str;

    /// What the server says about it in its capabilities. Default: nothing.
    fn settings(&self) -> Map<String, Value> {
        Map::new()
    }

    /// The methods that it answers.
    fn methods(&self) -> &[&str];

    /// Answers a request for one of its methods. The result is an object; `params` is null where the request has none. The call
    /// has the server's time limit, passes middleware as a request, and is dropped when it is cancelled.
    ///
    /// # Errors
    /// What the client is to be told instead.
    fn call(
        &self,
        method: &str,
        params: Value,
        context: Context,
    ) -> impl Future<Output = Result<Value, RpcError>> + Send;
}

/// An extension, erased.
trait ErasedExtension: Send + Sync {
    fn id(&self) -> &str;
    fn settings(&self) -> Map<String, Value>;
    fn methods(&self) -> &[&str];
    fn call(
        self: Arc<Self>,
        method: String,
        params: Value,
        context: Context,
    ) -> BoxFuture<'static, Result<Value, RpcError>>;
}

impl<E: Extension> ErasedExtension for E {
    fn id(&self) -> &str {
        Extension::id(self)
    }

    fn settings(&self) -> Map<String, Value> {
        Extension::settings(self)
    }

    fn methods(&self) -> &[&str] {
        Extension::methods(self)
    }

    fn call(
        self: Arc<Self>,
        method: String,
        params: Value,
        context: Context,
    ) -> BoxFuture<'static, Result<Value, RpcError>> {
        Box::pin(async move { Extension::call(&*self, &method, params, context).await })
    }
}

/// The extensions of one server.
#[derive(Default)]
pub(crate) struct Extensions(Vec<Arc<dyn ErasedExtension>>);

/// One extension that answers a method.
pub(crate) struct Offered(Arc<dyn ErasedExtension>);

impl Extensions {
    pub(crate) fn add(&mut self, extension: impl Extension) {
        self.0.push(Arc::new(extension));
    }

    /// What is wrong with them, for a start-up error. `is_taken` knows the methods of the protocol.
    pub(crate) fn problems(&self, is_taken: fn(&str) -> bool) -> Vec<String> {
        let mut problems = Vec::new();
        for (n, extension) in self.0.iter().enumerate() {
            let id = extension.id();
            if !is_id(id) {
                problems.push(format!(
                    "the extension `{id}` needs an identifier of a prefix, a slash and a name, for example `com.example/search`"
                ));
            }
            if self.0[..n].iter().any(|earlier| earlier.id() == id) {
                problems.push(format!("the extension `{id}` is given twice: remove one of the two"));
                continue;
            }
            for method in extension.methods() {
                if is_taken(method) {
                    problems.push(format!(
                        "the extension `{id}` answers `{method}`, which is a method of the protocol: rename it"
                    ));
                }
                if let Some(earlier) = self.0[..n].iter().find(|earlier| earlier.methods().contains(method)) {
                    problems.push(format!(
                        "the extensions `{}` and `{id}` both answer `{method}`: rename one",
                        earlier.id()
                    ));
                }
            }
        }
        problems
    }

    /// Adds what the server says about each to its capabilities.
    pub(crate) fn declare(&self, capabilities: ServerCapabilities) -> ServerCapabilities {
        self.0.iter().fold(capabilities, |all, extension| all.extension(extension.id(), extension.settings()))
    }

    /// The extension that answers a method.
    pub(crate) fn of(&self, method: &str) -> Option<Offered> {
        self.0.iter().find(|extension| extension.methods().contains(&method)).map(|found| Offered(Arc::clone(found)))
    }
}

impl Offered {
    pub(crate) fn id(&self) -> &str {
        self.0.id()
    }

    pub(crate) fn call(
        self,
        method: String,
        params: Value,
        context: Context,
    ) -> BoxFuture<'static, Result<Value, RpcError>> {
        self.0.call(method, params, context)
    }
}

/// Whether an identifier has the form of a key of `_meta` with a prefix (2026-07-28, basic/index, "Key name format").
fn is_id(id: &str) -> bool {
    let label = |label: &str| {
        label.starts_with(|first: char| first.is_ascii_alphabetic())
            && label.ends_with(|last: char| last.is_ascii_alphanumeric())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let edge = |edge: Option<char>| edge.is_some_and(|edge| edge.is_ascii_alphanumeric());
    let name = |name: &str| {
        edge(name.chars().next())
            && edge(name.chars().last())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    id.split_once('/').is_some_and(|(prefix, rest)| prefix.split('.').all(label) && name(rest))
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_identifier_has_a_prefix_and_a_name() {
        for id in ["com.example/search", "io.modelcontextprotocol/tasks", "a/b", "x-y.z/under_score.v1"] {
            assert!(super::is_id(id), "{id}");
        }
        for id in
            ["search", "/search", "com.example/", "com..example/a", "1com/a", "com.example/a/b", "c m/a", "com-/a"]
        {
            assert!(!super::is_id(id), "{id}");
        }
    }
}
