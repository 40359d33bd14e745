//! What is published obeys the rules of the one form.

use super::*;

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
fn a_root_has_no_alternatives() {
    for schema in [input::<Flat>(), input::<FlatTwo>(), input::<FlatExternal>()] {
        assert_eq!(schema["type"], "object");
        assert!(schema.get("anyOf").is_none());
        lint(&schema, "", false);
    }
    let flat = input::<Flat>();
    assert_eq!(flat["required"], json!(["a", "title", "kind"]));
    assert_eq!(flat["properties"]["kind"]["enum"].as_array().unwrap().len(), 3);
    let check = Validator::derived(&flat).unwrap();
    for good in [json!({"a": 1, "title": "t", "kind": "unit"}), json!({"a": 1, "title": "t", "kind": "fields", "x": 1})]
    {
        assert!(check.faults(&good).is_empty(), "{}", check.faults(&good));
    }
    assert!(!check.accepts(&json!({"a": 1, "title": "t", "kind": "nope"})));
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
    let check = Validator::derived(&schema).unwrap();
    assert!(
        check.accepts(&json!({"it": {"a": {"a": {}}}})) != check.accepts(&json!({"it": 1}))
            || !check.accepts(&json!({"it": 1}))
    );
    assert!(!check.accepts(&json!({"it": {"a": 1}})));
}
