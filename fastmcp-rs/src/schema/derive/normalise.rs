//! The one shape of derived schemas that every known client accepts.
//!
//! schemars writes correct JSON Schema 2020-12; the model APIs behind MCP clients take a subset of it, each
//! another one. What comes out of here is in all of them: no references but recursive ones, no `title`, no
//! `oneOf` or `const`, no type arrays, no tuples by position, no boolean schemas, no null where leaving the
//! property out says the same. An integer's width is written out as bounds. What is enforced and not told goes away last,
//! see [`publish`](super::publish).
//!
//! For outputs null stays, because serde sends it.

use serde_json::{Map, Value, json};

use super::alternatives::relax;
use super::inline::inline;
use crate::schema::walk::{self, is_annotation};

pub(super) type Object = Map<String, Value>;

/// Longest default that is repeated in the description.
const SHORT: usize = 64;

/// The published form of a schema of what is read.
pub(crate) fn normalise(schema: Value) -> Value {
    Side::Input.root(schema)
}

/// The published form of a schema of what is sent: the same, but null stays, since it really is sent.
pub(crate) fn normalise_output(schema: Value) -> Value {
    Side::Output.root(schema)
}

/// Any JSON at all, spelt out: a bare `{}` arrives as a string from some clients, and others refuse it.
pub(crate) fn anything() -> Value {
    json!([
        {"type": "object", "additionalProperties": true},
        {"type": "array", "items": {}},
        {"type": "string"},
        {"type": "number"},
        {"type": "boolean"},
    ])
}

/// Whether this node is [`anything`], with or without null and words.
pub(crate) fn is_anything(map: &Object) -> bool {
    let Some(Value::Array(branches)) = map.get("anyOf") else {
        return false;
    };
    (5..=6).contains(&branches.len())
        && map.keys().all(|k| k == "anyOf" || is_annotation(k))
        && anything().as_array().is_some_and(|all| branches.starts_with(all))
}

/// Formats that JSON Schema defines; others are not published, since some clients refuse unknown ones.
pub(super) const FORMATS: &[&str] = &[
    "date-time",
    "date",
    "time",
    "duration",
    "email",
    "idn-email",
    "hostname",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "iri",
    "iri-reference",
    "uuid",
    "uri-template",
    "json-pointer",
    "relative-json-pointer",
    "regex",
];

/// What schemars' integer formats mean, as far as it is worth writing out: up to 32 bits both ends, beyond
/// that only that unsigned ones are not negative (2^64 is not a number that JSON readers agree on).
pub(crate) fn width(format: &str) -> Option<(Option<i64>, Option<i64>)> {
    Some(match format {
        "int8" => (Some(i8::MIN.into()), Some(i8::MAX.into())),
        "int16" => (Some(i16::MIN.into()), Some(i16::MAX.into())),
        "int32" => (Some(i32::MIN.into()), Some(i32::MAX.into())),
        "uint8" => (Some(0), Some(u8::MAX.into())),
        "uint16" => (Some(0), Some(u16::MAX.into())),
        "uint32" => (Some(0), Some(u32::MAX.into())),
        "uint64" | "uint128" | "uint" => (Some(0), None),
        "int64" | "int128" | "int" => (None, None),
        _ => return None,
    })
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    Input,
    Output,
}

/// What to do with null among the alternatives.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Null {
    /// It says what leaving the property out says.
    Drop,
    /// It is a value of its own.
    Keep,
}

impl Side {
    fn root(self, schema: Value) -> Value {
        let (schema, defs) = inline(schema);
        let fields = schema.get("properties").is_some();
        let mut root = match self.node(schema, Null::Keep) {
            Value::Object(map) => map,
            other => return other,
        };
        if self == Side::Input && fields {
            relax(&mut root);
        }
        if !defs.is_empty() {
            let defs = defs.into_iter().map(|(name, body)| (name, self.node(body, Null::Keep))).collect();
            root.insert("$defs".into(), Value::Object(defs));
        }
        Value::Object(root)
    }

    fn anything(self, mut annotations: Object) -> Value {
        let mut branches = anything();
        if let (Side::Output, Value::Array(list)) = (self, &mut branches) {
            list.push(json!({"type": "null"}));
        }
        annotations.insert("anyOf".into(), branches);
        Value::Object(annotations)
    }

