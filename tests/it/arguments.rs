//! What a caller may send: read to the letter, then leniently, held against every rule that is published, all faults at once.

use std::collections::BTreeMap;

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{
    Client, Revision,
    client::{error_of, text_of},
    served,
};
use serde_json::{Value, json};

#[model]
#[derive(Debug)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

#[model]
#[derive(Debug)]
struct Person {
    #[schemars(length(min = 1, max = 5))]
    name: String,
    #[schemars(range(min = 18, max = 99))]
    age: u32,
    #[serde(default)]
    #[schemars(inner(length(min = 2)))]
    nicknames: Vec<String>,
    home: Option<Home>,
}

#[model]
#[derive(Debug)]
struct Home {
    #[schemars(regex(pattern = "^[0-9]{5}$"))]
    postcode: String,
}

/// Takes some of everything.
#[tool]
#[allow(clippy::too_many_arguments, reason = "that is what is tested")]
fn everything(
    #[arg(len(3..=5))] text: String,
    #[arg(range(1..=14))] number: u8,
    #[arg(range(0.5..=1.5))] ratio: f64,
    on: bool,
    colour: Colour,
    #[arg(len(1..=2))] people: Vec<Person>,
    #[arg(pattern = "^[a-z]+$")] word: String,
    #[arg(default = 7)] count: i64,
    note: Option<String>,
) -> String {
    format!("{text} {number} {ratio} {on} {colour:?} {people:?} {word} {count} {note:?}")
}

fn server() -> Server {
    Server::empty("arguments").tool(everything)
}

fn good() -> Value {
    json!({
        "text": "three", "number": 14, "ratio": 0.5, "on": true, "colour": "red",
        "people": [{ "name": "Ada", "age": 36 }], "word": "abc",
    })
}

const ARRIVED: &str = "three 14 0.5 true Red [Person { name: \"Ada\", age: 36, nicknames: [], home: None }] abc 7 None";

/// `good()` with one member changed.
fn but(name: &str, value: Value) -> Value {
    let mut arguments = good();
    arguments[name] = value;
    arguments
}

