//! A zoo of types: what is published obeys the rules, and says what serde does.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::*;

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
    finish(schema, &mut generator)
}

fn output<T: JsonSchema>() -> Value {
    let mut generator = output_generator();
    let schema = T::json_schema(&mut generator);
    finish(schema, &mut generator)
}

fn property<T: JsonSchema>() -> Value {
    let mut generator = input_generator();
    let schema = generator.subschema_for::<T>();
    let root = schemars::json_schema!({"type": "object", "properties": {"it": schema}});
    finish(root, &mut generator)
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
    let root = property::<T>();
    lint(&root, "", false);
    let check = Check::derived_part(&root, "/properties/it").unwrap();
    for value in good {
        assert!(serde_json::from_value::<T>(value.clone()).is_ok(), "serde refuses {value}");
        let faults = check.faults(value);
        assert!(faults.is_empty(), "{value}: {faults}\n{root:#}");
        let mut faults = Faults::new();
        check.raw(&value.to_string(), &Pointer::at("it"), &mut faults);
        assert!(faults.is_empty(), "{value}: {faults}");
    }
    for value in bad {
        assert!(serde_json::from_value::<T>(value.clone()).is_err(), "serde accepts {value}");
        assert!(!check.accepts(value), "accepts {value}\n{root:#}");
        let mut faults = Faults::new();
        check.raw(&value.to_string(), &Pointer::at("it"), &mut faults);
        assert!(!faults.is_empty(), "{value}");
    }
}

/// What serde sends is what the output schema says.
#[track_caller]
fn sends<T: Serialize + JsonSchema>(values: Vec<T>) {
    let schema = output::<T>();
    lint(&schema, "", true);
    let check = Check::compile(&schema).unwrap();
    for value in values {
        let value = serde_json::to_value(value).unwrap();
        let faults = check.faults(&value);
        assert!(faults.is_empty(), "{value}: {faults}\n{schema:#}");
    }
}

#[test]
fn the_whole_zoo_is_clean() {
    for schema in [input::<Everything>(), property::<Everything>()] {
        lint(&schema, "", false);
        assert_eq!(schema["type"], "object");
    }
    lint(&output::<Everything>(), "", true);
    let defs = input::<Everything>()["$defs"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    // `Wrapped` is part of the circle too, but stands only where its tag is added to it.
    assert_eq!(defs, ["Expr", "Tree", "Untagged"]);
}

#[test]
fn normalising_twice_changes_nothing() {
    fn differ(left: &Value, right: &Value, at: &str) {
        match (left, right) {
            (Value::Object(left), Value::Object(right)) if left.keys().eq(right.keys()) => {
                for (key, left) in left {
                    differ(left, &right[key], &format!("{at}/{key}"));
                }
            }
            (left, right) => assert_eq!(left, right, "{at}"),
        }
    }
    let once = input::<Everything>();
    differ(&normalise(once.clone()), &once, "");
    let once = output::<Everything>();
    differ(&normalise_output(once.clone()), &once, "");
}

#[test]
fn integers_have_bounds_instead_of_formats() {
    let schema = input::<Integers>();
    let of = |name: &str| schema["properties"][name].clone();
    assert_eq!(of("a"), json!({"type": "integer", "minimum": 0, "maximum": 255}));
    assert_eq!(of("b"), json!({"type": "integer", "minimum": -128, "maximum": 127}));
    assert_eq!(of("e"), json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}));
    assert_eq!(of("f"), json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}));
    for unsigned in ["g", "i", "k"] {
        assert_eq!(of(unsigned), json!({"type": "integer", "minimum": 0}));
    }
    for wide in ["h", "j"] {
        assert_eq!(of(wide), json!({"type": "integer"}));
    }
    assert_eq!(of("l"), json!({"type": "integer", "minimum": 1, "maximum": 255}));
    assert_eq!(of("m"), json!({"type": "number"}));
    assert_eq!(
        property::<Option<u16>>()["properties"]["it"],
        json!({"type": "integer", "minimum": 0, "maximum": 65535})
    );
}

#[test]
fn unit_enums_are_lists_of_strings() {
    let it = |schema: Value| schema["properties"]["it"].clone();
    assert_eq!(it(property::<Plain>()), json!({"type": "string", "enum": ["A", "B"]}));
    let documented = it(property::<Documented>());
    assert_eq!(documented["description"], "Unit docs.\n\n`one`: the first\n`two`: the second");
    assert_eq!(documented["type"], "string");
    assert_eq!(documented["enum"].as_array().unwrap().len(), 3);
    let whole = input::<Options>();
    assert_eq!(
        whole["properties"]["documented"]["description"],
        "Which of them.\n\n`one`: the first\n`two`: the second"
    );
    assert_eq!(whole["properties"]["plain"], json!({"type": "string", "enum": ["A", "B"]}));
}

