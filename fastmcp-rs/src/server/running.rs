//! [`RunningServer`]: a server that is built, for as many clients as come.

use std::fmt;
use std::future::Future;
#[cfg(feature = "http")]
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::catalog::{Dynamic, Registry};
use crate::component::{DynamicPrompt, DynamicResource, DynamicTool};
use crate::context::{Caller, Change, Host};
use crate::engine::core::Core;
use crate::engine::encode::{Body, Reply};
use crate::engine::request::{Request, Step};
use crate::error::Error;
use crate::future::BoxFuture;
use crate::observe::record::Via;
use crate::protocol::params::Members;
use crate::protocol::{PromptResult, ResourceResult, Revision, RpcError, method};
use crate::result::ToolResult;
use crate::session::Notifier;
#[cfg(feature = "http")]
use crate::transport::http::{Http, McpService};
#[cfg(feature = "http")]
use crate::transport::listener::{self, Listener};
use crate::transport::stream::Transport;

/// A running server: it serves any number of clients, can be called directly, and changes what it offers. Cheap to clone; all
/// clones are the one server.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// /// Says hello.
/// #[tool]
/// fn hello() -> &'static str {
///     "hello"
/// }
///
/// let server = Server::empty("greeter").tool(hello).build()?;
/// server.disable("hello")?; // clients are told that the list changed
/// server.enable("hello")?;
/// # Ok::<(), fastmcp_rs::Error>(())
/// ```
#[derive(Clone)]
pub struct RunningServer {
    core: Arc<Core>,
    #[cfg(feature = "http")]
    pub(super) http: Arc<Http>,
}

/// One conversation over a stream of bytes, made by [`RunningServer::serve`]: a future of its end.
#[must_use = "nothing is served before it is awaited"]
pub struct Conversation(Under);

enum Under {
    /// Who is at the other end can still be said.
    Prepared(Box<dyn FnOnce(Caller) -> BoxFuture<'static, ()> + Send>, Caller),
    Way(BoxFuture<'static, ()>),
    Done,
}

impl Conversation {
    fn of<S: Transport>(core: Arc<Core>, stream: S) -> Self {
        let serve = move |caller| -> BoxFuture<'static, ()> {
            Box::pin(async move {
                match core.start().await {
                    Ok(()) => crate::transport::stream_loop::run(core, stream, caller, Via::Stream).await,
                    Err(error) => tracing::error!(%error, "a conversation ended before it began"),
                }
            })
        };
        Self(Under::Prepared(Box::new(serve), Caller::anonymous()))
    }

    /// Says who is at the other end, where the transport knows. Default: nobody in particular. It must be said before the
    /// conversation is first polled.
    pub fn caller(mut self, caller: Caller) -> Self {
        if let Under::Prepared(_, known) = &mut self.0 {
            *known = caller;
        }
        self
    }
}

impl Future for Conversation {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        if let Under::Prepared(..) = self.0
            && let Under::Prepared(serve, caller) = std::mem::replace(&mut self.0, Under::Done)
        {
            self.0 = Under::Way(serve(caller));
        }
        match &mut self.0 {
            Under::Way(way) => way.as_mut().poll(task),
            _ => Poll::Ready(()),
        }
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").finish_non_exhaustive()
    }
}

impl RunningServer {
    pub(crate) fn new(core: Arc<Core>, #[cfg(feature = "http")] http: Http) -> Self {
        Self {
            core,
            #[cfg(feature = "http")]
            http: Arc::new(http),
        }
    }

    /// Serves one conversation over any stream of bytes, one JSON-RPC message per line: a socket, a pipe, a pair in memory. It
    /// ends when the stream does, or when the server shuts down.
    ///
    /// ```
    /// # use fastmcp_rs::prelude::*;
    /// # async fn accept(server: &fastmcp_rs::RunningServer, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    /// loop {
    ///     let (client, address) = listener.accept().await?;
    ///     tokio::spawn(server.serve(client).caller(Caller::new(address.ip().to_string())));
    /// }
    /// # }
    /// ```
    pub fn serve<S: Transport>(&self, stream: S) -> Conversation {
        Conversation::of(Arc::clone(&self.core), stream)
    }

    /// Serves Streamable HTTP at an address until the server is told to [shut down](Self::shutdown). Port 0 takes a free one;
    /// where it serves is said on standard error.
    ///
    /// # Errors
    /// When the address cannot be used, or a lifespan fails.
    #[cfg(feature = "http")]
    pub async fn serve_http(&self, address: SocketAddr) -> Result<(), Error> {
        self.serve_http_on(crate::transport::http::listen(address).await?).await
    }

