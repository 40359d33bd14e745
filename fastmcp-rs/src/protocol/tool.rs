//! What `tools/list` says about a tool.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{content::insert_meta, icon::Icon};

/// One entry of `tools/list`, and a tool offered to a model by sampling (spec: server/tools, "Tool").
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tool {
    /// 1 to 128 of `A-Z a-z 0-9 _ - .`, unique and case-sensitive.
    pub name: String,
    /// The name people see; sent from 2025-06-18.
    #[serde(default)]
    pub title: Option<String>,
    /// What it does, for the model.
    #[serde(default)]
    pub description: Option<String>,
    /// The arguments: a JSON Schema whose root has `type: "object"`.
    pub input_schema: Value,
    /// The structured result; sent from 2025-06-18, and to legacy clients only if its root has `type: "object"`.
    #[serde(default)]
    pub output_schema: Option<Value>,
    /// Hints about its behaviour; sent from 2025-03-26.
    #[serde(default)]
    pub annotations: Option<ToolAnnotations>,
    /// Icons; sent from 2025-11-25.
    #[serde(default)]
    pub icons: Vec<Icon>,
    /// `_meta`; sent from 2025-06-18.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl Tool {
    /// A tool of this name that takes these arguments.
    pub fn new(name: impl Into<String>, input_schema: Value) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: None,
            input_schema,
            output_schema: None,
            annotations: None,
            icons: Vec::new(),
            meta: None,
        }
    }

    /// The name people see.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What it does.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The schema of the structured result.
    #[must_use]
    pub fn output_schema(mut self, schema: Value) -> Self {
        self.output_schema = Some(schema);
        self
    }

    /// Hints about its behaviour.
    #[must_use]
    pub fn annotations(mut self, annotations: ToolAnnotations) -> Self {
        self.annotations = Some(annotations);
        self
    }

    /// Add an icon.
    #[must_use]
    pub fn icon(mut self, icon: impl Into<Icon>) -> Self {
        self.icons.push(icon.into());
        self
    }

    /// Add one key to `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        insert_meta(&mut self.meta, key, value);
        self
    }
}

/// Hints about a tool's behaviour, which a client must not trust (spec: schema, `ToolAnnotations`; from 2025-03-26).
///
/// Absent is not `false`: the spec's own defaults are `false` for read-only and idempotent, `true` for destructive and
/// open-world.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ToolAnnotations {
    /// The name people see, for clients older than `Tool::title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// It changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// It may destroy, not only add; meaningful if it is not read-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Calling it again with the same arguments changes nothing more; meaningful if it is not read-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// It deals with an open world, such as the web, rather than a closed one, such as a memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

impl ToolAnnotations {
    /// No hints yet.
    pub const fn new() -> Self {
        Self { title: None, read_only_hint: None, destructive_hint: None, idempotent_hint: None, open_world_hint: None }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        *self == Self::new()
    }

    /// The name people see.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Set `readOnlyHint`.
    #[must_use]
    pub const fn read_only(mut self, yes: bool) -> Self {
        self.read_only_hint = Some(yes);
        self
    }

    /// Set `destructiveHint`.
    #[must_use]
    pub const fn destructive(mut self, yes: bool) -> Self {
        self.destructive_hint = Some(yes);
        self
    }

    /// Set `idempotentHint`.
    #[must_use]
    pub const fn idempotent(mut self, yes: bool) -> Self {
        self.idempotent_hint = Some(yes);
        self
    }

    /// Set `openWorldHint`.
    #[must_use]
    pub const fn open_world(mut self, yes: bool) -> Self {
        self.open_world_hint = Some(yes);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(to_value(ToolAnnotations::new()).unwrap(), json!({}));
        assert_eq!(
            to_value(Tool::new("t", json!({"type": "object"}))).unwrap(),
            json!({"name": "t", "inputSchema": {"type": "object"}})
        );
    }

    #[test]
    fn a_hint_that_is_false_is_written() {
        assert_eq!(
            to_value(ToolAnnotations::new().destructive(false).read_only(true)).unwrap(),
            json!({"readOnlyHint": true, "destructiveHint": false})
        );
    }
}
