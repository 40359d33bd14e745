//! A server that is told to end (SIGTERM, to a real process), in each stage of a call and over each transport: what is under way is
//! answered, what does not end is cut off and recorded, and each stage says in the log for how long it was waited for.

#![cfg(unix)]

use std::path::Path;
use std::time::{Duration, Instant};

use fastmcp_rs_tests::{
    Client, Example, Revision, Transport,
    client::text_of,
    example::{HttpServer, Log},
    http::{Connection, Events},
    stdio::Ended,
    within,
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

/// How a call comes in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Stdio(Revision),
    Http(Revision),
    Sse,
}

const WAYS: [Way; 5] = [
    Way::Stdio(Revision::V2025_11_25),
    Way::Stdio(Revision::V2026_07_28),
    Way::Http(Revision::V2025_11_25),
    Way::Http(Revision::V2026_07_28),
    Way::Sse,
];

/// Far more than any test waits.
const LONG: &str = "3600000";

/// A client of a process.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
enum Talk {
    Client(Box<Client>),
    Old { server: HttpServer, events: Events, path: String },
}

/// A call under way: where its answer comes, if that is a connection of its own.
struct UnderWay(Option<Connection>);

impl Talk {
    async fn start(example: Example, way: Way) -> Self {
        match way {
            Way::Stdio(revision) => Self::Client(Box::new(Client::start(example, Transport::Stdio, revision).await)),
            Way::Http(revision) => Self::Client(Box::new(Client::start(example, Transport::Http, revision).await)),
            Way::Sse => {
                let server = HttpServer::listen(example.args(["--sse", "127.0.0.1:0"])).await;
                let mut connection = Connection::open(&server.address).await;
                connection.send("GET", "/sse", &[("Accept".to_owned(), "text/event-stream".to_owned())], b"").await;
                assert_eq!(connection.head().await.unwrap().status, 200);
                let mut events = connection.events();
                let path = events.next().await.unwrap().data.unwrap();
                let mut talk = Self::Old { server, events, path };
                let params = json!({ "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": { "name": "old", "version": "0" } });
                talk.send_old(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })).await;
                talk.answer(UnderWay(None)).await.expect("a greeting");
                talk.send_old(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
                talk
            }
        }
    }

    async fn send_old(&self, message: &Value) {
        let Self::Old { server, path, .. } = self else { panic!("not of the old kind") };
        let mut connection = Connection::open(&server.address).await;
        let headers =
            [("Content-Type".to_owned(), "application/json".to_owned()), ("Connection".to_owned(), "close".to_owned())];
        connection.send("POST", path, &headers, message.to_string().as_bytes()).await;
        assert_eq!(connection.head().await.unwrap().status, 202);
    }

    /// Begins a call of a tool, which is told of a token for its progress.
    async fn begin(&mut self, tool: &str, arguments: Value) -> UnderWay {
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": "p" } });
        match self {
            Self::Client(client) if client.transport() == Transport::Stdio => {
                client.begin("tools/call", params).await;
                UnderWay(None)
            }
            Self::Client(client) => {
                let request = client.request("tools/call", params);
                let mut connection = Connection::open(client.address()).await;
                let headers = client.headers(&request);
                connection.send("POST", "/mcp", &headers, request.to_string().as_bytes()).await;
                UnderWay(Some(connection))
            }
            Self::Old { .. } => {
                self.send_old(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await;
                UnderWay(None)
            }
        }
    }

    /// The result of what is under way; `None` if the server ends what carries it.
    async fn answer(&mut self, call: UnderWay) -> Option<Value> {
        let is_answer = |message: &Value| message.get("result").is_some() || message.get("error").is_some();
        if let Some(mut connection) = call.0 {
            let answer = within("an answer", connection.response()).await?;
            return answer.messages().into_iter().find(is_answer).map(|answer| answer["result"].clone());
        }
        loop {
            let message = match self {
                Self::Client(client) => client.pipe().next().await?,
                Self::Old { events, .. } => events.next().await?.message()?,
            };
            if is_answer(&message) {
                return Some(message["result"].clone());
            }
        }
    }

    /// Where the log is.
    fn log(&self) -> Log {
        match self {
            Self::Client(client) => client.output_or_log().clone(),
            Self::Old { server, .. } => server.output.clone(),
        }
    }

    /// Standard error.
    fn errors(&self) -> Log {
        match self {
            Self::Client(client) => client.log().clone(),
            Self::Old { server, .. } => server.log.clone(),
        }
    }

    async fn terminate(&self) {
        match self {
            Self::Client(client) => client.signal("TERM").await,
            Self::Old { server, .. } => server.ask_to_end().await,
        }
    }

    async fn ended(self) -> Ended {
        match self {
            Self::Client(client) if client.transport() == Transport::Stdio => client.into_pipe().ended().await,
            Self::Client(client) => client.into_server().ended().await,
            Self::Old { server, .. } => server.ended().await,
        }
    }
}

