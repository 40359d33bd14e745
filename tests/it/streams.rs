//! What flows over HTTP apart from single answers: listening, the stream of an older session, resumption, polling, and what
//! becomes of work whose client goes away.

use std::{future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use axum::body::HttpBody as _;
use fastmcp_rs::{
    RunningServer,
    middleware::{Incoming, Middleware, Next, Outcome},
    prelude::*,
};
use fastmcp_rs_tests::{
    Client, Example, Revision, Transport,
    client::text_of,
    http::{Connection, Event, Events, Head},
    schema, within,
};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use tower_service::Service as _;

/// What a test and the tools that it calls tell each other.
struct Wires {
    /// What tools say.
    said: mpsc::UnboundedSender<String>,
    /// What tools wait for.
    go: Arc<Semaphore>,
}

impl Wires {
    async fn gate(&self) {
        self.go.acquire().await.unwrap().forget();
    }
}

/// Says when it is dropped.
struct Farewell(mpsc::UnboundedSender<String>, String);

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = self.0.send(format!("{} dropped", self.1));
    }
}

/// Waits to be let go.
#[tool]
async fn wait(name: String, wires: State<Wires>) -> String {
    let _farewell = Farewell(wires.said.clone(), name.clone());
    let _ = wires.said.send(format!("{name} started"));
    wires.gate().await;
    let _ = wires.said.send(format!("{name} done"));
    name
}

/// Says a line whenever it is let go, and is done when it is let go once more.
#[tool]
async fn talk(lines: u32, wires: State<Wires>, ctx: Context) -> &'static str {
    for line in 0..lines {
        wires.gate().await;
        ctx.info(line).await;
    }
    wires.gate().await;
    "done"
}

/// Sends its client away.
#[tool]
async fn leave(quietly: bool, wires: State<Wires>, ctx: Context) -> &'static str {
    if !quietly {
        ctx.info("before").await;
    }
    ctx.close_sse_stream();
    wires.gate().await;
    ctx.info("after").await;
    "done"
}

/// Says a word, and then answers at length.
#[tool]
async fn long(bytes: usize, ctx: Context) -> String {
    ctx.info("a word").await;
    "x".repeat(bytes)
}

/// Asks for a name.
#[tool]
async fn ask(ctx: Context) -> Result<String, ToolError> {
    Ok(if ctx.confirm("Well?").await? { "yes" } else { "no" }.to_owned())
}

/// Changes a resource.
#[tool]
fn touch(uri: String, ctx: Context) -> &'static str {
    ctx.resource_updated(uri);
    "touched"
}

/// A text.
#[resource("files://{name}")]
fn file(name: String) -> String {
    name
}

/// A prompt.
#[prompt]
fn greet() -> &'static str {
    "Hello"
}

struct World {
    client: Client,
    handle: RunningServer,
    heard: mpsc::UnboundedReceiver<String>,
    go: Arc<Semaphore>,
}

impl World {
    async fn of(revision: Revision) -> Self {
        Self::with(revision, |server| server).await
    }

    async fn with(revision: Revision, more: impl FnOnce(Server) -> Server) -> Self {
        let (server, heard, go) = Self::server();
        let server = more(server);
        let server = server.build().unwrap();
        let handle = server.clone();
        let capabilities = json!({ "elicitation": {} });
        let client = Client::with_capabilities(server, Transport::Http, revision, capabilities).await;
        Self { client, handle, heard, go }
    }

    /// One with the listener that a program has.
    async fn listening(revision: Revision) -> Self {
        let (server, heard, go) = Self::server();
        let server = server.build().unwrap();
        let handle = server.clone();
        Self { client: Client::listening(server, revision).await, handle, heard, go }
    }

    fn server() -> (Server, mpsc::UnboundedReceiver<String>, Arc<Semaphore>) {
        let (said, heard) = mpsc::unbounded_channel();
        let go = Arc::new(Semaphore::new(0));
        let server = Server::empty("streams").tool(wait).tool(talk).tool(leave).tool(ask);
        let server = server.tool(touch).resource(file).prompt(greet);
        (server.state(Wires { said, go: Arc::clone(&go) }), heard, go)
    }

    async fn hear(&mut self) -> String {
        within("word from a tool", self.heard.recv()).await.unwrap()
    }
}

/// Posts a request and gives back its stream of events, which it has to open.
async fn post(client: &Client, request: &Value) -> Events {
    let (head, events) = client.open("POST", &client.headers(request), request.to_string().as_bytes()).await;
    is_stream(&head);
    events
}

fn call(client: &mut Client, tool: &str, arguments: Value) -> Value {
    client.request("tools/call", json!({ "name": tool, "arguments": arguments }))
}

/// Opens the stream of an older session, from after an event if one is given.
async fn get(client: &Client, after: Option<&str>) -> Events {
    let (head, events) = client.open("GET", &get_headers(client, after), b"").await;
    is_stream(&head);
    events
}

fn get_headers(client: &Client, after: Option<&str>) -> Vec<(String, String)> {
    let mut headers = client.headers(&Value::Null);
    headers.retain(|(name, _)| name != "Accept" && name != "Content-Type");
    headers.push(("Accept".to_owned(), "text/event-stream".to_owned()));
    headers.extend(after.map(|id| ("Last-Event-ID".to_owned(), id.to_owned())));
    headers
}