    pub(super) fn node(self, schema: Value, null: Null) -> Value {
        let mut map = match schema {
            Value::Object(map) => map,
            Value::Bool(false) => return json!({"not": {}}),
            _ => return self.anything(Object::new()),
        };
        for keyword in ["title", "$schema", "$id", "$comment", "deprecated", "readOnly", "writeOnly", "nullable"] {
            map.remove(keyword);
        }
        if map.get("default") == Some(&Value::Null) {
            map.remove("default");
        }
        if map.contains_key("$ref") {
            return reference(map);
        }
        if is_anything(&map) {
            return Value::Object(map);
        }
        self.types(&mut map, null);
        if let Some(done) = self.alternatives(&mut map, null) {
            return done;
        }
        if map.keys().all(|k| is_annotation(k)) {
            return self.anything(map);
        }
        self.literals(&mut map, null);
        number(&mut map);
        match map.get("type").and_then(Value::as_str) {
            Some("array") => array(&mut map),
            Some("object") => self.object(&mut map),
            _ => {}
        }
        // Properties were done above, where it is known which are required.
        for (keyword, value) in &mut map {
            let keyword = keyword.as_str();
            match value {
                Value::Array(list) if walk::LIST.contains(&keyword) => {
                    for one in list {
                        *one = self.node(one.take(), Null::Keep);
                    }
                }
                Value::Object(named) if matches!(keyword, "patternProperties" | "dependentSchemas") => {
                    for one in named.values_mut() {
                        *one = self.node(one.take(), Null::Keep);
                    }
                }
                Value::Object(inner) if keyword == "items" && inner.is_empty() => {
                    *value = self.anything(Object::new());
                }
                Value::Object(_) | Value::Bool(_) if keyword == "additionalProperties" => {
                    let free = value.as_object().is_some_and(Map::is_empty);
                    if free {
                        *value = Value::Bool(true);
                    } else if value.is_object() {
                        *value = self.node(value.take(), Null::Keep);
                    }
                }
                Value::Object(_) | Value::Bool(_) if keyword == "not" => {}
                Value::Object(_) | Value::Bool(_) if walk::ONE.contains(&keyword) => {
                    *value = self.node(value.take(), Null::Keep);
                }
                _ => {}
            }
        }
        Value::Object(map)
    }

    /// One `type`, never a list: several become alternatives. A missing one is read off the other keywords.
    fn types(self, map: &mut Object, null: Null) {
        if let Some(Value::Array(types)) = map.get_mut("type") {
            if null == Null::Drop && types.len() > 1 {
                types.retain(|t| t != "null");
            }
            let types = std::mem::take(types);
            match <[Value; 1]>::try_from(types) {
                Ok([one]) => {
                    map.insert("type".into(), one);
                }
                Err(types) => split(map, &types),
            }
        }
        if !map.contains_key("type") {
            let has = |keywords: &[&str]| keywords.iter().any(|k| map.contains_key(*k));
            let inferred = if has(&["properties", "additionalProperties", "patternProperties", "required"]) {
                Some("object")
            } else if has(&["anyOf", "oneOf", "allOf", "not", "if", "enum", "const"]) {
                None
            } else if has(&["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"]) {
                Some("array")
            } else if has(&["pattern", "minLength", "maxLength"]) {
                Some("string")
            } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
                Some("number")
            } else {
                None
            };
            if let Some(inferred) = inferred {
                map.insert("type".into(), inferred.into());
            }
        }
    }

    /// `const` as an `enum` of one, a type beside every `enum`, no null in it where null is dropped.
    fn literals(self, map: &mut Object, null: Null) {
        if let Some(value) = map.remove("const") {
            map.entry("enum").or_insert_with(|| json!([value]));
        }
        let Some(Value::Array(values)) = map.get_mut("enum") else {
            return;
        };
        if null == Null::Drop && values.len() > 1 {
            values.retain(|v| !v.is_null());
        }
        let mut kinds: Vec<&str> = values.iter().map(kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if let ([one], false) = (kinds.as_slice(), map.contains_key("type")) {
            let one = Value::from(*one);
            map.insert("type".into(), one);
        }
    }

    fn object(self, map: &mut Object) {
        if map.remove("unevaluatedProperties") == Some(Value::Bool(false)) {
            map.insert("additionalProperties".into(), Value::Bool(false));
        }
        // A map with number keys. Few clients know `patternProperties`, all know `additionalProperties`.
        if let (Some(Value::Object(patterns)), Some(Value::Bool(false)), false) =
            (map.get("patternProperties"), map.get("additionalProperties"), map.contains_key("properties"))
            && let (1, Some((pattern, schema))) = (patterns.len(), patterns.iter().next())
        {
            let (pattern, schema) = (pattern.clone(), schema.clone());
            map.remove("patternProperties");
            map.insert("additionalProperties".into(), schema);
            map.insert("propertyNames".into(), json!({"type": "string", "pattern": pattern}));
        }
        if !map.contains_key("properties")
            && map.get("additionalProperties").is_none_or(Value::is_boolean)
            && map.get("additionalProperties") != Some(&Value::Bool(true))
        {
            map.insert("properties".into(), json!({}));
        }
        if let Some(Value::Array(required)) = map.get("required").cloned() {
            let defined = map.get("properties").and_then(Value::as_object);
            let required: Vec<Value> = required
                .into_iter()
                .filter(|name| {
                    let name = name.as_str().unwrap_or_default();
                    defined.is_some_and(|d| d.contains_key(name))
                })
                .collect();
            if required.is_empty() {
                map.remove("required");
            } else {
                map.insert("required".into(), Value::Array(required));
            }
        }
        let required: Vec<String> = names(map.get("required"));
        if let Some(Value::Object(properties)) = map.get_mut("properties") {
            for (name, schema) in properties {
                let null = match self {
                    Side::Input if !required.contains(name) => Null::Drop,
                    _ => Null::Keep,
                };
                let mut done = self.node(schema.take(), null);
                if let (Side::Input, Value::Object(map)) = (self, &mut done) {
                    say_default(map);
                }
                *schema = done;
            }
        }
    }
}

