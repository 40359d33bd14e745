//! Two replicas of one server, and a client whose requests reach now one and now the other: within the test, sharing a store in
//! memory, and, where there is a Redis (`FASTMCP_TEST_REDIS_URL`), as two processes.

use std::sync::Arc;

use fastmcp_rs::{
    prelude::*,
    replicas::{MemoryStore, StoreError},
};
use fastmcp_rs_tests::{
    Example, Revision,
    example::HttpServer,
    http::{Connection, Events, Head, Response},
    schema,
    store::{BeforeStore, HookedStore, StoreRequest},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// Tells everybody who listens that the list of tools has changed.
#[tool]
fn test_trigger_tool_change(ctx: Context) -> &'static str {
    ctx.tools_changed();
    "Sent tools/list_changed."
}

/// Asks the user for a name.
#[tool]
async fn test_elicitation(message: String, ctx: Context) -> Result<String, ToolError> {
    let form = json!({ "type": "object", "properties": { "username": { "type": "string" } } });
    match ctx.elicit_raw(message, form).await? {
        Elicited::Accepted(content) => Ok(format!("User response: <action: accept, content: {content}>")),
        _ => Ok("no".to_owned()),
    }
}

/// Lets `test_reconnection` finish here. In a process it does so by itself, some time after.
static SENT_AWAY: Semaphore = Semaphore::const_new(0);

/// Closes its own stream and finishes afterwards.
#[tool]
async fn test_reconnection(ctx: Context) -> &'static str {
    ctx.close_sse_stream();
    SENT_AWAY.acquire().await.unwrap().forget();
    "Reconnection test completed"
}

/// Logs one message.
#[tool]
async fn test_logging_tool(ctx: Context) -> &'static str {
    ctx.info("The logging tool is at work").await;
    "Logging tool completed."
}

/// Keeps a word in the session.
#[tool]
async fn remember(word: String, ctx: Context) -> &'static str {
    tokio::task::yield_now().await;
    ctx.session().unwrap().set("word", word);
    "kept"
}

/// The word that the session keeps.
#[tool]
fn recall(ctx: Context) -> String {
    ctx.session().unwrap().get("word").unwrap_or_default().to_string()
}

/// Says that the note has changed.
#[tool]
fn touch(ctx: Context) -> &'static str {
    ctx.resource_updated("note://one");
    "touched"
}

/// A note.
#[resource("note://one")]
fn note() -> &'static str {
    "a note"
}

fn server() -> Server {
    Server::empty("replicas")
        .tool(test_trigger_tool_change)
        .tool(test_elicitation)
        .tool(test_reconnection)
        .tool(test_logging_tool)
        .tool(remember)
        .tool(recall)
        .tool(touch)
        .resource(note)
}

/// The two replicas.
pub(crate) struct Pair {
    pub(crate) a: HttpServer,
    pub(crate) b: HttpServer,
}

async fn in_memory() -> Pair {
    let store = Arc::new(MemoryStore::new());
    let replica = || HttpServer::serve(server().http(Http::new().replicas(Arc::clone(&store) as _)).build().unwrap());
    Pair { a: replica().await, b: replica().await }
}

/// Where Redis is, for tests. Without one they say that they did not run.
pub(crate) fn redis_url() -> Option<String> {
    let url = std::env::var("FASTMCP_TEST_REDIS_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        eprintln!("SKIPPED, since FASTMCP_TEST_REDIS_URL names no Redis: `.ci/run tests` starts one");
    }
    url
}

pub(crate) fn replica(url: &str) -> Example {
    Example::named("conformance").env("FASTMCP_REDIS_URL", url)
}

/// Runs `body` with two replicas in memory, and with two processes that share a Redis if there is one.
async fn everywhere(body: impl AsyncFn(&Pair)) {
    body(&in_memory().await).await;
    if let Some(url) = redis_url() {
        eprintln!("-- Redis");
        let pair = Pair { a: HttpServer::start(replica(&url)).await, b: HttpServer::start(replica(&url)).await };
        body(&pair).await;
        assert!(pair.a.terminate().await.success());
        assert!(pair.b.terminate().await.success());
    }
}

/// A client of 2025-11-25 that talks to whichever replica it is told.
pub(crate) struct Talker {
    pub(crate) session: String,
    id: u64,
}

impl Talker {
    /// One without a session.
    pub(crate) fn nobody() -> Self {
        Self { session: String::new(), id: 0 }
    }