fn is_stream(head: &Head) {
    assert_eq!(head.status, 200);
    assert!(head.is_event_stream(), "{head:?}");
    assert!(head.header("cache-control").unwrap().contains("no-cache"));
    assert_eq!(head.header("x-accel-buffering"), Some("no"));
}

/// The event with which a stream of 2025-11-25 begins: an id to come back with, and nothing else.
async fn primed(events: &mut Events) -> String {
    let event = events.next().await.expect("a first event");
    assert_eq!(event.data.as_deref(), Some(""), "{event:?}");
    assert!(event.retry.expect("a time to wait").parse::<u64>().is_ok());
    event.id.expect("an id")
}

/// The next message, as one of a revision with resumption: with an id.
async fn next(events: &mut Events, revision: Revision) -> (String, Value) {
    let event: Event = events.next().await.expect("an event");
    let id = event.id.clone().expect("an id");
    let message = event.message().expect("a message");
    schema::check(revision, None, &message);
    (id, message)
}

/// The next message of a modern stream, whose events are messages and nothing else.
async fn told(events: &mut Events) -> Value {
    let event = events.next().await.expect("an event");
    assert_eq!((&event.id, &event.retry, event.event.as_deref()), (&None, &None, Some("message")), "{event:?}");
    let message = event.message().expect("a message");
    schema::check(Revision::V2026_07_28, None, &message);
    message
}

const SESSIONS: [Revision; 3] = [Revision::V2025_03_26, Revision::V2025_06_18, Revision::V2025_11_25];
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

fn listen(client: &Client, id: &Value, filter: Value) -> Value {
    client.request_with_id(id, "subscriptions/listen", json!({ "notifications": filter }))
}

#[tokio::test]
async fn a_listener_is_acknowledged_first_and_hears_what_other_connections_change() {
    let world = World::of(Revision::V2026_07_28).await;
    let client = &world.client;
    let mut older = client.beside(Revision::V2025_11_25).await;
    let all = json!({
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": false,
        "resourceSubscriptions": ["files://a", "nothing://here"],
    });
    let mut everything = post(client, &listen(client, &json!(7), all)).await;
    let mut prompts = post(client, &listen(client, &json!("7"), json!({ "promptsListChanged": true }))).await;
    let mut nothing = post(client, &listen(client, &json!(8), json!({}))).await;
    for (events, id, granted) in [
        (
            &mut everything,
            json!(7),
            json!({ "toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["files://a"] }),
        ),
        (&mut prompts, json!("7"), json!({ "promptsListChanged": true })),
        (&mut nothing, json!(8), json!({})),
    ] {
        let acknowledged = told(events).await;
        assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
        assert_eq!(acknowledged["params"]["_meta"][SUBSCRIPTION], id, "the id keeps its type");
        assert_eq!(acknowledged["params"]["notifications"], granted);
    }
    for uri in ["files://b", "files://a"] {
        older.call("touch", json!({ "uri": uri })).await;
    }
    let notice = told(&mut everything).await;
    assert_eq!(notice["method"], "notifications/resources/updated");
    assert_eq!(notice["params"]["uri"], "files://a");
    assert_eq!(notice["params"]["_meta"][SUBSCRIPTION], 7);
    world.handle.disable("wait").unwrap();
    world.handle.disable("files://{name}").unwrap();
    world.handle.disable("greet").unwrap();
    assert_eq!(told(&mut everything).await["method"], "notifications/tools/list_changed");
    for (events, id) in [(&mut everything, json!(7)), (&mut prompts, json!("7"))] {
        let notice = told(events).await;
        assert_eq!(notice["method"], "notifications/prompts/list_changed");
        assert_eq!(notice["params"]["_meta"][SUBSCRIPTION], id);
    }

    world.handle.shutdown();
    for (mut events, id) in [(everything, json!(7)), (prompts, json!("7")), (nothing, json!(8))] {
        let event = events.next().await.expect("the end is said");
        let end = event.message().unwrap();
        schema::check(Revision::V2026_07_28, Some("subscriptions/listen"), &end);
        assert_eq!((&end["id"], &end["result"]["_meta"][SUBSCRIPTION]), (&id, &id));
        assert_eq!(events.next().await, None, "and then the stream ends");
    }
}

/// Part of a server, and gone when nothing holds the server any longer.
struct Part {
    _farewell: Farewell,
}

#[tokio::test]
async fn closing_the_stream_ends_the_listening() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let part = Part { _farewell: Farewell(said, "the server".to_owned()) };
    let mut service = Server::empty("streams").tool(touch).state(part).into_service().unwrap();
    let revision = Revision::V2026_07_28.name();
    let request = axum::http::Request::post("http://localhost/mcp")
        .header("Host", "localhost")
        .header("Content-Type", "application/json")
        .header("Accept", "text/event-stream")
        .header("MCP-Protocol-Version", revision)
        .header("Mcp-Method", "subscriptions/listen");
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": revision, "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "_meta": meta, "notifications": { "toolsListChanged": true } });
    let listen = json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params });
    let request = request.body(axum::body::Body::from(listen.to_string())).unwrap();
    let mut body = service.call(request).await.unwrap().into_body();
    let first = poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await.unwrap().unwrap();
    assert!(first.into_data().unwrap().starts_with(b"event: message\ndata: {"));
    drop(service);
    assert!(heard.try_recv().is_err(), "the listener holds the server");
    drop(body);
    assert_eq!(within("the end of everything", heard.recv()).await.unwrap(), "the server dropped");
}

