//! HTTP+SSE, the transport of 2024-11-05: one stream for all that the server says, one URL for all that the client says.

use fastmcp_rs::{RunningServer, prelude::*};
use fastmcp_rs_tests::{
    Revision,
    client::text_of,
    example::HttpServer,
    http::{Connection, Events, Head, Response},
    schema, within,
};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

const REVISION: Revision = Revision::V2024_11_05;

#[derive(Default)]
struct Todos(Mutex<Vec<String>>);

/// Adds a todo.
#[tool]
async fn add_todo(title: String, todos: State<Todos>, ctx: Context) -> usize {
    ctx.progress(1.0, 2.0).await;
    let mut todos = todos.0.lock().await;
    todos.push(title);
    ctx.progress(2.0, 2.0).await;
    ctx.info("added").await;
    ctx.resource_updated("todos://all");
    todos.len()
}

/// Everything that is to be done.
#[resource("todos://all")]
async fn all(todos: State<Todos>) -> String {
    todos.0.lock().await.join(", ")
}

/// Plans the day.
#[prompt]
fn plan(day: String) -> String {
    format!("Plan my {day}")
}

/// Says when it is dropped.
struct Farewell(mpsc::UnboundedSender<&'static str>);

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

/// Waits for ever.
#[tool(timeout = "none")]
async fn wait(said: State<mpsc::UnboundedSender<&'static str>>) -> &'static str {
    let _farewell = Farewell((*said).clone());
    let _ = said.send("started");
    std::future::pending().await
}

/// Asks where it may work.
#[tool]
async fn places(ctx: Context) -> Result<String, ToolError> {
    let roots = ctx.roots().await?;
    Ok(roots.iter().map(|root| root.uri.clone()).collect::<Vec<_>>().join(" "))
}

async fn serve() -> (HttpServer, RunningServer, mpsc::UnboundedReceiver<&'static str>) {
    let (said, heard) = mpsc::unbounded_channel();
    let server = Server::empty("todos").tool(add_todo).tool(wait).tool(places);
    let server = server.resource(all).prompt(plan).state(Todos::default()).state(said).http(Http::new().legacy_sse());
    let server = server.build().unwrap();
    let handle = server.clone();
    (HttpServer::serve(server).await, handle, heard)
}

async fn request(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut connection = Connection::open(address).await;
    let headers: Vec<_> = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    connection.send(method, path, &headers, body.as_bytes()).await;
    connection.response().await.expect("a response")
}

/// A client of the old kind.
struct Old {
    address: String,
    events: Events,
    /// Where its messages go.
    path: String,
    last_id: u64,
    /// What the server said without being asked.
    unasked: Vec<Value>,
}

impl Old {
    async fn open(address: &str) -> Self {
        let mut connection = Connection::open(address).await;
        connection.send("GET", "/sse", &[("Accept".to_owned(), "text/event-stream".to_owned())], b"").await;
        let head: Head = connection.head().await.unwrap();
        assert_eq!(head.status, 200);
        assert!(head.is_event_stream(), "{head:?}");
        let mut events = connection.events();
        let endpoint = events.next().await.expect("the first event");
        assert_eq!(endpoint.event.as_deref(), Some("endpoint"));
        let path = endpoint.data.unwrap();
        assert!(path.starts_with('/'), "of the same origin: {path}");
        let (_, id) = path.split_once("session_id=").expect("an id in the URL");
        assert!(id.len() >= 22, "{id}");
        Self { address: address.to_owned(), events, path, last_id: 0, unasked: Vec::new() }
    }

    async fn greeted(address: &str) -> Self {
        Self::greeted_as(address, REVISION).await
    }

    async fn greeted_as(address: &str, revision: Revision) -> Self {
        let mut old = Self::open(address).await;
        let info = json!({ "name": "old", "version": "0" });
        let params = json!({ "protocolVersion": revision.name(), "capabilities": { "roots": {} }, "clientInfo": info });
        let greeting = old.ask("initialize", params).await;
        assert_eq!(greeting["protocolVersion"], revision.name());
        old.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        old
    }

    async fn post(&self, body: &str) -> Response {
        request(&self.address, "POST", &self.path, &[("Content-Type", "application/json")], body).await
    }

    async fn send(&self, message: &Value) {
        let response = self.post(&message.to_string()).await;
        assert_eq!(response.head.status, 202, "{}", response.text());
    }

    async fn receive(&mut self) -> Value {
        let event = self.events.next().await.expect("the stream goes on");
        assert_eq!((event.event.as_deref(), &event.id), (Some("message"), &None));
        event.message().unwrap()
    }

    async fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params })).await;
        self.last_id
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        loop {
            let message = self.receive().await;
            if message["id"] == id && message.get("method").is_none() {
                schema::check(REVISION, Some(method), &message);
                return message["result"].clone();
            }
            schema::check(REVISION, None, &message);
            self.unasked.push(message);
        }
    }

    fn told(&mut self) -> Vec<(String, Value)> {
        let told = self.unasked.drain(..);
        told.map(|notice| (notice["method"].as_str().unwrap().to_owned(), notice["params"].clone())).collect()
    }
}