#[test]
fn options_are_what_they_hold() {
    let schema = input::<Options>();
    let of = |name: &str| schema["properties"][name].clone();
    assert_eq!(of("text"), json!({"type": "string"}));
    assert_eq!(of("twice"), json!({"type": "integer", "minimum": 0, "maximum": 255}));
    assert_eq!(of("tree"), json!({"$ref": "#/$defs/Tree"}));
    assert_eq!(of("defaulted")["default"], 0);
    assert_eq!(of("defaulted")["description"], "Default: 0.");
    assert_eq!(of("five")["description"], "How many. Default: 5.");
    assert_eq!(schema.get("required"), None);
    let sent = output::<Options>();
    assert_eq!(sent["properties"]["text"], json!({"anyOf": [{"type": "string"}, {"type": "null"}]}));
    assert_eq!(sent["properties"]["tree"], json!({"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}));
}

#[test]
fn any_value_is_spelt_out() {
    let schema = input::<Containers>();
    let any = &schema["properties"]["any"];
    assert_eq!(any["description"], "A value.");
    let kinds: Vec<&str> = any["anyOf"].as_array().unwrap().iter().map(|b| b["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["object", "array", "string", "number", "boolean"]);
    assert_eq!(any["anyOf"][1], json!({"type": "array", "items": {}}));
    assert_eq!(schema["properties"]["free"], json!({"type": "object", "additionalProperties": true}));
}

#[test]
fn maps_and_tuples_are_plain() {
    let schema = input::<Containers>();
    let of = |name: &str| schema["properties"][name].clone();
    let byte = json!({"type": "integer", "minimum": 0, "maximum": 255});
    assert_eq!(
        of("pair"),
        json!({"type": "array", "minItems": 2, "maxItems": 2, "items": {"anyOf": [byte, {"type": "string"}]}})
    );
    assert_eq!(of("same"), json!({"type": "array", "minItems": 2, "maxItems": 2, "items": byte}));
    assert_eq!(of("numbered")["additionalProperties"], byte);
    assert_eq!(of("holes")["items"], json!({"anyOf": [byte, {"type": "null"}]}));
}

#[test]
fn references_have_no_siblings_and_keep_their_words() {
    let schema = input::<Tree>();
    assert_eq!(
        schema["properties"]["best"],
        json!({"anyOf": [{"$ref": "#/$defs/Tree"}], "description": "The favourite."})
    );
    assert_eq!(schema["type"], "object");
    let words = input::<Everything>();
    assert_eq!(words["properties"]["documented"]["description"], "Which one.\n\n`one`: the first\n`two`: the second");
}

#[test]
fn properties_named_like_keywords_survive() {
    let schema = input::<Keywords>();
    let names: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["$defs", "$ref", "default", "enum", "format", "properties", "required", "title", "type"]);
    assert_eq!(schema["additionalProperties"], false);
    agree::<Keywords>(
        &[
            json!({"title": "t", "type": "x", "$ref": "#/nowhere", "properties": 1, "required": true, "enum": [1], "format": "f", "$defs": {"title": "x"}}),
        ],
        &[
            json!({"title": "t"}),
            json!({"title": 1, "type": "x", "$ref": "", "properties": 1, "required": true, "enum": [1], "format": "f", "$defs": {"title": "x"}}),
        ],
    );
}

#[test]
fn data_enums_agree_with_serde() {
    agree::<External>(
        &[
            json!("Unit"),
            json!("Other"),
            json!({"New": 5}),
            json!({"Pair": [1, "x"]}),
            json!({"Fields": {}}),
            json!({"Fields": {"x": null}}),
            json!({"Fields": {"x": 1}}),
        ],
        &[json!("Nope"), json!({"New": 256}), json!({"Pair": [1]}), json!({"Nope": 1}), json!({}), json!(1)],
    );
    agree::<Internal>(
        &[json!({"kind": "unit"}), json!({"kind": "fields", "x": 1}), json!({"kind": "new", "title": "t"})],
        &[json!({"kind": "nope"}), json!({"kind": "fields"}), json!({"kind": "new"}), json!({}), json!("unit")],
    );
    agree::<Adjacent>(
        &[json!({"t": "Unit"}), json!({"t": "Fields", "c": {"x": 1}}), json!({"t": "Pair", "c": [1, 2]})],
        &[json!({"t": "Fields"}), json!({"t": "Pair", "c": [1]}), json!({"c": 1})],
    );
    agree::<Untagged>(
        &[json!("x"), json!(-1), json!([["x", 1], []]), json!({"a": true})],
        &[json!(true), json!({}), json!([true]), json!(1.5)],
    );
}

#[test]
fn containers_agree_with_serde() {
    let any = [json!(1), json!("x"), json!([1, null]), json!({"a": null}), json!(true), json!(null)];
    agree::<Value>(&any, &[]);
    agree::<Vec<Value>>(&[json!([1, null, {}])], &[json!(1)]);
    agree::<HashMap<String, Option<u8>>>(&[json!({"a": null, "b": 1})], &[json!({"a": "x"})]);
    agree::<Vec<Option<u8>>>(&[json!([1, null])], &[json!(["x"])]);
    agree::<BTreeMap<u8, u8>>(&[json!({"1": 2})], &[json!({"x": 2}), json!({"1": "x"})]);
    agree::<(u8, String)>(&[json!([1, "x"])], &[json!([1]), json!([1, "x", 2]), json!([true, "x"])]);
    agree::<[u8; 3]>(&[json!([1, 2, 3])], &[json!([1, 2])]);
    agree::<char>(&[json!("é")], &[json!("ab"), json!("")]);
    agree::<Option<u8>>(&[json!(1), json!(null)], &[json!("x"), json!(-1), json!(256)]);
    agree::<Option<Documented>>(&[json!("one"), json!(null)], &[json!("zero")]);
    agree::<u64>(&[json!(u64::MAX), json!(0)], &[json!(-1), json!(1.5), json!("1")]);
    agree::<i64>(&[json!(i64::MIN), json!(i64::MAX)], &[json!(1.5)]);
    agree::<f64>(&[json!(1), json!(1.5), json!(u64::MAX)], &[json!("1")]);
    agree::<New>(&[json!(5)], &[json!(300)]);
    agree::<Empty>(&[json!({}), json!({"x": 1})], &[json!(1)]);
    agree::<()>(&[json!(null)], &[json!(1)]);
    agree::<Result<u8, String>>(&[json!({"Ok": 1}), json!({"Err": "x"})], &[json!({"Ok": "x"})]);
}

#[test]
fn recursive_types_agree_with_serde() {
    agree::<Tree>(
        &[json!({"name": "a", "children": [{"name": "b", "best": {"name": "c"}}], "best": null})],
        &[json!({"name": "a", "children": [{"name": 1}]}), json!({"children": []})],
    );
    agree::<Expr>(
        &[
            json!({"op": "Both", "left": {"op": "Number", "value": 1}, "right": {"op": "Not", "of": {"op": "Wrapped", "inner": []}}}),
        ],
        &[json!({"op": "Both", "left": {"op": "Number", "value": 1}}), json!({"op": "Not", "of": {"op": "Nope"}})],
    );
}

#[test]
fn flattened_types_agree_with_serde() {
    agree::<Flat>(
        &[
            json!({"a": 1, "title": "t", "kind": "unit"}),
            json!({"a": 1, "title": "t", "n": 2, "kind": "fields", "x": 1}),
        ],
        &[
            json!({"a": 1, "title": "t", "kind": "fields"}),
            json!({"a": 1, "kind": "unit"}),
            json!({"a": 1, "title": "t", "kind": "nope"}),
        ],
    );
    agree::<FlatTwo>(
        &[
            json!({"a": 1, "kind": "fields", "x": 1, "t": "Pair", "c": [1, 2]}),
            json!({"a": 1, "kind": "unit", "t": "Unit"}),
        ],
        &[json!({"a": 1, "kind": "unit"}), json!({"a": 1, "kind": "unit", "t": "Pair"})],
    );
    agree::<FlatMap>(&[json!({"a": 1, "b": [null]})], &[json!({"b": 1})]);
    agree::<FlatExternal>(
        &[
            json!({"a": 1, "New": 1}),
            json!({"a": 1, "Other": null}),
            json!({"a": 1, "Unit": null}),
            json!({"a": 1, "Fields": {"x": 2}}),
        ],
        &[json!({"a": 1}), json!({"a": 1, "New": "x"})],
    );
}

#[test]
fn a_root_has_no_alternatives() {
    for schema in [input::<Flat>(), input::<FlatTwo>(), input::<FlatExternal>()] {
        assert_eq!(schema["type"], "object");
        assert!(schema.get("anyOf").is_none());
        lint(&schema, "", false);
    }
    let flat = input::<Flat>();
    assert_eq!(flat["required"], json!(["a", "title", "kind"]));
    assert_eq!(flat["properties"]["kind"]["enum"].as_array().unwrap().len(), 3);
    let check = Check::derived(&flat).unwrap();
    for good in [json!({"a": 1, "title": "t", "kind": "unit"}), json!({"a": 1, "title": "t", "kind": "fields", "x": 1})]
    {
        assert!(check.faults(&good).is_empty(), "{}", check.faults(&good));
    }
    assert!(!check.accepts(&json!({"a": 1, "title": "t", "kind": "nope"})));
}

fn tree(children: Vec<Tree>) -> Tree {
    Tree { name: "t".into(), children, best: None }
}

fn titled() -> Titled {
    Titled { title: "t".into(), n: 1 }
}

#[test]
fn outputs_match_what_serde_sends() {
    sends(vec![
        External::Unit,
        External::Other,
        External::New(1),
        External::Pair(1, "x".into()),
        External::Fields { x: None },
    ]);
    sends(vec![Internal::Unit, Internal::Fields { x: 1 }, Internal::New(titled())]);
    sends(vec![Adjacent::Unit, Adjacent::Fields { x: 1 }, Adjacent::Pair(1, 2)]);
    sends(vec![Untagged::Text("x".into()), Untagged::Many(vec![Untagged::Number(1)]), Untagged::Fields { a: true }]);
    sends(vec![tree(vec![tree(vec![])])]);
    sends(vec![Expr::Not { of: Box::new(Expr::Wrapped(Wrapped { inner: vec![Expr::Number { value: 1.5 }] })) }]);
    sends(vec![FlatExternal { a: 1, external: External::Other }, FlatExternal { a: 1, external: External::New(1) }]);
    sends(vec![FlatTwo { a: 1, internal: Internal::Unit, adjacent: Adjacent::Pair(1, 2) }]);
    sends(vec![FlatMap { a: 1, rest: HashMap::from([("x".into(), json!([null]))]) }]);
    sends(vec![Options {
        number: None,
        text: None,
        plain: None,
        documented: None,
        external: None,
        tree: None,
        twice: Some(None),
        list: None,
        skipped: None,
        defaulted: 0,
        five: 1,
    }]);
    sends(vec![Options {
        number: Some(1),
        text: Some(String::new()),
        plain: Some(Plain::A),
        documented: Some(Documented::Two),
        external: Some(External::Unit),
        tree: Some(tree(vec![])),
        twice: Some(Some(1)),
        list: Some(vec![1]),
        skipped: Some(1),
        defaulted: 0,
        five: 1,
    }]);
    sends(vec![Some(titled()), None]);
    sends(vec![Value::Null, json!([null]), json!({"a": null})]);
    sends(vec![Containers {
        any: json!(null),
        bare: json!({}),
        maybe: None,
        values: vec![json!(null), json!([])],
        map: HashMap::from([("a".into(), titled())]),
        free: BTreeMap::from([("a".into(), json!(null))]),
        numbered: BTreeMap::from([(1, 2)]),
        set: HashSet::from(["a".into()]),
        sorted: BTreeSet::from([1]),
        pair: (1, "x".into()),
        same: (1, 2),
        three: [1, 2, 3],
        holes: vec![None, Some(1)],
        nothing: (),
        letter: 'x',
        boxed: Box::new(titled()),
        result: Ok(1),
        time: std::time::Duration::from_millis(1500),
    }]);
    sends(vec![Integers {
        a: 255,
        b: -128,
        c: 1,
        d: 1,
        e: u32::MAX,
        f: i32::MIN,
        g: u64::MAX,
        h: i64::MIN,
        i: 1,
        j: -1,
        k: 1,
        l: std::num::NonZeroU8::MIN,
        m: 1.5,
        n: 1.0,
    }]);
}

#[test]
fn only_what_types_do_not_say_is_beyond_them() {
    fn beyond<T: JsonSchema>() -> bool {
        let mut generator = input_generator();
        let schema = generator.subschema_for::<T>();
        Check::beyond_types(&raw(schema, &mut generator))
    }
    for (name, plain) in [
        ("u8", beyond::<u8>()),
        ("Integers but NonZero", beyond::<(u8, i8, u16, i16, u32, i32, u64, i64, usize, f32)>()),
        ("String", beyond::<Option<String>>()),
        ("Tree", beyond::<Tree>()),
        ("Expr", beyond::<Expr>()),
        ("External", beyond::<Option<External>>()),
        ("Flat", beyond::<Flat>()),
        ("Value", beyond::<Value>()),
        ("map", beyond::<HashMap<String, Vec<Titled>>>()),
        ("Keywords", beyond::<Keywords>()),
    ] {
        assert!(!plain, "{name}");
    }
    for (name, more) in [
        ("Rules", beyond::<Rules>()),
        ("nested Rules", beyond::<Vec<Option<Rules>>>()),
        ("set", beyond::<HashSet<String>>()),
    ] {
        assert!(more, "{name}");
    }
    // 0..=255 asked of a u16 is a rule; of a u8 it is the type.
    assert!(Check::beyond_types(&json!({"type": "integer", "format": "uint16", "minimum": 0, "maximum": 255})));
    assert!(Check::beyond_types(&json!({"type": "integer", "minimum": 0, "maximum": 255})));
    assert!(!Check::beyond_types(&json!({"type": "integer", "format": "uint8", "minimum": 0, "maximum": 255})));
    assert!(Check::beyond_types(&json!({"type": "string", "format": "email"})));
    let root = json!({"properties": {"a": {"minLength": 1}, "b": {"$ref": "#/$defs/B"}, "c": {}}, "$defs": {"B": {"minimum": 1}}});
    assert!(Check::beyond_types_part(&root, &root["properties"]["a"]));
    assert!(Check::beyond_types_part(&root, &root["properties"]["b"]));
    assert!(!Check::beyond_types_part(&root, &root["properties"]["c"]));
}

#[test]
fn rules_are_published_and_enforced() {
    let schema = property::<Rules>();
    lint(&schema, "", false);
    let check = Check::derived(&schema).unwrap();
    let faults = check.faults(&json!({"it": {"short": "", "few": 5, "mail": "x", "a": "b", "names": ["x", ""]}}));
    assert_eq!(
        faults.to_string(),
        "`/it/a`: must match the pattern ^a, got \"b\"\n\
         `/it/few`: must be at most 3, got 5\n\
         `/it/mail`: must be an email address such as \"ada@example.com\", got \"x\"\n\
         `/it/names/1`: must have at least 1 character, has 0\n\
         `/it/short`: must have at least 1 character, has 0"
    );
    assert!(check.accepts(&json!({"it": {"short": null, "few": 1, "mail": "a@b.c", "a": "a", "names": []}})));
}

#[test]
fn inlining_that_would_explode_keeps_definitions() {
    let mut defs = Map::new();
    for n in 0..64 {
        let next = format!("#/$defs/T{}", n + 1);
        defs.insert(
            format!("T{n}"),
            json!({"type": "object", "properties": {"a": {"$ref": next}, "b": {"$ref": next}}, "required": ["a"]}),
        );
    }
    defs.insert("T64".into(), json!({"type": "string"}));
    let schema = normalise(
        json!({"type": "object", "properties": {"it": {"$ref": "#/$defs/T0", "description": "It."}}, "$defs": defs}),
    );
    lint(&schema, "", false);
    assert_eq!(schema["$defs"].as_object().unwrap().len(), 65);
    let check = Check::derived(&schema).unwrap();
    assert!(
        check.accepts(&json!({"it": {"a": {"a": {}}}})) != check.accepts(&json!({"it": 1}))
            || !check.accepts(&json!({"it": 1}))
    );
    assert!(!check.accepts(&json!({"it": {"a": 1}})));
}

fn faults(schema: Value, value: Value) -> String {
    Check::compile(&schema).unwrap().faults(&value).to_string()
}

#[test]
fn messages_say_what_to_do() {
    for (schema, value, want) in [
        (json!({"minimum": 1}), json!(0), "must be at least 1, got 0"),
        (json!({"exclusiveMaximum": 1.5}), json!(2), "must be less than 1.5, got 2"),
        (json!({"type": "integer"}), json!("abc"), "must be an integer, got \"abc\""),
        (json!({"type": "integer"}), json!(1.5), "must be an integer, got 1.5"),
        (json!({"type": "string"}), json!([1]), "must be a string, got an array of 1 item"),
        (json!({"type": ["string", "null"]}), json!({}), "must be a string or null, got an object"),
        (
            json!({"enum": ["celsius", "kelvin"]}),
            json!("kelvn"),
            "must be one of \"celsius\", \"kelvin\", got \"kelvn\" (did you mean \"kelvin\"?)",
        ),
        (json!({"type": "string", "enum": ["a", "b"]}), json!(1), "must be one of \"a\", \"b\", got 1"),
        (json!({"const": 1}), json!(2), "must be 1, got 2"),
        (json!({"minLength": 3}), json!("hé"), "must have at least 3 characters, has 2"),
        (json!({"maxItems": 1}), json!([1, 2]), "must have at most 1 item, has 2"),
        (json!({"multipleOf": 5}), json!(7), "must be a multiple of 5, got 7"),
        (json!({"format": "date"}), json!("x"), "must be a date such as \"2026-03-31\", got \"x\""),
        (json!({"required": ["a"]}), json!({}), "`/a`: is required but missing"),
        (
            json!({"properties": {"title": {}}, "additionalProperties": false}),
            json!({"titel": 1}),
            "`/titel`: unknown field `titel`: did you mean `title`?",
        ),
        (
            json!({"properties": {"a": {}, "b": {}}, "additionalProperties": false}),
            json!({"zzz": 1}),
            "`/zzz`: unknown field `zzz`: known are `a`, `b`",
        ),
        (
            json!({"items": {"properties": {"a/b~": {"type": "null"}}}}),
            json!([{"a/b~": 1}]),
            "`/0/a~1b~0`: must be null, got 1",
        ),
        (json!({"uniqueItems": true}), json!(["a", "b", "a"]), "`/2`: must not repeat item 0: \"a\""),
        (json!({"anyOf": [{"type": "string"}, {"type": "boolean"}]}), json!(1), "must be a string or a boolean, got 1"),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 3}]}),
            json!(1),
            "must be at least 3, got 1",
        ),
        (json!(false), json!(1), "is not allowed"),
    ] {
        assert_eq!(faults(schema, value), want);
    }
}