/// Lets handlers go that connect to it.
struct Holder(TcpListener);

impl Holder {
    async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn arguments(&self) -> Value {
        json!({ "address": self.0.local_addr().unwrap().to_string() })
    }

    /// Waits until a handler is there.
    async fn held(&self) -> TcpStream {
        within("a handler that waits", self.0.accept()).await.unwrap().0
    }
}

async fn let_go(mut held: TcpStream) {
    held.write_all(b"told").await.unwrap();
}

fn ending(grace: &str) -> Example {
    Example::named("ending").env("GRACE", grace)
}

/// The stages that the log has so far, each with how long it was waited for.
fn stages(log: &str) -> Vec<(String, u64)> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["target"] == "fastmcp_rs::shutdown")
        .map(|line| (line["stage"].as_str().unwrap().to_owned(), line["waited_ms"].as_u64().unwrap()))
        .collect()
}

async fn reaches(log: &Log, stage: &str) {
    log.wait_for(stage, |log| stages(log).iter().any(|(reached, _)| reached == stage).then_some(())).await;
}

fn expected<'a>(way: Way, more: &[&'a str]) -> Vec<&'a str> {
    let mut expected = vec!["told"];
    if !matches!(way, Way::Stdio(_)) {
        expected.push("listener");
    }
    expected.extend(more);
    expected
}

async fn assert_stages(log: &Log, way: Way, more: &[&str]) {
    let found = stages(&log.ended().await);
    let names: Vec<&str> = found.iter().map(|(stage, _)| &**stage).collect();
    assert_eq!(names, expected(way, more), "{way:?}");
}

#[tokio::test]
async fn a_call_under_way_is_answered_before_the_server_ends() {
    for way in WAYS {
        for tool in ["wait", "tell", "hold"] {
            let holder = Holder::new().await;
            let mut talk = Talk::start(ending(LONG), way).await;
            let (log, errors) = (talk.log(), talk.errors());
            let call = talk.begin(tool, holder.arguments()).await;
            let held = holder.held().await;
            talk.terminate().await;
            reaches(&log, if matches!(way, Way::Stdio(_)) { "told" } else { "listener" }).await;
            assert!(!errors.text().contains("the database is closed"), "calls come before lifespans");
            let_go(held).await;
            let answer = talk.answer(call).await.unwrap_or_else(|| panic!("{way:?} {tool}: no answer"));
            assert_eq!(text_of(&answer), "told", "{way:?} {tool}");
            let ended = talk.ended().await;
            assert!(ended.success(), "{way:?} {tool}: {ended}");
            assert!(errors.ended().await.contains("the database is closed"));
            assert_stages(&log, way, &["calls", "lifespans", "records"]).await;
        }
    }
}

