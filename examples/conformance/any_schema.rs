//! A tool made at run time, with an input schema written by hand. The list must show it as it stands here.

use fastmcp_rs::prelude::*;
use serde_json::{Value, json};

pub(crate) fn tool() -> DynamicTool {
    let answer = |args: Value, _ctx: Context| async move { Ok::<_, ToolError>(format!("Accepted: {args}")) };
    DynamicTool::new("json_schema_2020_12_tool", input_schema(), answer)
        .description("Takes a contact; shows the keywords of JSON Schema 2020-12.")
}

fn input_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
            }
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" }
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false
    })
}