pub(super) fn names(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// A reference has no siblings; what was said beside it moves outside.
fn reference(mut map: Object) -> Value {
    if map.len() == 1 {
        return Value::Object(map);
    }
    let target = map.remove("$ref").unwrap_or_default();
    map.retain(|k, _| is_annotation(k));
    map.insert("anyOf".into(), json!([{"$ref": target}]));
    Value::Object(map)
}

/// `type: [a, b]` as alternatives, each with the keywords that are its own.
fn split(map: &mut Object, types: &[Value]) {
    let (words, rules): (Object, Object) =
        std::mem::take(map).into_iter().filter(|(k, _)| k != "type").partition(|(k, _)| is_annotation(k));
    *map = words;
    let branches = types
        .iter()
        .map(|one| {
            let name = one.as_str().unwrap_or_default();
            let mut branch: Object =
                rules.iter().filter(|(k, _)| belongs(k, name)).map(|(k, v)| (k.clone(), v.clone())).collect();
            if let Some(Value::Array(values)) = branch.get_mut("enum") {
                values.retain(|v| kind(v) == name || (name == "number" && v.is_number()));
                if name == "null" {
                    branch.remove("enum");
                }
            }
            branch.insert("type".into(), one.clone());
            Value::Object(branch)
        })
        .filter(|branch| branch.get("enum").and_then(Value::as_array).is_none_or(|v| !v.is_empty()))
        .collect();
    map.insert("anyOf".into(), Value::Array(branches));
}

fn belongs(keyword: &str, kind: &str) -> bool {
    match keyword {
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            matches!(kind, "integer" | "number")
        }
        "format" => !matches!(kind, "null" | "boolean"),
        "pattern" | "minLength" | "maxLength" | "contentEncoding" | "contentMediaType" => kind == "string",
        "items" | "prefixItems" | "minItems" | "maxItems" | "uniqueItems" | "contains" | "minContains"
        | "maxContains" => kind == "array",
        "properties"
        | "required"
        | "additionalProperties"
        | "patternProperties"
        | "propertyNames"
        | "minProperties"
        | "maxProperties"
        | "dependentRequired"
        | "dependentSchemas"
        | "unevaluatedProperties" => kind == "object",
        _ => true,
    }
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Bounds beside an integer format, which is not published.
fn number(map: &mut Object) {
    if map.get("type").and_then(Value::as_str) != Some("integer") {
        return;
    }
    let Some((low, high)) = map.get("format").and_then(Value::as_str).and_then(width) else {
        return;
    };
    for (keyword, stricter, bound) in [("minimum", "exclusiveMinimum", low), ("maximum", "exclusiveMaximum", high)] {
        if let Some(bound) = bound
            && !map.contains_key(stricter)
        {
            map.entry(keyword).or_insert_with(|| bound.into());
        }
    }
}

/// Every array says what is in it; a tuple is an array of so many of its types.
fn array(map: &mut Object) {
    if let Some(Value::Array(places)) = map.remove("prefixItems") {
        let open = map.get("items").is_some_and(|i| i != &Value::Bool(false))
            || map.get("maxItems").and_then(Value::as_u64) != u64::try_from(places.len()).ok();
        let mut kinds: Vec<Value> = Vec::new();
        let rest = if open { map.remove("items") } else { None };
        for place in places.into_iter().chain(rest) {
            if !kinds.contains(&place) {
                kinds.push(place);
            }
        }
        let items = match <[Value; 1]>::try_from(kinds) {
            Ok([one]) => one,
            Err(kinds) => json!({"anyOf": kinds}),
        };
        map.insert("items".into(), items);
    }
    match map.get("items") {
        None | Some(Value::Bool(_)) => {
            map.insert("items".into(), json!({}));
        }
        _ => {}
    }
}

/// The default once more in words: several clients take `default` away.
fn say_default(map: &mut Object) {
    let Some(default) = map.get("default") else {
        return;
    };
    let default = default.to_string();
    let words = map.get("description").and_then(Value::as_str).unwrap_or_default();
    if default.len() > SHORT || words.to_ascii_lowercase().contains("default") {
        return;
    }
    let words = if words.is_empty() {
        format!("Default: {default}.")
    } else if words.contains('\n') {
        format!("{}\n\nDefault: {default}.", words.trim_end())
    } else if words.ends_with(['.', '!', '?']) {
        format!("{words} Default: {default}.")
    } else {
        format!("{words}. Default: {default}.")
    };
    map.insert("description".into(), words.into());
}
