//! `oneOf`, `anyOf` and `allOf` become one `anyOf` of whole forms, or one form.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::normalise::{Null, Object, Side, names};
use crate::schema::walk::{ANNOTATIONS, merge};

/// Beyond so many combinations of flattened enums their fields are listed without saying which go together.
const COMBINATIONS: usize = 32;

impl Side {
    /// `oneOf`, `anyOf` and `allOf` become one `anyOf`, or vanish. `Some` if the node is finished.
    pub(super) fn alternatives(self, map: &mut Object, null: Null) -> Option<Value> {
        let mut groups = Vec::new();
        gather(map, &mut groups, 0);
        let first = groups.first_mut()?;
        if null == Null::Drop {
            first.retain(|branch| !is_null(branch));
        }
        let object = map.get("type").and_then(Value::as_str) == Some("object");
        let count = groups.iter().fold(1usize, |n, group| n.saturating_mul(group.len().max(1)));
        let mut branches = Vec::new();
        if groups.len() == 1 {
            branches = groups.pop().unwrap_or_default();
        } else if count <= COMBINATIONS {
            branches.push(Value::Object(Object::new()));
            for group in groups {
                branches = branches
                    .iter()
                    .flat_map(|left| group.iter().map(|right| both(left.clone(), right.clone())))
                    .collect();
            }
        } else {
            branches = groups.into_iter().map(loosen).collect();
            let merged = branches.drain(..).reduce(both).unwrap_or(Value::Null);
            branches.push(merged);
        }

        if object {
            // A struct with a flattened enum: each alternative is the whole object.
            if branches.is_empty() {
                return Some(self.node(Value::Object(std::mem::take(map)), null));
            }
            let mut words = Object::new();
            for keyword in ANNOTATIONS {
                if let Some(value) = map.remove(*keyword) {
                    words.insert((*keyword).into(), value);
                }
            }
            for branch in &mut branches {
                let own = named(branch.take());
                let mut whole = map.clone();
                whole.remove("additionalProperties");
                let closed = map.get("additionalProperties").cloned();
                merge(&mut whole, own);
                if let Some(closed) = closed {
                    whole.insert("additionalProperties".into(), closed);
                }
                *branch = Value::Object(whole);
            }
            *map = words;
        } else {
            fold_literals(map, &mut branches);
        }

        match <[Value; 1]>::try_from(branches) {
            Ok([Value::Object(one)]) => {
                // What stands outside was written nearer to the use: its words win.
                let outer = std::mem::replace(map, one);
                merge(map, outer);
                Some(self.node(Value::Object(std::mem::take(map)), null))
            }
            Ok(other) => {
                map.insert("anyOf".into(), Value::Array(other.into()));
                None
            }
            Err(branches) if branches.is_empty() => None,
            Err(branches) => {
                let mut flat: Vec<Value> = Vec::new();
                for branch in branches {
                    let branch = self.node(branch, Null::Keep);
                    // Alternatives of alternatives are alternatives.
                    match branch {
                        Value::Object(mut inner) if inner.len() == 1 && inner.contains_key("anyOf") => {
                            if let Some(Value::Array(list)) = inner.remove("anyOf") {
                                flat.extend(list);
                            }
                        }
                        branch => flat.push(branch),
                    }
                }
                let mut unique: Vec<Value> = Vec::with_capacity(flat.len());
                for branch in flat {
                    if !unique.contains(&branch) {
                        unique.push(branch);
                    }
                }
                if let (1, Some(Value::Object(only))) = (unique.len(), unique.first().cloned()) {
                    let outer = std::mem::replace(map, only);
                    merge(map, outer);
                } else {
                    map.insert("anyOf".into(), Value::Array(unique));
                }
                Some(Value::Object(std::mem::take(map)))
            }
        }
    }
}

