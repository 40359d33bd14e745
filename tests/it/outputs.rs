//! What a function may return, and what a client gets of it.

use std::collections::{BTreeMap, HashMap};

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Client, Revision, client::text_of, served, wherever};
use serde_json::{Value, json, value::RawValue};

#[model]
#[derive(PartialEq)]
#[serde(rename_all = "camelCase")]
struct Point {
    x_axis: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

#[model]
#[serde(rename_all = "lowercase")]
enum Answer {
    Yes,
}

/// An object or text.
#[model]
#[serde(untagged)]
enum Either {
    Object { n: u8 },
    Text(String),
}

#[model]
struct Tree {
    value: f64,
    children: Vec<Tree>,
}

#[model]
struct Bounded {
    #[schemars(range(max = 9))]
    n: u8,
}

type Fallible<T> = Result<T, ToolError>;

macro_rules! tools {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(
            /// Returns.
            #[tool(inline)]
            fn $name() -> $type {
                $value
            }
        )*

        fn server() -> Server {
            Server::empty("outputs")$(.tool($name))*
        }
    };
}

tools! {
    string: String = "text".to_owned();
    static_str: &'static str = "text";
    cow: std::borrow::Cow<'static, str> = "text".into();
    nothing: () = ();
    no_text: Option<String> = None;
    some_text: Option<String> = Some("text".to_owned());
    integer: i64 = -5;
    unsigned: u64 = u64::MAX;
    float: f64 = 2.5;
    flag: bool = true;
    no_number: Option<u8> = None;
    some_number: Option<u8> = Some(3);
    object: Point = Point { x_axis: 1, label: None };
    list: Vec<Point> = vec![Point { x_axis: 1, label: Some("a".to_owned()) }];
    map: BTreeMap<String, u8> = BTreeMap::from([("a".to_owned(), 1)]);
    choice: Answer = Answer::Yes;
    tuple: (u8, String) = (1, "a".to_owned());
    json_text: Json<String> = Json("text".to_owned());
    any_json: Json<Value> = Json(json!({ "a": [null, 1] }));
    either_object: Either = Either::Object { n: 1 };
    either_text: Either = Either::Text("text".to_owned());
    trees: Vec<Tree> = vec![Tree { value: 0.5, children: vec![Tree { value: 1.0, children: Vec::new() }] }];
    bounded: Bounded = Bounded { n: 9 };
    content: Content = Content::text("text");
    contents: Vec<Content> = vec![Content::text("one"), Content::text("two")];
    image: Image = Image::new([1, 2, 3], "image/png");
    audio: Audio = Audio::new([1, 2, 3], "audio/wav");
    full: ToolResult = ToolResult::text("text").with_meta("com.example/key", 5);
    fine: Result<Point, ToolError> = Ok(Point { x_axis: 1, label: None });
    alias: Fallible<u8> = Ok(3);
    fine_text: Result<String, String> = Ok("text".to_owned());
    fine_anyhow: anyhow::Result<u8> = Ok(3);
}