#[tokio::test(start_paused = true)]
async fn a_stream_on_which_nothing_happens_is_kept_alive_by_comments() {
    let world = World::of(Revision::V2026_07_28).await;
    let older = world.client.beside(Revision::V2025_11_25).await;
    let request = listen(&world.client, &json!(1), json!({}));
    for (client, method, headers, body) in [
        (&world.client, "POST", world.client.headers(&request), request.to_string()),
        (&older, "GET", get_headers(&older, None), String::new()),
    ] {
        let mut connection = Connection::open(client.address()).await;
        connection.send(method, "/mcp", &headers, body.as_bytes()).await;
        is_stream(&connection.head().await.unwrap());
        assert!(connection.chunk().await.unwrap().len() > 3, "the acknowledgement, or the first event");
        let mut last = tokio::time::Instant::now();
        for _ in 0..3 {
            assert_eq!(connection.chunk().await.unwrap(), b":\n\n");
            assert_eq!(last.elapsed().as_secs(), 15);
            last = tokio::time::Instant::now();
        }
    }
    world.client.finish().await;
}

#[tokio::test]
async fn the_stream_of_a_session_tells_what_belongs_to_no_request() {
    for revision in SESSIONS {
        eprintln!("-- {revision}");
        let mut world = World::of(revision).await;
        let mut other = world.client.beside(Revision::V2026_07_28).await;
        let client = &mut world.client;
        client.result("resources/subscribe", json!({ "uri": "files://a" })).await;
        let mut first = get(client, None).await;
        if revision == Revision::V2025_11_25 {
            primed(&mut first).await;
        }
        world.handle.disable("wait").unwrap();
        assert_eq!(next(&mut first, revision).await.1["method"], "notifications/tools/list_changed");
        for uri in ["files://b", "files://a"] {
            other.call("touch", json!({ "uri": uri })).await;
        }
        let (_, notice) = next(&mut first, revision).await;
        assert_eq!(notice["method"], "notifications/resources/updated");
        assert_eq!(notice["params"], json!({ "uri": "files://a" }));

        // One stream at a time: the newer one takes over, and gets what comes from now on.
        let mut second = get(client, None).await;
        assert_eq!(first.next().await, None, "the first ends");
        if revision == Revision::V2025_11_25 {
            primed(&mut second).await;
        }
        world.handle.disable("greet").unwrap();
        let (last, notice) = next(&mut second, revision).await;
        assert_eq!(notice["method"], "notifications/prompts/list_changed");

        // What happens while nobody reads is kept for whoever says what they saw last.
        drop(second);
        world.handle.enable("wait").unwrap();
        let mut third = get(client, Some(&last)).await;
        assert_eq!(next(&mut third, revision).await.1["method"], "notifications/tools/list_changed");
        world.handle.shutdown();
        assert_eq!(third.next().await, None);
    }
}

#[tokio::test]
async fn a_get_is_for_sessions_and_for_events() {
    let world = World::of(Revision::V2025_11_25).await;
    let headers = get_headers(&world.client, None);
    let json: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.clone(), if name == "Accept" { "application/json".into() } else { value.clone() }))
        .collect();
    assert_eq!(world.client.http("GET", &json, b"").await.head.status, 406);
    for (id, status) in [(None, 405), (Some("unknown"), 404)] {
        let mut headers = headers.clone();
        headers.retain(|(name, _)| name != "Mcp-Session-Id");
        headers.extend(id.map(|id| ("Mcp-Session-Id".to_owned(), id.to_owned())));
        for method in ["GET", "DELETE"] {
            assert_eq!(world.client.http(method, &headers, b"").await.head.status, status, "{method}");
        }
    }
    for garbage in ["5", "x-y", "-", "1-", "18446744073709551616-1"] {
        let refused = world.client.http("GET", &get_headers(&world.client, Some(garbage)), b"").await;
        assert_eq!(refused.head.status, 400, "{garbage}");
    }
    world.client.finish().await;
}

#[tokio::test]
async fn a_connection_goes_on_after_a_stream_with_what_was_sent_meanwhile() {
    let mut world = World::listening(Revision::V2025_11_25).await;
    let mut connection = Connection::open(world.client.address()).await;
    let talk = call(&mut world.client, "talk", json!({ "lines": 1 }));
    let others: Vec<Value> = (0..3).map(|_| world.client.request("ping", json!({}))).collect();
    let (ahead, after) = others.split_at(2);
    connection.send("POST", "/mcp", &world.client.headers(&talk), talk.to_string().as_bytes()).await;
    connection.send("POST", "/mcp", &world.client.headers(&ahead[0]), ahead[0].to_string().as_bytes()).await;
    world.go.add_permits(1);
    let head = connection.head().await.unwrap();
    is_stream(&head);
    assert!(head.header("date").is_some(), "{head:?}");
    connection.send("POST", "/mcp", &world.client.headers(&ahead[1]), ahead[1].to_string().as_bytes()).await;
    world.go.add_permits(1);
    let streamed = connection.rest(head).await;
    assert_eq!(text_of(&streamed.messages().last().unwrap()["result"]), "done");
    for other in ahead {
        let response = connection.response().await.expect("an answer to what was sent ahead");
        assert_eq!(response.messages()[0]["id"], other["id"]);
    }
    connection.send("POST", "/mcp", &world.client.headers(&after[0]), after[0].to_string().as_bytes()).await;
    assert_eq!(connection.response().await.expect("the connection survives").head.status, 200);
    world.client.finish().await;
}

