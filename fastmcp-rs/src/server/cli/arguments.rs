//! What was typed after the name of a tool or a prompt, as the JSON that a client would send: the schema decides how a word is read.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::Read as _;

use lexopt::prelude::{Long, Short, Value as Word};
use serde_json::Value;
use serde_json::value::RawValue;

use super::output::shown;
use super::parse::{text, unknown, usage};
use crate::error::Error;

/// What was typed.
pub(super) struct Typed {
    /// A JSON object.
    pub arguments: String,
    pub json: bool,
    pub help: bool,
}

/// Reads what stands after the name. `schema` is that of all arguments, an object's.
pub(super) fn read(rest: Vec<OsString>, schema: &Value, program: &str) -> Result<Typed, Error> {
    let properties = schema["properties"].as_object();
    let mut pairs: Vec<(String, VecDeque<String>)> = Vec::new();
    let mut whole = None;
    let (mut json, mut help) = (false, false);
    let mut add = |name: String, value: String| match pairs.iter_mut().find(|(known, _)| *known == name) {
        Some((_, values)) => values.push_back(value),
        None => pairs.push((name, VecDeque::from([value]))),
    };
    let mut parser = lexopt::Parser::from_args(rest);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("help") | Short('h') => help = true,
            Long("json") => json = true,
            Long("args") => whole = Some(text(parser.value().map_err(usage)?)?),
            Long(flag) => {
                let flag = flag.to_owned();
                let find = |name: &str| properties.is_some_and(|properties| properties.contains_key(name));
                let name = [flag.clone(), flag.replace('-', "_")].into_iter().find(|name| find(name));
                let Some(name) = name else {
                    let known = properties.into_iter().flat_map(|properties| properties.keys());
                    let known: Vec<String> = known
                        .map(String::as_str)
                        .chain(["args", "json", "help"])
                        .map(|name| format!("--{name}"))
                        .collect();
                    return Err(unknown(&format!("--{flag}"), known.iter().map(String::as_str), program));
                };
                let value = match parser.optional_value() {
                    Some(value) => text(value)?,
                    None if kinds(&schema["properties"][&name], schema) == ["boolean"] => switch(&mut parser)?,
                    None => text(parser.value().map_err(usage)?)?,
                };
                add(name, value);
            }
            Short(flag) => return Err(unknown(&format!("-{flag}"), [].into_iter(), program)),
            Word(word) => {
                let word = text(word)?;
                if word == "-" {
                    whole = Some(word);
                } else if let Some((name, value)) = word.split_once('=') {
                    add(name.to_owned(), value.to_owned());
                } else if word.starts_with('{') {
                    return Err(Error::new("all arguments as JSON are given with `--args`"));
                } else {
                    return Err(Error::new(format!(
                        "`{}` is not an argument: write key=value, or --key value. Try {program} --help",
                        shown(&word)
                    )));
                }
            }
        }
    }
    let arguments = match whole {
        _ if help => String::new(),
        Some(_) if !pairs.is_empty() => {
            return Err(Error::new("give the arguments either one by one or with --args, not both"));
        }
        Some(whole) => object(whole)?,
        None => members(pairs, schema)?,
    };
    Ok(Typed { arguments, json, help })
}

/// A boolean's flag stands for `true`, unless the next word says which of the two.
fn switch(parser: &mut lexopt::Parser) -> Result<String, Error> {
    let mut rest = parser.raw_args().map_err(usage)?;
    let said = rest.next_if(|next| next == "true" || next == "false");
    said.map_or(Ok("true".to_owned()), text)
}

/// The object that `--args` gives; `-` is standard input.
fn object(whole: String) -> Result<String, Error> {
    let (json, from) = if whole == "-" {
        let mut read = String::new();
        std::io::stdin().read_to_string(&mut read).map_err(|error| Error::new(format!("standard input: {error}")))?;
        (read, "standard input")
    } else {
        (whole, "--args")
    };
    let wrong = |what: &str| Error::new(format!("{from} must be a JSON object: {what}"));
    let raw = RawValue::from_string(json.trim().to_owned()).map_err(|error| wrong(&error.to_string()))?;
    if !raw.get().starts_with('{') {
        return Err(wrong(&format!("this is {}", kind_of(raw.get()))));
    }
    // A message is one line.
    Ok(raw.get().replace(['\n', '\r'], " "))
}

fn members(pairs: Vec<(String, VecDeque<String>)>, schema: &Value) -> Result<String, Error> {
    let mut out = String::from("{");
    for (name, mut values) in pairs {
        let property = match schema["properties"].get(&name) {
            Some(property) => property,
            None => &schema["additionalProperties"],
        };
        let value = if values.len() > 1 {
            if !kinds(property, schema).contains(&"array") {
                return Err(Error::new(format!(
                    "`{}` is given {} times, and takes one value",
                    shown(&name),
                    values.len()
                )));
            }
            let items = items(property);
            let all: Vec<String> = values.iter().map(|value| value_of(value, items, schema)).collect();
            format!("[{}]", all.join(","))
        } else {
            value_of(&values.pop_front().unwrap_or_default(), property, schema)
        };
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&quoted(&name));
        out.push(':');
        out.push_str(&value);
    }
    out.push('}');
    Ok(out)
}

