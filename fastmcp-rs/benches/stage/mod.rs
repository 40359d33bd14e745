//! The stages of a request's way, each as something that can be run again and again: `stages.rs` takes the time of them,
//! `budget.rs` lets callgrind count them.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, Request};
use fastmcp_rs::__bench::{Conversation, Stages, Templates, Written, parse};
use fastmcp_rs::middleware::{CallTool, Hooks, Next};
use fastmcp_rs::prelude::*;
use fastmcp_rs::schemars::{self, JsonSchema};
use fastmcp_rs::serde_json::value::{RawValue, to_raw_value};
use fastmcp_rs::serde_json::{Value, json};
use fastmcp_rs::{McpService, Middleware, RateLimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::{Builder, Runtime};
use tower_service::Service as _;

/// One stage.
pub(crate) struct Stage {
    pub name: &'static str,
    /// How often the budget runs it: seldom where one run is long.
    #[allow(dead_code, reason = "the budget's")]
    pub runs: u32,
    /// Makes everything that is not to be measured.
    pub prepare: fn() -> Box<dyn FnMut()>,
}

const fn stage(name: &'static str, runs: u32, prepare: fn() -> Box<dyn FnMut()>) -> Stage {
    Stage { name, runs, prepare }
}

/// All of them. The names are those in `budget.toml`.
pub(crate) const STAGES: &[Stage] = &[
    stage("parse 2025", 1000, || parsing(call(LEGACY, "echo", &json!({ "message": HELLO })))),
    stage("parse 2026", 1000, || parsing(call(MODERN, "echo", &json!({ "message": HELLO })))),
    stage("route 1", 1000, || routing(1)),
    stage("route 100", 1000, || routing(100)),
    stage("route 500", 1000, || routing(500)),
    stage("read echo", 1000, || reading("echo", &json!({ "message": HELLO }))),
    stage("read add", 1000, || reading("add", &json!({ "a": 19, "b": 23 }))),
    stage("read search", 1000, || reading("search", &json!({ "query": "found", "limit": 50 }))),
    stage("read book", 1000, || reading("book", &table())),
    stage("call nothing", 1000, || calling("nothing", &json!({}))),
    stage("call add", 1000, || calling("add", &json!({ "a": 19, "b": 23 }))),
    stage("serialize 10 KB", 100, serializing),
    stage("write text", 1000, || writing(|| ToolResult::text(HELLO))),
    stage("write 10 KB", 100, || writing(found)),
    stage("list 100 cached", 200, || conversing(LEGACY, LIST, many(100))),
    stage("list 100 rendered", 10, rendering),
    stage("uri of 1", 1000, || finding(1)),
    stage("uri of 100", 1000, || finding(100)),
    stage("uri of 1000", 1000, || finding(1000)),
    stage("middleware 0", 200, || passing(0)),
    stage("middleware 1", 200, || passing(1)),
    stage("middleware 8", 200, || passing(8)),
    stage("middleware hook", 200, || {
        conversing(MODERN, &call(MODERN, "echo", &json!({ "message": HELLO })), server().middleware(Hooked))
    }),
    stage("limits 3", 200, || {
        let often = |limit: fn(u32, Duration) -> RateLimit| limit(1_000_000, Duration::from_secs(1));
        let server = server().rate_limit(often(RateLimit::per_client)).rate_limit(often(RateLimit::global));
        limited(server.rate_limit(often(RateLimit::per_tool)))
    }),
    stage("limits permit", 200, || limited(server().concurrency(64))),
    stage("limits permit of a client", 200, || limited(server().concurrency_per_client(64))),
    stage("connection echo 2025", 200, || echoing(LEGACY)),
    stage("connection echo 2026", 200, || echoing(MODERN)),
    stage("connection search 2025", 50, || {
        conversing(LEGACY, &call(LEGACY, "search", &json!({ "query": "found", "limit": 50 })), server())
    }),
    stage("stream echo 2025", 200, streaming),
    stage("http echo session", 200, || posting(LEGACY)),
    stage("http echo 2026", 200, || posting(MODERN)),
];

const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";
const HELLO: &str = "hello, this is message 1000";
const LIST: &str = r#"{"jsonrpc":"2.0","id":1000,"method":"tools/list","params":{}}"#;
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}}"#;

/// Says the message again.
#[tool]
async fn echo(
    /// What to say.
    message: String,
) -> String {
    message
}

/// Adds two numbers.
#[tool(inline)]
fn add(
    /// The first number.
    a: i64,
    /// The second number.
    b: i64,
) -> i64 {
    a + b
}

/// Does nothing.
#[tool(inline)]
fn nothing() {}

/// Finds records.
#[tool(inline)]
fn search(
    /// What to look for.
    query: String,
    /// How many records to give.
    limit: usize,
) -> Found {
    Found { query, records: &RECORDS[..limit.min(RECORDS.len())] }
}

