//! The published JSON Schemas of the protocol. A server message is checked by what it is: a result by the method it answers, an
//! error and a notification by theirs.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::Validator;
use serde_json::{Value, json};

/// A revision of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revision {
    /// 2024-11-05
    V2024_11_05,
    /// 2025-03-26
    V2025_03_26,
    /// 2025-06-18
    V2025_06_18,
    /// 2025-11-25
    V2025_11_25,
    /// 2026-07-28, the first without a handshake
    V2026_07_28,
}

impl Revision {
    /// All of them, oldest first.
    pub const ALL: [Self; 5] =
        [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// As it is written on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// Whether every request stands for itself, without a handshake.
    pub fn is_modern(self) -> bool {
        self >= Self::V2026_07_28
    }

    fn text(self) -> &'static str {
        match self {
            Self::V2024_11_05 => include_str!("../schema/2024-11-05.json"),
            Self::V2025_03_26 => include_str!("../schema/2025-03-26.json"),
            Self::V2025_06_18 => include_str!("../schema/2025-06-18.json"),
            Self::V2025_11_25 => include_str!("../schema/2025-11-25.json"),
            Self::V2026_07_28 => include_str!("../schema/2026-07-28.json"),
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Panics unless `message`, which came from a server speaking `revision`, is what the schema says it should be. `method` is that of
/// the request it answers, if it is an answer to one that was well enough formed to have a method.
pub fn check(revision: Revision, method: Option<&str>, message: &Value) {
    if let Some(batch) = message.as_array() {
        assert_eq!(revision, Revision::V2025_03_26, "a batch, in a revision that has none: {message}");
        assert!(!batch.is_empty(), "an empty batch");
        batch.iter().for_each(|one| check(revision, None, one));
    } else if let Some(result) = message.get("result") {
        conforms(revision, response(revision), message);
        assert!(message.get("error").is_none(), "a result and an error in one answer: {message}");
        if let Some(definition) = method.and_then(|method| result_of(method, result)) {
            conforms(revision, definition, result);
        }
        // Allowed by every schema, and yet clients hold it against the tool's output schema and lose the failure.
        if result["isError"] == true {
            assert!(result.get("structuredContent").is_none(), "a failure with structured content: {message}");
        }
        if revision.is_modern() {
            assert!(result["resultType"].is_string(), "a result without resultType: {message}");
        } else {
            for newer in ["resultType", "ttlMs", "cacheScope"] {
                assert!(result.get(newer).is_none(), "{newer} in a result of {revision}: {message}");
            }
        }
    } else if message.get("error").is_some() {
        // Those revisions leave no way to answer what has no readable id; JSON-RPC itself says null.
        if revision > Revision::V2025_06_18 || !message["id"].is_null() {
            conforms(revision, error(revision), message);
        }
    } else if message.get("id").is_some() {
        assert!(!revision.is_modern(), "a request from a server of {revision}: {message}");
        conforms(revision, "ServerRequest", message);
    } else {
        conforms(revision, "ServerNotification", message);
    }
}

fn response(revision: Revision) -> &'static str {
    if revision >= Revision::V2025_11_25 { "JSONRPCResultResponse" } else { "JSONRPCResponse" }
}

fn error(revision: Revision) -> &'static str {
    if revision >= Revision::V2025_11_25 { "JSONRPCErrorResponse" } else { "JSONRPCError" }
}

fn result_of(method: &str, result: &Value) -> Option<&'static str> {
    if result["resultType"] == "input_required" {
        return Some("InputRequiredResult");
    }
    Some(match method {
        "initialize" => "InitializeResult",
        "server/discover" => "DiscoverResult",
        "ping" | "logging/setLevel" | "resources/subscribe" | "resources/unsubscribe" => "EmptyResult",
        "tools/list" => "ListToolsResult",
        "tools/call" => "CallToolResult",
        "resources/list" => "ListResourcesResult",
        "resources/templates/list" => "ListResourceTemplatesResult",
        "resources/read" => "ReadResourceResult",
        "prompts/list" => "ListPromptsResult",
        "prompts/get" => "GetPromptResult",
        "completion/complete" => "CompleteResult",
        "subscriptions/listen" => "SubscriptionsListenResult",
        _ => return None,
    })
}

fn conforms(revision: Revision, definition: &'static str, value: &Value) {
    let validator = validator(revision, definition);
    let faults: Vec<String> =
        validator.iter_errors(value).map(|fault| format!("  {}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "not a {definition} of {revision}:\n{}\n{value:#}", faults.join("\n"));
}

fn validator(revision: Revision, definition: &'static str) -> Arc<Validator> {
    type Made = HashMap<(Revision, &'static str), Arc<Validator>>;
    static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap();
    let validator = made.entry((revision, definition)).or_insert_with(|| {
        let mut schema: Value = serde_json::from_str(revision.text()).expect("a published schema is JSON");
        let definitions = if schema.get("$defs").is_some() { "$defs" } else { "definitions" };
        assert!(schema[definitions].get(definition).is_some(), "{revision} has no {definition}");
        schema["$ref"] = json!(format!("#/{definitions}/{definition}"));
        if definitions == "definitions" {
            // draft-07 ignores what stands beside a $ref, and the definitions do.
            schema = json!({ "$schema": schema["$schema"], "definitions": schema["definitions"], "allOf": [{ "$ref": schema["$ref"] }] });
        }
        Arc::new(jsonschema::validator_for(&schema).expect("a published schema is a schema"))
    });
    Arc::clone(validator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_list_passes_in_every_revision() {
        for revision in Revision::ALL {
            let mut result = json!({ "tools": [{ "name": "add", "inputSchema": { "type": "object" } }] });
            if revision.is_modern() {
                result["resultType"] = json!("complete");
                result["ttlMs"] = json!(0);
                result["cacheScope"] = json!("private");
            }
            check(revision, Some("tools/list"), &json!({ "jsonrpc": "2.0", "id": 1, "result": result }));
        }
    }

    #[test]
    #[should_panic(expected = "not a ListToolsResult of 2024-11-05")]
    fn a_tool_without_a_schema_fails() {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": [{ "name": "add" }] } });
        check(Revision::V2024_11_05, Some("tools/list"), &message);
    }

    #[test]
    #[should_panic(expected = "\"resultType\" is a required property")]
    fn a_modern_result_says_that_it_is_complete() {
        check(Revision::V2026_07_28, Some("tools/nothing"), &json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    }

    #[test]
    #[should_panic(expected = "not a JSONRPCErrorResponse")]
    fn a_null_id_fails_where_the_schema_has_none() {
        let message = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": "no" } });
        check(Revision::V2025_11_25, None, &message);
    }
}