    /// Begins a session at one replica.
    pub(crate) async fn begin(at: &HttpServer) -> Self {
        let mut talker = Self::nobody();
        let greeting = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "tests", "version": "0" },
        });
        let (_, response) = talker.ask(at, "initialize", greeting).await;
        talker.session = response.head.header("mcp-session-id").expect("a session").to_owned();
        talker
    }

    /// Begins a session at one replica and says so to another.
    pub(crate) async fn greet(at: &HttpServer, then: &HttpServer) -> Self {
        let talker = Self::begin(at).await;
        talker.notify(then, "notifications/initialized", json!({})).await;
        talker
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Accept".to_owned(), "application/json, text/event-stream".to_owned()),
        ];
        if !self.session.is_empty() {
            headers.push(("Mcp-Session-Id".to_owned(), self.session.clone()));
            headers.push(("MCP-Protocol-Version".to_owned(), "2025-11-25".to_owned()));
        }
        headers
    }

    pub(crate) async fn send(
        &self,
        at: &HttpServer,
        method: &str,
        more: &[(&str, &str)],
        body: &Value,
    ) -> (Head, Connection) {
        let mut headers = self.headers();
        headers.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let mut connection = Connection::open(&at.address).await;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        connection.send(method, &at.path, &headers, body.as_bytes()).await;
        let head = connection.head().await.expect("a response");
        (head, connection)
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        json!({ "jsonrpc": "2.0", "id": self.id, "method": method, "params": params })
    }

    /// Sends a request and reads the whole response: its last message, and all of it.
    pub(crate) async fn ask(&mut self, at: &HttpServer, method: &str, params: Value) -> (Value, Response) {
        let request = self.request(method, params);
        let (head, mut connection) = self.send(at, "POST", &[], &request).await;
        let response = connection.rest(head).await;
        assert_eq!(response.head.status, 200, "{method}: {}", response.text());
        let messages = response.messages();
        let answer = messages.last().expect("an answer").clone();
        schema::check(Revision::V2025_11_25, Some(method), &answer);
        (answer, response)
    }

    /// The text of a tool's result.
    pub(crate) async fn call(&mut self, at: &HttpServer, tool: &str, arguments: Value) -> String {
        let (answer, _) = self.ask(at, "tools/call", json!({ "name": tool, "arguments": arguments })).await;
        text(&answer)
    }

    /// The status of a `ping`.
    pub(crate) async fn status(&mut self, at: &HttpServer) -> u16 {
        let request = self.request("ping", json!({}));
        self.send(at, "POST", &[], &request).await.0.status
    }

    /// Sends what is answered with 202.
    pub(crate) async fn post(&self, at: &HttpServer, message: &Value) {
        let (head, mut connection) = self.send(at, "POST", &[], message).await;
        let response = connection.rest(head).await;
        assert_eq!((response.head.status, response.text().as_str()), (202, ""), "{message}");
    }

    pub(crate) async fn notify(&self, at: &HttpServer, method: &str, params: Value) {
        self.post(at, &json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    /// Begins a request whose answer is a stream.
    pub(crate) async fn stream(&mut self, at: &HttpServer, method: &str, params: Value) -> Events {
        let request = self.request(method, params);
        let (head, connection) = self.send(at, "POST", &[], &request).await;
        assert!(head.status == 200 && head.is_event_stream(), "{head:?}");
        connection.events()
    }

    /// Opens the stream of what belongs to no request, or goes on with one.
    pub(crate) async fn get(&self, at: &HttpServer, after: Option<&str>) -> Events {
        let after: Vec<_> = after.map(|id| ("Last-Event-ID", id)).into_iter().collect();
        let (head, connection) = self.send(at, "GET", &after, &Value::Null).await;
        assert!(head.status == 200 && head.is_event_stream(), "{head:?}");
        connection.events()
    }
}

pub(crate) fn text(answer: &Value) -> String {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {answer}")).to_owned()
}

pub(crate) fn elicitation() -> Value {
    json!({ "name": "test_elicitation", "arguments": { "message": "Who?" } })
}

pub(crate) fn answered(question: &Value) -> Value {
    let result = json!({ "action": "accept", "content": { "username": "ada", "email": "ada@example.com" } });
    json!({ "jsonrpc": "2.0", "id": question["id"], "result": result })
}

#[tokio::test]
async fn a_conversation_goes_on_at_any_replica() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        for at in [&pair.a, &pair.b, &pair.b, &pair.a] {
            assert_eq!(talker.call(at, "test_logging_tool", json!({})).await, "Logging tool completed.");
            let (tools, _) = talker.ask(at, "tools/list", json!({})).await;
            assert!(!tools["result"]["tools"].as_array().unwrap().is_empty());
        }
        // What is said to one holds at the other.
        for (said, logs) in [("error", 0), ("debug", 1)] {
            talker.ask(&pair.b, "logging/setLevel", json!({ "level": said })).await;
            let call = json!({ "name": "test_logging_tool", "arguments": {} });
            let (_, response) = talker.ask(&pair.a, "tools/call", call).await;
            let logged =
                response.messages().iter().filter(|message| message["method"] == "notifications/message").count();
            assert_eq!(logged, logs, "{said}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_session_is_unknown_everywhere() {
    everywhere(async |pair| {
        for session in ["0123456789abcdef0123456789abcdef", "../../x", "*", "é"] {
            let mut talker = Talker { session: session.to_owned(), id: 0 };
            assert_eq!((talker.status(&pair.a).await, talker.status(&pair.b).await), (404, 404), "{session}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_finds_the_replica_that_asked() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        for (asked, answered_at) in [(&pair.a, &pair.b), (&pair.b, &pair.a), (&pair.a, &pair.a)] {
            let mut stream = talker.stream(asked, "tools/call", elicitation()).await;
            let question = stream.message().await.unwrap();
            assert_eq!(question["method"], "elicitation/create");
            assert!(question["id"].as_u64().unwrap() < 1 << 53);
            talker.post(answered_at, &answered(&question)).await;
            let answer = stream.message().await.unwrap();
            assert!(text(&answer).starts_with("User response: <action: accept"), "{answer}");
            assert_eq!(stream.message().await, None);
        }
    })
    .await;
}

#[tokio::test]
async fn an_error_is_an_answer_too() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        let mut stream = talker.stream(&pair.a, "tools/call", elicitation()).await;
        let question = stream.message().await.unwrap();
        let error = json!({ "code": -32000, "message": "nobody is here" });
        talker.post(&pair.b, &json!({ "jsonrpc": "2.0", "id": question["id"], "error": error })).await;
        let answer = stream.message().await.unwrap();
        assert!(text(&answer).contains("nobody is here"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_finds_the_replica_that_works() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        let mut stream = talker.stream(&pair.a, "tools/call", elicitation()).await;
        stream.message().await.unwrap();
        talker.notify(&pair.b, "notifications/cancelled", json!({ "requestId": talker.id })).await;
        // The question is taken back, and the request has no answer.
        while let Some(message) = stream.message().await {
            assert_eq!(message["method"], "notifications/cancelled", "{message}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_broken_stream_goes_on_at_another_replica() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        let mut stream = talker.stream(&pair.a, "tools/call", elicitation()).await;
        let begun = stream.next().await.unwrap().id.expect("an id to come back with");
        let question = stream.next().await.unwrap();
        drop(stream);

        // All of it again, at the other; and the stream of the first is no longer the one.
        let mut stream = talker.get(&pair.b, Some(&begun)).await;
        let again = stream.next().await.unwrap();
        assert_eq!((&again.id, &again.data), (&question.id, &question.data));
        drop(stream);
        let place = again.id.clone().unwrap();
        let mut stream = talker.get(&pair.b, Some(&place)).await;
        let asked = again.message().unwrap();
        talker.post(&pair.b, &answered(&asked)).await;
        let answer = stream.next().await.unwrap();
        assert!(text(&answer.clone().message().unwrap()).starts_with("User response"), "{answer:?}");
        assert_eq!(stream.next().await, None);

        // What is over can still be read, at either.
        for at in [&pair.a, &pair.b] {
            let mut stream = talker.get(at, Some(&begun)).await;
            assert_eq!(stream.next().await.unwrap().data, question.data);
            assert_eq!(stream.next().await.unwrap(), answer);
            assert_eq!(stream.next().await, None);
        }
        // And nobody else may read it.
        let other = Talker::greet(&pair.b, &pair.a).await;
        assert_eq!(other.get(&pair.b, Some(&begun)).await.next().await, None);
    })
    .await;
}

#[tokio::test]
async fn the_reader_at_another_replica_takes_the_stream_over() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        let mut first = talker.stream(&pair.a, "tools/call", elicitation()).await;
        let begun = first.next().await.unwrap().id.unwrap();
        first.next().await.unwrap();
        let mut second = talker.get(&pair.b, Some(&begun)).await;
        let question = second.message().await.unwrap();
        assert_eq!(first.next().await, None, "it is read elsewhere");
        let mut third = talker.get(&pair.a, Some(&begun)).await;
        assert_eq!(second.next().await, None, "it is read elsewhere again");
        assert_eq!(third.message().await.as_ref(), Some(&question));
        talker.post(&pair.b, &answered(&question)).await;
        assert!(text(&third.message().await.unwrap()).starts_with("User response"));
    })
    .await;
}

#[tokio::test]
async fn a_client_sent_away_may_come_back_to_another_replica() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        let call = json!({ "name": "test_reconnection", "arguments": {} });
        let mut stream = talker.stream(&pair.a, "tools/call", call).await;
        let begun = stream.next().await.unwrap().id.unwrap();
        assert_eq!(stream.next().await, None);
        let mut stream = talker.get(&pair.b, Some(&begun)).await;
        SENT_AWAY.add_permits(1);
        assert!(text(&stream.message().await.unwrap()).starts_with("Reconnection test completed"));
        assert_eq!(stream.next().await, None);
    })
    .await;
}

