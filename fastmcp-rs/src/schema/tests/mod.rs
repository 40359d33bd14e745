//! A zoo of types: what is published obeys the rules, and says what serde does.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::derive::normalise_output;
use super::json::JsonTree;
use super::*;

mod agreement;
mod published;

#[derive(Serialize, Deserialize, JsonSchema)]
enum Plain {
    A,
    B,
}

/// Unit docs.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Documented {
    /// the first
    One,
    /// the second
    Two,
    Three,
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum External {
    Unit,
    /// documented
    Other,
    New(u8),
    Pair(u8, String),
    Fields {
        x: Option<u8>,
    },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Internal {
    Unit,
    Fields { x: u8 },
    New(Titled),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Fields { x: u8 },
    Pair(u8, u8),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Text(String),
    Number(i64),
    Many(Vec<Untagged>),
    Fields { a: bool },
}

#[derive(Serialize, Deserialize, JsonSchema, Default)]
struct Titled {
    /// The title.
    title: String,
    #[serde(default)]
    n: i32,
}

/// A tree.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Tree {
    name: String,
    /// Its children.
    #[serde(default)]
    children: Vec<Tree>,
    /// The favourite.
    best: Option<Box<Tree>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op")]
enum Expr {
    Number { value: f64 },
    Not { of: Box<Expr> },
    Both { left: Box<Expr>, right: Box<Expr> },
    Wrapped(Wrapped),
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Wrapped {
    inner: Vec<Expr>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Keywords {
    title: String,
    r#type: String,
    #[serde(rename = "$ref")]
    reference: String,
    properties: u8,
    required: bool,
    default: Option<String>,
    #[serde(rename = "enum")]
    list: Vec<u8>,
    format: String,
    #[serde(rename = "$defs")]
    defs: Titled,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Integers {
    a: u8,
    b: i8,
    c: u16,
    d: i16,
    e: u32,
    f: i32,
    g: u64,
    h: i64,
    i: u128,
    j: i128,
    k: usize,
    l: std::num::NonZeroU8,
    m: f32,
    n: f64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Containers {
    /// A value.
    any: Value,
    bare: Value,
    maybe: Option<Value>,
    values: Vec<Value>,
    map: HashMap<String, Titled>,
    free: BTreeMap<String, Value>,
    numbered: BTreeMap<u8, u8>,
    set: HashSet<String>,
    sorted: BTreeSet<u8>,
    pair: (u8, String),
    same: (u8, u8),
    three: [u8; 3],
    holes: Vec<Option<u8>>,
    nothing: (),
    letter: char,
    boxed: Box<Titled>,
    result: Result<u8, String>,
    time: std::time::Duration,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Options {
    number: Option<u8>,
    text: Option<String>,
    plain: Option<Plain>,
    /// Which of them.
    documented: Option<Documented>,
    external: Option<External>,
    tree: Option<Tree>,
    twice: Option<Option<u8>>,
    list: Option<Vec<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u8>,
    #[serde(default)]
    defaulted: u8,
    #[serde(default = "five")]
    /// How many
    five: u8,
}

fn five() -> u8 {
    5
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Flat {
    a: u8,
    #[serde(flatten)]
    titled: Titled,
    #[serde(flatten)]
    internal: Internal,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct FlatTwo {
    a: u8,
    #[serde(flatten)]
    internal: Internal,
    #[serde(flatten)]
    adjacent: Adjacent,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct FlatMap {
    a: u8,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct FlatExternal {
    a: u8,
    #[serde(flatten)]
    external: External,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Rules {
    #[schemars(length(min = 1, max = 3))]
    short: Option<String>,
    #[schemars(range(min = 1, max = 3))]
    few: u8,
    #[schemars(email)]
    mail: String,
    #[schemars(regex(pattern = "^a"))]
    a: String,
    #[schemars(inner(length(min = 1)))]
    names: Vec<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Empty {}

#[derive(Serialize, Deserialize, JsonSchema)]
struct New(u8);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Everything {
    plain: Plain,
    /// Which one.
    documented: Documented,
    external: External,
    internal: Internal,
    adjacent: Adjacent,
    untagged: Untagged,
    tree: Tree,
    expr: Expr,
    keywords: Keywords,
    integers: Integers,
    containers: Containers,
    options: Options,
    flat: Flat,
    flat_two: FlatTwo,
    flat_map: FlatMap,
    flat_external: FlatExternal,
    rules: Rules,
    empty: Empty,
    new: New,
}

fn input<T: JsonSchema>() -> Value {
    let mut generator = input_generator();
    let schema = T::json_schema(&mut generator);
    publish(&finish(schema, &mut generator))
}

fn output<T: JsonSchema>() -> Value {
    let mut generator = output_generator();
    let schema = T::json_schema(&mut generator);
    publish(&finish(schema, &mut generator))
}

fn enforced<T: JsonSchema>() -> Value {
    let mut generator = input_generator();
    let schema = generator.subschema_for::<T>();
    let root = schemars::json_schema!({"type": "object", "properties": {"it": schema}});
    finish(root, &mut generator)
}

fn property<T: JsonSchema>() -> Value {
    publish(&enforced::<T>())
}

/// Every rule of the published form, at every node.
fn lint(schema: &Value, at: &str, sends: bool) {
    let Value::Object(map) = schema else { panic!("{at}: a schema that is no object: {schema}") };
    let keys: Vec<&str> = map.keys().map(String::as_str).collect();
    for banned in [
        "title",
        "$schema",
        "$id",
        "oneOf",
        "allOf",
        "const",
        "prefixItems",
        "nullable",
        "deprecated",
        "definitions",
        "unevaluatedProperties",
        "uniqueItems",
        "propertyNames",
        "readOnly",
        "writeOnly",
    ] {
        assert!(!map.contains_key(banned), "{at}: has {banned}: {schema}");
    }
    assert!(map.get("type").is_none_or(Value::is_string), "{at}: {schema}");
    if let Some(format) = map.get("format").and_then(Value::as_str) {
        assert!(["email", "date-time", "uri", "uuid"].contains(&format), "{at}: {schema}");
    }
    if map.contains_key("$ref") {
        assert_eq!(keys, ["$ref"], "{at}");
        return;
    }
    assert!(map.contains_key("type") || map.contains_key("anyOf") || map.contains_key("not"), "{at}: {schema}");
    assert!(!(map.contains_key("type") && map.contains_key("anyOf")), "{at}: {schema}");
    assert_ne!(map.get("default"), Some(&Value::Null), "{at}");
    if let Some(required) = map.get("required").and_then(Value::as_array) {
        for name in required {
            assert!(map["properties"].get(name.as_str().unwrap()).is_some(), "{at}: {name}");
        }
    }
    match map.get("type").and_then(Value::as_str) {
        Some("array") => {
            let items = map.get("items").unwrap_or_else(|| panic!("{at}: no items"));
            if items != &json!({}) {
                lint(items, &format!("{at}/items"), sends);
            }
        }
        Some("object") => {
            assert!(map.contains_key("properties") || map.contains_key("additionalProperties"), "{at}: {schema}");
            if let Some(rest @ Value::Object(_)) = map.get("additionalProperties") {
                lint(rest, &format!("{at}/*"), sends);
            }
        }
        _ => {}
    }
    let required = map.get("required").cloned().unwrap_or_default();
    for (name, schema) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
        lint(schema, &format!("{at}/{name}"), sends);
        let needed = required.as_array().is_some_and(|r| r.contains(&json!(name)));
        if !needed && !sends {
            let null =
                schema.get("anyOf").and_then(Value::as_array).is_some_and(|b| b.contains(&json!({"type": "null"})));
            assert!(!null, "{at}/{name}: null for what may be left out: {schema}");
        }
    }
    for (name, schema) in map.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        assert_eq!(at, "", "definitions are at the root");
        lint(schema, &format!("$defs/{name}"), sends);
    }
    if let Some(Value::Array(branches)) = map.get("anyOf") {
        assert!(branches.len() > 1 || branches.iter().all(|b| b.get("$ref").is_some()), "{at}: {schema}");
        for branch in branches {
            lint(branch, &format!("{at}|"), sends);
        }
    }
}

/// What serde accepts the check accepts; what is in `bad` both refuse.
#[track_caller]
fn agree<T: DeserializeOwned + JsonSchema>(good: &[Value], bad: &[Value]) {
    let root = enforced::<T>();
    lint(&publish(&root), "", false);
    let check = Validator::derived_part(&root, "/properties/it").unwrap();
    for value in good {
        assert!(serde_json::from_value::<T>(value.clone()).is_ok(), "serde refuses {value}");
        let mut faults = Faults::new();
        check.run(&JsonTree::of(value), &mut Pointer::at("it"), &mut faults);
        assert!(faults.is_empty(), "{value}: {faults}\n{root:#}");
        let mut faults = Faults::new();
        check.hold_scalar(&value.to_string(), &Pointer::at("it"), 1000, &mut faults);
        assert!(faults.is_empty(), "{value}: {faults}");
    }
    for value in bad {
        assert!(serde_json::from_value::<T>(value.clone()).is_err(), "serde accepts {value}");
        let mut faults = Faults::new();
        check.run(&JsonTree::of(value), &mut Pointer::at("it"), &mut faults);
        assert!(!faults.is_empty(), "accepts {value}\n{root:#}");
    }
}

/// What serde sends is what the output schema says.
#[track_caller]
fn sends<T: Serialize + JsonSchema>(values: Vec<T>) {
    let schema = output::<T>();
    lint(&schema, "", true);
    let check = Validator::compile(&schema).unwrap();
    for value in values {
        let value = serde_json::to_value(value).unwrap();
        let faults = check.faults(&value);
        assert!(faults.is_empty(), "{value}: {faults}\n{schema:#}");
    }
}