#[tokio::test]
async fn good_arguments_arrive_and_defaults_fill_the_rest() {
    served(server, async |client| {
        assert_eq!(text_of(&client.call("everything", good()).await), ARRIVED);
        for (name, value, seen) in [("count", json!(-3), "abc -3 None"), ("note", json!("hi"), "abc 7 Some(\"hi\")")] {
            let text = text_of(&client.call("everything", but(name, value)).await);
            assert!(text.ends_with(seen), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn null_is_as_good_as_nothing_where_nothing_is_allowed() {
    served(server, async |client| {
        let mut arguments = but("note", json!(null));
        arguments["count"] = json!(null);
        assert_eq!(text_of(&client.call("everything", arguments).await), ARRIVED);
        let text = client.failure("everything", but("number", json!(null))).await;
        assert!(text.contains("/number"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn every_fault_of_a_call_comes_back_at_once() {
    served(server, async |client| {
        let arguments = json!({
            "text": "no", "number": 15, "ratio": "much", "on": "perhaps", "colour": "blue", "word": "ABC",
            "people": [
                { "name": "", "age": 36 },
                { "name": "Grace", "age": 3, "nicknames": ["ok", "x"], "home": { "postcode": "123" } },
            ],
            "cuont": 5,
        });
        let result = client.call("everything", arguments).await;
        assert_eq!(result["isError"], true);
        let text = text_of(&result);
        let error = error_of(&result);
        assert_eq!(error["code"], "invalid_params");
        let details = error["details"].as_array().unwrap();
        let pointers: Vec<&str> = details.iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
        for pointer in [
            "/text",
            "/number",
            "/ratio",
            "/on",
            "/colour",
            "/word",
            "/people/0/name",
            "/people/1/age",
            "/people/1/nicknames/1",
            "/people/1/home/postcode",
            "/cuont",
        ] {
            assert!(pointers.contains(&pointer), "{pointer} is missing among {pointers:?}");
            assert!(text.contains(&format!("`{pointer}`")), "{pointer} is missing in:\n{text}");
        }
        assert_eq!(pointers.len(), 11, "each fault once: {pointers:?}");
        assert!(text.contains("did you mean `count`?"), "{text}");
        assert!(text.contains("red") && text.contains("green"), "what a colour can be:\n{text}");
    })
    .await;
}

#[tokio::test]
async fn what_is_published_is_what_is_enforced() {
    served(server, async |client| {
        let tools = client.list("tools/list", "tools").await;
        let published = jsonschema::validator_for(&tools[0]["inputSchema"]).unwrap();
        for (name, values) in [
            ("text", vec![json!("ab"), json!("abc"), json!("abcde"), json!("abcdef"), json!("äöü"), json!(5)]),
            ("number", vec![json!(0), json!(1), json!(14), json!(15), json!(-1), json!(256), json!(2.5)]),
            ("ratio", vec![json!(0.4), json!(0.5), json!(1), json!(1.5), json!(1.6), json!(null)]),
            ("on", vec![json!(true), json!(1), json!([])]),
            ("colour", vec![json!("red"), json!("Red"), json!("blue"), json!({})]),
            ("word", vec![json!(""), json!("a"), json!("a1")]),
            ("people", vec![json!([]), json!({}), json!([{}]), json!([{ "name": "Ada" }])]),
            ("people", vec![json!([{ "name": "Ada", "age": 17 }]), json!([{ "name": "Ada", "age": 100 }])]),
            ("people", vec![json!([{ "name": "Ada", "age": 18, "home": { "postcode": "12345" } }])]),
            ("people", vec![json!([{ "name": "Ada", "age": 18, "home": { "postcode": "12345a" } }])]),
            ("people", vec![json!([{ "name": "Ada", "age": 18 }, { "name": "Bob", "age": 18 }])]),
            ("people", vec![Value::Array(vec![json!({ "name": "Ada", "age": 18 }); 3])]),
            ("count", vec![json!(i64::MIN), json!(i64::MAX), json!("x"), json!(0.5)]),
            ("note", vec![json!(""), json!(5), json!([])]),
            ("other", vec![json!(1)]),
        ] {
            for value in values {
                let arguments = but(name, value);
                let allowed = published.is_valid(&arguments);
                let result = client.call("everything", arguments.clone()).await;
                assert_eq!(result["isError"] != true, allowed, "{arguments}\n{result}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_as_text_is_read_as_what_the_type_wants() {
    served(server, async |client| {
        for (name, value) in [
            ("number", json!("14")),
            ("number", json!(14.0)),
            ("ratio", json!("0.5")),
            ("on", json!("true")),
            ("people", json!("[{\"name\": \"Ada\", \"age\": 36}]")),
            ("people", json!([{ "name": "Ada", "age": "36" }])),
            ("people", json!(["{\"name\": \"Ada\", \"age\": 36}"])),
            ("count", json!("7")),
        ] {
            let result = client.call("everything", but(name, value.clone())).await;
            assert_eq!(text_of(&result), ARRIVED, "{name}: {value}");
        }
        for (name, value) in [("number", json!("15")), ("number", json!("1x")), ("on", json!("maybe"))] {
            let text = client.failure("everything", but(name, value)).await;
            assert!(text.contains(&format!("`/{name}`")), "leniency does not lift the rules: {text}");
        }
    })
    .await;
}

#[tokio::test]
async fn strict_arguments_are_read_to_the_letter() {
    served(
        || server().strict_arguments(),
        async |client| {
            assert_eq!(text_of(&client.call("everything", good()).await), ARRIVED);
            let whole = client.call("everything", but("number", json!(14.0))).await;
            assert_eq!(text_of(&whole), ARRIVED, "JSON Schema counts 14.0 as an integer");
            for (name, value) in [("number", json!("14")), ("on", json!("true")), ("people", json!("[]"))] {
                let text = client.failure("everything", but(name, value)).await;
                assert!(text.contains(&format!("`/{name}`")), "{text}");
            }
            let params = json!({ "name": "everything", "arguments": good().to_string() });
            assert_eq!(client.refusal("tools/call", params).await.code, -32602);
        },
    )
    .await;
}

#[tokio::test]
async fn text_stays_text_even_if_it_looks_like_something_else() {
    /// Says it again.
    #[tool(inline)]
    fn echo(text: String, texts: Vec<String>) -> String {
        format!("{text} {texts:?}")
    }
    served(
        || Server::empty("echo").tool(echo),
        async |client| {
            for text in ["5", "true", "null", "[1]", "{\"a\": 1}", ""] {
                let result = client.call("echo", json!({ "text": text, "texts": [text] })).await;
                assert_eq!(text_of(&result), format!("{text} {:?}", [text]));
            }
        },
    )
    .await;
}

#[model]
#[derive(Debug)]
struct Page {
    #[schemars(range(min = 1))]
    #[serde(default = "first")]
    page: u32,
    /// Items on one page.
    #[schemars(range(max = 50))]
    size: u32,
}

fn first() -> u32 {
    1
}

/// Searches.
#[tool(inline)]
fn search(query: String, #[arg(flatten)] page: Page) -> String {
    format!("{query} {page:?}")
}

#[tokio::test]
async fn a_flattened_struct_spreads_among_the_arguments() {
    served(
        || Server::empty("flat").tool(search),
        async |client| {
            let tools = client.list("tools/list", "tools").await;
            let schema = &tools[0]["inputSchema"];
            let mut names: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
            names.sort();
            assert_eq!(names, ["page", "query", "size"]);
            assert_eq!(schema["properties"]["size"]["description"], "Items on one page.");
            assert_eq!(schema["required"], json!(["query", "size"]));

            let found = client.call("search", json!({ "query": "rust", "size": 10 })).await;
            assert_eq!(text_of(&found), "rust Page { page: 1, size: 10 }");
            let text = client.failure("search", json!({ "query": "rust", "size": 51, "page": 0, "sise": 1 })).await;
            for part in ["`/size`", "`/page`", "`/sise`", "did you mean `size`?"] {
                assert!(text.contains(part), "{part} is missing in:\n{text}");
            }
            let text = client.failure("search", json!({ "query": "rust" })).await;
            assert!(text.contains("size"), "{text}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_flattened_map_takes_whatever_else_there_is() {
    /// Takes labels.
    #[tool(inline)]
    fn label(name: String, #[arg(flatten)] labels: BTreeMap<String, u8>) -> String {
        format!("{name} {labels:?}")
    }
    served(
        || Server::empty("labels").tool(label),
        async |client| {
            let result = client.call("label", json!({ "name": "box", "red": 1, "small": 2 })).await;
            assert_eq!(text_of(&result), "box {\"red\": 1, \"small\": 2}");
            let text = client.failure("label", json!({ "name": "box", "red": 300 })).await;
            assert!(text.contains("/red"), "{text}");
            let text = client.failure("label", json!({ "name": "box", "x/y~z": 300 })).await;
            assert!(text.contains("`/x~1y~0z`"), "a pointer escapes its steps: {text}");
        },
    )
    .await;
}

#[tokio::test]
async fn names_on_the_wire_are_what_the_attribute_or_the_identifier_says() {
    /// Travels.
    #[tool(inline)]
    fn travel(#[arg(name = "from")] start: String, r#type: String) -> String {
        [start, r#type].join(" ")
    }
    served(
        || Server::empty("names").tool(travel),
        async |client| {
            let arguments = json!({ "from": "Oslo", "type": "train" });
            assert_eq!(text_of(&client.call("travel", arguments).await), "Oslo train");
            let text = client.failure("travel", json!({ "start": "Oslo", "type": "train" })).await;
            assert!(text.contains("`/start`") && text.contains("`/from`"), "{text}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_tool_without_arguments_takes_none() {
    /// Answers.
    #[tool(inline)]
    fn answer() -> u8 {
        42
    }
    served(
        || Server::empty("none").tool(answer),
        async |client| {
            let tools = client.list("tools/list", "tools").await;
            assert_eq!(tools[0]["inputSchema"]["type"], "object");
            assert_eq!(tools[0]["inputSchema"]["additionalProperties"], false);
            for params in [
                json!({ "name": "answer" }),
                json!({ "name": "answer", "arguments": null }),
                json!({ "name": "answer", "arguments": {} }),
            ] {
                assert_eq!(text_of(&client.result("tools/call", params).await), "42");
            }
            let text = client.failure("answer", json!({ "question": "?" })).await;
            assert!(text.contains("`/question`") && text.contains("takes none"), "{text}");
        },
    )
    .await;
}

#[model]
#[derive(Debug)]
struct Tree {
    #[schemars(range(max = 9))]
    value: u8,
    #[serde(default)]
    children: Vec<Tree>,
}

#[tokio::test]
async fn a_type_may_contain_itself() {
    /// Adds up.
    #[tool(inline)]
    fn total(tree: Tree) -> u32 {
        u32::from(tree.value) + tree.children.into_iter().map(total).sum::<u32>()
    }
    served(
        || Server::empty("trees").tool(total),
        async |client| {
            let tree = json!({ "value": 1, "children": [{ "value": 2, "children": [{ "value": 3 }] }] });
            assert_eq!(text_of(&client.call("total", json!({ "tree": tree })).await), "6");
            let tree = json!({ "value": 1, "children": [{ "value": 2, "children": [{ "value": 10 }] }] });
            let text = client.failure("total", json!({ "tree": tree })).await;
            assert!(text.contains("`/tree/children/0/children/0/value`"), "{text}");
            let schema = client.list("tools/list", "tools").await.remove(0)["inputSchema"].take();
            assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&json!({ "tree": { "value": 1 } })));
        },
    )
    .await;
}

#[tokio::test]
async fn the_arguments_of_a_dynamic_tool_are_held_against_its_schema() {
    let dynamic = || {
        let schema = json!({
            "type": "object",
            "properties": { "sides": { "type": "integer", "minimum": 2 } },
            "required": ["sides"],
            "additionalProperties": false,
        });
        DynamicTool::new("dice", schema, |arguments: Value, _: Context| async move {
            Ok::<_, ToolError>(format!("a die of {} sides", arguments["sides"]))
        })
    };
    served(
        || Server::empty("games").add_tool(dynamic()),
        async |client| {
            assert_eq!(text_of(&client.call("dice", json!({ "sides": 6 })).await), "a die of 6 sides");
            let text = client.failure("dice", json!({ "sides": 1, "colour": "red" })).await;
            assert!(text.contains("`/sides`") && text.contains("colour"), "{text}");
            assert!(client.failure("dice", json!({})).await.contains("sides"));
        },
    )
    .await;
}

#[tokio::test]
async fn a_direct_call_reads_its_arguments_the_same_way() {
    let server = server().start().await.unwrap();
    let result = server.call_tool("everything", good()).await.unwrap();
    assert_eq!(result.to_text(), ARRIVED);
    let result = server.call_tool("everything", but("number", json!(15))).await.unwrap();
    assert!(result.is_error() && result.to_text().contains("`/number`"), "{}", result.to_text());
    let mut client = Client::of(server, Revision::V2026_07_28).await;
    assert_eq!(text_of(&client.call("everything", good()).await), ARRIVED);
    client.finish().await;
}