#[tokio::test]
async fn a_call_whose_client_lost_its_connection_goes_on_for_as_long() {
    let (holder, place) = (Holder::new().await, tempfile::tempdir().unwrap());
    let audit = place.path().join("audit.jsonl");
    let mut talk = Talk::start(ending(LONG).env("AUDIT", &audit), Way::Http(Revision::V2025_11_25)).await;
    let log = talk.log();
    let call = talk.begin("tell", holder.arguments()).await;
    let held = holder.held().await;
    // Once its stream was opened, the call belongs to the session.
    let mut connection = call.0.unwrap();
    assert!(connection.head().await.unwrap().is_event_stream());
    drop(connection);
    talk.terminate().await;
    reaches(&log, "listener").await;
    let_go(held).await;
    assert!(talk.ended().await.success());
    let outcomes: Vec<_> = audit_lines(&audit).iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(json!(outcomes), json!([null, "ok", null]));
}

fn audit_lines(file: &Path) -> Vec<Value> {
    std::fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_call_that_does_not_end_in_its_grace_is_cut_off_and_recorded() {
    for way in WAYS {
        for tool in ["wait", "tell", "hold"] {
            let (holder, place) = (Holder::new().await, tempfile::tempdir().unwrap());
            let audit = place.path().join("audit.jsonl");
            let mut talk = Talk::start(ending("100").env("AUDIT", &audit), way).await;
            let (log, errors) = (talk.log(), talk.errors());
            let call = talk.begin(tool, holder.arguments()).await;
            let _held = holder.held().await;
            talk.terminate().await;
            assert_eq!(talk.answer(call).await, None, "{way:?} {tool}");
            let ended = talk.ended().await;
            assert!(ended.success(), "{way:?} {tool}: {ended}");
            assert!(errors.ended().await.contains("the database is closed"));
            let lines = audit_lines(&audit);
            let told: Vec<_> = lines.iter().map(|line| (line["action"].clone(), line["outcome"].clone())).collect();
            let wanted = json!([["start", null], ["tools/call", "cancelled"], ["stop", null]]);
            assert_eq!(json!(told), wanted, "{way:?} {tool}");
            let cut: &[&str] = if matches!(way, Way::Stdio(_)) {
                &["calls", "lifespans", "records"]
            } else {
                &["calls", "cancelled", "lifespans", "records"]
            };
            assert_stages(&log, way, cut).await;
            let text = log.text();
            let line = text.lines().find(|line| line.contains("were cut off")).expect("a warning");
            let line: Value = serde_json::from_str(line).unwrap();
            assert!(
                line["level"] == "warn" && line["left"].as_u64() >= Some(1) && line["waited_ms"].as_u64() >= Some(100),
                "{line}"
            );
        }
    }
}

#[tokio::test]
async fn who_only_listens_is_not_waited_for() {
    for way in WAYS {
        let mut talk = Talk::start(ending(LONG), way).await;
        let log = talk.log();
        // A stream that never ends by itself, where there is such a thing beside the conversation.
        let mut stream = None;
        if let (Talk::Client(client), Way::Http(revision)) = (&mut talk, way) {
            let (method, request) = if revision.is_modern() {
                let filter = json!({ "notifications": { "toolsListChanged": true } });
                ("POST", client.request("subscriptions/listen", filter))
            } else {
                ("GET", Value::Null)
            };
            let body = if method == "POST" { request.to_string() } else { String::new() };
            let (head, events) = client.open(method, &client.headers(&request), body.as_bytes()).await;
            assert_eq!(head.status, 200);
            stream = Some(events);
        }
        // And a connection that is kept for a next request.
        let mut idle = None;
        if let Talk::Client(client) = &talk
            && client.transport() == Transport::Http
        {
            let mut connection = Connection::open(client.address()).await;
            connection.send("GET", "/health", &[], b"").await;
            assert_eq!(connection.response().await.unwrap().head.header("connection"), None);
            idle = Some(connection);
        }
        talk.terminate().await;
        if let Some(mut stream) = stream {
            within("the end of the stream", async { while stream.next().await.is_some() {} }).await;
        }
        if let Some(mut idle) = idle {
            assert!(idle.closed().await);
        }
        let ended = talk.ended().await;
        assert!(ended.success(), "{way:?}: {ended}");
        assert_stages(&log, way, &["calls", "lifespans", "records"]).await;
    }
}

#[tokio::test]
async fn a_request_that_has_half_arrived_is_answered_when_the_rest_comes() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let mut talk = Talk::start(ending(LONG), Way::Http(revision)).await;
        let log = talk.log();
        let Talk::Client(client) = &mut talk else { unreachable!() };
        let request = client.request("tools/call", json!({ "name": "hello", "arguments": {} }));
        let (headers, body) = (client.headers(&request), request.to_string());
        let (begin, rest) = body.split_at(body.len() / 2);
        let mut connection = Connection::open(client.address()).await;
        let length = ("Content-Length".to_owned(), body.len().to_string());
        let headers: Vec<_> = headers.into_iter().chain([length]).collect();
        connection.send("POST", "/mcp", &headers, begin.as_bytes()).await;
        // A request on another connection, so that this one has been taken in.
        client.alive().await;
        client.signal("TERM").await;
        reaches(&log, "listener").await;
        connection.write(rest.as_bytes()).await;
        let answer = connection.response().await.expect("an answer");
        assert_eq!(answer.head.header("connection"), Some("close"), "who keeps connections is told");
        assert_eq!(text_of(&answer.messages()[0]["result"]), "hello");
        assert!(talk.ended().await.success());
    }
    // A line that never came to its end is nothing that could be answered.
    let mut talk = Talk::start(ending(LONG), Way::Stdio(Revision::V2026_07_28)).await;
    let Talk::Client(client) = &mut talk else { unreachable!() };
    client.pipe().write(br#"{"jsonrpc":"2.0","id":1,"meth"#).await;
    talk.terminate().await;
    assert!(talk.ended().await.success());
}