#[test]
fn tagged_alternatives_tell_the_faults_of_the_one_that_was_meant() {
    let schema = json!({"anyOf": [
        {"type": "object", "properties": {"kind": {"type": "string", "enum": ["circle"]}, "r": {"type": "number", "minimum": 0}}, "required": ["kind", "r"]},
        {"type": "object", "properties": {"kind": {"type": "string", "enum": ["square"]}, "a": {"type": "number"}}, "required": ["kind", "a"]},
    ]});
    assert_eq!(faults(schema.clone(), json!({"kind": "circle", "r": -1})), "`/r`: must be at least 0, got -1");
    assert_eq!(faults(schema.clone(), json!({"kind": "square"})), "`/a`: is required but missing");
    assert_eq!(
        faults(schema.clone(), json!({"kind": "cirle"})),
        "`/kind`: must be one of \"circle\", \"square\", got \"cirle\" (did you mean \"circle\"?)"
    );
    assert_eq!(faults(schema.clone(), json!({})), "`/kind`: is required but missing: one of \"circle\", \"square\"");
    assert_eq!(faults(schema, json!(1)), "must be an object with `kind`, `r` or an object with `kind`, `a`, got 1");
    let external = property::<External>();
    let check = Check::derived_part(&external, "/properties/it").unwrap();
    assert_eq!(check.faults(&json!({"New": -1})).to_string(), "`/New`: must be at least 0, got -1");
}