    /// Serves Streamable HTTP on a listener that is there already: a TCP or a Unix socket, one that was handed down by a service
    /// manager, one of the user's own.
    ///
    /// # Errors
    /// When the listener is reachable from other machines without [`Http::allowed_hosts`], or a lifespan fails.
    #[cfg(feature = "http")]
    pub async fn serve_http_on<L: Listener>(&self, listener: L) -> Result<(), Error> {
        self.core.observers.log_to(true);
        self.core.start().await?;
        #[cfg(feature = "metrics")]
        if let Some(address) = self.core.observers.metrics_at {
            crate::transport::http::metrics::serve_at(&self.core, address).await?;
        }
        crate::transport::http::serve(Arc::clone(&self.core), Http::clone(&self.http), listener).await
    }

    /// Serves each connection of a listener as a [conversation](Self::serve) of its own, one JSON-RPC message per line, until the
    /// server is told to shut down.
    ///
    /// # Errors
    /// When a lifespan fails.
    #[cfg(feature = "http")]
    pub async fn serve_each<L: Listener>(&self, mut listener: L) -> Result<(), Error> {
        self.core.start().await?;
        let shutdown = self.core.shutdown.clone();
        let _listening = self.core.listening();
        while let Some((stream, _)) = shutdown.run_until_cancelled(listener::next(&mut listener)).await {
            crate::future::spawn(self.serve(stream));
        }
        Ok(())
    }

    /// The server as an axum router with its path (`/mcp`) inside, to merge or nest into one's own. Sessions belong to the router
    /// that they began in.
    ///
    /// The lifespans start with the first request if they have not yet, and end with [`stop`](Self::stop).
    #[cfg(feature = "http")]
    pub fn router(&self) -> axum::Router {
        crate::transport::http::router(&self.service())
    }

