//! The first byte chooses a tool, the rest is JSON for its argument `v`: whatever the published schema accepts the call accepts, and
//! whatever it refuses the call refuses. What clients are not told, since some of them refuse schemas that say it, is left out here:
//! the places of a tuple, the ends of 64 bits, and that null says what leaving out says.

use std::cell::RefCell;
use std::collections::BTreeMap;

use fastmcp_rs::__bench::Conversation;
use fastmcp_rs::prelude::*;
use jsonschema::Validator;
use serde_json::{Value, json};

#[model]
struct Point {
    x: i32,
    #[schemars(range(min = 0.5, max = 10.0))]
    weight: f32,
    label: Option<String>,
}

#[model]
#[serde(deny_unknown_fields)]
struct Closed {
    #[schemars(length(min = 1, max = 3))]
    name: String,
    points: Vec<Point>,
}

#[model]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Shape {
    Dot { at: Point },
    Line { from: Point, to: Point },
    Nothing,
}

#[model]
enum External {
    Unit,
    One(u8),
    Pair(i8, i8),
    Members { closed: Box<Closed> },
}

#[model]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(u16),
    Point(Point),
}

#[model]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
    Point(Point),
}

#[model]
struct Rules {
    #[schemars(length(min = 2, max = 3))]
    short: String,
    #[schemars(regex(pattern = "^[a-c]+$"))]
    letters: Option<String>,
    #[schemars(length(max = 2))]
    few: Vec<u8>,
    #[schemars(range(min = 1, max = 5))]
    mark: i8,
    #[serde(default)]
    plain: bool,
}

#[model]
#[serde(rename_all = "camelCase")]
enum Choice {
    First,
    #[serde(rename = "2nd")]
    Second,
}

#[model]
struct Tree {
    value: u8,
    children: Vec<Tree>,
}

#[model]
struct Flat {
    id: u64,
    #[serde(flatten)]
    point: Point,
}

macro_rules! tools {
    ($($name:ident: $type:ty),* $(,)?) => {
        $(
            /// Takes one.
            #[tool(inline)]
            fn $name(v: $type) -> String {
                std::mem::size_of_val(&v).to_string()
            }
        )*

        /// All of them, in one server.
        pub fn server() -> Server {
            Server::empty("agreement")$(.tool($name))*.strict_arguments()
        }
    };
}

tools! {
    small: u8,
    long: i64,
    wide: u128,
    single: f32,
    truth: bool,
    letter: char,
    maybe: Option<i16>,
    many: Vec<u8>,
    three: [u8; 3],
    pair: (u8, u8),
    labels: BTreeMap<String, Vec<bool>>,
    point: Point,
    points: Vec<Option<Point>>,
    closed: Closed,
    shape: Shape,
    external: External,
    adjacent: Adjacent,
    untagged: Untagged,
    tree: Tree,
    flat: Flat,
    rules: Rules,
    choice: Choice,
    choices: Option<Vec<Choice>>,
    never_nothing: std::num::NonZeroU8,
    by_choice: BTreeMap<String, Option<Rules>>,
}

/// The published schema of one tool.
pub struct Published {
    pub name: String,
    pub schema: Value,
    validator: Validator,
}

impl Published {
    /// Of an entry of `tools/list`.
    pub fn of(tool: &Value) -> Self {
        let schema = tool["inputSchema"].clone();
        let name = tool["name"].as_str().unwrap().to_owned();
        Self { name, validator: jsonschema::validator_for(&schema).unwrap(), schema }
    }

    /// Whether the schema accepts arguments, of which a call said whether it has `taken` them; `None` if clients are not told.
    pub fn accepts(&self, arguments: &Value, taken: bool) -> Option<bool> {
        if beyond_64_bits(arguments) {
            return None;
        }
        Some(self.validator.is_valid(arguments) || (taken && self.validator.is_valid(&without_null(arguments))))
    }
}

/// Whether there is a number in it whose size is not told of.
fn beyond_64_bits(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number.abs() >= 9e18),
        Value::Array(items) => items.iter().any(beyond_64_bits),
        Value::Object(members) => members.values().any(beyond_64_bits),
        _ => false,
    }
}

/// The same with every member left out that is null.
fn without_null(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_null).collect(),
        Value::Object(members) => {
            let left = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(left.map(|(name, value)| (name.clone(), without_null(value))).collect())
        }
        other => other.clone(),
    }
}

thread_local! {
    static SERVED: RefCell<(Conversation, Vec<Published>)> = RefCell::new(served());
}

fn served() -> (Conversation, Vec<Published>) {
    let mut conversation = Conversation::with(server()).unwrap();
    let list = asked(&mut conversation, "tools/list", "");
    let tools = list["result"]["tools"].as_array().unwrap().iter().map(Published::of).collect();
    (conversation, tools)
}

/// Asks one question in the newest revision, with members of `params` before the metadata.
fn asked(conversation: &mut Conversation, method: &str, params: &str) -> Value {
    let meta =
        r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}"_meta":{meta}}}}}"#);
    let mut out = Vec::new();
    conversation.receive(&message, &mut out);
    let answer: Value = serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{message}: {error}"));
    assert_eq!(answer["id"], 1, "{message}");
    answer
}

pub fn check(bytes: &[u8]) {
    let Some((&choice, rest)) = bytes.split_first() else { return };
    let Ok(value) = serde_json::from_slice::<Value>(rest) else { return };
    SERVED.with_borrow_mut(|(conversation, tools)| {
        let tool = &tools[usize::from(choice) % tools.len()];
        let mut call = |arguments: &str| {
            let params = format!(r#""name":"{}","arguments":{{"v":{arguments}}},"#, tool.name);
            let answer = asked(conversation, "tools/call", &params);
            let result = answer.get("result").unwrap_or_else(|| panic!("{arguments}: {answer}"));
            result["isError"] != true
        };
        // A member may be in it twice, which no schema can say: as it came it is only held against itself.
        let text = std::str::from_utf8(rest).unwrap();
        assert_eq!(call(text), call(text), "{text}");
        let arguments = json!({ "v": value });
        let taken = call(&arguments["v"].to_string());
        if let Some(right) = tool.accepts(&arguments, taken) {
            assert_eq!(taken, right, "{} {arguments}: published {right}, called {taken}", tool.name);
        }
    });
}