#[test]
fn every_keyword_is_enforced() {
    for (schema, good, bad) in [
        (json!({"type": "integer"}), vec![json!(5), json!(5.0), json!(1e20)], vec![json!(5.5), json!("5")]),
        (json!({"type": "number"}), vec![json!(5), json!(5.5)], vec![json!(null)]),
        (json!({"type": ["integer", "null"]}), vec![json!(5), json!(null)], vec![json!(5.5)]),
        (
            json!({"enum": [1, {"a": [1.0]}, null]}),
            vec![json!(1.0), json!({"a": [1]}), json!(null)],
            vec![json!(2), json!({})],
        ),
        (json!({"const": "x"}), vec![json!("x")], vec![json!("y"), json!(1)]),
        (json!({"minimum": -1, "maximum": u64::MAX}), vec![json!(-1), json!(u64::MAX)], vec![json!(-2), json!(1e20)]),
        (json!({"minimum": 9007199254740993i64}), vec![json!(9007199254740993i64)], vec![json!(9007199254740992i64)]),
        (json!({"exclusiveMinimum": 0, "exclusiveMaximum": 10}), vec![json!(0.1), json!(9)], vec![json!(0), json!(10)]),
        (json!({"multipleOf": 0.1}), vec![json!(0.3), json!(1)], vec![json!(0.35)]),
        (
            json!({"minLength": 2, "maxLength": 3}),
            vec![json!("éé"), json!("日本語"), json!(5)],
            vec![json!("é"), json!("abcd")],
        ),
        (json!({"pattern": "^\\d+$"}), vec![json!("12"), json!(1)], vec![json!("1a"), json!("")]),
        (json!({"minItems": 1, "maxItems": 2}), vec![json!([1])], vec![json!([]), json!([1, 2, 3])]),
        (json!({"items": {"type": "string"}}), vec![json!([]), json!(["a"])], vec![json!([1])]),
        (
            json!({"prefixItems": [{"type": "string"}], "items": false}),
            vec![json!(["a"]), json!([])],
            vec![json!(["a", 1]), json!([1])],
        ),
        (
            json!({"items": [{"type": "string"}], "additionalItems": {"type": "null"}}),
            vec![json!(["a", null])],
            vec![json!(["a", 1]), json!([1])],
        ),
        (json!({"contains": {"type": "string"}}), vec![json!([1, "a"])], vec![json!([]), json!([1])]),
        (
            json!({"contains": {"type": "string"}, "minContains": 0, "maxContains": 1}),
            vec![json!([]), json!(["a"])],
            vec![json!(["a", "b"])],
        ),
        (
            json!({"uniqueItems": true}),
            vec![json!([1, "1", {"a": 1}, {"a": 2}])],
            vec![json!([1, 1.0]), json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}])],
        ),
        (json!({"properties": {"a": {"type": "null"}}}), vec![json!({"b": 1}), json!(1)], vec![json!({"a": 1})]),
        (
            json!({"properties": {"a": true}, "patternProperties": {"^x": {"type": "null"}}, "additionalProperties": {"type": "string"}}),
            vec![json!({"a": 1, "xy": null, "b": "s"})],
            vec![json!({"xy": 1}), json!({"b": 1})],
        ),
        (
            json!({"patternProperties": {"^x": true}, "additionalProperties": false}),
            vec![json!({"x": 1})],
            vec![json!({"y": 1})],
        ),
        (
            json!({"minProperties": 1, "maxProperties": 1}),
            vec![json!({"a": 1})],
            vec![json!({}), json!({"a": 1, "b": 1})],
        ),
        (json!({"propertyNames": {"maxLength": 1}}), vec![json!({"a": 1})], vec![json!({"ab": 1})]),
        (json!({"dependentRequired": {"a": ["b"]}}), vec![json!({"a": 1, "b": 1}), json!({})], vec![json!({"a": 1})]),
        (
            json!({"dependentSchemas": {"a": {"required": ["b"]}}}),
            vec![json!({"a": 1, "b": 1}), json!({})],
            vec![json!({"a": 1})],
        ),
        (
            json!({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}),
            vec![json!({"a": 1, "b": 1})],
            vec![json!({"a": 1}), json!({"c": 1})],
        ),
        (json!({"allOf": [{"minimum": 1}, {"maximum": 3}]}), vec![json!(2)], vec![json!(0), json!(4)]),
        (json!({"oneOf": [{"minimum": 1}, {"maximum": 3}]}), vec![json!(0), json!(4)], vec![json!(2)]),
        (json!({"not": {"type": "string"}}), vec![json!(1)], vec![json!("x")]),
        (
            json!({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}),
            vec![json!({"a": 1, "b": 1}), json!({"c": 1})],
            vec![json!({"a": 1}), json!({})],
        ),
        (
            json!({"properties": {"next": {"$ref": "#"}}, "required": ["v"]}),
            vec![json!({"v": 1, "next": {"v": 1}})],
            vec![json!({"v": 1, "next": {}})],
        ),
        (
            json!({"$ref": "#/$defs/a~1b%20c", "minimum": 1, "$defs": {"a/b c": {"type": "integer"}}}),
            vec![json!(1)],
            vec![json!(0), json!(1.5)],
        ),
        (
            json!({"$id": "https://x.y/z", "properties": {"a": {"$ref": "#named"}, "b": {"$ref": "https://x.y/z#named"}}, "$defs": {"n": {"$anchor": "named", "type": "string"}}}),
            vec![json!({"a": "s", "b": "s"})],
            vec![json!({"a": 1}), json!({"b": 1})],
        ),
        (json!(true), vec![json!(1)], vec![]),
        (
            json!({"$schema": "x", "description": 1, "readOnly": true, "x-y": {}, "format": "made-up", "contentSchema": {"type": "string"}}),
            vec![json!(1), json!("")],
            vec![],
        ),
    ] {
        let check = Check::compile(&schema).unwrap_or_else(|why| panic!("{schema}: {why}"));
        for value in good {
            let faults = check.faults(&value);
            assert!(faults.is_empty() && check.accepts(&value), "{schema} on {value}: {faults}");
        }
        for value in bad {
            assert!(!check.accepts(&value) && !check.faults(&value).is_empty(), "{schema} on {value}");
        }
    }
}

