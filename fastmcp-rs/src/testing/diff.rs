//! What changed between two catalogs, and whether it breaks those who call.
//!
//! What clients send is compared one way, what they get the other: arguments may be asked for less strictly, and results may promise
//! more.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

/// One difference between two catalogs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct CatalogChange {
    /// Whether somebody who calls may fail by it.
    pub breaking: bool,
    /// What it is, in words.
    pub what: String,
}

impl fmt::Display for CatalogChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", if self.breaking { "breaking" } else { "compatible" }, self.what)
    }
}

/// The differences between two catalogs, as [`CatalogSnapshot::lists`](super::CatalogSnapshot::lists) has them, the breaking ones first. A part that is
/// missing in one of them is taken for an empty one.
#[must_use]
pub fn diff(before: &Value, after: &Value) -> Vec<CatalogChange> {
    let mut changes = ChangeList::default();
    for (field, key, word) in [
        ("tools", "name", "tool"),
        ("prompts", "name", "prompt"),
        ("resources", "uri", "resource"),
        ("resourceTemplates", "uriTemplate", "resource template"),
    ] {
        let (old, new) = (by(&before[field], key), by(&after[field], key));
        for (name, old) in &old {
            match new.get(name) {
                None => changes.breaking(format!("{word} `{name}` is gone")),
                Some(new) => changes.of(&format!("{word} `{name}`"), old, new),
            }
        }
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            changes.compatible(format!("{word} `{name}` is new"));
        }
    }
    changes.0.sort_by_key(|change| !change.breaking);
    changes.0
}

fn by<'a>(list: &'a Value, key: &str) -> BTreeMap<&'a str, &'a Value> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| Some((item[key].as_str()?, item))).collect()
}

#[derive(Default)]
struct ChangeList(Vec<CatalogChange>);

/// Which way a schema is compared.
#[derive(Clone, Copy, PartialEq)]
enum SchemaSide {
    /// What clients send.
    Input,
    /// What they get.
    Output,
}

impl ChangeList {
    fn add(&mut self, breaking: bool, what: String) {
        self.0.push(CatalogChange { breaking, what });
    }

    fn breaking(&mut self, what: String) {
        self.add(true, what);
    }

    fn compatible(&mut self, what: String) {
        self.add(false, what);
    }