#[tokio::test]
async fn a_connection_that_is_new_when_the_server_ends_has_its_first_request_answered() {
    for drain in ["0", "100"] {
        let mut talk = Talk::start(ending(LONG).env("DRAIN", drain), Way::Http(Revision::V2026_07_28)).await;
        let Talk::Client(client) = &mut talk else { unreachable!() };
        let request = client.request("tools/call", json!({ "name": "hello", "arguments": {} }));
        let (headers, body) = (client.headers(&request), request.to_string());
        // Some of them wait in the system's queue, which the server has not looked into yet.
        let mut connections = Vec::new();
        for _ in 0..64 {
            connections.push(Connection::open(client.address()).await);
        }
        client.signal("TERM").await;
        for connection in &mut connections {
            connection.send("POST", "/mcp", &headers, body.as_bytes()).await;
        }
        for mut connection in connections {
            let answer = connection.response().await.expect("an answer");
            assert_eq!(text_of(&answer.messages()[0]["result"]), "hello");
        }
        assert!(talk.ended().await.success());
    }
}

#[tokio::test]
async fn nobody_is_asked_any_more_and_who_was_asked_is_not_waited_for() {
    for way in [Way::Stdio(Revision::V2025_11_25), Way::Http(Revision::V2025_11_25)] {
        let example = ending(LONG);
        let (transport, revision) = match way {
            Way::Stdio(revision) => (Transport::Stdio, revision),
            Way::Http(revision) => (Transport::Http, revision),
            Way::Sse => unreachable!(),
        };
        let client = Client::with_capabilities(example, transport, revision, json!({ "elicitation": {} })).await;
        let mut talk = Talk::Client(Box::new(client));
        let mut call = talk.begin("ask", json!({})).await;
        if let Some(connection) = &mut call.0 {
            assert_eq!(connection.head().await.unwrap().status, 200);
        } else if let Talk::Client(client) = &mut talk {
            assert_eq!(client.pipe().receive().await["method"], "elicitation/create");
        }
        talk.terminate().await;
        match call.0 {
            None => {
                let answer = talk.answer(UnderWay(None)).await.expect("an answer");
                assert_eq!(answer["isError"], true, "{answer}");
            }
            Some(connection) => {
                let mut events = connection.events();
                let mut last = Value::Null;
                while let Some(event) = events.next().await {
                    last = event.message().unwrap_or(last);
                }
                assert_eq!(last["result"]["isError"], true, "{last}");
            }
        }
        assert!(talk.ended().await.success(), "{way:?}");
    }
}

