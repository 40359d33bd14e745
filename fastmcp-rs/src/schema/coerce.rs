//! The lenient reading: `"5"` where a number is asked, `"[1, 2]"` where a list is, `5.0` where an integer is.
//!
//! Models and some clients send scalars and whole objects as strings. Called only after the strict reading failed,
//! and only ever changes a value that the schema refuses for its type; where a string is allowed a string stays.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::derive::is_anything;
use super::json::JsonTree;
use super::number::Number;
use super::walk::definition;

/// Twice as deep as serde_json reads: each level may be an alternative within a list.
const DEEP: usize = 256;

/// How much may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leniency {
    /// Texts may stand for what they hold. Without, only `5.0` becomes `5`, which JSON Schema counts as an integer.
    pub texts: bool,
    /// Null may stand for leaving a member out.
    pub nulls: bool,
}

/// Reads `value` leniently against one part of the normalised schema `root`, which has the definitions. Says whether
/// anything was changed.
pub(crate) fn coerce(value: &mut JsonTree<'_>, root: &Value, part: &Value, leniency: Leniency) -> bool {
    let mut steps = 1_000_000;
    Reader { root, leniency }.read(value, part, 0, &mut steps)
}

/// Reads a value as a type; if it is refused, once more with whole numbers without their fraction and without nulls that
/// stand for nothing.
pub(crate) fn read_value<T: DeserializeOwned>(value: &Value, schema: &Value) -> serde_json::Result<T> {
    T::deserialize(value).or_else(|error| {
        let mut tree = JsonTree::of(value);
        if coerce(&mut tree, schema, schema, Leniency { texts: false, nulls: true }) {
            serde_json::from_str(&tree.to_text())
        } else {
            Err(error)
        }
    })
}

struct Reader<'a> {
    root: &'a Value,
    leniency: Leniency,
}

/// The types that a schema allows.
#[derive(Clone, Copy, Default)]
struct Kinds(u8);

impl Kinds {
    const ALL: Kinds = Kinds(0x7f);

    fn named(name: &str) -> Kinds {
        Kinds(match name {
            "null" => 1,
            "boolean" => 1 << 1,
            "integer" => 1 << 2,
            "number" => 1 << 2 | 1 << 3,
            "string" => 1 << 4,
            "array" => 1 << 5,
            "object" => 1 << 6,
            _ => 0,
        })
    }

    fn of(value: &JsonTree<'_>) -> Kinds {
        Kinds(match value {
            JsonTree::Null => 1,
            JsonTree::Bool(_) => 1 << 1,
            // 5.0 is the number 5: what asks for an integer may take it, see `convert`.
            JsonTree::Number(text) if text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) => 1 << 3,
            JsonTree::Number(_) => 1 << 2,
            JsonTree::Text(_) => 1 << 4,
            JsonTree::Array(_) => 1 << 5,
            JsonTree::Object(_) => 1 << 6,
        })
    }

    fn has(self, value: &JsonTree<'_>) -> bool {
        self.0 & Kinds::of(value).0 != 0
    }
}