    /// One component that is in both.
    fn of(&mut self, name: &str, old: &Value, new: &Value) {
        self.schema(name, "argument", &old["inputSchema"], &new["inputSchema"], SchemaSide::Input);
        match (old.get("outputSchema"), new.get("outputSchema")) {
            (Some(old), Some(new)) => self.schema(name, "result", old, new, SchemaSide::Output),
            (Some(_), None) => self.breaking(format!("{name} promises no structured result any more")),
            (None, Some(_)) => self.compatible(format!("{name} promises a structured result")),
            (None, None) => {}
        }
        self.prompt_arguments(name, &old["arguments"], &new["arguments"]);
        self.hints(name, &old["annotations"], &new["annotations"]);
        for member in ["title", "description"] {
            if old[member] != new[member] {
                self.compatible(format!(
                    "{name}: the model sees another {member}: {} became {}",
                    old[member], new[member]
                ));
            }
        }
        if old["mimeType"] != new["mimeType"] {
            self.breaking(format!("{name}: its type {} became {}", old["mimeType"], new["mimeType"]));
        }
        let known = ["inputSchema", "outputSchema", "arguments", "annotations", "title", "description", "mimeType"];
        let names = |of: &Value| -> Vec<String> {
            of.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        let mut others: Vec<String> =
            names(old).into_iter().chain(names(new)).filter(|name| !known.contains(&&**name)).collect();
        others.sort();
        others.dedup();
        for member in others {
            if old[&member] != new[&member] {
                self.compatible(format!("{name}: its `{member}` changed"));
            }
        }
    }

    fn prompt_arguments(&mut self, name: &str, old: &Value, new: &Value) {
        let (before, after) = (by(old, "name"), by(new, "name"));
        let required = |argument: &Value| argument["required"] == true;
        for (argument, old) in &before {
            match after.get(argument) {
                None => self.breaking(format!("{name}: argument `{argument}` is gone")),
                Some(new) if required(new) && !required(old) => {
                    self.breaking(format!("{name}: argument `{argument}` is required"));
                }
                Some(new) if required(old) && !required(new) => {
                    self.compatible(format!("{name}: argument `{argument}` is optional"));
                }
                Some(new) if old != new => {
                    self.compatible(format!("{name}: argument `{argument}` is described otherwise"))
                }
                Some(_) => {}
            }
        }
        for (argument, new) in after.iter().filter(|(argument, _)| !before.contains_key(**argument)) {
            let what = if required(new) { "new and required" } else { "new" };
            self.add(required(new), format!("{name}: argument `{argument}` is {what}"));
        }
    }

    /// What a client may rely on before it calls without asking.
    fn hints(&mut self, name: &str, old: &Value, new: &Value) {
        for (hint, default, safe) in [
            ("readOnlyHint", false, true),
            ("destructiveHint", true, false),
            ("idempotentHint", false, true),
            ("openWorldHint", true, false),
        ] {
            let said = |of: &Value| of[hint].as_bool().unwrap_or(default);
            let (was, is) = (said(old), said(new));
            if was != is {
                let worse = was == safe && hint != "openWorldHint";
                self.add(worse, format!("{name}: `{hint}` is {is}"));
            }
        }
    }

    /// A schema, at the place `at` in what clients send or get.
    fn schema(&mut self, name: &str, word: &str, old: &Value, new: &Value, side: SchemaSide) {
        self.place(name, word, "", old, new, side, 0);
    }

    #[expect(clippy::too_many_arguments, reason = "where, and what in both")]
    fn place(&mut self, name: &str, word: &str, at: &str, old: &Value, new: &Value, side: SchemaSide, depth: usize) {
        if old == new || depth > 32 {
            return;
        }
        let place = if at.is_empty() { format!("{name}: its {word}s") } else { format!("{name}: {word} `{at}`") };
        let (Some(before), Some(after)) = (old.as_object(), new.as_object()) else {
            return self.breaking(format!("{place}: the schema {old} became {new}"));
        };
        let known = self.0.len();
        self.types(&place, before, after, side);
        self.choices(&place, before, after, side);
        self.bounds(&place, before, after, side);
        self.members(name, word, at, before, after, side, depth);
        for part in ["items", "additionalProperties"] {
            if let (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) = (before.get(part), after.get(part)) {
                self.place(name, word, &format!("{at}/*"), old, new, side, depth + 1);
            }
        }
        // What is neither better nor worse by any rule here is told, and taken for worse unless it is only said.
        if self.0.len() == known {
            let said = ["title", "description", "default", "examples", "$defs", "$schema", "x-mcp-header"];
            let names = before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name));
            let mut others: Vec<&String> = names.collect();
            others.sort();
            others.dedup();
            let only_said = others.iter().all(|name| said.contains(&&***name));
            let names: Vec<&str> = others.into_iter().map(String::as_str).collect();
            if !names.is_empty() {
                self.add(!only_said, format!("{place}: `{}` changed", names.join("`, `")));
            }
        }
    }

    fn types(&mut self, place: &str, old: &Map<String, Value>, new: &Map<String, Value>, side: SchemaSide) {
        let (was, is) = (types(old), types(new));
        if was == is {
            return;
        }
        let fits = |from: &[String], into: &[String]| {
            into.is_empty()
                || !from.is_empty()
                    && from
                        .iter()
                        .all(|kind| into.contains(kind) || kind == "integer" && into.iter().any(|it| it == "number"))
        };
        // Whatever was sent has to be taken; whatever is given has to be expected.
        let fine = if side == SchemaSide::Input { fits(&was, &is) } else { fits(&is, &was) };
        let shown = |of: &[String]| if of.is_empty() { "anything".to_owned() } else { of.join(" or ") };
        self.add(!fine, format!("{place} was {} and is {}", shown(&was), shown(&is)));
    }

    fn choices(&mut self, place: &str, old: &Map<String, Value>, new: &Map<String, Value>, side: SchemaSide) {
        let (was, is) = (choices(old), choices(new));
        if was == is {
            return;
        }
        match (was, is) {
            (None, Some(_)) => self.add(side == SchemaSide::Input, format!("{place} is one of a few values only")),
            (Some(_), None) => self.add(side == SchemaSide::Output, format!("{place} is any value")),
            (Some(was), Some(is)) => {
                for gone in was.iter().filter(|value| !is.contains(value)) {
                    self.add(side == SchemaSide::Input, format!("{place} is no more {gone}"));
                }
                for more in is.iter().filter(|value| !was.contains(value)) {
                    self.add(side == SchemaSide::Output, format!("{place} may be {more}"));
                }
            }
            (None, None) => {}
        }
    }

    fn bounds(&mut self, place: &str, old: &Map<String, Value>, new: &Map<String, Value>, side: SchemaSide) {
        for (bound, lower) in [
            ("minimum", true),
            ("exclusiveMinimum", true),
            ("minLength", true),
            ("minItems", true),
            ("minProperties", true),
            ("maximum", false),
            ("exclusiveMaximum", false),
            ("maxLength", false),
            ("maxItems", false),
            ("maxProperties", false),
        ] {
            let number = |of: &Map<String, Value>| of.get(bound).and_then(Value::as_f64);
            let (was, is) = (number(old), number(new));
            let tighter = match (was, is) {
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (Some(was), Some(is)) if was != is => (is > was) == lower,
                _ => continue,
            };
            let shown = |of: Option<f64>| of.map_or("none".to_owned(), |number| number.to_string());
            let breaking = tighter == (side == SchemaSide::Input);
            self.add(breaking, format!("{place}: `{bound}` was {} and is {}", shown(was), shown(is)));
        }
        for rule in ["pattern", "format"] {
            let (was, is) = (old.get(rule), new.get(rule));
            if was != is {
                // Another rule may be neither wider nor narrower.
                let breaking = match side {
                    SchemaSide::Input => is.is_some(),
                    SchemaSide::Output => was.is_some(),
                };
                self.add(breaking, format!("{place}: its `{rule}` changed"));
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "where, and what in both")]
    fn members(
        &mut self,
        name: &str,
        word: &str,
        at: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
        side: SchemaSide,
        depth: usize,
    ) {
        let properties =
            |of: &Map<String, Value>| of.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let (before, after) = (properties(old), properties(new));
        let required = |of: &Map<String, Value>, member: &str| {
            of.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|it| it == member))
        };
        let closed = new.get("additionalProperties").is_some_and(|more| *more == Value::Bool(false));
        for (member, was) in &before {
            let path = if at.is_empty() { member.clone() } else { format!("{at}/{member}") };
            let Some(is) = after.get(member) else {
                // What is sent and not looked at does no harm; what is expected and does not come does.
                let breaking = side == SchemaSide::Output || closed;
                self.add(breaking, format!("{name}: {word} `{path}` is gone"));
                continue;
            };
            match (required(old, member), required(new, member)) {
                (false, true) => {
                    self.add(side == SchemaSide::Input, format!("{name}: {word} `{path}` is always there"))
                }
                (true, false) => {
                    self.add(side == SchemaSide::Output, format!("{name}: {word} `{path}` may be left out"))
                }
                _ => {}
            }
            self.place(name, word, &path, was, is, side, depth + 1);
        }
        for member in after.keys().filter(|member| !before.contains_key(*member)) {
            let path = if at.is_empty() { member.clone() } else { format!("{at}/{member}") };
            let must = required(new, member);
            let what = if must && side == SchemaSide::Input { "new and required" } else { "new" };
            self.add(must && side == SchemaSide::Input, format!("{name}: {word} `{path}` is {what}"));
        }
    }
}