    /// The server as a tower service of HTTP requests, for whatever serves those.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn service(&self) -> McpService {
        self.core.observers.log_to(true);
        McpService::new(Arc::clone(&self.core), Http::clone(&self.http))
    }

    /// Adds a tool and tells clients.
    ///
    /// # Errors
    /// When its name is taken or its schema cannot be enforced.
    pub fn add_tool(&self, tool: DynamicTool) -> Result<(), Error> {
        self.add(Dynamic::Tool(tool))
    }

    /// Adds a resource or a template and tells clients.
    ///
    /// # Errors
    /// When its URI is not valid, is taken, or answers for the URIs of another.
    pub fn add_resource(&self, resource: DynamicResource) -> Result<(), Error> {
        self.add(Dynamic::Resource(resource))
    }

    /// Adds a prompt and tells clients.
    ///
    /// # Errors
    /// When its name is not valid or is taken, or it has two arguments of one name.
    pub fn add_prompt(&self, prompt: DynamicPrompt) -> Result<(), Error> {
        self.add(Dynamic::Prompt(prompt))
    }

    fn add(&self, dynamic: Dynamic) -> Result<(), Error> {
        self.core.change(|registry| Ok(((), vec![registry.add_running(dynamic)?])))
    }

    /// Removes a tool, a prompt (by name) or a resource (by its URI or template) and tells clients.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        self.core.change(|registry| {
            let mut changes = kinds(registry, name);
            registry.remove_tool(name);
            registry.prompts.remove(name);
            registry.resources.remove(name);
            registry.disabled.remove(name);
            changes.dedup();
            if changes.is_empty() { Err(missing(name)) } else { Ok(((), changes)) }
        })
    }

    /// Stops offering a component, by name or URI, and tells clients. Calls under way go on.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn disable(&self, name: &str) -> Result<(), Error> {
        self.core.change(|registry| {
            let changes = kinds(registry, name);
            if changes.is_empty() {
                return Err(missing(name));
            }
            let news = registry.disabled.insert(name.to_owned());
            Ok(((), if news { changes } else { Vec::new() }))
        })
    }

    /// Offers a disabled component again, and tells clients.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn enable(&self, name: &str) -> Result<(), Error> {
        self.core.change(|registry| {
            let changes = kinds(registry, name);
            if changes.is_empty() {
                return Err(missing(name));
            }
            let news = registry.disabled.remove(name);
            Ok(((), if news { changes } else { Vec::new() }))
        })
    }

    /// Tells subscribers that a resource changed.
    pub fn resource_updated(&self, uri: impl Into<String>) {
        self.core.changed(Change::Updated(uri.into()));
    }

    /// Begins to shut the server down, as a signal would; whoever serves it returns when running calls are done. Listeners stay open
    /// for as long as [`drain`](crate::Server::drain) says.
    pub fn shutdown(&self) {
        self.core.end("the program");
    }

    /// Shuts down and ends the lifespans, for servers that are part of another program.
    pub async fn stop(&self) {
        self.core.stop().await;
    }

    /// Calls a tool without any transport, through everything else: middleware, argument checks, limits. The program itself is the
    /// caller ([`Caller::local`]), who has every scope and role.
    ///
    /// A tool that fails gives a result whose [`is_error`](ToolResult::is_error) is true, as a client would see it.
    ///
    /// # Errors
    /// When the server has no such tool, or the tool asks a question, which nobody could answer.
    pub async fn call_tool(&self, name: &str, arguments: Value) -> Result<ToolResult, RpcError> {
        let (name, arguments) = (raw(name)?, raw(&arguments)?);
        let members = Members { name: Some(&name), arguments: Some(&arguments), ..Members::default() };
        match self.ask(method::TOOLS_CALL, members).await? {
            Body::Tool(result) => Ok(result),
            body => Err(unanswered(&body)),
        }
    }

    /// Reads a resource without any transport.
    ///
    /// # Errors
    /// When the server has no such resource, or reading it failed.
    pub async fn read_resource(&self, uri: &str) -> Result<ResourceResult, RpcError> {
        let uri = raw(uri)?;
        match self.ask(method::RESOURCES_READ, Members { uri: Some(&uri), ..Members::default() }).await? {
            Body::Read(result) => Ok(result),
            body => Err(unanswered(&body)),
        }
    }

    /// Fills in a prompt without any transport.
    ///
    /// # Errors
    /// When the server has no such prompt, or it failed.
    pub async fn get_prompt(&self, name: &str, arguments: Value) -> Result<PromptResult, RpcError> {
        let (name, arguments) = (raw(name)?, raw(&arguments)?);
        let members = Members { name: Some(&name), arguments: Some(&arguments), ..Members::default() };
        match self.ask(method::PROMPTS_GET, members).await? {
            Body::Prompt(result) => Ok(result),
            body => Err(unanswered(&body)),
        }
    }

    /// What a client is told by a list or a description, for the command line. Nothing is started for it.
    pub(crate) async fn told(
        &self,
        method: &'static str,
        cursor: Option<&RawValue>,
    ) -> Result<Box<RawValue>, RpcError> {
        let body = self.answer(method, Members { cursor, ..Members::default() }).await?;
        let mut out = Vec::new();
        self.core.write_result(&mut out, Revision::LATEST, &body);
        String::from_utf8(out)
            .ok()
            .and_then(|json| RawValue::from_string(json).ok())
            .ok_or_else(|| RpcError::internal("the result cannot be read back as JSON"))
    }

    async fn ask(&self, method: &'static str, members: Members<'_>) -> Reply {
        self.core.start().await.map_err(|error| RpcError::internal(error.to_string()))?;
        self.answer(method, members).await
    }

    async fn answer(&self, method: &'static str, members: Members<'_>) -> Reply {
        let step = {
            let host: Arc<dyn Host> = Arc::clone(&self.core) as _;
            let caller = Caller::local();
            let origin = Request::incoming(&self.core, &host, None, &None::<Notifier>, &caller).origin;
            Request::of(&self.core, method, members, origin).recorded(self.core.observers.begin())
        };
        match step {
            Step::Done(answered) => answered.reply,
            Step::Run(running) => running.await.reply,
        }
    }

    /// The path of the endpoint over HTTP.
    #[cfg(feature = "testing")]
    pub(crate) fn http_path(&self) -> &str {
        &self.http.path
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer").field("name", &self.core.info.name).finish_non_exhaustive()
    }
}

/// Which lists a name is in.
fn kinds(registry: &Registry, name: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    if registry.tools.contains_key(name) {
        changes.push(Change::Tools);
    }
    if registry.prompts.contains_key(name) {
        changes.push(Change::Prompts);
    }
    if registry.resources.contains_key(name) {
        changes.push(Change::Resources);
    }
    changes
}

fn missing(name: &str) -> Error {
    Error::new(format!("there is no component `{}`", crate::text::sanitize::bounded(name, crate::bounds::ECHO)))
}

fn raw<T: serde::Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>, RpcError> {
    to_raw_value(value).map_err(|error| RpcError::internal(error.to_string()))
}

/// A direct call that came to something else than its result.
fn unanswered(body: &Body) -> RpcError {
    RpcError::internal(match body {
        Body::Input(_) => "the component asks a question, and a direct call has nobody to answer it",
        _ => "the answer is not of the kind that was asked for",
    })
}
