//! What a function takes without its caller sending it.

use std::sync::atomic::{AtomicU32, Ordering};

use fastmcp_rs::{Needs, prelude::*};
use fastmcp_rs_tests::{
    Client, Revision, Transport,
    client::{error_of, text_of},
    served,
};
use serde_json::{Value, json};

struct Greeting(&'static str);

type Shared = State<Greeting>;

/// Greets.
#[tool(inline)]
fn greet(name: String, greeting: Shared) -> String {
    format!("{}, {name}!", greeting.0)
}

/// A resource that greets.
#[resource("greeting://{name}")]
fn greeting_of(name: String, greeting: State<Greeting>) -> String {
    format!("{}, {name}!", greeting.0)
}

/// A prompt that greets.
#[prompt]
fn greeting_for(greeting: State<Greeting>, name: String) -> String {
    format!("{}, {name}!", greeting.0)
}

#[tokio::test]
async fn state_reaches_tools_resources_and_prompts_under_any_name_of_its_type() {
    served(
        || {
            Server::empty("greeter")
                .tool(greet)
                .resource(greeting_of)
                .prompt(greeting_for)
                .state(Greeting("Good morning"))
        },
        async |client| {
            let result = client.call("greet", json!({ "name": "Ada" })).await;
            assert_eq!(text_of(&result), "Good morning, Ada!");
            let read = client.result("resources/read", json!({ "uri": "greeting://Ada" })).await;
            assert_eq!(read["contents"][0]["text"], "Good morning, Ada!");
            let params = json!({ "name": "greeting_for", "arguments": { "name": "Ada" } });
            let prompt = client.result("prompts/get", params).await;
            assert_eq!(prompt["messages"][0]["content"]["text"], "Good morning, Ada!");

            let tools = client.list("tools/list", "tools").await;
            let names: Vec<_> = tools[0]["inputSchema"]["properties"].as_object().unwrap().keys().collect();
            assert_eq!(names, ["name"], "what is injected is no argument");
            let prompts = client.list("prompts/list", "prompts").await;
            assert_eq!(prompts[0]["arguments"].as_array().unwrap().len(), 1);
            let text = client.failure("greet", json!({ "name": "Ada", "greeting": "Oi" })).await;
            assert!(text.contains("`/greeting`"), "{text}");
        },
    )
    .await;
}

#[tokio::test]
async fn state_that_nobody_gives_keeps_the_server_from_starting() {
    let server = Server::empty("greeter").tool(greet).resource(greeting_of).prompt(greeting_for);
    let error = server.build().unwrap_err().to_string();
    for part in ["tool `greet`", "resource `greeting_of`", "prompt `greeting_for`", "Greeting", "injection.rs:"] {
        assert!(error.contains(part), "{part} is missing in:\n{error}");
    }
    assert_eq!(error.lines().count(), 3, "one line each:\n{error}");

    let twice = Server::empty("greeter").tool(greet).state(Greeting("a")).state(Greeting("b"));
    let error = twice.build().unwrap_err().to_string();
    assert!(error.contains("Greeting") && error.contains("twice"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_so_to_whoever_serves_it() {
    let (_ours, theirs) = tokio::io::duplex(64);
    let error = Server::empty("greeter").tool(greet).serve(theirs).await.unwrap_err();
    assert!(error.to_string().contains("State<"), "{error}");
    let refused = Server::empty("greeter").tool(greet).build();
    assert!(refused.unwrap_err().to_string().contains("State<"));
}

/// Tells what is known of a call.
#[tool]
async fn about(ctx: Context, caller: Caller, headers: Headers, token: CancellationToken) -> Json<Value> {
    Json(json!({
        "revision": ctx.revision().to_string(),
        "id": ctx.request_id(),
        "client": ctx.client_info().map(|info| info.name),
        "authenticated": caller.is_authenticated(),
        "subject": caller.subject(),
        "own": headers.get("X-Own"),
        "secret": headers.get("authorization"),
        "cancelled": token.is_cancelled(),
        "meta": ctx.meta().get("com.example/key"),
        "traceparent": ctx.traceparent(),
        "session": ctx.session().is_some(),
    }))
}

#[tokio::test]
async fn a_context_tells_what_is_known_of_the_call() {
    served(
        || Server::empty("about").tool(about),
        async |client| {
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            let meta = json!({ "com.example/key": [1, 2], "traceparent": trace });
            let request = client.request("tools/call", json!({ "name": "about", "arguments": {}, "_meta": meta }));
            let result = match client.transport() {
                Transport::Stdio => {
                    client.send(&request).await;
                    client.receive().await["result"].take()
                }
                Transport::Http => {
                    let mut headers = client.headers(&request);
                    headers.push(("x-own".to_owned(), "value".to_owned()));
                    headers.push(("Authorization".to_owned(), "Bearer secret".to_owned()));
                    let response = client.post(&headers, request.to_string().as_bytes()).await;
                    response.messages().remove(0)["result"].take()
                }
            };
            let seen: Value = serde_json::from_str(&text_of(&result)).unwrap();
            let http = client.transport() == Transport::Http;
            let expected = json!({
                "revision": client.revision().name(),
                "id": request["id"].to_string(),
                "client": "tests",
                "authenticated": false,
                "subject": null,
                "own": http.then_some("value"),
                "secret": null,
                "cancelled": false,
                "meta": [1, 2],
                "traceparent": trace,
                "session": !client.revision().is_modern(),
            });
            assert_eq!(seen, expected);
        },
    )
    .await;
}

/// Counts how often it was made.
struct Turn(u32);

static TURNS: AtomicU32 = AtomicU32::new(0);

impl FromContext for Turn {
    type Error = ToolError;

    async fn from_context(context: &Context) -> Result<Self, ToolError> {
        let limit = context.state::<Limit>().ok_or_else(|| ToolError::internal("no limit"))?;
        tokio::task::yield_now().await;
        let turn = TURNS.fetch_add(1, Ordering::SeqCst) + 1;
        if turn > limit.0 { Err(ToolError::forbidden("nobody has more turns (forbidden)")) } else { Ok(Self(turn)) }
    }

    fn needs(needs: &mut Needs) {
        needs.state::<Limit>();
    }
}

struct Limit(u32);

/// Takes a turn.
#[tool(inline)]
fn take_turn(before: u8, turn: Turn, after: u8) -> String {
    format!("{before} {} {after}", turn.0)
}

#[tokio::test]
async fn a_type_of_the_users_is_resolved_once_a_call_and_its_error_is_the_calls() {
    let error = Server::empty("turns").tool(take_turn).build().unwrap_err().to_string();
    assert!(error.contains("take_turn") && error.contains("Limit"), "what it needs is known at start: {error}");

    let server = Server::empty("turns").tool(take_turn).state(Limit(2));
    let mut client = Client::of(server, Revision::V2026_07_28).await;
    for turn in 1..=2 {
        let result = client.call("take_turn", json!({ "before": 1, "after": 3 })).await;
        assert_eq!(text_of(&result), format!("1 {turn} 3"));
    }
    let bad = client.failure("take_turn", json!({ "before": 300 })).await;
    assert!(bad.contains("/before") && bad.contains("/after"), "{bad}");
    assert_eq!(TURNS.load(Ordering::SeqCst), 2, "nothing is resolved for a call that is refused");
    let result = client.call("take_turn", json!({ "before": 1, "after": 3 })).await;
    assert_eq!(text_of(&result), "nobody has more turns (forbidden)");
    assert_eq!(error_of(&result)["code"], "forbidden");
    client.finish().await;
}

struct Notes(&'static str);

#[fastmcp_rs::server]
impl Notes {
    /// The title of the notes.
    #[tool]
    async fn title(&self, prefix: String) -> String {
        format!("{prefix}{}", self.0)
    }

    /// The title as a resource.
    #[resource("notes://{part}")]
    fn part(&self, part: String) -> String {
        format!("{}/{part}", self.0)
    }

    /// Asks about the notes.
    #[prompt]
    fn ask(&self, question: String) -> String {
        format!("{} {question}", self.0)
    }
}

#[tokio::test]
async fn the_methods_of_a_value_are_served() {
    served(
        || Server::empty("notes").service(Notes("shopping")),
        async |client| {
            assert_eq!(text_of(&client.call("title", json!({ "prefix": "> " })).await), "> shopping");
            let read = client.result("resources/read", json!({ "uri": "notes://milk" })).await;
            assert_eq!(read["contents"][0]["text"], "shopping/milk");
            let params = json!({ "name": "ask", "arguments": { "question": "why?" } });
            let prompt = client.result("prompts/get", params).await;
            assert_eq!(prompt["messages"][0]["content"]["text"], "shopping why?");
        },
    )
    .await;
}

/// Calls the others.
#[tool]
async fn nested(ctx: Context) -> Result<String, ToolError> {
    let greeted = ctx.call_tool("greet", json!({ "name": "Ada" })).await?.to_text();
    let read = ctx.read_resource("greeting://Bob").await?.to_text();
    let missing = ctx.call_tool("gret", json!({})).await.unwrap_err();
    let refused = ctx.call_tool("greet", json!({})).await?;
    Ok(format!("{greeted} {read} {:?} {}", missing.kind(), refused.is_error()))
}

#[tokio::test]
async fn a_handler_calls_the_components_of_its_own_server() {
    served(
        || {
            let server = Server::empty("nested").tool(nested).tool(greet).resource(greeting_of);
            server.state(Greeting("Hi"))
        },
        async |client| {
            let result = client.call("nested", json!({})).await;
            assert_eq!(text_of(&result), "Hi, Ada! Hi, Bob! NotFound true");
        },
    )
    .await;
}

/// Remembers a value for the conversation.
#[tool]
async fn remember(value: Option<u8>, ctx: Context) -> String {
    let Some(session) = ctx.session() else { return "no conversation".to_owned() };
    if let Some(value) = value {
        session.set("value", value);
    }
    session.get("value").map_or_else(|| "nothing".to_owned(), |value| value.to_string())
}

#[tokio::test]
async fn values_live_as_long_as_a_conversation_where_there_is_one() {
    served(
        || Server::empty("memory").tool(remember),
        async |client| {
            let modern = client.revision().is_modern();
            for (arguments, older) in [(json!({}), "nothing"), (json!({ "value": 5 }), "5"), (json!({}), "5")] {
                let text = text_of(&client.call("remember", arguments).await);
                assert_eq!(text, if modern { "no conversation" } else { older });
            }
        },
    )
    .await;
}

#[test]
fn functions_stay_functions() {
    assert_eq!(greet("Ada".into(), State::new(Greeting("Hello"))), "Hello, Ada!");
    assert_eq!(Notes("a").part("b".into()), "a/b");
}
