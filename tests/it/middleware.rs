//! What runs around messages: each hook once a message, in the order in which they were added, able to change and to refuse.

use std::sync::{Arc, Mutex};

use fastmcp_rs::{
    ResourceResult, RpcError,
    middleware::{
        CallTool, GetPrompt, Incoming, List, Listed, Logging, Middleware, Next, Outcome, ReadResource, Timing,
    },
    prelude::*,
};
use fastmcp_rs_tests::{
    Client, Revision,
    client::{error_of, text_of},
    served,
    stdio::Pipe,
    within,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Adds.
#[tool(inline)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Fails.
#[tool(inline)]
fn fail() -> Result<String, ToolError> {
    Err(ToolError::conflict("not now"))
}

/// Greets.
#[resource("greeting://{name}")]
fn greeting(name: String) -> String {
    format!("Hello, {name}!")
}

/// A fixed one.
#[resource("fixed://text")]
fn fixed() -> &'static str {
    "fixed"
}

/// Reviews.
#[prompt]
fn review(code: String) -> String {
    format!("Review {code}")
}

fn server() -> Server {
    let server = Server::empty("layers").tool(add).tool(fail);
    server.resource(greeting).resource(fixed).prompt(review)
}

/// Notes every hook that is passed, on the way in and on the way out.
#[derive(Clone)]
struct Notes(&'static str, Arc<Mutex<Vec<String>>>);

impl Notes {
    fn pair() -> (Self, Self, Arc<Mutex<Vec<String>>>) {
        let seen = Arc::default();
        (Self("outer", Arc::clone(&seen)), Self("inner", Arc::clone(&seen)), seen)
    }

    fn note(&self, what: impl std::fmt::Display) {
        self.1.lock().unwrap().push(format!("{} {what}", self.0));
    }
}

macro_rules! noted {
    ($($hook:ident($kind:ty) -> $outcome:ty;)*) => {
        impl Middleware for Notes {
            $(async fn $hook(&self, message: $kind, next: Next<'_, $kind>) -> $outcome {
                self.note(stringify!($hook));
                let outcome = next.run(message).await;
                self.note(concat!("/", stringify!($hook)));
                outcome
            })*
        }
    };
}

noted! {
    on_message(Incoming) -> Outcome;
    on_request(Incoming) -> Outcome;
    on_notification(Incoming) -> Outcome;
    on_call_tool(CallTool) -> Result<ToolResult, ToolError>;
    on_read_resource(ReadResource) -> Result<ResourceResult, ToolError>;
    on_get_prompt(GetPrompt) -> Result<PromptResult, ToolError>;
    on_list_tools(List) -> Result<Listed, RpcError>;
    on_list_resources(List) -> Result<Listed, RpcError>;
    on_list_resource_templates(List) -> Result<Listed, RpcError>;
    on_list_prompts(List) -> Result<Listed, RpcError>;
}

/// What two layers note about one message: in through the outer, in through the inner, and out again.
fn passage(hooks: &[&str]) -> Vec<String> {
    let layer = |name: &str, back: bool| {
        let mark = if back { "/" } else { "" };
        let mut lines: Vec<String> = hooks.iter().map(|hook| format!("{name} {mark}{hook}")).collect();
        if back {
            lines.reverse();
        }
        lines
    };
    [layer("outer", false), layer("inner", false), layer("inner", true), layer("outer", true)].concat()
}

#[tokio::test]
async fn each_hook_runs_once_a_message_and_the_first_added_is_outermost() {
    let (outer, inner, seen) = Notes::pair();
    served(
        || server().middleware(outer.clone()).middleware(inner.clone()),
        async |client| {
            // The greeting: a request, and in the older revisions a notification, which nobody waits for.
            let lines = if client.revision().is_modern() { 8 } else { 16 };
            within("the end of the greeting", async {
                while seen.lock().unwrap().len() < lines {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            seen.lock().unwrap().clear();
            for (method, params, hook) in [
                ("tools/call", json!({ "name": "add", "arguments": { "a": 1, "b": 2 } }), "on_call_tool"),
                ("tools/call", json!({ "name": "fail", "arguments": {} }), "on_call_tool"),
                ("resources/read", json!({ "uri": "greeting://Ada" }), "on_read_resource"),
                ("prompts/get", json!({ "name": "review", "arguments": { "code": "x" } }), "on_get_prompt"),
                ("tools/list", json!({}), "on_list_tools"),
                ("resources/list", json!({}), "on_list_resources"),
                ("resources/templates/list", json!({}), "on_list_resource_templates"),
                ("prompts/list", json!({}), "on_list_prompts"),
            ] {
                client.result(method, params).await;
                let seen = std::mem::take(&mut *seen.lock().unwrap());
                assert_eq!(seen, passage(&["on_message", "on_request", hook]), "{method}");
            }
            client.alive().await;
            let all = std::mem::take(&mut *seen.lock().unwrap());
            assert_eq!(all, passage(&["on_message", "on_request"]));
            client.refusal("tools/nothing", json!({})).await;
            let all = std::mem::take(&mut *seen.lock().unwrap());
            assert_eq!(all, passage(&["on_message", "on_request"]), "unknown methods pass too");
        },
    )
    .await;
}

#[tokio::test]
async fn notifications_pass_their_own_hook() {
    /// Says which notification came.
    struct Tell(mpsc::UnboundedSender<(String, Value)>);
    impl Middleware for Tell {
        async fn on_notification(&self, message: Incoming, next: Next<'_, Incoming>) -> Outcome {
            if let Incoming::Notification { method, params, .. } = &message {
                self.0.send((method.clone(), params.clone())).unwrap();
            }
            next.run(message).await
        }
    }
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut client = Client::of(server().middleware(Tell(sender)), Revision::V2025_11_25).await;
    client.notify("notifications/com.example", json!({ "a": 1 })).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(within("a notification", receiver.recv()).await.unwrap());
    }
    let expected = [
        ("notifications/initialized".to_owned(), json!({})),
        ("notifications/com.example".to_owned(), json!({ "a": 1 })),
    ];
    for one in &expected {
        assert!(seen.contains(one), "{one:?} is missing in {seen:?}");
    }
    client.finish().await;
}

#[tokio::test]
async fn answers_are_the_same_with_and_without_middleware() {
    let (outer, ..) = Notes::pair();
    for revision in Revision::ALL {
        let mut plain = Client::of(server(), revision).await;
        let timing = Timing::new(|_, _, _| {});
        let layered = server().middleware(outer.clone()).middleware(Logging::new()).middleware(timing);
        let mut layered = Client::of(layered, revision).await;
        for (method, params) in [
            ("tools/call", json!({ "name": "add", "arguments": { "a": 1, "b": 2 } })),
            ("tools/call", json!({ "name": "add", "arguments": "{\"a\": 1, \"b\": 2}" })),
            ("tools/call", json!({ "name": "add", "arguments": null })),
            ("tools/call", json!({ "name": "add", "arguments": [] })),
            ("tools/call", json!({ "name": "add", "arguments": { "a": "x" } })),
            ("tools/call", json!({ "name": "fail" })),
            ("tools/call", json!({ "name": "ad" })),
            ("tools/call", json!({ "name": 5 })),
            ("resources/read", json!({ "uri": "greeting://Ada" })),
            ("resources/read", json!({ "uri": "nothing://here" })),
            ("resources/read", json!({})),
            ("prompts/get", json!({ "name": "review", "arguments": { "code": "x" } })),
            ("prompts/get", json!({ "name": "review", "arguments": {} })),
            ("prompts/get", json!({ "name": "nothing" })),
            ("tools/list", json!({})),
            ("tools/list", json!({ "cursor": "nonsense" })),
            ("resources/list", json!({})),
            ("resources/templates/list", json!({})),
            ("prompts/list", json!({})),
            ("tools/nothing", json!({})),
            ("server/discover", json!({})),
        ] {
            let (one, other) = (plain.ask(method, params.clone()).await, layered.ask(method, params.clone()).await);
            assert_eq!(one, other, "{revision}: {method} {params}");
        }
        plain.finish().await;
        layered.finish().await;
    }
}

/// Doubles one argument, and adds a block to the result.
struct Meddler;

impl Middleware for Meddler {
    async fn on_call_tool(&self, mut call: CallTool, next: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
        if call.name == "plus" {
            call.name = "add".to_owned();
        }
        if let Some(a) = call.arguments.get("a").and_then(Value::as_i64) {
            call.arguments.insert("a".to_owned(), json!(a * 2));
        }
        Ok(next.run(call).await?.with_content(Content::text("meddled")))
    }

    async fn on_read_resource(
        &self,
        mut read: ReadResource,
        next: Next<'_, ReadResource>,
    ) -> Result<ResourceResult, ToolError> {
        read.uri = read.uri.replace("Ada", "Grace");
        let mut result = next.run(read).await?;
        let contents = &mut result.contents[0];
        *contents = ResourceContents::text(&contents.uri, contents.as_text().unwrap().to_uppercase());
        Ok(result)
    }

    async fn on_get_prompt(&self, mut get: GetPrompt, next: Next<'_, GetPrompt>) -> Result<PromptResult, ToolError> {
        get.arguments.insert("code".to_owned(), json!("nothing"));
        next.run(get).await
    }

    async fn on_list_tools(&self, list: List, next: Next<'_, List>) -> Result<Listed, RpcError> {
        let mut listed = next.run(list).await?;
        listed.items.retain(|tool| tool["name"] != "fail");
        Ok(listed)
    }
}

#[tokio::test]
async fn middleware_changes_what_goes_in_and_what_comes_out() {
    served(
        || server().middleware(Meddler),
        async |client| {
            for tool in ["add", "plus"] {
                let result = client.call(tool, json!({ "a": 5, "b": 1 })).await;
                assert!(result["content"].to_string().contains("meddled"), "{result}");
                let structured = &result["structuredContent"];
                assert_eq!(structured.get("result").unwrap_or(structured), 11, "{result}");
            }
            let params = json!({ "name": "add", "arguments": "{\"a\": 5, \"b\": 1}" });
            let result = client.result("tools/call", params).await;
            assert!(result.to_string().contains("meddled"), "arguments as text are no way around: {result}");
            let read = client.result("resources/read", json!({ "uri": "greeting://Ada" })).await;
            assert_eq!(read["contents"][0]["text"], "HELLO, GRACE!");
            let params = json!({ "name": "review", "arguments": { "code": "x" } });
            let prompt = client.result("prompts/get", params).await;
            assert_eq!(prompt["messages"][0]["content"]["text"], "Review nothing");
            assert_eq!(client.names("tools/list", "tools").await, ["add"]);
        },
    )
    .await;
}

/// Refuses everything.
struct Refuser;

impl Middleware for Refuser {
    async fn on_call_tool(&self, call: CallTool, _: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
        match call.name.as_str() {
            "add" => Err(ToolError::forbidden("not for you")),
            _ => Err(std::io::Error::other("password=hunter2").into()),
        }
    }

    async fn on_read_resource(&self, _: ReadResource, _: Next<'_, ReadResource>) -> Result<ResourceResult, ToolError> {
        Err(ToolError::not_found("it never was"))
    }

    async fn on_get_prompt(&self, _: GetPrompt, _: Next<'_, GetPrompt>) -> Result<PromptResult, ToolError> {
        panic!("password=hunter2")
    }

    async fn on_list_tools(&self, _: List, _: Next<'_, List>) -> Result<Listed, RpcError> {
        Err(RpcError::new(4001, "no list today"))
    }
}

#[tokio::test]
async fn what_middleware_refuses_is_refused_in_the_form_of_what_was_asked() {
    served(
        || server().middleware(Refuser),
        async |client| {
            let result = client.call("add", json!({ "a": 1, "b": 2 })).await;
            assert_eq!((&result["isError"], text_of(&result).as_str()), (&json!(true), "not for you (forbidden)"));
            assert_eq!(error_of(&result)["code"], "forbidden");
            let text = client.failure("fail", json!({})).await;
            assert!(text.starts_with("internal error (incident "), "{text}");
            let refusal = client.refusal("resources/read", json!({ "uri": "fixed://text" })).await;
            let code = if client.revision().is_modern() { -32602 } else { -32002 };
            assert_eq!((refusal.code, refusal.message.as_str()), (code, "it never was"));
            assert_eq!(refusal.data["uri"], "fixed://text");
            let params = json!({ "name": "review", "arguments": { "code": "x" } });
            let refusal = client.refusal("prompts/get", params).await;
            assert_eq!(refusal.code, -32603);
            assert!(!format!("{refusal:?}").contains("hunter2"), "{refusal:?}");
            assert_eq!(client.refusal("tools/list", json!({})).await.code, 4001);
        },
    )
    .await;
}

#[tokio::test]
async fn direct_calls_pass_through_middleware_too() {
    let server = server().middleware(Meddler).start().await.unwrap();
    let sum = server.call_tool("add", json!({ "a": 5, "b": 1 })).await.unwrap();
    assert_eq!(sum.structured_content(), Some("11"));
    let read = server.read_resource("greeting://Ada").await.unwrap();
    assert_eq!(read.to_text(), "HELLO, GRACE!");
}

#[tokio::test]
async fn the_timing_of_a_request_goes_to_whoever_wants_it() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let timing = Timing::new(move |method: &str, target: Option<&str>, _| {
        sender.send((method.to_owned(), target.map(str::to_owned))).unwrap();
    });
    let mut client = Client::of(server().middleware(timing), Revision::V2026_07_28).await;
    client.call("add", json!({ "a": 1, "b": 2 })).await;
    client.finish().await;
    assert_eq!(receiver.recv().await.unwrap().0, "server/discover");
    assert_eq!(receiver.recv().await.unwrap(), ("tools/call".to_owned(), Some("add".to_owned())));
    assert!(receiver.try_recv().is_err());
}

/// Looks at the arguments and passes them on.
struct Onlooker;

impl Middleware for Onlooker {
    async fn on_call_tool(&self, call: CallTool, next: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
        assert!(call.arguments.contains_key("number"));
        next.run(call).await
    }
}

/// Says a number again.
#[tool(inline)]
fn exactly(number: u128) -> String {
    number.to_string()
}

#[tokio::test]
async fn arguments_that_no_middleware_changes_arrive_as_they_were_sent() {
    let call = |arguments: &str| {
        let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"exactly","arguments":{arguments},"_meta":{meta}}}}}"#
        )
    };
    let mut plain = Pipe::serve(Server::empty("plain").tool(exactly).build().unwrap());
    let mut looked_at = Pipe::serve(Server::empty("looked at").tool(exactly).middleware(Onlooker).build().unwrap());
    let mut answers = async |arguments: &str| {
        let line = call(arguments) + "\n";
        plain.write(line.as_bytes()).await;
        looked_at.write(line.as_bytes()).await;
        [plain.receive().await, looked_at.receive().await].map(|mut answer| {
            answer["result"]["_meta"].take();
            answer
        })
    };
    for (arguments, wanted) in [
        (r#"{"number":340282366920938463463374607431768211455}"#, "340282366920938463463374607431768211455"),
        (r#"{"number":1,"number":2}"#, "given twice"),
    ] {
        let [plain, looked_at] = answers(arguments).await;
        assert_eq!(plain, looked_at);
        assert!(plain.to_string().contains(wanted), "{plain}");
    }
    // What cannot be looked at: no middleware is shown less than the tool would see.
    let deep = format!(r#"{{"number":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    for unreadable in [deep.as_str(), r#"{"number":1e999}"#, r#"{"number":"\ud800"}"#] {
        let [plain, looked_at] = answers(unreadable).await;
        assert_eq!(plain["result"]["isError"], true, "{plain}");
        assert_eq!(looked_at["error"]["code"], -32602, "{looked_at}");
    }
}