/// One typed word as JSON: `5` is a number only where the schema does not want text.
fn value_of(word: &str, schema: &Value, root: &Value) -> String {
    let kinds = kinds(schema, root);
    let takes = |kind: &str| kinds.contains(&kind);
    let text_only = takes("string") && kinds.iter().all(|kind| matches!(*kind, "string" | "null"));
    // Of an argument that the schema does not know, nothing says that it is anything else.
    if text_only || schema.is_null() || *schema == Value::Bool(false) {
        return quoted(word);
    }
    if let Ok(raw) = RawValue::from_string(word.trim().to_owned()) {
        let kind = kind_of(raw.get());
        if kinds.is_empty() || takes(kind) || (kind == "number" && takes("integer")) {
            return raw.get().replace(['\n', '\r'], " ");
        }
    }
    if takes("array") && !takes("string") && !word.trim_start().starts_with('[') {
        return format!("[{}]", value_of(word, items(schema), root));
    }
    quoted(word)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn kind_of(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "string",
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

/// The kinds of JSON that a schema takes; none where it does not say.
pub(super) fn kinds<'a>(schema: &'a Value, root: &'a Value) -> Vec<&'a str> {
    let mut kinds = Vec::new();
    gather(schema, root, &mut kinds, 0);
    kinds
}

fn gather<'a>(schema: &'a Value, root: &'a Value, kinds: &mut Vec<&'a str>, depth: usize) {
    // Schemas can be recursive.
    if depth > 8 {
        return;
    }
    let mut add = |kind: &'a str| {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    };
    match &schema["type"] {
        Value::String(kind) => add(kind),
        Value::Array(several) => several.iter().filter_map(Value::as_str).for_each(add),
        _ => {
            let values = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
            values.for_each(|value| add(name_of(value)));
        }
    }
    for alternative in ["anyOf", "oneOf", "allOf"].iter().filter_map(|word| schema[*word].as_array()).flatten() {
        gather(alternative, root, kinds, depth + 1);
    }
    if let Some(target) = resolved(schema, root) {
        gather(target, root, kinds, depth + 1);
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What a `$ref` within the same schema leads to.
pub(super) fn resolved<'a>(schema: &Value, root: &'a Value) -> Option<&'a Value> {
    root.pointer(schema["$ref"].as_str()?.strip_prefix('#')?)
}

fn items(schema: &Value) -> &Value {
    match schema.get("items") {
        Some(items) => items,
        None => &Value::Bool(true),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_words(words: &[&str]) -> Result<String, String> {
        let schema = json!({
            "type": "object",
            "properties": {
                "title": { "type": "string" },
                "note": { "type": ["string", "null"] },
                "count": { "type": "integer" },
                "done": { "type": "boolean" },
                "tags": { "type": "array", "items": { "type": "string" } },
                "numbers": { "type": "array", "items": { "type": "integer" } },
                "unit": { "anyOf": [{ "$ref": "#/$defs/Unit" }, { "type": "null" }] },
                "any_thing": true,
                "point": { "type": "object" },
            },
            "$defs": { "Unit": { "enum": ["1", "2"] } },
        });
        let words = words.iter().map(OsString::from).collect();
        read(words, &schema, "x call y").map(|given| given.arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn the_schema_decides_how_a_word_is_read() {
        for (words, json) in [
            (&["title=5", "count=5"][..], r#"{"title":"5","count":5}"#),
            (&["--title", "5", "--count=5"], r#"{"title":"5","count":5}"#),
            (&["note=null", "unit=1"], r#"{"note":"null","unit":"1"}"#),
            (&["--done", "--count", "-7"], r#"{"done":true,"count":-7}"#),
            (&["--done", "false"], r#"{"done":false}"#),
            (&["count=18446744073709551617"], r#"{"count":18446744073709551617}"#),
            (&["--tags", "a", "--tags", "1"], r#"{"tags":["a","1"]}"#),
            (&["tags=a"], r#"{"tags":["a"]}"#),
            (&["numbers=[1, 2]"], r#"{"numbers":[1, 2]}"#),
            (&["--numbers", "1", "numbers=2"], r#"{"numbers":[1,2]}"#),
            (&["--any-thing", "{\"a\": 1}"], r#"{"any_thing":{"a": 1}}"#),
            (&["any_thing=plain"], r#"{"any_thing":"plain"}"#),
            (&["point={\"x\":1}", "unknown=5"], r#"{"point":{"x":1},"unknown":"5"}"#),
            (&["count=many"], r#"{"count":"many"}"#),
            (&["--args", " {\"a\":\n1} "], r#"{"a": 1}"#),
            (&["title=a=b", "--"], r#"{"title":"a=b"}"#),
        ] {
            assert_eq!(read_words(words).as_deref(), Ok(json), "{words:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (words, part) in [
            (&["--titel", "x"][..], "`--title`"),
            (&["title"], "key=value"),
            (&["{\"title\": 1}"], "--args"),
            (&["--args", "[1]"], "array"),
            (&["--args", "{"], "JSON object"),
            (&["--args", "{}", "title=x"], "not both"),
            (&["title=a", "title=b"], "2 times"),
            (&["--title"], "--title"),
            (&["-x"], "-x"),
        ] {
            let error = read_words(words).expect_err("refused");
            assert!(error.contains(part), "{words:?}: {error}");
        }
    }
}
