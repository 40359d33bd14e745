//! Which parts of a schema are schemas themselves.
//!
//! A schema is not a bag of keys: `{"properties": {"title": ..}}` names a property, `{"default": {"$ref": ..}}` is
//! data. Everything that visits schemas goes through here, so that neither is mistaken for a keyword.

use serde_json::{Map, Value};

use crate::text::percent;

/// Keywords whose value is one schema.
pub(super) const ONE: &[&str] = &[
    "items",
    "additionalProperties",
    "additionalItems",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
];
/// Keywords whose value is a list of schemas.
pub(super) const LIST: &[&str] = &["anyOf", "oneOf", "allOf", "prefixItems", "items"];
/// Keywords whose value is a map of names to schemas.
pub(super) const NAMED: &[&str] = &["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];

/// Keywords that say something to people and nothing to a validator.
pub(super) const ANNOTATIONS: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "$schema",
    "$id",
    "nullable",
];

pub(super) fn is_annotation(keyword: &str) -> bool {
    ANNOTATIONS.contains(&keyword) || keyword.starts_with("x-")
}

/// Calls `visit` with every direct sub-schema.
pub(super) fn children<'a>(schema: &'a Map<String, Value>, mut visit: impl FnMut(&'a Value)) {
    for (keyword, value) in schema {
        each(keyword, value, &mut visit);
    }
}

/// Calls `visit` with every sub-schema under one keyword.
pub(super) fn each<'a>(keyword: &str, value: &'a Value, mut visit: impl FnMut(&'a Value)) {
    match value {
        Value::Array(list) if LIST.contains(&keyword) => list.iter().for_each(visit),
        Value::Object(named) if NAMED.contains(&keyword) => named.values().for_each(visit),
        Value::Object(_) | Value::Bool(_) if ONE.contains(&keyword) => visit(value),
        _ => {}
    }
}

/// Calls `visit` with every direct sub-schema, to change it.
pub(super) fn children_mut(schema: &mut Map<String, Value>, mut visit: impl FnMut(&mut Value)) {
    for (keyword, value) in schema {
        let keyword = keyword.as_str();
        match value {
            Value::Array(list) if LIST.contains(&keyword) => list.iter_mut().for_each(&mut visit),
            Value::Object(named) if NAMED.contains(&keyword) => {
                named.values_mut().for_each(&mut visit);
            }
            Value::Object(_) | Value::Bool(_) if ONE.contains(&keyword) => visit(value),
            _ => {}
        }
    }
}

/// The definition a `$ref` names: `Tree` for `#/$defs/Tree`.
pub(super) fn definition(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("#/$defs/").or_else(|| reference.strip_prefix("#/definitions/"))?;
    Some(unescape(name))
}

/// One token of a JSON pointer in a URI fragment, as the key it stands for.
pub(super) fn unescape(token: &str) -> String {
    percent::decode_lossy(token).replace("~1", "/").replace("~0", "~")
}

/// Puts two schemas together: what must hold for both. `over`'s words win, the tighter bound wins.
pub(super) fn merge(base: &mut Map<String, Value>, over: Map<String, Value>) {
    for (keyword, value) in over {
        let Some(old) = base.get_mut(&keyword) else {
            base.insert(keyword, value);
            continue;
        };
        if *old == value {
            continue;
        }
        match (keyword.as_str(), &mut *old, value) {
            (k, old, value) if is_annotation(k) => *old = value,
            ("required", Value::Array(old), Value::Array(new)) => {
                for name in new {
                    if !old.contains(&name) {
                        old.push(name);
                    }
                }
            }
            ("properties" | "$defs" | "patternProperties", Value::Object(old), Value::Object(new)) => {
                for (name, schema) in new {
                    match (old.get_mut(&name), schema) {
                        (Some(Value::Object(old)), Value::Object(schema)) => merge(old, schema),
                        (_, schema) => {
                            old.insert(name, schema);
                        }
                    }
                }
            }
            ("minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties", old, value) => {
                if old.as_f64() < value.as_f64() {
                    *old = value;
                }
            }
            ("maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties", old, value) => {
                if old.as_f64() > value.as_f64() {
                    *old = value;
                }
            }
            ("type", Value::Array(types), Value::String(one)) if types.iter().any(|t| t.as_str() == Some(&one)) => {
                *old = Value::String(one);
            }
            ("type", Value::String(one), Value::Array(types)) if types.iter().any(|t| t.as_str() == Some(one)) => {}
            ("type", Value::String(one), Value::String(two)) if one == "integer" && two == "number" => {}
            ("type", Value::String(one), Value::String(two)) if one == "number" && two == "integer" => {
                *old = Value::String(two);
            }
            ("enum", Value::Array(old), Value::Array(new)) => old.retain(|v| new.contains(v)),
            ("additionalProperties", old, value) => {
                // `true` adds nothing; of two others the later one is the outer, more particular one.
                if value != Value::Bool(true) {
                    *old = value;
                }
            }
            (_, _, value) => {
                let mut other = Map::new();
                other.insert(keyword, value);
                let all = base.entry("allOf").or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(all) = all {
                    all.push(Value::Object(other));
                }
            }
        }
    }
}