#[test]
fn what_cannot_be_enforced_is_named() {
    for (schema, keyword, pointer) in [
        (json!({"$dynamicRef": "#x"}), "$dynamicRef", ""),
        (json!({"properties": {"a": {"unevaluatedProperties": false}}}), "unevaluatedProperties", "/properties/a"),
        (json!({"items": {"unevaluatedItems": {}}}), "unevaluatedItems", "/items"),
        (json!({"anyOf": [{"$ref": "https://x.y/z"}]}), "$ref", "/anyOf/0"),
        (json!({"$ref": "other.json#/a"}), "$ref", ""),
        (json!({"$ref": "#/$defs/none"}), "$ref", ""),
        (json!({"$ref": "#none"}), "$ref", ""),
        (json!({"pattern": "(?=x)"}), "pattern", ""),
        (json!({"pattern": "("}), "pattern", ""),
        (json!({"type": "int"}), "type", ""),
        (json!({"minimum": "1"}), "minimum", ""),
        (json!({"exclusiveMinimum": true}), "exclusiveMinimum", ""),
        (json!({"minLength": -1}), "minLength", ""),
        (json!({"multipleOf": 0}), "multipleOf", ""),
        (json!({"properties": {"a/b": 1}}), "schema", "/properties/a~1b"),
        (json!({"required": "a"}), "required", ""),
    ] {
        let why = Check::compile(&schema).err().unwrap_or_else(|| panic!("{schema} is accepted"));
        assert_eq!((why.keyword.as_str(), why.pointer.as_str()), (keyword, pointer), "{why}");
    }
}