impl<'a> Reader<'a> {
    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..16 {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                return schema;
            };
            let target = match definition(reference) {
                Some(name) => {
                    ["$defs", "definitions"].iter().find_map(|k| self.root.get(*k).and_then(|defs| defs.get(&name)))
                }
                None if reference == "#" => Some(self.root),
                None => None,
            };
            match target {
                Some(target) => schema = target,
                None => return schema,
            }
        }
        schema
    }

    fn kinds(&self, schema: &'a Value, depth: usize) -> Kinds {
        let schema = self.resolve(schema);
        if depth > 8 {
            return Kinds::ALL;
        }
        let Value::Object(map) = schema else {
            return Kinds::ALL;
        };
        let union = |list: &'a Vec<Value>| Kinds(list.iter().fold(0, |k, one| k | self.kinds(one, depth + 1).0));
        let mut kinds = match map.get("type") {
            Some(Value::String(one)) => Kinds::named(one),
            Some(Value::Array(many)) => {
                Kinds(many.iter().fold(0, |k, one| k | Kinds::named(one.as_str().unwrap_or_default()).0))
            }
            _ => match map.get("enum") {
                Some(Value::Array(values)) => Kinds(values.iter().fold(0, |k, v| k | Kinds::of(&JsonTree::of(v)).0)),
                _ => Kinds::ALL,
            },
        };
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(list)) = map.get(keyword) {
                kinds.0 &= union(list).0;
            }
        }
        kinds
    }

    fn read(&self, value: &mut JsonTree<'_>, schema: &'a Value, depth: usize, steps: &mut usize) -> bool {
        if depth > DEEP || *steps == 0 {
            return false;
        }
        *steps -= 1;
        let Value::Object(map) = self.resolve(schema) else {
            return false;
        };
        if is_anything(map) {
            return false;
        }
        let kinds = self.kinds(schema, 0);
        let mut changed = false;
        if !kinds.has(value)
            && let Some(read) = convert(value, kinds, self.leniency.texts)
        {
            *value = read;
            changed = true;
        }

        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = map.get(keyword) {
                let mut takers = branches.iter().filter(|branch| self.could_take(value, branch));
                if let (Some(only), None) = (takers.next(), takers.next()) {
                    changed |= self.read(value, only, depth + 1, steps);
                }
            }
        }
        match value {
            JsonTree::Array(items) => {
                let prefix = map.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                for (at, item) in items.iter_mut().enumerate() {
                    if let Some(schema) = prefix.get(at).or_else(|| map.get("items")) {
                        changed |= self.read(item, schema, depth + 1, steps);
                    }
                }
            }
            JsonTree::Object(object) => {
                let properties = map.get("properties").and_then(Value::as_object);
                let rest = map.get("additionalProperties").filter(|rest| rest.is_object());
                if self.leniency.nulls
                    && let Some(properties) = properties
                {
                    let required = map.get("required").and_then(Value::as_array);
                    let needed = |name: &str| required.is_some_and(|list| list.iter().any(|known| known == name));
                    let before = object.members.len();
                    object.retain(|name, value| {
                        !value.is_null()
                            || needed(name)
                            || properties.get(name).is_none_or(|schema| self.kinds(schema, 0).has(&JsonTree::Null))
                    });
                    changed |= object.members.len() < before;
                }
                for (name, value) in &mut object.members {
                    if let Some(schema) = properties.and_then(|known| known.get(&**name)).or(rest) {
                        changed |= self.read(value, schema, depth + 1, steps);
                    }
                }
            }
            _ => {}
        }
        changed
    }

    /// Whether this alternative is meant by the value, judged by its type, its tag and its required fields.
    fn could_take(&self, value: &JsonTree<'_>, branch: &'a Value) -> bool {
        if !self.kinds(branch, 0).has(value) {
            return false;
        }
        let (JsonTree::Object(fields), Value::Object(map)) = (value, self.resolve(branch)) else {
            return true;
        };
        let tagged = map
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, schema)| match schema.get("enum") {
                Some(Value::Array(values)) if values.len() == 1 => Some((name, values)),
                _ => None,
            })
            .all(|(name, values)| {
                fields.get(name).is_none_or(|got| got.to_value().is_some_and(|got| values.contains(&got)))
            });
        let required =
            |required: &Vec<Value>| required.iter().filter_map(Value::as_str).all(|name| fields.contains(name));
        tagged && map.get("required").and_then(Value::as_array).is_none_or(required)
    }
}