/// Books a table.
#[tool(inline)]
#[allow(clippy::too_many_arguments, reason = "that is what is measured")]
fn book(
    #[arg(len(3..=80))] name: String,
    #[arg(range(1..=12))] guests: u8,
    #[arg(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] day: String,
    #[arg(range(11..=23))] hour: u8,
    #[arg(range(0.0..=1.0))] deposit: f64,
    #[arg(len(..=4))] allergies: Vec<String>,
    #[arg(default = false)] outside: bool,
    #[arg(len(..=200))] note: Option<String>,
) {
    black_box((name, guests, day, hour, deposit, allergies, outside, note));
}

/// What `book` is given, all eight of it.
fn table() -> Value {
    json!({
        "name": "Ada Lovelace", "guests": 4, "day": "2026-12-10", "hour": 19, "deposit": 0.25,
        "allergies": ["nuts", "milk"], "outside": true, "note": "by the window, if there is one",
    })
}

#[derive(serde::Serialize, JsonSchema)]
struct Found {
    query: String,
    #[schemars(with = "Vec<Record>")]
    records: &'static [Record],
}

#[derive(serde::Serialize, JsonSchema)]
struct Record {
    id: u64,
    title: String,
    url: String,
    score: f64,
    tags: Vec<String>,
    snippet: String,
}

/// Fifty records, which are 10 KB of JSON.
static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| {
    let record = |n: u32| Record {
        id: u64::from(1000 + n),
        title: format!("Record number {n}"),
        url: format!("https://example.com/records/{n}"),
        score: 1.0 - f64::from(n) / 100.0,
        tags: vec!["alpha".to_owned(), format!("group-{}", n % 7)],
        snippet: format!("The {n}th of fifty records; its text says \"found\" once, and goes on."),
    };
    (0..50).map(record).collect()
});

fn found() -> ToolResult {
    ToolResult::new().with_structured(&*RECORDS).expect("records can be written")
}

fn server() -> Server {
    Server::empty("bench").version("1.0.0").tool(echo).tool(add).tool(nothing).tool(search).tool(book)
}

/// A server of `count` tools, `echo` among them.
fn many(count: usize) -> Server {
    let mut server = Server::empty("bench").version("1.0.0").tool(echo);
    for n in 1..count {
        let schema = json!({
            "type": "object",
            "properties": {
                "first": { "type": "string", "description": "The first argument." },
                "second": { "type": "integer", "description": "The second argument." },
            },
            "required": ["first"],
        });
        let tool = DynamicTool::new(format!("tool_{n:03}"), schema, |arguments: Value, _: Context| async move {
            Ok::<_, ToolError>(arguments.to_string())
        });
        server =
            server.add_tool(tool.description("One of many tools; it does what it is told, and takes two arguments."));
    }
    server
}

/// A call as a client of the revision writes it.
fn call(revision: &str, tool: &str, arguments: &Value) -> String {
    let meta = if revision == MODERN {
        r#","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},"io.modelcontextprotocol/clientCapabilities":{}}"#
    } else {
        ""
    };
    format!(
        r#"{{"jsonrpc":"2.0","id":1000,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}{meta}}}}}"#
    )
}

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).expect("a value is JSON")
}

fn parsing(message: String) -> Box<dyn FnMut()> {
    Box::new(move || assert!(parse(black_box(&message))))
}

fn routing(tools: usize) -> Box<dyn FnMut()> {
    let stages = Stages::of(many(tools)).expect("the server can start");
    Box::new(move || assert!(stages.finds(black_box("echo"))))
}

fn reading(tool: &'static str, arguments: &Value) -> Box<dyn FnMut()> {
    let stages = Stages::of(server()).expect("the server can start");
    let (tool, arguments) = (stages.tool(tool), raw(arguments));
    assert!(tool.call(&arguments), "the arguments are refused");
    Box::new(move || tool.read(black_box(&arguments)))
}

fn calling(tool: &'static str, arguments: &Value) -> Box<dyn FnMut()> {
    let stages = Stages::of(server()).expect("the server can start");
    let (tool, arguments) = (stages.tool(tool), raw(arguments));
    Box::new(move || assert!(tool.call(black_box(&arguments))))
}

fn serializing() -> Box<dyn FnMut()> {
    Box::new(|| drop(black_box(found())))
}

fn writing(result: fn() -> ToolResult) -> Box<dyn FnMut()> {
    let stages = Stages::of(server()).expect("the server can start");
    let result = Written::from(result());
    let mut out = Vec::new();
    Box::new(move || {
        out.clear();
        stages.write(black_box(&result), &mut out);
        black_box(&out);
    })
}

fn rendering() -> Box<dyn FnMut()> {
    let stages = Stages::of(many(100)).expect("the server can start");
    Box::new(move || assert!(stages.render() > 10_000))
}

