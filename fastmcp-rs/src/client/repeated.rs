//! Arguments that headers repeat (2026-07-28, server/tools, "x-mcp-header"): which tools have such, known from the list of tools.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;
use serde_json::value::RawValue;

use super::Client;
use super::error::ClientError;
use crate::component::tool::header_params;
use crate::protocol::{Tool, method};
use crate::schema::Validator;
use crate::session::lock;

/// What is known of the tools that were listed; nothing before that, and after they changed.
#[derive(Default)]
pub(super) struct ToolHeaders(Mutex<Option<HashMap<String, KnownTool>>>);

#[derive(Clone)]
struct KnownTool {
    /// The way to an argument, and its header.
    headers: Vec<(Vec<String>, String)>,
    output: Option<Value>,
}

impl ToolHeaders {
    /// The tools changed.
    pub(super) fn forget(&self) {
        *lock(&self.0) = None;
    }
}

impl Client {
    /// Leaves out the tools that cannot be called over this transport, and remembers of the others what a call has to know.
    pub(super) fn usable(&self, tools: Vec<Tool>) -> Vec<Tool> {
        let repeats = self.repeats_headers(method::TOOLS_CALL);
        let (mut usable, mut known) = (Vec::with_capacity(tools.len()), HashMap::new());
        for tool in tools {
            let mut problems = Vec::new();
            let headers = if repeats { header_params(&tool.input_schema, &mut problems) } else { Vec::new() };
            if let Some(problem) = problems.first() {
                let name = crate::text::sanitize::bounded(&tool.name, crate::bounds::ECHO);
                self.link().conversation.problem(&format!("the tool `{name}` was left out: {problem}"));
                continue;
            }
            let output = tool.output_schema.clone().filter(|_| self.settings().strict_outputs);
            known.insert(tool.name.clone(), KnownTool { headers, output });
            usable.push(tool);
        }
        *lock(&self.0.headers.0) = Some(known);
        usable
    }

    /// Whether calls of this method repeat arguments in headers.
    pub(super) fn repeats_headers(&self, name: &str) -> bool {
        name == method::TOOLS_CALL && self.revision().mirrors_headers() && self.link().carrier.repeats_headers()
    }

    /// The headers of a call and their values, which takes the list of tools to know. It is read once, or `anew`.
    pub(super) async fn repeated(
        &self,
        name: &str,
        tool: &str,
        arguments: &Value,
        anew: bool,
    ) -> Result<Vec<(String, String)>, ClientError> {
        if !self.repeats_headers(name) {
            return Ok(Vec::new());
        }
        if anew || lock(&self.0.headers.0).is_none() {
            if anew {
                self.cache().clear();
            }
            self.tools().await?;
        }
        let headers = self.known(tool).map(|known| known.headers).unwrap_or_default();
        Ok(headers
            .into_iter()
            .filter_map(|(way, header)| {
                let value = way.iter().try_fold(arguments, |value, name| value.get(name))?;
                Some((header, text(value)?))
            })
            .collect())
    }

    fn known(&self, tool: &str) -> Option<KnownTool> {
        lock(&self.0.headers.0).as_ref()?.get(tool).cloned()
    }

    /// Holds the structured content of a successful result against the tool's output schema, where that was asked for.
    pub(super) async fn check_output(&self, name: &str, tool: &str, result: &RawValue) -> Result<(), ClientError> {
        if name != method::TOOLS_CALL || !self.settings().strict_outputs {
            return Ok(());
        }
        if lock(&self.0.headers.0).is_none() {
            self.tools().await?;
        }
        let Some(schema) = self.known(tool).and_then(|known| known.output) else { return Ok(()) };
        let result: Value = serde_json::from_str(result.get()).unwrap_or_default();
        if result["isError"] == true {
            return Ok(());
        }
        let Some(structured) = result.get("structuredContent") else {
            return Err(ClientError::protocol(format!("the tool `{tool}` promises structured content, and gave none")));
        };
        // A schema that cannot be compiled here cannot be held against anything.
        let Ok(checker) = Validator::compile(&schema) else { return Ok(()) };
        let faults: Vec<String> = checker.faults(structured).iter().map(ToString::to_string).collect();
        if faults.is_empty() {
            return Ok(());
        }
        let what = crate::text::sanitize::bounded(&faults.join("; "), crate::bounds::CAUSE).into_owned();
        Err(ClientError::protocol(format!("the result of the tool `{tool}` does not fit its schema: {what}")))
    }
}

/// An argument as a header says it; `null` is not said.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
