//! Calls that come over no transport: a handler calling its own server, a test calling a tool.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::to_raw_value;
use serde_json::{Map, Value};

use super::core::Core;
use super::encode::{Body, Reply};
use super::run::{Running, Work};
use crate::context::Context;
use crate::error::{ErrorKind, ToolError};
use crate::protocol::{PromptResult, RpcError, jsonrpc};
use crate::result::ToolResult;

/// Calls a tool from within another; questions that it asks are the outer call's.
pub(super) async fn nested_tool(
    core: &Arc<Core>,
    name: &str,
    arguments: Value,
    on_behalf: &Context,
) -> Result<ToolResult, ToolError> {
    let running = {
        let catalog = core.catalog();
        let tool = catalog.tool(name).map_err(unknown)?;
        let raw = to_raw_value(&arguments)?;
        let rounds = OnceCell::from(Arc::clone(on_behalf.rounds_arc()));
        let handler = tool.start(Some(&raw), &on_behalf.nested(&rounds));
        Running::new(core, on_behalf.revision(), Work::Tool(Arc::clone(tool), handler)).within(on_behalf.rounds_arc())
    };
    tool_result(running.await)
}

fn tool_result(reply: Reply) -> Result<ToolResult, ToolError> {
    match reply {
        Ok(Body::Tool(result)) => Ok(result),
        Ok(Body::Input(input)) => Err(input.into()),
        Ok(_) => Ok(ToolResult::new()),
        Err(error) => Err(ToolError::rpc(error)),
    }
}

pub(super) async fn nested_resource(core: &Arc<Core>, uri: &str, on_behalf: &Context) -> Result<Value, ToolError> {
    let running = {
        let catalog = core.catalog();
        let found = catalog.resource(uri).map_err(|bad| ToolError::invalid_params(bad.to_string()))?;
        let (resource, captures) = found.ok_or_else(|| ToolError::not_found("Resource not found"))?;
        let rounds = OnceCell::from(Arc::clone(on_behalf.rounds_arc()));
        let handler = resource.start(&captures, &on_behalf.nested(&rounds));
        Running::new(core, on_behalf.revision(), Work::Resource(Arc::clone(resource), uri.to_owned(), handler))
            .within(on_behalf.rounds_arc())
    };
    read_result(running.await)
}

/// The result as JSON, in the newest shape.
fn read_result(reply: Reply) -> Result<Value, ToolError> {
    match reply {
        Ok(Body::Read { contents, .. }) => Ok(serde_json::json!({ "contents": contents })),
        Ok(Body::Input(input)) => Err(input.into()),
        Ok(_) => Ok(Value::Object(Map::new())),
        Err(error) => Err(failed(error)),
    }
}

pub(super) async fn nested_prompt(
    core: &Arc<Core>,
    name: &str,
    arguments: Map<String, Value>,
    on_behalf: &Context,
) -> Result<PromptResult, ToolError> {
    let running = {
        let catalog = core.catalog();
        let prompt = catalog.prompt(name).map_err(unknown)?;
        let texts = texts(&arguments);
        let rounds = OnceCell::from(Arc::clone(on_behalf.rounds_arc()));
        let handler = prompt.start(&texts, &on_behalf.nested(&rounds));
        Running::new(core, on_behalf.revision(), Work::Prompt(Arc::clone(prompt), handler))
            .within(on_behalf.rounds_arc())
    };
    prompt_result(running.await)
}

fn prompt_result(reply: Reply) -> Result<PromptResult, ToolError> {
    match reply {
        Ok(Body::Prompt(result)) => Ok(result),
        Ok(Body::Input(input)) => Err(input.into()),
        Ok(_) => Ok(PromptResult::default()),
        Err(error) => Err(failed(error)),
    }
}

/// A prompt's arguments are strings; other values are written as JSON.
fn texts(arguments: &Map<String, Value>) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
    let mut texts = BTreeMap::new();
    for (name, value) in arguments {
        let text = match value {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            other => Cow::Owned(other.to_string()),
        };
        texts.insert(Cow::Borrowed(name.as_str()), text);
    }
    texts
}

fn unknown(error: RpcError) -> ToolError {
    ToolError::not_found(error.message)
}

/// A JSON-RPC error back as the failure that it was made from.
fn failed(error: RpcError) -> ToolError {
    let kind = error.data.as_ref().and_then(|data| data.get("code")).and_then(Value::as_str).and_then(ErrorKind::parse);
    let kind = kind.unwrap_or(match error.code {
        jsonrpc::RESOURCE_NOT_FOUND => ErrorKind::NotFound,
        jsonrpc::INVALID_PARAMS if error.data.as_ref().is_some_and(|data| data.get("uri").is_some()) => {
            ErrorKind::NotFound
        }
        jsonrpc::INVALID_PARAMS => ErrorKind::InvalidParams,
        _ => ErrorKind::Internal,
    });
    ToolError::new(kind, error.message)
}
