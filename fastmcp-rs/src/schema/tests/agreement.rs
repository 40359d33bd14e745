//! What is published says what serde does, on the way in and on the way out.

use super::*;

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
        Validator::beyond_types(&raw(schema, &mut generator))
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
    assert!(Validator::beyond_types(&json!({"type": "integer", "format": "uint16", "minimum": 0, "maximum": 255})));
    assert!(Validator::beyond_types(&json!({"type": "integer", "minimum": 0, "maximum": 255})));
    assert!(!Validator::beyond_types(&json!({"type": "integer", "format": "uint8", "minimum": 0, "maximum": 255})));
    assert!(Validator::beyond_types(&json!({"type": "string", "format": "email"})));
    let root = json!({"properties": {"a": {"minLength": 1}, "b": {"$ref": "#/$defs/B"}, "c": {}}, "$defs": {"B": {"minimum": 1}}});
    assert!(Validator::beyond_types_part(&root, &root["properties"]["a"]));
    assert!(Validator::beyond_types_part(&root, &root["properties"]["b"]));
    assert!(!Validator::beyond_types_part(&root, &root["properties"]["c"]));
}

#[test]
fn rules_are_published_and_enforced() {
    let schema = property::<Rules>();
    lint(&schema, "", false);
    let check = Validator::derived(&schema).unwrap();
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
fn an_external_variant_tells_its_own_faults() {
    let external = property::<External>();
    let check = Validator::derived_part(&external, "/properties/it").unwrap();
    assert_eq!(check.faults(&json!({"New": -1})).to_string(), "`/New`: must be at least 0, got -1");
}