/// Templates of the usual form, and a URI that the last of them answers for.
fn finding(count: usize) -> Box<dyn FnMut()> {
    let mut templates = Templates::default();
    for n in 0..count {
        templates.add(&format!("shop://part-{}/shelf-{n}/{{item}}/{{size}}", n % 10));
    }
    let uri = format!("shop://part-{}/shelf-{}/blue-shoes/42", (count - 1) % 10, count - 1);
    Box::new(move || assert!(templates.find(black_box(&uri))))
}

/// One message again and again, in a conversation that has begun.
fn conversing(revision: &str, message: &str, server: Server) -> Box<dyn FnMut()> {
    let mut conversation = Conversation::with(server).expect("the server can start");
    let mut out = Vec::new();
    if revision == LEGACY {
        conversation.receive(INITIALIZE, &mut out);
    }
    saying(conversation, message)
}

fn saying(mut conversation: Conversation, message: &str) -> Box<dyn FnMut()> {
    let message = message.to_owned();
    let mut out = Vec::new();
    Box::new(move || {
        out.clear();
        conversation.receive(black_box(&message), &mut out);
        assert!(!black_box(&out).is_empty());
    })
}

fn echoing(revision: &str) -> Box<dyn FnMut()> {
    conversing(revision, &call(revision, "echo", &json!({ "message": HELLO })), server())
}

/// The same for a caller who is known, with a server that has limits.
fn limited(server: Server) -> Box<dyn FnMut()> {
    let caller = Caller::new("ada@example.com").with_issuer("https://login.example.com/");
    let conversation = Conversation::by(server, caller).expect("the server can start");
    saying(conversation, &call(MODERN, "echo", &json!({ "message": HELLO })))
}

/// A middleware with no opinion, which has every hook.
struct Pass;

impl Middleware for Pass {}

/// A middleware that has one hook, and says so.
struct Hooked;

impl Middleware for Hooked {
    fn hooks(&self) -> Hooks {
        Hooks::CALL_TOOL
    }

    async fn on_call_tool(&self, call: CallTool, next: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
        next.run(call).await
    }
}

fn passing(layers: usize) -> Box<dyn FnMut()> {
    let server = (0..layers).fold(server(), |server, _| server.middleware(Pass));
    conversing(MODERN, &call(MODERN, "echo", &json!({ "message": HELLO })), server)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("there can be a runtime")
}

/// Through a stream in memory, one message at a time: with the loop that cuts lines and gathers answers, and tokio's own part.
fn streaming() -> Box<dyn FnMut()> {
    let runtime = runtime();
    let (mut ours, theirs) = tokio::io::duplex(64 * 1024);
    runtime.spawn(server().serve(theirs));
    let mut answer = Vec::new();
    let mut ask = move |message: &str| {
        runtime.block_on(async {
            ours.write_all(message.as_bytes()).await.expect("the server reads");
            answer.clear();
            while answer.last() != Some(&b'\n') {
                ours.read_buf(&mut answer).await.expect("the server answers");
            }
        });
    };
    ask(&format!("{INITIALIZE}\n"));
    let message = call(LEGACY, "echo", &json!({ "message": HELLO })) + "\n";
    Box::new(move || ask(black_box(&message)))
}

/// Through the tower service, without a socket. That the request is put together counts, too.
fn posting(revision: &'static str) -> Box<dyn FnMut()> {
    let runtime = runtime();
    let mut service = server().into_service().expect("the server can start");
    let mut headers = HeaderMap::new();
    let mut say = |name: &'static str, value: &str| headers.insert(name, value.parse().expect("a header's value"));
    say("host", "localhost");
    say("content-type", "application/json");
    say("accept", "application/json, text/event-stream");
    say("mcp-protocol-version", revision);
    if revision == MODERN {
        say("mcp-method", "tools/call");
        say("mcp-name", "echo");
    } else {
        let (answer, _) = runtime.block_on(post(&mut service, &headers, INITIALIZE));
        headers.insert("mcp-session-id", answer["mcp-session-id"].clone());
    }
    let message: &'static str = call(revision, "echo", &json!({ "message": HELLO })).leak();
    Box::new(move || {
        let (_, length) = runtime.block_on(post(&mut service, &headers, black_box(message)));
        assert!(length > 0);
    })
}

/// Sends a request; the answer's headers, and how long its body is.
async fn post(service: &mut McpService, headers: &HeaderMap, message: &'static str) -> (HeaderMap, usize) {
    let mut request = Request::post("/mcp").body(Body::from(message)).expect("a request");
    request.headers_mut().clone_from(headers);
    let Ok(response) = service.call(request).await;
    assert!(response.status().is_success(), "{response:?}");
    let (parts, body) = response.into_parts();
    (parts.headers, body.size_hint().exact().map_or(0, |length| length as usize))
}