#[test]
fn raw_texts_are_judged_like_values() {
    let judge = |schema: Value, raw: &str| {
        let mut faults = Faults::new();
        Check::compile(&schema).unwrap().raw(raw, &Pointer::at("it"), &mut faults);
        faults.to_string()
    };
    let days = json!({"type": "integer", "minimum": 1, "maximum": 14});
    assert_eq!(judge(days.clone(), "14"), "");
    assert_eq!(judge(days.clone(), " 20 "), "`/it`: must be at most 14, got 20");
    assert_eq!(judge(days.clone(), "-1"), "`/it`: must be at least 1, got -1");
    assert_eq!(judge(days.clone(), "1.5"), "`/it`: must be an integer, got 1.5");
    assert_eq!(judge(days.clone(), "1e1"), "");
    assert_eq!(judge(days.clone(), "true"), "`/it`: must be an integer, got true");
    assert_eq!(judge(days.clone(), "\"5\""), "`/it`: must be an integer, got \"5\"");
    assert_eq!(judge(days.clone(), "[1]"), "`/it`: must be an integer, got an array of 1 item");
    assert_eq!(judge(days.clone(), "1x"), "`/it`: is not a number that can be read");
    assert_eq!(judge(days.clone(), "1e999"), "`/it`: is not a number that can be read");
    assert_eq!(judge(days, ""), "`/it`: is not JSON");
    let text = json!({"type": "string", "minLength": 2, "pattern": "^a"});
    assert_eq!(judge(text.clone(), "\"ab\""), "");
    assert_eq!(judge(text.clone(), "\"\\u0061b\""), "");
    assert_eq!(
        judge(text, "\"b\""),
        "`/it`: must have at least 2 characters, has 1\n`/it`: must match the pattern ^a, got \"b\""
    );
    assert_eq!(judge(json!({"type": "boolean"}), "true"), "");
    assert_eq!(
        judge(json!({"type": "string", "enum": ["a", "b"]}), "\"c\""),
        "`/it`: must be one of \"a\", \"b\", got \"c\""
    );
    assert_eq!(judge(json!({"items": {"type": "string"}}), "[1]"), "`/it/0`: must be a string, got 1");
}

