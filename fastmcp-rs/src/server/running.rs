//! [`Handle`]: a hold on a server that runs.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::catalog::Registry;
use crate::component::DynamicTool;
use crate::context::{Caller, Change, Host};
use crate::engine::core::Core;
use crate::engine::dispatch::{Link, Outcome, dispatch};
use crate::engine::encode::{Body, Reply};
use crate::error::Error;
use crate::protocol::params::Params;
use crate::protocol::{PromptResult, ResourceContents, Revision, RpcError, meta, method};
use crate::result::ToolResult;
use crate::session::Outlet;

/// A hold on a running server: changes what it offers, tells of changes, shuts it down. Cheap to clone.
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
/// let server = Server::empty("greeter").tool::<hello>();
/// let handle = server.handle()?;
/// handle.disable("hello")?; // clients are told that the list changed
/// handle.enable("hello")?;
/// # Ok::<(), fastmcp_rs::Error>(())
/// ```
#[derive(Clone)]
pub struct Handle(Arc<Core>);

impl Handle {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self(core)
    }

    /// Adds a tool and tells clients.
    ///
    /// # Errors
    /// When its name is taken or its schema cannot be enforced.
    pub fn add_tool(&self, tool: DynamicTool) -> Result<(), Error> {
        let tool = tool.compile()?;
        self.0.change(|registry| {
            registry.add_tool(tool);
            match registry.take_problems() {
                problems if problems.is_empty() => Ok(((), vec![Change::Tools])),
                problems => Err(Error::several(problems)),
            }
        })
    }

    /// Removes a tool, a prompt (by name) or a resource (by its URI or template) and tells clients.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        self.0.change(|registry| {
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
        self.0.change(|registry| {
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
        self.0.change(|registry| {
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
        self.0.changed(Change::Updated(uri.into()));
    }

    /// Begins to shut the server down, as a signal would; whoever serves it returns when running calls are done.
    pub fn shutdown(&self) {
        self.0.shutdown.cancel();
    }

    /// Ends the lifespans, for servers that are part of another program ([`Server::into_router`](crate::Server::into_router)).
    pub async fn stop(&self) {
        self.0.stop().await;
    }

    pub(crate) async fn call_tool(&self, name: &str, arguments: Value) -> Result<ToolResult, RpcError> {
        match self.ask(method::TOOLS_CALL, json!({ "name": name, "arguments": arguments })).await? {
            Body::Tool(result) => Ok(result),
            Body::Input(_) => {
                Err(RpcError::internal("the tool asks a question, and a direct call has nobody to answer it"))
            }
            _ => Ok(ToolResult::new()),
        }
    }

    pub(crate) async fn read_resource(&self, uri: &str) -> Result<Vec<ResourceContents>, RpcError> {
        match self.ask(method::RESOURCES_READ, json!({ "uri": uri })).await? {
            Body::Read { contents, .. } => Ok(contents),
            body => {
                // Middleware hands the contents on as JSON.
                let mut value = self.value(&body);
                serde_json::from_value(value["contents"].take()).map_err(|error| RpcError::internal(error.to_string()))
            }
        }
    }

    pub(crate) async fn get_prompt(&self, name: &str, arguments: Value) -> Result<PromptResult, RpcError> {
        match self.ask(method::PROMPTS_GET, json!({ "name": name, "arguments": arguments })).await? {
            Body::Prompt(result) => Ok(result),
            _ => Err(RpcError::internal("the prompt asks a question, and a direct call has nobody to answer it")),
        }
    }

    /// A list's items, for the command line.
    pub(crate) async fn list(&self, method: &'static str, member: &str) -> Vec<Value> {
        match self.ask(method, json!({})).await {
            Ok(body) => match self.value(&body)[member].take() {
                Value::Array(items) => items,
                _ => Vec::new(),
            },
            Err(_) => Vec::new(),
        }
    }

    fn value(&self, body: &Body) -> Value {
        let mut out = Vec::new();
        self.0.write_result(&mut out, Revision::LATEST, body);
        serde_json::from_slice(&out).unwrap_or_default()
    }

    async fn ask(&self, method: &str, mut params: Value) -> Result<Body, RpcError> {
        params["_meta"] = json!({ meta::PROTOCOL_VERSION: Revision::LATEST, meta::CLIENT_CAPABILITIES: {} });
        let outcome = {
            let params: Box<RawValue> = to_raw_value(&params).map_err(|error| RpcError::internal(error.to_string()))?;
            let id: &RawValue = serde_json::from_str("0").map_err(|error| RpcError::internal(error.to_string()))?;
            let host: Arc<dyn Host> = Arc::clone(&self.0) as _;
            let link = Link {
                core: &self.0,
                host: &host,
                session: None,
                outlet: &None::<Outlet>,
                headers: None,
                caller: &Caller::anonymous(),
                envelope: None,
                earlier: Cell::default(),
            };
            dispatch(&link, id, method, Params::read(Some(&params))).outcome
        };
        let reply: Reply = match outcome {
            Outcome::Done(reply) => reply,
            Outcome::Run(running) => running.await,
        };
        reply
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.0
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("name", &self.0.info.name).finish_non_exhaustive()
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