/// The types that a schema allows; none for all.
fn types(schema: &Map<String, Value>) -> Vec<String> {
    let mut types: Vec<String> = match schema.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(|kind| kind.as_str().map(ToOwned::to_owned)).collect(),
        _ => Vec::new(),
    };
    types.sort();
    types
}

/// The values that a schema allows, if it names them.
fn choices(schema: &Map<String, Value>) -> Option<Vec<Value>> {
    if let Some(Value::Array(values)) = schema.get("enum") {
        return Some(values.clone());
    }
    if let Some(value) = schema.get("const") {
        return Some(vec![value.clone()]);
    }
    let several = ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key)?.as_array())?;
    several.iter().map(|one| one.get("const").cloned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "called with `json!`")]
    fn changes(old: Value, new: Value) -> Vec<String> {
        diff(&old, &new).iter().map(ToString::to_string).collect()
    }

    fn input(old: Value, new: Value) -> Vec<String> {
        let tool = |schema: Value| json!({ "tools": [{ "name": "t", "inputSchema": schema }] });
        changes(tool(old), tool(new))
    }

    fn output(old: Value, new: Value) -> Vec<String> {
        let tool = |schema: Value| json!({ "tools": [{ "name": "t", "inputSchema": {}, "outputSchema": schema }] });
        changes(tool(old), tool(new))
    }

    #[expect(clippy::needless_pass_by_value, reason = "called with `json!`")]
    fn object(properties: Value, required: Value) -> Value {
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }

    #[test]
    fn what_goes_breaks_and_what_comes_does_not() {
        for (list, key, word) in [
            ("tools", "name", "tool"),
            ("prompts", "name", "prompt"),
            ("resources", "uri", "resource"),
            ("resourceTemplates", "uriTemplate", "resource template"),
        ] {
            let with = json!({ list: [{ key: "x" }] });
            assert_eq!(changes(with.clone(), json!({})), [format!("breaking: {word} `x` is gone")]);
            assert_eq!(changes(json!({}), with.clone()), [format!("compatible: {word} `x` is new")]);
            assert_eq!(changes(with.clone(), with), [""; 0]);
        }
    }

    #[test]
    fn arguments_may_be_asked_for_less_strictly() {
        let one = |kind: Value| object(json!({ "a": kind }), json!([]));
        for (old, new, breaking) in [
            (object(json!({ "a": {} }), json!([])), object(json!({}), json!([])), true),
            (object(json!({}), json!([])), object(json!({ "a": {} }), json!([])), false),
            (object(json!({}), json!([])), object(json!({ "a": {} }), json!(["a"])), true),
            (object(json!({ "a": {} }), json!([])), object(json!({ "a": {} }), json!(["a"])), true),
            (object(json!({ "a": {} }), json!(["a"])), object(json!({ "a": {} }), json!([])), false),
            (one(json!({ "type": "integer" })), one(json!({ "type": "number" })), false),
            (one(json!({ "type": "number" })), one(json!({ "type": "integer" })), true),
            (one(json!({ "type": "string" })), one(json!({ "type": ["string", "null"] })), false),
            (one(json!({ "type": "string" })), one(json!({ "type": "integer" })), true),
            (one(json!({ "enum": ["x", "y"] })), one(json!({ "enum": ["x"] })), true),
            (one(json!({ "enum": ["x"] })), one(json!({ "enum": ["x", "y"] })), false),
            (one(json!({ "maximum": 10 })), one(json!({ "maximum": 9 })), true),
            (one(json!({ "maximum": 10 })), one(json!({ "maximum": 11 })), false),
            (one(json!({ "minimum": 1 })), one(json!({})), false),
            (one(json!({})), one(json!({ "minLength": 1 })), true),
            (one(json!({})), one(json!({ "pattern": "^a" })), true),
            (one(json!({ "format": "date" })), one(json!({})), false),
            (one(json!({ "description": "x" })), one(json!({ "description": "y" })), false),
            (one(json!({ "not": {} })), one(json!({ "not": { "type": "null" } })), true),
        ] {
            let found = input(old.clone(), new.clone());
            assert_eq!(found.len(), 1, "{old} {new}: {found:?}");
            assert_eq!(found[0].starts_with("breaking"), breaking, "{old} {new}: {found:?}");
        }
    }

    #[test]
    fn results_may_promise_more() {
        let one = |kind: Value| object(json!({ "a": kind }), json!(["a"]));
        for (old, new, breaking) in [
            (object(json!({ "a": {} }), json!([])), object(json!({}), json!([])), true),
            (object(json!({}), json!([])), object(json!({ "a": {} }), json!(["a"])), false),
            (object(json!({ "a": {} }), json!(["a"])), object(json!({ "a": {} }), json!([])), true),
            (one(json!({ "type": "integer" })), one(json!({ "type": "number" })), true),
            (one(json!({ "type": ["string", "null"] })), one(json!({ "type": "string" })), false),
            (one(json!({ "enum": ["x"] })), one(json!({ "enum": ["x", "y"] })), true),
            (one(json!({ "maximum": 10 })), one(json!({ "maximum": 9 })), false),
            (
                one(json!({ "type": "array", "items": { "type": "integer" } })),
                one(json!({ "type": "array", "items": { "type": "string" } })),
                true,
            ),
        ] {
            let found = output(old.clone(), new.clone());
            assert_eq!(found.len(), 1, "{old} {new}: {found:?}");
            assert_eq!(found[0].starts_with("breaking"), breaking, "{old} {new}: {found:?}");
        }
    }

    #[test]
    fn hints_and_words() {
        let tool = |annotations: Value| json!({ "tools": [{ "name": "t", "annotations": annotations }] });
        for (old, new, expected) in [
            (json!({ "readOnlyHint": true }), json!({}), "breaking: tool `t`: `readOnlyHint` is false"),
            (json!({}), json!({ "readOnlyHint": true }), "compatible: tool `t`: `readOnlyHint` is true"),
            (json!({ "destructiveHint": false }), json!({}), "breaking: tool `t`: `destructiveHint` is true"),
        ] {
            assert_eq!(changes(tool(old), tool(new)), [expected]);
        }
        let described = |text: &str| json!({ "tools": [{ "name": "t", "description": text }] });
        let found = changes(described("Adds."), described("Deletes."));
        assert_eq!(found, ["compatible: tool `t`: the model sees another description: \"Adds.\" became \"Deletes.\""]);
    }
}