#[tokio::test]
async fn a_connection_ends_after_its_stream_if_its_client_wants_that() {
    let mut world = World::listening(Revision::V2025_11_25).await;
    let mut connection = Connection::open(world.client.address()).await;
    let talk = call(&mut world.client, "talk", json!({ "lines": 1 }));
    let mut headers = world.client.headers(&talk);
    headers.push(("Connection".to_owned(), "close".to_owned()));
    connection.send("POST", "/mcp", &headers, talk.to_string().as_bytes()).await;
    world.go.add_permits(2);
    let response = connection.response().await.unwrap();
    assert_eq!(response.head.header("connection"), Some("close"));
    assert_eq!(text_of(&response.messages().last().unwrap()["result"]), "done");
    assert!(connection.closed().await);
    world.client.finish().await;
}

#[tokio::test]
async fn the_body_of_a_get_is_never_read_as_a_request() {
    let mut world = World::listening(Revision::V2025_11_25).await;
    let mut connection = Connection::open(world.client.address()).await;
    let wait = call(&mut world.client, "wait", json!({ "name": "smuggled" })).to_string();
    let mut smuggled = format!("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", wait.len());
    for (name, value) in world.client.headers(&Value::Null) {
        smuggled += &format!("{name}: {value}\r\n");
    }
    smuggled += &format!("\r\n{wait}");
    connection.send("GET", "/mcp", &get_headers(&world.client, None), smuggled.as_bytes()).await;
    let head = connection.head().await.unwrap();
    is_stream(&head);
    world.client.http("DELETE", &world.client.headers(&Value::Null), b"").await;
    connection.rest(head).await;
    assert!(connection.closed().await);
    assert!(world.heard.try_recv().is_err(), "the body was run");
}

#[tokio::test]
async fn a_broken_stream_is_resumed_after_the_last_event_that_came() {
    for revision in SESSIONS {
        eprintln!("-- {revision}");
        let mut world = World::of(revision).await;
        let request = call(&mut world.client, "talk", json!({ "lines": 3 }));
        let other = call(&mut world.client, "talk", json!({ "lines": 0 }));
        let client = &world.client;
        world.go.add_permits(1);
        let mut events = post(client, &request).await;
        if revision == Revision::V2025_11_25 {
            primed(&mut events).await;
        }
        let (seen, line) = next(&mut events, revision).await;
        assert_eq!(line["params"]["data"], 0);
        drop(events);

        // Another stream of the same session, whose events are none of the first one's business.
        let answered = async { client.post(&client.headers(&other), other.to_string().as_bytes()).await };
        world.go.add_permits(2);
        let mut resumed = get(client, Some(&seen)).await;
        for expected in [1, 2] {
            let (id, line) = next(&mut resumed, revision).await;
            assert_ne!(id, seen);
            assert_eq!(line["params"]["data"], expected, "nothing twice, nothing lost");
        }
        world.go.add_permits(2);
        let (last, answer) = next(&mut resumed, revision).await;
        assert_eq!((&answer["id"], text_of(&answer["result"]).as_str()), (&request["id"], "done"));
        assert_eq!(resumed.next().await, None, "with the answer the stream is at its end");
        assert_eq!(answered.await.messages()[0]["id"], other["id"]);

        // A finished stream has nothing after its last event, and still everything before.
        assert_eq!(get(client, Some(&last)).await.next().await, None);
        let mut again = get(client, Some(&seen)).await;
        let mut messages = Vec::new();
        while let Some(message) = again.message().await {
            messages.push(message);
        }
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert_eq!(messages[2], answer);

        // The events of one session are nothing to another.
        let stranger = client.beside(revision).await;
        assert_eq!(get(&stranger, Some(&seen)).await.next().await, None);
        world.client.finish().await;
    }
}

#[tokio::test]
async fn a_client_that_is_sent_away_comes_back_for_the_rest() {
    let revision = Revision::V2025_11_25;
    for quietly in [false, true] {
        let mut world = World::of(revision).await;
        let request = call(&mut world.client, "leave", json!({ "quietly": quietly }));
        let client = &world.client;
        let mut events = post(client, &request).await;
        let mut seen = primed(&mut events).await;
        if !quietly {
            let (id, line) = next(&mut events, revision).await;
            assert_eq!(line["params"]["data"], "before");
            seen = id;
        }
        assert_eq!(events.next().await, None, "the call goes on, the connection does not");

        let mut back = get(client, Some(&seen)).await;
        world.go.add_permits(1);
        assert_eq!(next(&mut back, revision).await.1["params"]["data"], "after");
        let (_, answer) = next(&mut back, revision).await;
        assert_eq!((&answer["id"], text_of(&answer["result"]).as_str()), (&request["id"], "done"));
        assert_eq!(back.next().await, None);
        world.client.finish().await;
    }
}