#[tokio::test]
async fn the_second_signal_ends_the_process_at_once() {
    for way in WAYS {
        for drain in ["0", LONG] {
            let holder = Holder::new().await;
            let mut talk = Talk::start(ending(LONG).env("DRAIN", drain), way).await;
            let log = talk.log();
            let _call = talk.begin("wait", holder.arguments()).await;
            let _held = holder.held().await;
            talk.terminate().await;
            reaches(&log, "told").await;
            talk.terminate().await;
            assert_eq!(talk.ended().await.to_string(), "exit status: 130", "{way:?}");
        }
    }
}

#[tokio::test]
async fn the_listener_stays_open_for_those_who_have_not_heard() {
    for way in [Way::Http(Revision::V2025_11_25), Way::Http(Revision::V2026_07_28)] {
        // As long as the test needs.
        let mut talk = Talk::start(ending(LONG).env("DRAIN", LONG), way).await;
        let log = talk.log();
        talk.terminate().await;
        reaches(&log, "told").await;
        let Talk::Client(client) = &mut talk else { unreachable!() };
        for (path, status, said) in [
            ("/ready", 503, json!({ "ready": false, "checks": { "shutdown": "yes" } })),
            ("/health", 200, json!({ "status": "ok" })),
        ] {
            let mut connection = Connection::open(client.address()).await;
            connection.send("GET", path, &[], b"").await;
            let response = connection.response().await.unwrap();
            let found: Value = serde_json::from_str(&response.text()).unwrap();
            assert_eq!((response.head.status, found), (status, said));
        }
        let request = client.request("tools/call", json!({ "name": "hello", "arguments": {} }));
        let answer = client.post(&client.headers(&request), request.to_string().as_bytes()).await;
        assert_eq!(answer.head.header("connection"), None, "it may come back");
        assert_eq!(text_of(&answer.messages()[0]["result"]), "hello");
        assert_eq!(stages(&log.text()).len(), 1, "nothing else has ended yet");
        talk.terminate().await;
        assert_eq!(talk.ended().await.to_string(), "exit status: 130");
    }
}

#[tokio::test]
async fn the_listener_is_closed_after_its_time() {
    let holder = Holder::new().await;
    let mut talk = Talk::start(ending(LONG).env("DRAIN", "300"), Way::Http(Revision::V2026_07_28)).await;
    let log = talk.log();
    let call = talk.begin("wait", holder.arguments()).await;
    let held = holder.held().await;
    let told = Instant::now();
    talk.terminate().await;
    reaches(&log, "listener").await;
    assert!(told.elapsed() >= Duration::from_millis(300));
    assert!(stages(&log.text())[1].1 >= 300);
    let Talk::Client(client) = &talk else { unreachable!() };
    assert!(TcpStream::connect(client.address()).await.is_err(), "nothing new is taken");
    let_go(held).await;
    let mut connection = call.0.unwrap();
    assert_eq!(connection.response().await.unwrap().head.header("connection"), Some("close"));
    assert!(talk.ended().await.success());
    // Over stdio there is nobody who would have to hear of it.
    let talk = Talk::start(ending(LONG).env("DRAIN", LONG), Way::Stdio(Revision::V2026_07_28)).await;
    talk.terminate().await;
    assert!(talk.ended().await.success());
}

#[tokio::test]
async fn a_lifespan_that_does_not_end_is_cut_off_with_the_audit_log_written() {
    for way in [Way::Stdio(Revision::V2026_07_28), Way::Http(Revision::V2026_07_28)] {
        let place = tempfile::tempdir().unwrap();
        let audit = place.path().join("audit.jsonl");
        let talk = Talk::start(ending("50").env("HANGING", "1").env("AUDIT", &audit), way).await;
        let errors = talk.errors();
        talk.terminate().await;
        assert_eq!(talk.ended().await.to_string(), "exit status: 1", "{way:?}");
        let said = errors.ended().await;
        assert!(said.contains("a lifespan did not end in time"), "{said}");
        assert_eq!(audit_lines(&audit).last().unwrap()["action"], "stop");
    }
}