/// The value as one of `kinds`, if it plainly means one.
fn convert(value: &JsonTree<'_>, kinds: Kinds, texts: bool) -> Option<JsonTree<'static>> {
    let read = match value {
        JsonTree::Text(text) if texts => match text.trim() {
            "True" => JsonTree::Bool(true),
            "False" => JsonTree::Bool(false),
            "null" => return None,
            text => JsonTree::read_unknown(text).ok()?.into_owned(),
        },
        JsonTree::Number(text) => JsonTree::Number(Cow::Owned(text.to_string())),
        _ => return None,
    };
    let read = match read {
        // 5.0 and 1e19 as the integers that they are, digit by digit.
        JsonTree::Number(text) if kinds.0 & (1 << 3) == 0 => JsonTree::Number(Number::read(&text)?.digits()?.into()),
        read => read,
    };
    kinds.has(&read).then_some(read)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(schema: &Value, value: Value) -> (Value, bool) {
        let text = value.to_string();
        let mut value = JsonTree::read(&text).unwrap();
        let changed = coerce(&mut value, schema, schema, Leniency { texts: true, nulls: false });
        (value.to_value().unwrap(), changed)
    }

    #[track_caller]
    fn reads(schema: Value, from: Value, to: Value) {
        assert_eq!(read(&schema, from), (to, true));
    }

    #[track_caller]
    fn stays(schema: Value, value: Value) {
        assert_eq!(read(&schema, value.clone()), (value, false));
    }

    #[test]
    fn scalars_are_read_from_strings() {
        reads(json!({"type": "integer"}), json!(" 5 "), json!(5));
        reads(json!({"type": "integer"}), json!("5.0"), json!(5));
        reads(json!({"type": "integer"}), json!("-7"), json!(-7));
        reads(json!({"type": "number"}), json!("5"), json!(5));
        reads(json!({"type": "number"}), json!("1.5"), json!(1.5));
        reads(json!({"type": "boolean"}), json!("true"), json!(true));
        reads(json!({"type": "boolean"}), json!("False"), json!(false));
    }

    #[test]
    fn whole_floats_become_integers() {
        reads(json!({"type": "integer"}), json!(5.0), json!(5));
        reads(json!({"type": "integer"}), serde_json::from_str("1e2").unwrap(), json!(100));
        stays(json!({"type": "integer"}), json!(5.5));
        stays(json!({"type": "integer"}), json!(1e300));
        stays(json!({"type": "number"}), json!(5.0));
    }

    #[test]
    fn lists_and_objects_are_read_from_strings() {
        let list = json!({"type": "array", "items": {"type": "integer"}});
        reads(list.clone(), json!("[1, \"2\", 3.0]"), json!([1, 2, 3]));
        reads(json!({"type": "object", "properties": {"a": list}}), json!("{\"a\": \"[1]\"}"), json!({"a": [1]}));
        reads(
            json!({"type": "object", "additionalProperties": {"type": "boolean"}}),
            json!({"x": "true"}),
            json!({"x": true}),
        );
    }

    #[test]
    fn strings_stay_where_strings_are_allowed() {
        stays(json!({"type": "string"}), json!("5"));
        stays(json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}), json!("5"));
        stays(json!({"type": ["string", "integer"]}), json!("5"));
        stays(json!({}), json!("5"));
        stays(json!(true), json!("5"));
        stays(json!({"anyOf": super::super::derive::anything()}), json!("{\"a\": 1}"));
    }

    #[test]
    fn what_means_nothing_else_stays() {
        for text in ["", "five", "5x", "[1", "null", "\"5\"", "TRUE"] {
            stays(json!({"type": "integer"}), json!(text));
            stays(json!({"type": "boolean"}), json!(text));
            stays(json!({"type": "array", "items": {}}), json!(text));
        }
        stays(json!({"type": "string"}), json!(5));
        stays(json!({"type": "boolean"}), json!(1));
    }

    #[test]
    fn one_fitting_alternative_is_entered_two_are_not() {
        let tagged = json!({"anyOf": [
            {"type": "object", "properties": {"k": {"type": "string", "enum": ["a"]}, "n": {"type": "integer"}}, "required": ["k"]},
            {"type": "object", "properties": {"k": {"type": "string", "enum": ["b"]}, "n": {"type": "boolean"}}, "required": ["k"]},
        ]});
        reads(tagged.clone(), json!({"k": "b", "n": "true"}), json!({"k": "b", "n": true}));
        reads(tagged.clone(), json!({"k": "a", "n": "1"}), json!({"k": "a", "n": 1}));
        reads(tagged, json!("{\"k\": \"a\", \"n\": 1}"), json!({"k": "a", "n": 1}));
        let twice = json!({"anyOf": [
            {"type": "object", "properties": {"n": {"type": "integer"}}},
            {"type": "object", "properties": {"n": {"type": "boolean"}}},
        ]});
        stays(twice, json!({"n": "1"}));
        reads(json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), json!("4"), json!(4));
    }

    #[test]
    fn recursion_is_followed_and_ends() {
        let tree = json!({
            "$ref": "#/$defs/T",
            "$defs": {"T": {"type": "object", "properties": {"n": {"type": "integer"}, "c": {"type": "array", "items": {"$ref": "#/$defs/T"}}}}},
        });
        reads(
            tree,
            json!({"n": "1", "c": [{"n": "2", "c": "[{\"n\": \"3\"}]"}]}),
            json!({"n": 1, "c": [{"n": 2, "c": [{"n": 3}]}]}),
        );
        stays(json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}), json!("1"));
        stays(json!({"anyOf": [{"$ref": "#"}]}), json!("1"));
    }
}
