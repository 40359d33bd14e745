//! Whether a derived schema says more than its type already enforces.

use std::collections::HashSet;

use serde_json::Value;

use super::Validator;
use super::formats::Format;
use crate::schema::derive::width;
use crate::schema::walk::{definition, each, is_annotation};

impl Validator {
    /// Whether a derived schema asserts anything that deserialising into its type does not already enforce.
    ///
    /// Takes the schema as schemars wrote it (see [`super::raw`]): there an integer's `format` still tells a bound
    /// that its width implies from one that somebody asked for.
    #[cfg(test)]
    pub(crate) fn beyond_types(raw: &Value) -> bool {
        Self::beyond_types_part(raw, raw)
    }

    /// The same for one part of the schema `root`, which has the definitions.
    pub(crate) fn beyond_types_part(root: &Value, part: &Value) -> bool {
        let mut seen = HashSet::new();
        beyond(root, part, &mut seen)
    }
}

fn beyond(root: &Value, schema: &Value, seen: &mut HashSet<String>) -> bool {
    let Value::Object(map) = schema else {
        return false;
    };
    let implied = map.get("format").and_then(Value::as_str).and_then(width);
    let tuple = map.get("prefixItems").and_then(Value::as_array).map(Vec::len);
    for (keyword, value) in map {
        let asserts = match keyword.as_str() {
            "$ref" => {
                let target = value.as_str().and_then(definition);
                match target {
                    Some(name) if seen.contains(&name) => false,
                    Some(name) => {
                        let body = root.get("$defs").and_then(|defs| defs.get(&name));
                        seen.insert(name);
                        body.is_none_or(|body| beyond(root, body, seen))
                    }
                    None => true,
                }
            }
            "minimum" => implied.is_none_or(|(low, _)| value.as_i64().is_none() || value.as_i64() != low),
            "maximum" => implied.is_none_or(|(_, high)| value.as_i64().is_none() || value.as_i64() != high),
            "minItems" | "maxItems" => value.as_u64() != tuple.map(|n| n as u64) || tuple.is_none(),
            "uniqueItems" => value == &Value::Bool(true),
            "format" => value.as_str().and_then(Format::named).is_some(),
            "type"
            | "const"
            | "enum"
            | "properties"
            | "required"
            | "items"
            | "prefixItems"
            | "anyOf"
            | "oneOf"
            | "allOf"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "$defs"
            | "definitions" => false,
            keyword => !is_annotation(keyword),
        };
        if asserts {
            return true;
        }
    }
    // Definitions count where they are used.
    let mut found = false;
    for (keyword, value) in map.iter().filter(|(k, _)| !matches!(k.as_str(), "$defs" | "definitions")) {
        each(keyword, value, |child| found = found || beyond(root, child, seen));
    }
    found
}