#[test]
fn null_stands_for_an_absent_property_only_in_derived_schemas() {
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]});
    let derived = Check::derived(&schema).unwrap();
    assert!(derived.accepts(&json!({"a": null, "b": "x"})));
    assert!(!derived.accepts(&json!({"b": null})));
    assert!(!Check::compile(&schema).unwrap().accepts(&json!({"a": null, "b": "x"})));
    for (name, passes) in [("a", true), ("b", false)] {
        let check = Check::derived_part(&schema, &format!("/properties/{name}")).unwrap();
        let mut faults = Faults::new();
        check.raw("null", &Pointer::at(name), &mut faults);
        check.run(&Value::Null, &mut Pointer::at(name), &mut faults);
        assert_eq!(faults.is_empty(), passes, "{name}");
    }
}

#[test]
fn faults_and_echoes_are_bounded() {
    let check = Check::compile(&json!({"items": {"type": "null"}})).unwrap();
    let faults = check.faults(&json!(vec![1; 1000]));
    assert_eq!((faults.iter().count(), faults.len()), (32, 1000));
    assert!(faults.to_string().ends_with("\nand 968 more"));
    let text = faults_of(&json!({"enum": ["x"]}), &json!("y".repeat(10_000)));
    assert!(text.len() < 200, "{text}");
    let text = faults_of(&json!({"additionalProperties": false}), &json!({"k".repeat(10_000): 1}));
    assert!(text.len() < 300, "{text}");
    assert!(!faults_of(&json!({"const": 1}), &json!("a\u{1b}[2J\nb")).contains(['\n', '\u{1b}']));
}