#[tokio::test]
async fn deleted_at_one_is_gone_at_all() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        let mut unasked = talker.get(&pair.a, None).await;
        assert!(unasked.next().await.unwrap().id.is_some());
        let mut running = talker.stream(&pair.a, "tools/call", elicitation()).await;
        running.message().await.unwrap();
        assert_eq!(talker.send(&pair.b, "DELETE", &[], &Value::Null).await.0.status, 204);
        assert_eq!((talker.status(&pair.a).await, talker.status(&pair.b).await), (404, 404));
        while running.message().await.is_some() {}
        while unasked.message().await.is_some() {}
        assert_eq!(talker.send(&pair.a, "GET", &[], &Value::Null).await.0.status, 404);
        assert_eq!(talker.send(&pair.a, "DELETE", &[], &Value::Null).await.0.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_change_is_told_at_every_replica() {
    everywhere(async |pair| {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        let mut unasked = talker.get(&pair.b, None).await;
        let place = unasked.next().await.unwrap().id.unwrap();
        let mut listening = Vec::new();
        for at in [&pair.a, &pair.b] {
            let request = json!({ "jsonrpc": "2.0", "id": "l", "method": "subscriptions/listen", "params": {
                "notifications": { "toolsListChanged": true },
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            } });
            let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "subscriptions/listen")];
            let nobody = Talker::nobody();
            let (head, connection) = nobody.send(at, "POST", &headers, &request).await;
            assert!(head.is_event_stream(), "{head:?}");
            let mut events = connection.events();
            assert_eq!(events.message().await.unwrap()["method"], "notifications/subscriptions/acknowledged");
            listening.push(events);
        }
        talker.call(&pair.a, "test_trigger_tool_change", json!({})).await;
        for events in &mut listening {
            assert_eq!(events.message().await.unwrap()["method"], "notifications/tools/list_changed");
        }
        assert_eq!(unasked.message().await.unwrap()["method"], "notifications/tools/list_changed");

        // Who comes back to the other replica is told what it missed, and what comes next.
        drop(unasked);
        let mut unasked = talker.get(&pair.a, Some(&place)).await;
        assert_eq!(unasked.message().await.unwrap()["method"], "notifications/tools/list_changed");
        talker.call(&pair.b, "test_trigger_tool_change", json!({})).await;
        assert_eq!(unasked.message().await.unwrap()["method"], "notifications/tools/list_changed");
    })
    .await;
}