/// Takes all alternatives out of `map`: every group is a choice that must be made.
fn gather(map: &mut Object, groups: &mut Vec<Vec<Value>>, depth: usize) {
    for keyword in ["oneOf", "anyOf"] {
        match map.remove(keyword) {
            Some(Value::Array(list)) => groups.push(list),
            Some(other) => drop(other),
            None => {}
        }
    }
    let Some(Value::Array(all)) = map.remove("allOf") else {
        return;
    };
    let mut left = Vec::new();
    for part in all {
        match part {
            Value::Object(mut part)
                if depth < 16
                    && !part.contains_key("$ref")
                    && !part.contains_key("not")
                    && !part.contains_key("if") =>
            {
                gather(&mut part, groups, depth + 1);
                let mut base = part;
                merge(&mut base, std::mem::take(map));
                *map = base;
                // `merge` parks what it cannot put together under `allOf`.
                if let Some(Value::Array(parked)) = map.remove("allOf") {
                    left.extend(parked);
                }
            }
            Value::Bool(true) => {}
            other => left.push(other),
        }
    }
    if !left.is_empty() {
        map.insert("allOf".into(), Value::Array(left));
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
        || schema.get("const") == Some(&Value::Null)
        || schema.get("enum") == Some(&json!([null]))
}

fn both(left: Value, right: Value) -> Value {
    let (mut left, right) = (named(left), named(right));
    merge(&mut left, right);
    Value::Object(left)
}

/// A flattened alternative as the object that it is. A flattened unit variant is a key with null (schemars leaves a
/// documented one as the string that it would be elsewhere); `None` of a flattened option adds nothing.
fn named(branch: Value) -> Object {
    match branch {
        Value::Object(map) => {
            let literals = literal(&map).unwrap_or_default();
            if let [one] = literals.as_slice()
                && let Some(name) = one.as_str()
            {
                let mut out = Object::new();
                out.insert("type".into(), "object".into());
                out.insert("properties".into(), json!({ name: {"type": "null"} }));
                out.insert("required".into(), json!([name]));
                if let Some(words) = map.get("description") {
                    out.insert("description".into(), words.clone());
                }
                out
            } else if is_null(&Value::Object(map.clone())) {
                Object::new()
            } else {
                map
            }
        }
        _ => Object::new(),
    }
}

/// All fields of all alternatives, required where all require them: accepts what each accepts.
fn loosen(branches: Vec<Value>) -> Value {
    let mut properties: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut required: Option<Vec<String>> = None;
    for branch in branches {
        let mut branch = named(branch);
        let own = names(branch.get("required"));
        required = Some(match required {
            None => own,
            Some(mut before) => {
                before.retain(|name| own.contains(name));
                before
            }
        });
        if let Some(Value::Object(fields)) = branch.remove("properties") {
            for (name, schema) in fields {
                let seen = properties.entry(name).or_default();
                if !seen.contains(&schema) {
                    seen.push(schema);
                }
            }
        }
    }
    let properties: Object = properties
        .into_iter()
        .map(|(name, mut schemas)| {
            let schema = match (schemas.len(), schemas.pop()) {
                (1, Some(one)) => one,
                (_, last) => {
                    schemas.extend(last);
                    fold(schemas)
                }
            };
            (name, schema)
        })
        .collect();
    json!({"type": "object", "properties": properties, "required": required.unwrap_or_default()})
}

/// Alternatives as one schema; literals of a tag become one enum.
fn fold(mut schemas: Vec<Value>) -> Value {
    let mut map = Object::new();
    fold_literals(&mut map, &mut schemas);
    match schemas.len() {
        1 => schemas.pop().unwrap_or_default(),
        _ => {
            map.insert("anyOf".into(), Value::Array(schemas));
            Value::Object(map)
        }
    }
}

/// At the root alternatives are refused by every model API: only what all of them share is required.
pub(super) fn relax(root: &mut Object) {
    let Some(Value::Array(branches)) = root.remove("anyOf") else {
        return;
    };
    let loose = loosen(branches);
    if let Value::Object(loose) = loose {
        merge(root, loose);
    }
}

/// An object that takes what each of the schema's alternatives takes, if all of them are objects.
pub(crate) fn loosened(schema: &Value) -> Option<Value> {
    let Value::Object(map) = schema else { return None };
    if !map.contains_key("anyOf") {
        return map.contains_key("type").then(|| schema.clone()).filter(|schema| schema["type"] == "object");
    }
    let mut map = map.clone();
    let branches = map.get("anyOf").and_then(Value::as_array)?;
    if !branches.iter().all(|branch| branch.get("type").is_some_and(|kind| kind == "object")) {
        return None;
    }
    relax(&mut map);
    Some(Value::Object(map))
}

/// The strings that this schema is a list of, if it is nothing else.
fn literal(map: &Object) -> Option<Vec<Value>> {
    if !map.keys().all(|k| matches!(k.as_str(), "type" | "const" | "enum" | "description" | "title" | "deprecated")) {
        return None;
    }
    let values = match (map.get("const"), map.get("enum")) {
        (Some(one), None) => vec![one.clone()],
        (None, Some(Value::Array(values))) => values.clone(),
        _ => return None,
    };
    values.iter().all(Value::is_string).then_some(values)
}

/// Unit variants, however they are written, become one `enum`; their docs go into the description.
fn fold_literals(map: &mut Object, branches: &mut Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let mut docs = Vec::new();
    let mut place = None;
    let mut at = 0;
    branches.retain(|branch| {
        let Some(found) = branch.as_object().and_then(literal) else {
            at += 1;
            return true;
        };
        place.get_or_insert(at);
        if let Some(words) = branch.get("description").and_then(Value::as_str) {
            let words = words.trim();
            match found.as_slice() {
                [Value::String(one)] if !words.starts_with(&format!("`{one}`:")) => {
                    docs.push(format!("`{one}`: {words}"));
                }
                _ => docs.push(words.to_owned()),
            }
        }
        for value in found {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        false
    });
    let Some(place) = place else { return };
    let mut folded = Object::new();
    folded.insert("type".into(), "string".into());
    folded.insert("enum".into(), Value::Array(values));
    if !docs.is_empty() {
        let docs = docs.join("\n");
        if branches.is_empty() {
            let words = match map.remove("description") {
                Some(Value::String(words)) if !words.is_empty() => format!("{words}\n\n{docs}"),
                _ => docs,
            };
            // The folded branch becomes the node itself; words that stand outside would win, so there are none.
            folded.insert("description".into(), words.into());
        } else {
            folded.insert("description".into(), docs.into());
        }
    }
    branches.insert(place.min(branches.len()), Value::Object(folded));
}