fn faults_of(schema: &Value, value: &Value) -> String {
    Check::compile(schema).unwrap().faults(value).to_string()
}

#[test]
fn hostile_schemas_and_values_end() {
    // References in a circle, deep values, and alternatives that multiply with the depth.
    let circle = json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}]}}});
    assert!(!Check::compile(&circle).unwrap().accepts(&json!(1)));
    assert!(!faults_of(&circle, &json!(1)).is_empty());
    let tree = json!({"anyOf": [
        {"type": "array", "items": {"$ref": "#"}, "maxItems": 5},
        {"type": "array", "items": {"$ref": "#"}, "maxItems": 6},
        {"type": "array", "items": {"$ref": "#"}, "maxItems": 7},
    ]});
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!([deep]);
    }
    // On a stack as small as an async runtime's thread may have.
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let run = move || {
        let start = std::time::Instant::now();
        assert!(!faults_of(&tree, &deep).is_empty());
        let list = json!({"type": "array", "items": {"$ref": "#"}});
        let text = faults_of(&list, &deep);
        assert!(text.ends_with("must be an array, got 1"), "{text}");
        for _ in 0..50 {
            deep = json!([deep]);
        }
        assert!(faults_of(&list, &deep).ends_with("is nested too deeply"));
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    };
    small.spawn(run).unwrap().join().unwrap();
    let mut schema = json!({});
    for _ in 0..200 {
        schema = json!({"items": schema});
    }
    assert!(Check::compile(&schema).is_err());
}