/// What each of them comes to: the content's text, and the structured content of 2026-07-28.
fn expected() -> Vec<(&'static str, &'static str, Option<Value>)> {
    vec![
        ("string", "text", None),
        ("static_str", "text", None),
        ("cow", "text", None),
        ("nothing", "", None),
        ("no_text", "", None),
        ("some_text", "text", None),
        ("integer", "-5", Some(json!(-5))),
        ("unsigned", "18446744073709551615", Some(json!(u64::MAX))),
        ("float", "2.5", Some(json!(2.5))),
        ("flag", "true", Some(json!(true))),
        ("no_number", "null", Some(json!(null))),
        ("some_number", "3", Some(json!(3))),
        ("object", r#"{"xAxis":1}"#, Some(json!({ "xAxis": 1 }))),
        ("list", r#"[{"xAxis":1,"label":"a"}]"#, Some(json!([{ "xAxis": 1, "label": "a" }]))),
        ("map", r#"{"a":1}"#, Some(json!({ "a": 1 }))),
        ("choice", r#""yes""#, Some(json!("yes"))),
        ("tuple", r#"[1,"a"]"#, Some(json!([1, "a"]))),
        ("json_text", r#""text""#, Some(json!("text"))),
        ("any_json", r#"{"a":[null,1]}"#, Some(json!({ "a": [null, 1] }))),
        ("either_object", r#"{"n":1}"#, Some(json!({ "n": 1 }))),
        ("either_text", r#""text""#, Some(json!("text"))),
        (
            "trees",
            r#"[{"value":0.5,"children":[{"value":1.0,"children":[]}]}]"#,
            Some(json!([{ "value": 0.5, "children": [{ "value": 1.0, "children": [] }] }])),
        ),
        ("bounded", r#"{"n":9}"#, Some(json!({ "n": 9 }))),
        ("content", "text", None),
        ("contents", "one\ntwo", None),
        ("full", "text", None),
        ("fine", r#"{"xAxis":1}"#, Some(json!({ "xAxis": 1 }))),
        ("alias", "3", Some(json!(3))),
        ("fine_text", "text", None),
        ("fine_anyhow", "3", Some(json!(3))),
    ]
}

#[tokio::test]
async fn every_return_type_arrives_as_its_revision_has_it() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            for (tool, text, structured) in expected() {
                let result = client.call(tool, json!({})).await;
                assert_eq!(text_of(&result), text, "{tool}");
                assert_ne!(result["isError"], true, "{tool}");
                let expected = match client.revision() {
                    revision if revision < Revision::V2025_06_18 => None,
                    revision if revision.is_modern() => structured,
                    // What is no object is wrapped where an object is wanted.
                    _ => structured.map(|value| {
                        let bare = value.is_object() && tool != "either_object";
                        if bare { value } else { json!({ "result": value }) }
                    }),
                };
                assert_eq!(result.get("structuredContent"), expected.as_ref(), "{tool}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_returned_fits_the_schema_that_is_published() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            let revision = client.revision();
            let mut with_schema = 0;
            for tool in client.list("tools/list", "tools").await {
                let name = tool["name"].as_str().unwrap();
                let result = client.call(name, json!({})).await;
                let Some(schema) = tool.get("outputSchema") else {
                    // Any JSON needs no schema to be structured.
                    assert!(result.get("structuredContent").is_none() || name == "any_json", "{name}: {result}");
                    continue;
                };
                with_schema += 1;
                assert!(revision >= Revision::V2025_06_18, "{name} has an output schema in {revision}");
                if !revision.is_modern() {
                    assert_eq!(schema["type"], "object", "{name}");
                }
                let validator = jsonschema::validator_for(schema).unwrap();
                assert!(validator.is_valid(&result["structuredContent"]), "{name}: {schema}\n{result}");
            }
            assert_eq!(with_schema, if revision < Revision::V2025_06_18 { 0 } else { 19 });
        },
    )
    .await;
}

#[tokio::test]
async fn pictures_and_sounds_are_base64() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            let image = client.call("image", json!({})).await;
            assert_eq!(image["content"], json!([{ "type": "image", "data": "AQID", "mimeType": "image/png" }]));
            let audio = client.call("audio", json!({})).await;
            if client.revision() < Revision::V2025_03_26 {
                assert_eq!(audio["content"][0]["type"], "text", "a block that the revision does not know");
                assert!(text_of(&audio).contains("audio/wav"), "{audio}");
            } else {
                assert_eq!(audio["content"], json!([{ "type": "audio", "data": "AQID", "mimeType": "audio/wav" }]));
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_result_carries_its_own_meta() {
    served(server, async |client| {
        assert_eq!(client.call("full", json!({})).await["_meta"]["com.example/key"], 5);
    })
    .await;
}

/// A file.
#[tool]
fn file(path: String) -> File {
    File::path(path)
}

#[tokio::test]
async fn a_file_is_embedded_with_the_type_that_its_name_tells() {
    let directory = tempfile::tempdir().unwrap();
    let (text, blob) = (directory.path().join("notes.md"), directory.path().join("picture.png"));
    std::fs::write(&text, "# Notes").unwrap();
    std::fs::write(&blob, [0x89, 0xff]).unwrap();
    served(
        || Server::empty("files").tool(file),
        async |client| {
            let result = client.call("file", json!({ "path": text })).await;
            let resource = &result["content"][0]["resource"];
            assert_eq!((&resource["mimeType"], &resource["text"]), (&json!("text/markdown"), &json!("# Notes")));
            let result = client.call("file", json!({ "path": blob })).await;
            assert!(
                result.to_string().contains("\"image/png\"") && result.to_string().contains("\"if8=\""),
                "{result}"
            );
            let missing = directory.path().join("missing");
            let text = client.failure("file", json!({ "path": missing })).await;
            assert!(!text.contains(directory.path().to_str().unwrap()), "a path is nobody else's business: {text}");
        },
    )
    .await;
}

/// A schema by hand.
#[tool(inline, output_schema = json!({ "type": "object", "properties": { "n": { "type": "integer", "maximum": 9 } }, "required": ["n"] }))]
fn by_hand(n: Option<u8>) -> ToolResult {
    match n {
        Some(n) => ToolResult::new().with_structured(&json!({ "n": n })).unwrap(),
        None => ToolResult::text("nothing"),
    }
}

#[tokio::test]
async fn a_schema_written_by_hand_is_held_against_the_result() {
    let dynamic = || {
        let schema = json!({ "type": "object", "properties": { "n": {} } });
        let tool = DynamicTool::new("dynamic", schema, |arguments: Value, _: Context| async move {
            ToolResult::new().with_structured(&arguments)
        });
        tool.output_schema(json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] }))
    };
    served(
        || Server::empty("hand").tool(by_hand).add_tool(dynamic()),
        async |client| {
            let result = client.call("by_hand", json!({ "n": 9 })).await;
            assert_eq!(result["structuredContent"], json!({ "n": 9 }));
            assert_eq!(client.value("dynamic", json!({ "n": 5 })).await, json!({ "n": 5 }));
            for (tool, arguments) in [
                ("by_hand", json!({ "n": 10 })),
                ("by_hand", json!({})),
                ("dynamic", json!({ "n": "x" })),
                ("dynamic", json!({})),
            ] {
                let text = client.failure(tool, arguments).await;
                assert!(text.starts_with("internal error (incident "), "{text}");
            }
        },
    )
    .await;
}

/// Keys that JSON does not have.
#[tool(inline)]
fn odd_keys() -> HashMap<(u8, u8), u8> {
    HashMap::from([((1, 2), 3)])
}

/// What JSON has no number for.
#[tool(inline)]
fn divide(by: f64) -> f64 {
    1.0 / by
}

/// The same within something.
#[tool(inline)]
fn divide_all(by: Vec<f64>) -> BTreeMap<String, Vec<f64>> {
    BTreeMap::from([("all".to_owned(), by.into_iter().map(|by| 1.0 / by).collect())])
}

/// More than its own schema allows.
#[tool(inline)]
fn unbounded(n: u8) -> Bounded {
    Bounded { n }
}

/// Too much.
#[tool(inline)]
fn large(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// Too much to read.
#[resource("large://text")]
fn large_text() -> String {
    "x".repeat(20_000)
}

#[tokio::test]
async fn a_result_that_cannot_be_written_is_an_error_and_no_broken_json() {
    let server = || {
        let server = Server::empty("odd").tool(odd_keys).tool(divide).tool(divide_all);
        server.tool(unbounded).tool(large).resource(large_text)
    };
    served(
        || server().max_result_bytes(10_000),
        async |client| {
            let text = client.failure("odd_keys", json!({})).await;
            assert_eq!(text, "the result could not be written as JSON");
            assert_eq!(text_of(&client.call("divide", json!({ "by": 2 })).await), "0.5");
            for (tool, arguments) in [
                ("divide", json!({ "by": 0 })),
                ("divide_all", json!({ "by": [1, 0] })),
                ("unbounded", json!({ "n": 10 })),
            ] {
                let text = client.failure(tool, arguments).await;
                assert!(text.starts_with("internal error (incident "), "{tool}: {text}");
            }
            assert_eq!(text_of(&client.call("large", json!({ "bytes": 9000 })).await).len(), 9000);
            let text = client.failure("large", json!({ "bytes": 20_000 })).await;
            assert!(
                text.contains("the result has ") && text.contains("at most 10000 bytes are sent: ask for"),
                "{text}"
            );
            let refusal = client.refusal("resources/read", json!({ "uri": "large://text" })).await;
            assert_eq!((refusal.code, &refusal.data["code"]), (-32602, &json!("invalid_params")), "{refusal}");
            let details = &refusal.data["details"];
            assert_eq!(details["limit"], 10_000);
            assert!(details["size"].as_u64() > Some(20_000) && details["size"].as_u64() < Some(20_500), "{details}");
        },
    )
    .await;
}

#[tokio::test]
async fn text_comes_back_to_the_letter() {
    let server = Server::empty("echo").tool(echo);
    let mut client = Client::of(server, Revision::V2026_07_28).await;
    for text in
        ["\"\\/\u{8}\u{c}\n\r\t", "\u{0}\u{1f}\u{7f}", "äöü 🦀 \u{2028}", "event: message\ndata: {}\n\n", "\u{1b}[31m"]
    {
        let result = client.call("echo", json!({ "text": text })).await;
        assert_eq!(result["structuredContent"]["text"], text);
        let copy: Value = serde_json::from_str(&text_of(&result)).unwrap();
        assert_eq!(copy, result["structuredContent"]);
    }
    client.finish().await;
}

#[model]
struct Echo {
    text: String,
}

/// Says it again.
#[tool(inline)]
fn echo(text: String) -> Echo {
    Echo { text }
}

/// Answers with JSON that somebody else wrote, over several lines, and says a word before that if it is to.
#[tool]
async fn written_elsewhere(talkative: bool, ctx: Context) -> Result<ToolResult, ToolError> {
    if talkative {
        ctx.info("here it comes").await;
    }
    let raw = RawValue::from_string(WRITTEN_ELSEWHERE.to_owned())?;
    Ok(ToolResult::new().with_structured(&raw)?)
}

const WRITTEN_ELSEWHERE: &str =
    "{\r\n\t\"text\": \"two\\nlines\",\n\n  \"number\": 123456789012345678901234567890,\r  \"list\": [\n1\n]\n}";

#[tokio::test]
async fn json_of_several_lines_is_sent_on_one() {
    wherever(
        &Revision::ALL,
        |_| Server::empty("elsewhere").tool(written_elsewhere),
        async |client| {
            for talkative in [false, true] {
                let params = json!({
                    "name": "written_elsewhere",
                    "arguments": { "talkative": talkative },
                    "_meta": { "io.modelcontextprotocol/logLevel": "info" },
                });
                let result = client.result("tools/call", params).await;
                let expected: Value = serde_json::from_str(WRITTEN_ELSEWHERE).unwrap();
                let text = text_of(&result);
                assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
                assert!(text.contains("123456789012345678901234567890"), "not a digit is lost: {text}");
                if client.revision() >= Revision::V2025_06_18 {
                    assert_eq!(result["structuredContent"], expected);
                }
                assert_eq!(client.unasked.drain(..).count(), usize::from(talkative));
            }
        },
    )
    .await;
}

mod not_finite {
    use super::*;

    #[model]
    struct Measured {
        name: Option<String>,
        value: Option<f64>,
    }

    fn measured(value: f64) -> Measured {
        Measured { name: None, value: Some(value) }
    }

    /// Measures.
    #[tool(inline)]
    fn measure(high: bool) -> Measured {
        measured(if high { f64::INFINITY } else { 1.5 })
    }

    /// Measures.
    #[tool(inline)]
    fn by_hand() -> Result<ToolResult, ToolError> {
        Ok(ToolResult::new().with_structured(&[Some(f32::NAN)])?)
    }

    macro_rules! resources {
        ($($name:ident $uri:literal $type:ty = $value:expr;)*) => {
            $(
                /// Measured.
                #[resource($uri)]
                fn $name() -> $type {
                    $value
                }
            )*

            fn server() -> Server {
                Server::empty("measured").tool(measure).tool(by_hand)$(.resource($name))*
            }
        };
    }

    resources! {
        fine "m://fine" Json<Measured> = Json(measured(1.5));
        none "m://none" Json<Measured> = Json(Measured { name: None, value: None });
        nan "m://nan" Json<Measured> = Json(measured(f64::NAN));
        bare "m://bare" f64 = f64::INFINITY;
        listed "m://listed" Vec<Option<f32>> = vec![None, Some(f32::NEG_INFINITY)];
        mapped "m://mapped" BTreeMap<String, (u8, f64)> = BTreeMap::from([("a".to_owned(), (1, f64::NAN))]);
    }

    #[tokio::test]
    async fn a_number_that_json_does_not_have_is_an_error_and_not_null() {
        served(server, async |client| {
            for (uri, text) in
                [("m://fine", r#"{"name":null,"value":1.5}"#), ("m://none", r#"{"name":null,"value":null}"#)]
            {
                let read = client.result("resources/read", json!({ "uri": uri })).await;
                assert_eq!(read["contents"][0]["text"], text);
            }
            for uri in ["m://nan", "m://bare", "m://listed", "m://mapped"] {
                let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
                assert_eq!(refusal.code, -32603);
                assert!(refusal.message.starts_with("internal error (incident "), "{uri}: {}", refusal.message);
            }
            assert_eq!(
                text_of(&client.call("measure", json!({ "high": false })).await),
                r#"{"name":null,"value":1.5}"#
            );
            let failure = client.failure("measure", json!({ "high": true })).await;
            assert!(failure.starts_with("internal error (incident "), "{failure}");
            assert!(client.failure("by_hand", json!({})).await.contains("internal error"));
        })
        .await;
    }
}