#[tokio::test]
async fn a_subscription_holds_at_every_replica() {
    let pair = in_memory().await;
    let mut talker = Talker::greet(&pair.a, &pair.b).await;
    let mut unasked = talker.get(&pair.a, None).await;
    unasked.next().await.unwrap();
    talker.ask(&pair.b, "resources/subscribe", json!({ "uri": "note://one" })).await;
    // The next request at the other has seen what the first changed.
    assert_eq!(talker.status(&pair.a).await, 200);
    talker.call(&pair.b, "touch", json!({})).await;
    let notice = unasked.message().await.unwrap();
    assert_eq!(
        (&notice["method"], &notice["params"]["uri"]),
        (&json!("notifications/resources/updated"), &json!("note://one"))
    );
}

#[tokio::test]
async fn what_a_handler_keeps_is_there_at_every_replica() {
    let pair = in_memory().await;
    let mut talker = Talker::greet(&pair.a, &pair.b).await;
    for (at, then) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
        for word in ["one", "two"] {
            assert_eq!(talker.call(at, "remember", json!({ "word": word })).await, "kept");
            assert_eq!(talker.call(then, "recall", json!({})).await, format!("{word:?}"));
        }
    }
}

/// A store that takes its time to keep events.
#[derive(Default)]
struct Slow;

impl BeforeStore for Slow {
    async fn before(&self, asked: StoreRequest<'_>) -> Result<(), StoreError> {
        if matches!(asked, StoreRequest::Append) {
            // Longer than a client takes to come back.
            for _ in 0..20_000 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_stream_can_be_read_elsewhere_as_soon_as_it_is_seen() {
    let store = Arc::<HookedStore<Slow>>::default();
    let replica = || HttpServer::serve(server().http(Http::new().replicas(Arc::clone(&store) as _)).build().unwrap());
    let pair = Pair { a: replica().await, b: replica().await };
    let mut talker = Talker::greet(&pair.a, &pair.b).await;
    let mut stream = talker.stream(&pair.a, "tools/call", elicitation()).await;
    let begun = stream.next().await.unwrap().id.unwrap();
    drop(stream);
    let mut stream = talker.get(&pair.b, Some(&begun)).await;
    let question = stream.message().await.expect("it goes on");
    assert_eq!(question["method"], "elicitation/create");
}