#[tokio::test]
async fn other_revisions_are_not_sent_away() {
    for revision in [Revision::V2025_03_26, Revision::V2025_06_18, Revision::V2026_07_28] {
        let mut world = World::of(revision).await;
        let mut params = json!({ "name": "leave", "arguments": { "quietly": false } });
        if revision.is_modern() {
            params["_meta"] = json!({ "io.modelcontextprotocol/logLevel": "info" });
        }
        let request = world.client.request("tools/call", params);
        let mut events = post(&world.client, &request).await;
        assert_eq!(events.message().await.unwrap()["params"]["data"], "before");
        world.go.add_permits(1);
        assert_eq!(events.message().await.unwrap()["params"]["data"], "after");
        assert_eq!(events.message().await.unwrap()["id"], request["id"]);
        assert_eq!(events.next().await, None);
        world.client.finish().await;
    }
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_call_along_in_the_newer_era_only() {
    for older in SESSIONS {
        let mut world = World::of(Revision::V2026_07_28).await;
        let mut legacy = world.client.beside(older).await;
        let mut connections = Vec::new();
        for (client, name) in [(&mut legacy, "older"), (&mut world.client, "newer")] {
            let request = call(client, "wait", json!({ "name": name }));
            let mut connection = Connection::open(client.address()).await;
            connection.send("POST", "/mcp", &client.headers(&request), request.to_string().as_bytes()).await;
            connections.push(connection);
            assert_eq!(within("the start", world.heard.recv()).await.unwrap(), format!("{name} started"));
        }
        // The older goes first, so that its going is known when that of the newer is.
        for connection in connections {
            drop(connection);
        }
        assert_eq!(world.hear().await, "newer dropped");
        legacy.alive().await;
        assert!(world.heard.try_recv().is_err(), "the older call goes on");
        world.go.add_permits(1);
        assert_eq!(world.hear().await, "older done");
        world.client.finish().await;
    }
}

/// Says when a request is over, in whatever way.
struct Watch(mpsc::UnboundedSender<String>);

impl Middleware for Watch {
    async fn on_request(&self, message: Incoming, next: Next<'_, Incoming>) -> Outcome {
        let _farewell = Farewell(self.0.clone(), message.method().to_owned());
        next.run(message).await
    }
}

#[tokio::test]
async fn a_streamed_answer_is_cancelled_with_its_stream_in_the_newer_era() {
    let (said, heard) = mpsc::unbounded_channel();
    let mut world = World::with(Revision::V2026_07_28, |server| server.middleware(Watch(said))).await;
    world.heard = heard;
    assert_eq!(world.hear().await, "server/discover dropped");
    let params = json!({
        "name": "talk", "arguments": { "lines": 2 }, "_meta": { "io.modelcontextprotocol/logLevel": "info" },
    });
    let request = world.client.request("tools/call", params);
    world.go.add_permits(1);
    let mut events = post(&world.client, &request).await;
    assert_eq!(told(&mut events).await["params"]["data"], 0);
    drop(events);
    assert_eq!(world.hear().await, "tools/call dropped");
    world.client.finish().await;
}

#[tokio::test]
async fn deleting_a_session_cancels_what_runs_in_it_and_nothing_is_left() {
    for revision in SESSIONS {
        let mut world = World::of(revision).await;
        let mut other = world.client.beside(revision).await;
        let mut stream = get(&world.client, None).await;
        let request = call(&mut world.client, "wait", json!({ "name": "call" }));
        let mut connection = Connection::open(world.client.address()).await;
        connection.send("POST", "/mcp", &world.client.headers(&request), request.to_string().as_bytes()).await;
        assert_eq!(world.hear().await, "call started");

        let headers = get_headers(&world.client, None);
        assert_eq!(world.client.http("DELETE", &headers, b"").await.head.status, 204);
        assert_eq!(world.hear().await, "call dropped");
        let response = connection.response().await.expect("the exchange ends");
        assert_eq!(response.messages(), Vec::<Value>::new(), "what is cancelled is not answered");
        if revision == Revision::V2025_11_25 {
            primed(&mut stream).await;
        }
        assert_eq!(stream.next().await, None, "the session's stream ends with it");

        for method in ["GET", "DELETE"] {
            assert_eq!(world.client.http(method, &headers, b"").await.head.status, 404, "{method}");
        }
        for message in [
            world.client.request("tools/list", json!({})),
            json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
            json!({ "jsonrpc": "2.0", "id": 1, "result": {} }),
        ] {
            let response = world.client.post(&world.client.headers(&message), message.to_string().as_bytes()).await;
            assert_eq!(response.head.status, 404, "{message}");
        }
        other.alive().await;
        world.client.finish().await;
    }
}

#[tokio::test]
async fn a_call_in_a_session_is_cancelled_by_the_value_of_its_id() {
    for revision in SESSIONS {
        let mut world = World::of(revision).await;
        for (id, same) in [(r#""a""#, r#""\u0061""#), ("12", "1.2e1")] {
            let request = call(&mut world.client, "wait", json!({ "name": "call" }));
            let text = request.to_string().replace(&format!("\"id\":{}", request["id"]), &format!("\"id\":{id}"));
            let mut connection = Connection::open(world.client.address()).await;
            connection.send("POST", "/mcp", &world.client.headers(&request), text.as_bytes()).await;
            assert_eq!(world.hear().await, "call started");

            let text =
                text.replace(&format!("\"id\":{id}"), &format!("\"id\":{same}")).replace("tools/call", r"tools\/call");
            let response = world.client.post(&world.client.headers(&request), text.as_bytes()).await;
            assert_eq!(response.messages()[0]["error"]["code"], -32600, "{same} is running: {response:?}");
            assert!(world.heard.try_recv().is_err(), "what is refused is not begun");

            let params =
                format!(r#"{{"jsonrpc":"2.0","method":"notifications\/cancelled","params":{{"requestId":{same}}}}}"#);
            let response = world.client.post(&world.client.headers(&json!({})), params.as_bytes()).await;
            assert_eq!(response.head.status, 202);
            assert_eq!(world.hear().await, "call dropped");
            let response = connection.response().await.expect("the exchange ends");
            assert_eq!(response.messages(), Vec::<Value>::new(), "what is cancelled is not answered");
        }
        world.client.finish().await;
    }
}

#[tokio::test]
async fn an_answer_reaches_the_question_of_its_own_session() {
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25] {
        let mut world = World::of(revision).await;
        let mut other = world.client.beside(revision).await;
        let mut asked = Vec::new();
        for client in [&mut world.client, &mut other] {
            let request = call(client, "ask", json!({}));
            let mut events = post(client, &request).await;
            let question = events.message().await.expect("a question");
            schema::check(revision, None, &question);
            assert_eq!(question["method"], "elicitation/create");
            asked.push((request, question["id"].clone(), events));
        }
        assert_eq!(asked[0].1, asked[1].1, "both were asked under the same id");

        // The second answers first, the first answers otherwise, and what nobody asked is passed over.
        for (client, place, action) in [(&other, 1, "decline"), (&world.client, 0, "accept")] {
            for (id, action) in [(json!(4711), "cancel"), (json!("1"), "cancel"), (asked[place].1.clone(), action)] {
                let result = json!({ "action": action, "content": { "confirmed": true, "confirm": true } });
                let answer = json!({ "jsonrpc": "2.0", "id": id, "result": result });
                let response = client.post(&client.headers(&answer), answer.to_string().as_bytes()).await;
                assert_eq!((response.head.status, response.text().as_str()), (202, ""));
            }
            let (request, _, events) = &mut asked[place];
            let answer = events.message().await.expect("the result of the call");
            assert_eq!(answer["id"], request["id"]);
            assert_ne!(answer["result"]["isError"], true, "{answer}");
            assert_eq!(text_of(&answer["result"]), if action == "accept" { "yes" } else { "no" });
            assert_eq!(events.next().await, None);
        }
        world.client.finish().await;
    }
}

#[tokio::test]
async fn what_belongs_to_one_session_never_reaches_another() {
    for revision in SESSIONS {
        let mut world = World::of(revision).await;
        let mut other = world.client.beside(revision).await;
        world.client.result("resources/subscribe", json!({ "uri": "files://one" })).await;
        other.result("resources/subscribe", json!({ "uri": "files://two" })).await;
        let (mut one, mut two) = (get(&world.client, None).await, get(&other, None).await);
        if revision == Revision::V2025_11_25 {
            primed(&mut one).await;
            primed(&mut two).await;
        }

        // Log lines go on the stream of their own call, also when both calls have the same id.
        let (mine, theirs) = (
            world.client.request_with_id(
                &json!(99),
                "tools/call",
                json!({ "name": "talk", "arguments": { "lines": 1 } }),
            ),
            other.request_with_id(
                &json!(99),
                "tools/call",
                json!({ "name": "wait", "arguments": { "name": "theirs" } }),
            ),
        );
        let mut connection = Connection::open(other.address()).await;
        connection.send("POST", "/mcp", &other.headers(&theirs), theirs.to_string().as_bytes()).await;
        assert_eq!(world.hear().await, "theirs started");

        // Nor can one cancel what the other runs.
        world.client.notify("notifications/cancelled", json!({ "requestId": 99 })).await;
        world.client.alive().await;
        assert!(world.heard.try_recv().is_err(), "it goes on");
        world.go.add_permits(1);
        assert_eq!(world.hear().await, "theirs done");
        let response = connection.response().await.unwrap();
        assert_eq!(response.messages().len(), 1);

        world.go.add_permits(2);
        let response = world.client.post(&world.client.headers(&mine), mine.to_string().as_bytes()).await;
        assert_eq!(response.messages().len(), 2, "a line and the answer: {:?}", response.text());

        for uri in ["files://one", "files://two"] {
            other.call("touch", json!({ "uri": uri })).await;
        }
        assert_eq!(next(&mut one, revision).await.1["params"]["uri"], "files://one");
        assert_eq!(next(&mut two, revision).await.1["params"]["uri"], "files://two");
        world.handle.shutdown();
        assert_eq!((one.next().await, two.next().await), (None, None), "and nothing else came to either");
    }
}

/// The status with which a session's next request is answered.
async fn status(client: &mut Client) -> u16 {
    let request = client.request("tools/list", json!({}));
    client.post(&client.headers(&request), request.to_string().as_bytes()).await.head.status
}

fn greeting() -> Value {
    let info = json!({ "name": "tests", "version": "0" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })
}

/// How many messages a stream still has after an event.
async fn rest(client: &Client, after: &str) -> usize {
    let mut events = get(client, Some(after)).await;
    let mut messages = 0;
    while events.message().await.is_some() {
        messages += 1;
    }
    messages
}

#[tokio::test]
async fn finished_streams_are_kept_within_the_bytes_of_a_session() {
    // An eighth of it for one session: three answers of 20,000 bytes.
    let limit = 8 * 70_000;
    let World { mut client, .. } =
        World::with(Revision::V2025_11_25, |server| server.tool(long).max_kept_bytes(limit)).await;
    let mut first = Vec::new();
    for _ in 0..6 {
        let request = call(&mut client, "long", json!({ "bytes": 20_000 }));
        let mut events = post(&client, &request).await;
        first.push(primed(&mut events).await);
        while events.message().await.is_some() {}
    }
    let mut left = Vec::new();
    for id in &first {
        left.push(rest(&client, id).await);
    }
    assert_eq!(left, [0, 0, 0, 2, 2, 2], "the oldest were forgotten, and no other");
    // An answer that there could never be room for is an error, and the session goes on.
    let request = call(&mut client, "long", json!({ "bytes": 100_000 }));
    let mut events = post(&client, &request).await;
    primed(&mut events).await;
    let mut last = None;
    while let Some(message) = events.message().await {
        last = Some(message);
    }
    let message = last.unwrap()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "the answer is not kept: too many wait to be read in this session");
    assert_eq!(status(&mut client).await, 200);
    client.finish().await;
}

#[tokio::test]
async fn the_bytes_of_a_server_are_for_all_of_its_sessions() {
    // Room for eight sessions of three answers each, and for no more.
    let World { client, .. } =
        World::with(Revision::V2025_11_25, |server| server.tool(long).max_kept_bytes(8 * 70_000)).await;
    let mut sessions = Vec::new();
    for _ in 0..12 {
        let mut session = client.beside(Revision::V2025_11_25).await;
        let mut first = Vec::new();
        for _ in 0..3 {
            let request = call(&mut session, "long", json!({ "bytes": 20_000 }));
            let mut events = post(&session, &request).await;
            first.push(primed(&mut events).await);
            while events.message().await.is_some() {}
        }
        sessions.push((session, first));
    }
    let mut kept = 0;
    for (session, first) in &mut sessions {
        for id in first {
            let mut events = get(session, Some(id)).await;
            while let Some(message) = events.message().await {
                kept += usize::from(message.get("result").is_some());
                assert_eq!(message.get("error"), None, "there is room for an answer as long as older ones can go");
            }
        }
        // All of them can still be used.
        assert_eq!(status(session).await, 200);
    }
    assert!((20..=27).contains(&kept), "{kept} of 36 answers are kept");
    client.finish().await;
}

#[tokio::test]
async fn arguments_of_calls_under_way_are_bounded_in_bytes_and_refused_before_they_run() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let (server, mut heard, go) = World::server();
        let mut client = Client::of(server.max_kept_bytes(8 * 70_000), revision).await;
        let mut heard = async || within("word from a tool", heard.recv()).await.unwrap();
        let long =
            |name: &str| json!({ "name": "wait", "arguments": { "name": format!("{name}{}", "x".repeat(30_000)) } });
        for name in ["one", "two"] {
            client.begin("tools/call", long(name)).await;
            let word = heard().await;
            assert!(word.starts_with(name) && word.ends_with(" started"));
        }
        let refusal = client.refusal("tools/call", long("three")).await;
        assert_eq!(refusal.message, "too much is kept for calls under way: wait for some of them");
        // Short ones are not counted.
        client.begin("tools/call", json!({ "name": "wait", "arguments": { "name": "short" } })).await;
        assert_eq!(heard().await, "short started", "and the refused one never was");
        go.add_permits(3);
        for _ in 0..3 {
            client.receive().await;
        }
        for _ in 0..6 {
            heard().await;
        }
        client.begin("tools/call", long("three")).await;
        assert!(heard().await.starts_with("three"));
        go.add_permits(1);
        client.receive().await;
        client.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_are_bounded_and_the_longest_idle_makes_room() {
    let revision = Revision::V2025_11_25;
    let World { client: mut first, .. } =
        World::with(revision, |server| server.http(Http::new().max_sessions(2))).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    let mut second = first.beside(revision).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(status(&mut first).await, 200);
    tokio::time::advance(Duration::from_secs(1)).await;
    let mut third = first.beside(revision).await;
    assert_eq!([status(&mut first).await, status(&mut second).await, status(&mut third).await], [200, 404, 200]);

    // With a stream open a session is not idle, and where none is idle there is no room.
    let (_one, three) = (get(&first, None).await, get(&third, None).await);
    let headers = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let refused = first.post(&headers, greeting().to_string().as_bytes()).await;
    assert_eq!(refused.head.status, 503);
    assert!(refused.head.header("retry-after").is_some());
    assert_eq!(refused.head.header("mcp-session-id"), None);
    drop(three);
    third.http("DELETE", &get_headers(&third, None), b"").await;
    let mut fourth = first.beside(revision).await;
    assert_eq!([status(&mut first).await, status(&mut third).await, status(&mut fourth).await], [200, 404, 200]);
    first.finish().await;
}

#[tokio::test]
async fn a_call_that_was_left_in_each_session_keeps_nobody_out() {
    let revision = Revision::V2025_11_25;
    let mut world = World::with(revision, |server| server.http(Http::new().max_sessions(2))).await;
    let mut others = Vec::new();
    for n in 0..2 {
        let mut client = if n == 0 { world.client.beside(revision).await } else { others.pop().unwrap() };
        let request = call(&mut client, "wait", json!({ "name": format!("call {n}") }));
        {
            let mut posted = Box::pin(post(&client, &request));
            tokio::select! {
                word = world.heard.recv() => assert_eq!(word.unwrap(), format!("call {n} started")),
                _ = &mut posted => panic!("it waits"),
            }
            // Here its client goes away, and the call stays.
        }
        others.push(client.beside(revision).await);
    }
    let mut newest = others.pop().unwrap();
    assert_eq!(status(&mut newest).await, 200);
    world.go.add_permits(8);
    drop(world);
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_ends() {
    let revision = Revision::V2025_11_25;
    let idle = Duration::from_secs(40);
    let World { client: mut used, .. } =
        World::with(revision, |server| server.http(Http::new().session_idle(idle))).await;
    let mut idle = used.beside(revision).await;
    let mut open = used.beside(revision).await;
    let stream = get(&open, None).await;
    for _ in 0..3 {
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(status(&mut used).await, 200);
    }
    assert_eq!([status(&mut used).await, status(&mut idle).await, status(&mut open).await], [200, 404, 200]);
    drop(stream);
    used.finish().await;
}

#[tokio::test(start_paused = true)]
async fn sessions_that_come_and_go_leave_nothing_running() {
    let World { client, .. } = World::of(Revision::V2025_11_25).await;
    let headers = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(client.http("DELETE", &get_headers(&client, None), b"").await.head.status, 204);
    let mut connection = Connection::open(client.address()).await;
    let mut running = Vec::new();
    for _ in 0..50 {
        connection.send("POST", "/mcp", &headers, greeting().to_string().as_bytes()).await;
        let greeted = connection.response().await.unwrap();
        let id = greeted.head.header("mcp-session-id").unwrap().to_owned();
        connection.send("DELETE", "/mcp", &[("Mcp-Session-Id".to_owned(), id)], b"").await;
        assert_eq!(connection.response().await.unwrap().head.status, 204);
        running.push(tokio::runtime::Handle::current().metrics().num_alive_tasks());
    }
    assert!(running[49] <= running[0], "{running:?}");
    client.finish().await;
}

/// What stays open for as long as the server runs: the stream of a session, and in the newer era a subscription.
async fn standing(client: &mut Client) -> Events {
    if !client.revision().is_modern() {
        return get(client, None).await;
    }
    let request = client.request("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }));
    let mut events = post(client, &request).await;
    assert_eq!(events.message().await.unwrap()["method"], "notifications/subscriptions/acknowledged");
    events
}

#[tokio::test]
async fn shutdown_answers_what_is_under_way_and_takes_nothing_new() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let mut client = Client::start(Example::named("waiting"), Transport::Http, revision).await;
        let mut standing = standing(&mut client).await;
        let mut idle = Connection::open(client.address()).await;
        let list = client.request("tools/list", json!({}));
        idle.send("POST", "/mcp", &client.headers(&list), list.to_string().as_bytes()).await;
        assert_eq!(idle.response().await.unwrap().head.status, 200);

        let here = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let request = call(&mut client, "listen_to", json!({ "address": here.local_addr().unwrap().to_string() }));
        let mut calling = Connection::open(client.address()).await;
        calling.send("POST", "/mcp", &client.headers(&request), request.to_string().as_bytes()).await;
        let (mut listening, _) = within("the call", here.accept()).await.unwrap();

        let server = client.into_server();
        server.ask_to_end().await;
        // Comments keep a stream that does not end alive, so its end has a limit of its own.
        within("the end of the stream", async { while standing.next().await.is_some() {} }).await;
        assert!(idle.closed().await, "a connection on which nothing is asked does not wait");
        within("the end of listening", async { while TcpStream::connect(&server.address).await.is_ok() {} }).await;

        listening.write_all(b"still here").await.unwrap();
        drop(listening);
        let response = calling.response().await.expect("the call is answered");
        assert_eq!(response.head.status, 200);
        let answer = response.messages().pop().unwrap();
        assert_eq!((&answer["id"], text_of(&answer["result"]).as_str()), (&request["id"], "still here"));
        assert!(calling.closed().await);
        let ended = server.ended().await;
        assert!(ended.success(), "{ended}");
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_person() {
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25] {
        let capabilities = json!({ "elicitation": {} });
        let waiting = Example::named("waiting");
        let mut client = Client::with_capabilities(waiting, Transport::Http, revision, capabilities).await;
        let request = call(&mut client, "ask", json!({}));
        let mut events = post(&client, &request).await;
        assert_eq!(events.message().await.unwrap()["method"], "elicitation/create");
        let server = client.into_server();
        server.ask_to_end().await;
        let answer = within("the answer", events.message()).await.expect("the call is answered");
        assert_eq!((&answer["id"], &answer["result"]["isError"]), (&request["id"], &json!(true)), "{answer}");
        assert_eq!(events.next().await, None);
        let ended = server.ended().await;
        assert!(ended.success(), "{ended}");
    }
}
