//! Every keyword, every message, and what ends whoever sends it.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

use serde_json::json;

use super::*;

fn faults(schema: Value, value: Value) -> String {
    Validator::compile(&schema).unwrap().faults(&value).to_string()
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
        let check = Validator::compile(&schema).unwrap_or_else(|why| panic!("{schema}: {why}"));
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
        let why = Validator::compile(&schema).err().unwrap_or_else(|| panic!("{schema} is accepted"));
        assert_eq!((why.keyword.as_str(), why.pointer.as_str()), (keyword, pointer), "{why}");
    }
}

#[test]
fn scalars_are_judged_without_a_tree() {
    let judge = |schema: Value, raw: &str| {
        let mut faults = Faults::new();
        let done = Validator::compile(&schema).unwrap().hold_scalar(raw, &Pointer::at("it"), 1000, &mut faults);
        done.then(|| faults.to_string())
    };
    let days = json!({"type": "integer", "minimum": 1, "maximum": 14});
    assert_eq!(judge(days.clone(), "14").as_deref(), Some(""));
    assert_eq!(judge(days.clone(), "20").as_deref(), Some("`/it`: must be at most 14, got 20"));
    assert_eq!(judge(days.clone(), "-1").as_deref(), Some("`/it`: must be at least 1, got -1"));
    for tree in ["1.5", "1e1", "true", "\"5\"", "[1]"] {
        assert_eq!(judge(days.clone(), tree), None, "{tree}");
    }
    let text = json!({"type": "string", "minLength": 2, "pattern": "^a"});
    assert_eq!(judge(text.clone(), "\"ab\"").as_deref(), Some(""));
    assert_eq!(judge(text.clone(), "\"\\u0061b\"").as_deref(), Some(""));
    assert_eq!(judge(text.clone(), "\"bb\"").as_deref(), Some("`/it`: must match the pattern ^a, got \"bb\""));
    assert_eq!(
        judge(text, "\"b\"").as_deref(),
        Some("`/it`: must have at least 2 characters, has 1"),
        "and no pattern"
    );
    assert_eq!(judge(json!({"type": "boolean"}), "true").as_deref(), Some(""));
}

#[test]
fn null_stands_for_an_absent_property_only_in_derived_schemas() {
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]});
    let derived = Validator::derived(&schema).unwrap();
    assert!(derived.accepts(&json!({"a": null, "b": "x"})));
    assert!(!derived.accepts(&json!({"b": null})));
    assert!(!Validator::compile(&schema).unwrap().accepts(&json!({"a": null, "b": "x"})));
    for (name, passes) in [("a", true), ("b", false)] {
        let check = Validator::derived_part(&schema, &format!("/properties/{name}")).unwrap();
        let mut faults = Faults::new();
        check.run(&JsonTree::Null, &mut Pointer::at(name), &mut faults);
        assert_eq!(faults.is_empty(), passes, "{name}");
    }
}

#[test]
fn faults_and_echoes_are_bounded() {
    let check = Validator::compile(&json!({"items": {"type": "null"}})).unwrap();
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
    Validator::compile(schema).unwrap().faults(value).to_string()
}

#[test]
fn hostile_schemas_and_values_end() {
    // References in a circle, deep values, and alternatives that multiply with the depth.
    let circle = json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}]}}});
    assert!(!Validator::compile(&circle).unwrap().accepts(&json!(1)));
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
    assert!(Validator::compile(&schema).is_err());
}