#[tokio::test]
async fn a_whole_conversation_over_the_oldest_transport() {
    let (server, handle, _heard) = serve().await;
    let mut old = Old::greeted(&server.address).await;
    let tools = old.ask("tools/list", json!({})).await;
    let names: Vec<_> = tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["add_todo", "places", "wait"]);
    old.ask("resources/subscribe", json!({ "uri": "todos://all" })).await;

    let call = json!({ "name": "add_todo", "arguments": { "title": "milk" }, "_meta": { "progressToken": "p" } });
    let result = old.ask("tools/call", call).await;
    assert_eq!(text_of(&result), "1");
    assert!(result.get("structuredContent").is_none());
    // The change comes on its own way, the rest of it before the answer.
    while !old.unasked.iter().any(|notice| notice["method"] == "notifications/resources/updated") {
        let notice = old.receive().await;
        old.unasked.push(notice);
    }
    let mut told = old.told();
    let updated = told.iter().position(|(method, _)| method == "notifications/resources/updated").unwrap();
    assert_eq!(told.remove(updated).1["uri"], "todos://all");
    assert_eq!(
        told,
        [
            ("notifications/progress".to_owned(), json!({ "progressToken": "p", "progress": 1.0, "total": 2.0 })),
            ("notifications/progress".to_owned(), json!({ "progressToken": "p", "progress": 2.0, "total": 2.0 })),
            ("notifications/message".to_owned(), json!({ "level": "info", "data": "added" })),
        ]
    );
    let read = old.ask("resources/read", json!({ "uri": "todos://all" })).await;
    assert_eq!(read["contents"][0]["text"], "milk");
    let prompt = old.ask("prompts/get", json!({ "name": "plan", "arguments": { "day": "Monday" } })).await;
    assert_eq!(prompt["messages"][0]["content"]["text"], "Plan my Monday");
    old.ask("ping", json!({})).await;

    handle.disable("wait").unwrap();
    assert_eq!(old.receive().await["method"], "notifications/tools/list_changed");

    // A question from the server comes on the stream, and its answer as another message.
    let id = old.begin("tools/call", json!({ "name": "places", "arguments": {} })).await;
    let question = old.receive().await;
    schema::check(REVISION, None, &question);
    assert_eq!(question["method"], "roots/list");
    let roots = json!({ "roots": [{ "uri": "file:///home" }] });
    old.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": roots })).await;
    let answer = old.receive().await;
    assert_eq!((&answer["id"], text_of(&answer["result"]).as_str()), (&json!(id), "file:///home"));
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn conversations_are_apart() {
    let (server, _handle, _heard) = serve().await;
    let (mut one, mut two) = (Old::greeted(&server.address).await, Old::greeted(&server.address).await);
    assert_ne!(one.path, two.path);
    for (old, count) in [(&mut one, "1"), (&mut two, "2")] {
        let call = json!({ "name": "add_todo", "arguments": { "title": "x" }, "_meta": { "progressToken": 1 } });
        assert_eq!(text_of(&old.ask("tools/call", call).await), count);
        assert_eq!(old.told().len(), 3, "both use the same ids, and each hears its own");
    }
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn messages_to_nobody_and_messages_that_are_none_are_refused() {
    let (server, _handle, _heard) = serve().await;
    let mut old = Old::greeted(&server.address).await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    let own = old.path.clone();
    for path in ["/messages", "/messages?session_id=", "/messages?session_id=00000000000000000000000000000000"] {
        let response = request(&server.address, "POST", path, &[], &ping).await;
        assert_eq!(response.head.status, 404, "{path}");
    }
    for body in ["", "garbage", "{"] {
        assert_eq!(old.post(body).await.head.status, 400, "{body:?}");
    }
    for (method, path) in [("GET", own.as_str()), ("PUT", &own), ("POST", "/sse"), ("DELETE", "/sse")] {
        assert_eq!(request(&server.address, method, path, &[], "").await.head.status, 405, "{method} {path}");
    }
    for (method, path, body) in [("GET", "/sse", ""), ("POST", own.as_str(), ping.as_str())] {
        for header in [("Origin", "http://evil.com"), ("Host", "evil.com")] {
            assert_eq!(request(&server.address, method, path, &[header], body).await.head.status, 403, "{header:?}");
        }
    }
    // What is JSON and no request is answered where everything is.
    old.send(&json!({ "jsonrpc": "2.0", "id": 5, "method": 7 })).await;
    let answer = old.receive().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(5), &json!(-32600)));
    old.ask("ping", json!({})).await;
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn the_end_of_the_stream_is_the_end_of_the_conversation() {
    let (server, _handle, mut heard) = serve().await;
    let mut old = Old::greeted(&server.address).await;
    old.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
    assert_eq!(within("the start", heard.recv()).await, Some("started"));
    let Old { address, events, path, .. } = old;
    drop(events);
    assert_eq!(within("the end of the call", heard.recv()).await, Some("dropped"));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    assert_eq!(request(&address, "POST", &path, &[], &ping).await.head.status, 404);
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn the_end_of_the_server_is_the_end_of_the_stream() {
    let (server, handle, _heard) = serve().await;
    let mut old = Old::greeted(&server.address).await;
    old.ask("ping", json!({})).await;
    handle.shutdown();
    assert_eq!(old.events.next().await, None);
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn the_oldest_transport_is_served_on_request_only() {
    let server = HttpServer::serve(Server::empty("todos").tool(places).build().unwrap()).await;
    for path in ["/sse", "/messages"] {
        assert_eq!(request(&server.address, "GET", path, &[], "").await.head.status, 404);
    }
    assert!(server.terminate().await.success());
}

/// What nobody reads is kept within the room that there is for it, and every call is answered in the end.
#[tokio::test]
async fn answers_that_are_not_read_take_no_more_room_than_there_is() {
    let server = Server::empty("lots").tool(lots).max_kept_bytes(8 << 20).http(Http::new().legacy_sse());
    let server = HttpServer::serve(server.build().unwrap()).await;
    let mut old = Old::greeted(&server.address).await;
    for _ in 0..CALLS {
        old.begin("tools/call", json!({ "name": "lots", "arguments": {} })).await;
    }
    let (mut answered, mut refused) = (0, 0);
    for _ in 0..CALLS {
        let answer = old.receive().await;
        match answer["error"]["message"].as_str() {
            None => answered += usize::from(text_of(&answer["result"]).len() == LOTS),
            Some(message) => {
                assert_eq!(message, "the answer is not kept: too many wait to be read");
                refused += 1;
            }
        }
    }
    assert!(answered > 0 && refused > 0 && answered + refused == CALLS, "{answered} answered, {refused} refused");
    let result = old.ask("tools/call", json!({ "name": "lots", "arguments": {} })).await;
    assert_eq!(text_of(&result).len(), LOTS, "there is room again");
}

/// A batch is answered when all of it is: what is ready before waits, and is counted like what comes later.
#[tokio::test]
async fn answers_of_a_batch_that_are_not_read_take_no_more_room_either() {
    let server = Server::empty("lots").tool(lots).tool(lots_at_once).max_kept_bytes(8 << 20);
    let server = HttpServer::serve(server.http(Http::new().legacy_sse()).build().unwrap()).await;
    let mut old = Old::greeted_as(&server.address, Revision::V2025_03_26).await;
    let call = |id: usize, name: &str| json!({ "jsonrpc": "2.0", "id": format!("{name} {id}"), "method": "tools/call", "params": { "name": name } });
    for id in 0..CALLS / 2 {
        old.send(&json!([call(id, "lots_at_once"), call(id, "lots")])).await;
    }
    let mut ends = std::collections::BTreeMap::<(&str, bool), usize>::new();
    for _ in 0..CALLS / 2 {
        let answers = old.receive().await;
        for (answer, name) in answers.as_array().unwrap().iter().zip(["lots_at_once", "lots"]) {
            assert!(answer["id"].as_str().unwrap().starts_with(name), "{}", answer["id"]);
            let whole = answer["error"].is_null();
            if whole {
                assert_eq!(text_of(&answer["result"]).len(), LOTS);
            } else {
                assert_eq!(answer["error"]["message"], "the answer is not kept: too many wait to be read");
            }
            *ends.entry((name, whole)).or_default() += 1;
        }
    }
    assert_eq!(ends.values().sum::<usize>(), CALLS);
    assert_eq!(ends.len(), 4, "of each some are kept, and some are not: {ends:?}");
    let result = old.ask("tools/call", json!({ "name": "lots", "arguments": {} })).await;
    assert_eq!(text_of(&result).len(), LOTS, "there is room again");
}

/// More than the sockets between the two take in.
const CALLS: usize = 100;
const LOTS: usize = 256 * 1024;

/// Says a lot.
#[tool]
async fn lots() -> String {
    tokio::task::yield_now().await;
    "x".repeat(LOTS)
}

/// Says a lot, without waiting for anything.
#[tool(inline)]
fn lots_at_once() -> String {
    "x".repeat(LOTS)
}

/// A client that opens many streams takes the room of its own, and nobody else's.
#[tokio::test]
async fn streams_are_bounded_by_whose_they_are() {
    let server = Server::empty("todos").tool(add_todo).state(Todos::default());
    let server = server.http(Http::new().legacy_sse().max_sessions(3)).build().unwrap();
    let [ann, bob] = HttpServer::serve_to_each(server, ["ann", "bob"].map(Caller::new)).await;
    let mut first = Old::greeted(&ann.address).await;
    let mut second = Old::greeted(&ann.address).await;
    let mut third = Old::greeted(&ann.address).await;
    let refusal = request(&ann.address, "GET", "/sse", &[("Accept", "text/event-stream")], "").await;
    assert_eq!(
        (refusal.head.status, refusal.text().as_str()),
        (503, "there are too many streams"),
        "all of it is hers"
    );
    let mut his = Old::greeted(&bob.address).await;
    assert_eq!(first.events.next().await.map(|event| event.data), None, "her oldest made room");
    assert_eq!(first.post("{}").await.head.status, 404);
    for client in [&mut second, &mut third, &mut his] {
        client.ask("ping", json!({})).await;
    }
    let refusal = request(&bob.address, "GET", "/sse", &[("Accept", "text/event-stream")], "").await;
    assert_eq!(refusal.head.status, 503, "nobody would have more than he");
}
