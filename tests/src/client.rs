//! A client that speaks any revision over stdio or HTTP and believes nothing: every message it gets is checked against the
//! schema of its revision.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    path::Path,
};

use fastmcp_rs::{Caller, RunningServer, Server};
use serde_json::{Map, Value, json};

use crate::{
    example::{Example, HttpServer, Log},
    http::{Connection, Events, Head, Response},
    schema::{self, Revision},
    stdio::Pipe,
};

/// How a client reaches its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Two pipes, of a process or in memory, with a message per line.
    Stdio,
    /// Streamable HTTP.
    Http,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Stdio, Self::Http];
}

/// What a client talks to.
pub enum Subject {
    /// An example, as a process of its own.
    Process(Example),
    /// A server within the test.
    InProcess(RunningServer),
    /// The same, where the server knows who is calling.
    Known(RunningServer, Caller),
}

impl From<Example> for Subject {
    fn from(example: Example) -> Self {
        Self::Process(example)
    }
}

impl From<Server> for Subject {
    fn from(server: Server) -> Self {
        Self::InProcess(server.build().unwrap())
    }
}

impl From<(Server, Caller)> for Subject {
    fn from((server, caller): (Server, Caller)) -> Self {
        Self::Known(server.build().unwrap(), caller)
    }
}

impl From<(RunningServer, Caller)> for Subject {
    fn from((server, caller): (RunningServer, Caller)) -> Self {
        Self::Known(server, caller)
    }
}

impl From<RunningServer> for Subject {
    fn from(server: RunningServer) -> Self {
        Self::InProcess(server)
    }
}

/// Answers what a server asks of its client: gets the method and the parameters, gives the result or an error.
pub type Answerer = Box<dyn FnMut(&str, &Value) -> Result<Value, Value> + Send>;

/// A client of one server.
pub struct Client {
    wire: Wire,
    revision: Revision,
    capabilities: Value,
    last_id: u64,
    session: Option<String>,
    answerer: Option<Answerer>,
    /// Methods of requests that were begun and are not answered, by id.
    begun: HashMap<String, String>,
    /// What the server sent without being asked, oldest first: notifications, and requests of the older revisions that nobody
    /// [answers](Self::answering).
    pub unasked: VecDeque<Value>,
    /// What `initialize` answered, or `server/discover` in the newer era.
    pub server: Value,
}

#[derive(Debug)]
enum Wire {
    Stdio(Box<Pipe>),
    Http(HttpServer),
}

/// An error that a server answered with.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The JSON-RPC code.
    pub code: i64,
    /// Its message.
    pub message: String,
    /// Its data, or null.
    pub data: Value,
    /// The HTTP status that it came with, if it came by HTTP.
    pub status: Option<u16>,
}

/// What became of bytes that may not have been a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// The HTTP status, if they went by HTTP.
    pub status: Option<u16>,
    /// What the server said to them.
    pub messages: Vec<Value>,
}

impl Delivered {
    /// The code of the error that was the one answer.
    pub fn code(&self) -> Option<i64> {
        match self.messages.as_slice() {
            [message] => message["error"]["code"].as_i64(),
            _ => None,
        }
    }

    /// The id of the one answer.
    pub fn id(&self) -> Option<&Value> {
        match self.messages.as_slice() {
            [message] => message.get("id"),
            _ => None,
        }
    }
}

impl Client {
    /// Starts `subject`, and greets it as `revision` wants it.
    pub async fn start(subject: impl Into<Subject>, transport: Transport, revision: Revision) -> Self {
        Self::with_capabilities(subject, transport, revision, json!({})).await
    }

    /// A client of a server in this process that listens as a program would, see [`HttpServer::listening`].
    pub async fn listening(server: RunningServer, revision: Revision) -> Self {
        Self::on(Wire::Http(HttpServer::listening(server).await), revision, json!({})).await
    }

    /// The same, with capabilities of the client's own.
    pub async fn with_capabilities(
        subject: impl Into<Subject>,
        transport: Transport,
        revision: Revision,
        capabilities: Value,
    ) -> Self {
        let wire = match (transport, subject.into()) {
            (Transport::Stdio, Subject::Process(example)) => Wire::Stdio(Box::new(Pipe::open(&example))),
            (Transport::Stdio, Subject::InProcess(server)) => Wire::Stdio(Box::new(Pipe::serve(server))),
            (Transport::Stdio, Subject::Known(server, caller)) => Wire::Stdio(Box::new(Pipe::serve_to(server, caller))),
            (Transport::Http, Subject::Known(server, caller)) => Wire::Http(HttpServer::serve_to(server, caller).await),
            (Transport::Http, Subject::Process(example)) => Wire::Http(HttpServer::start(example).await),
            (Transport::Http, Subject::InProcess(server)) => Wire::Http(HttpServer::serve(server).await),
        };
        Self::on(wire, revision, capabilities).await
    }

    async fn on(wire: Wire, revision: Revision, capabilities: Value) -> Self {
        let mut client = Self {
            wire,
            revision,
            capabilities,
            last_id: 0,
            session: None,
            answerer: None,
            begun: HashMap::new(),
            unasked: VecDeque::new(),
            server: Value::Null,
        };
        client.greet().await;
        client
    }

    /// One more client of the same server, over HTTP, with a session of its own if `revision` has them. It need not be
    /// [finished](Self::finish).
    pub async fn beside(&self, revision: Revision) -> Self {
        let Wire::Http(server) = &self.wire else { panic!("a pipe has one client") };
        Self::on(Wire::Http(server.beside()), revision, self.capabilities.clone()).await
    }

    /// A client of a server within the test, over a pipe in memory.
    pub async fn of(server: impl Into<Subject>, revision: Revision) -> Self {
        Self::start(server, Transport::Stdio, revision).await
    }

    /// Answers from now on what the server asks: its requests in the older revisions, its `input_required` results in the newer.
    pub fn answering(&mut self, answerer: impl FnMut(&str, &Value) -> Result<Value, Value> + Send + 'static) {
        self.answerer = Some(Box::new(answerer));
    }

    async fn greet(&mut self) {
        if self.revision.is_modern() {
            self.server = self.result("server/discover", json!({})).await;
            return;
        }
        let greeting = json!({
            "protocolVersion": self.revision.name(),
            "capabilities": self.capabilities,
            "clientInfo": { "name": "tests", "version": "0" },
        });
        self.server = self.result("initialize", greeting).await;
        assert_eq!(self.server["protocolVersion"], self.revision.name(), "the server speaks all of them");
        self.notify("notifications/initialized", json!({})).await;
    }

    /// The revision it speaks.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// How it reaches the server.
    pub fn transport(&self) -> Transport {
        match self.wire {
            Wire::Stdio(_) => Transport::Stdio,
            Wire::Http(_) => Transport::Http,
        }
    }

    /// Where a server's own lines are: stdout over HTTP, stderr over stdio.
    pub fn output_or_log(&self) -> &Log {
        match &self.wire {
            Wire::Http(server) => &server.output,
            Wire::Stdio(pipe) => &pipe.log,
        }
    }

    /// Sends a signal to the server, which is a process.
    pub async fn signal(&self, name: &str) {
        let id = match &self.wire {
            Wire::Stdio(pipe) => pipe.process_id(),
            Wire::Http(server) => server.process_id(),
        };
        let id = id.expect("a process that runs").to_string();
        assert!(tokio::process::Command::new("kill").args(["-s", name, &id]).status().await.unwrap().success());
    }

    /// What the server wrote to stderr.
    pub fn log(&self) -> &Log {
        match &self.wire {
            Wire::Stdio(pipe) => &pipe.log,
            Wire::Http(server) => &server.log,
        }
    }

    /// Where the server listens, over HTTP.
    pub fn address(&self) -> &str {
        match &self.wire {
            Wire::Http(server) => &server.address,
            Wire::Stdio(_) => panic!("stdio has no address"),
        }
    }

    /// A request as this revision writes it, with an id that was not used before.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        self.request_with_id(&json!(self.last_id), method, params)
    }

    /// The same with an id of the caller's choice.
    pub fn request_with_id(&self, id: &Value, method: &str, params: Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": self.envelope(params) })
    }

    /// `params` with the `_meta` that every request of the newer era has; members that are there already stay.
    fn envelope(&self, mut params: Value) -> Value {
        if self.revision.is_modern() {
            let members = params.as_object_mut().expect("params are an object");
            let meta = members.entry("_meta").or_insert_with(|| Map::new().into());
            for (key, value) in [
                ("protocolVersion", json!(self.revision.name())),
                ("clientCapabilities", self.capabilities.clone()),
                ("clientInfo", json!({ "name": "tests", "version": "0" })),
            ] {
                let meta = meta.as_object_mut().expect("_meta is an object");
                meta.entry(format!("io.modelcontextprotocol/{key}")).or_insert(value);
            }
        }
        params
    }

    /// The answer to a request: its result or what was wrong. What the server asks in between is answered, if somebody
    /// [answers](Self::answering); the newer era does that by sending the request again.
    pub async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Refusal> {
        let mut again = params.clone();
        loop {
            let request = self.request(method, again);
            let (status, answer) = self.exchange(&request).await;
            let result = read_answer(&answer, status)?;
            let (Some(answerer), true) = (&mut self.answerer, result["resultType"] == "input_required") else {
                return Ok(result);
            };
            again = params.clone();
            again["inputResponses"] = json!({});
            for (key, asked) in result["inputRequests"].as_object().into_iter().flatten() {
                let method = asked["method"].as_str().unwrap();
                again["inputResponses"][key] = answerer(method, &asked["params"]).expect("no error fits in here");
            }
            if let Some(state) = result.get("requestState") {
                again["requestState"] = state.clone();
            }
        }
    }

    /// The result of a request that the server has to grant.
    pub async fn result(&mut self, method: &str, params: Value) -> Value {
        match self.ask(method, params).await {
            Ok(result) => result,
            Err(refusal) => panic!("{method}: {refusal:?}\n{}", self.log().text()),
        }
    }

    /// The error of a request that the server has to refuse.
    pub async fn refusal(&mut self, method: &str, params: Value) -> Refusal {
        match self.ask(method, params).await {
            Err(refusal) => refusal,
            Ok(result) => panic!("{method} was granted: {result:#}"),
        }
    }

    /// The result of `tools/call`, which may be an error of the tool's.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.result("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// What a tool that has to succeed answers: its structured content if this revision has such a thing, else its text as JSON.
    pub async fn value(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments).await;
        assert_ne!(result["isError"], true, "{tool} failed: {result:#}");
        let text = text_of(&result);
        if self.revision >= Revision::V2025_06_18
            && let Some(structured) = result.get("structuredContent")
        {
            let copy: Value = serde_json::from_str(&text).expect("the text is the same as JSON");
            assert_eq!(&copy, structured, "the text and the structured content differ");
            return structured.clone();
        }
        assert!(result.get("structuredContent").is_none(), "{} has no structured content", self.revision);
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// The text of a tool that has to fail.
    pub async fn failure(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], true, "{tool} did not fail: {result:#}");
        text_of(&result)
    }

    /// All items of a list, page by page; `field` is the name of the list in the result.
    pub async fn list(&mut self, method: &str, field: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut params = json!({});
        loop {
            let page = self.result(method, params).await;
            items.extend(page[field].as_array().unwrap().iter().cloned());
            let Some(cursor) = page.get("nextCursor") else {
                return items;
            };
            params = json!({ "cursor": cursor });
        }
    }

    /// The names in a list, in its order.
    pub async fn names(&mut self, method: &str, field: &str) -> Vec<String> {
        let items = self.list(method, field).await;
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Sends a notification. Nothing may come back.
    pub async fn notify(&mut self, method: &str, params: Value) {
        let notification = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        let headers = self.headers(&notification);
        match &mut self.wire {
            Wire::Stdio(pipe) => pipe.send(&notification).await,
            Wire::Http(_) => {
                let response = self.post(&headers, notification.to_string().as_bytes()).await;
                assert_eq!((response.head.status, response.text().as_str()), (202, ""));
            }
        }
    }

    /// Sends a request and waits for its answer. What comes in between is answered or kept in [`unasked`](Self::unasked).
    async fn exchange(&mut self, request: &Value) -> (Option<u16>, Value) {
        let method = request["method"].as_str();
        if let Wire::Stdio(pipe) = &mut self.wire {
            pipe.send(request).await;
            loop {
                let message = self.pipe().receive().await;
                if message.get("method").is_none() && message["id"] == request["id"] {
                    schema::check(self.revision, method, &message);
                    return (None, message);
                }
                self.hear(message).await;
            }
        }
        let mut connection = Connection::open(self.address()).await;
        let Wire::Http(server) = &self.wire else { unreachable!("it is not stdio") };
        connection.send("POST", &server.path, &self.headers(request), request.to_string().as_bytes()).await;
        let head = connection.head().await.expect("a response before the connection closes");
        if method == Some("initialize") && head.status == 200 {
            self.session = head.header("mcp-session-id").map(str::to_owned);
        } else if self.revision.is_modern() {
            assert_eq!(head.header("mcp-session-id"), None, "a session in an era that has none");
        }
        let answer = if head.is_event_stream() {
            let mut events = connection.events();
            loop {
                let Some(message) = events.message().await else { panic!("no answer to {request} on its stream") };
                if message.get("method").is_none() {
                    assert_eq!(events.message().await, None, "something comes after the answer");
                    break message;
                }
                self.hear(message).await;
            }
        } else {
            let response = connection.rest(head.clone()).await;
            response.messages().pop().unwrap_or_else(|| panic!("no answer to {request}: {response:?}"))
        };
        assert_eq!(answer["id"], request["id"], "the answer to another request");
        schema::check(self.revision, method, &answer);
        (Some(head.status), answer)
    }

    /// Takes a message that is not the answer waited for: one of the server's requests is answered if somebody answers, all else is
    /// kept.
    async fn hear(&mut self, message: Value) {
        let begun = message.get("method").is_none().then(|| self.begun.get(&message["id"].to_string())).flatten();
        schema::check(self.revision, begun.map(String::as_str), &message);
        let (Some(method), Some(id), Some(answerer)) =
            (message["method"].as_str(), message.get("id"), &mut self.answerer)
        else {
            self.unasked.push_back(message);
            return;
        };
        let answer = match answerer(method, &message["params"]) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
        };
        match &mut self.wire {
            Wire::Stdio(pipe) => pipe.send(&answer).await,
            Wire::Http(_) => {
                let response = self.post(&self.headers(&answer), answer.to_string().as_bytes()).await;
                assert_eq!((response.head.status, response.text().as_str()), (202, ""), "an answer is accepted");
            }
        }
    }

    /// Sends a request and does not wait; its id. Only where messages come line by line.
    pub async fn begin(&mut self, method: &str, params: Value) -> Value {
        let request = self.request(method, params);
        let id = request["id"].clone();
        self.begun.insert(id.to_string(), method.to_owned());
        self.send(&request).await;
        id
    }

    /// Sends one message as it is. Only where messages come line by line.
    pub async fn send(&mut self, message: &Value) {
        self.pipe().send(message).await;
    }

    /// The next message of the server's, whatever it is. Only where messages come line by line.
    pub async fn receive(&mut self) -> Value {
        if let Some(message) = self.unasked.pop_front() {
            return message;
        }
        let message = self.pipe().receive().await;
        self.hear(message).await;
        self.unasked.pop_front().expect("nobody answers the server's questions behind the test's back")
    }

    /// The pipe to the server. Only where messages come line by line.
    pub fn pipe(&mut self) -> &mut Pipe {
        match &mut self.wire {
            Wire::Stdio(pipe) => pipe,
            Wire::Http(_) => panic!("HTTP has no pipe"),
        }
    }

    /// The pipe to the server, for what a client would not do.
    pub fn into_pipe(self) -> Pipe {
        match self.wire {
            Wire::Stdio(pipe) => *pipe,
            Wire::Http(_) => panic!("HTTP has no pipe"),
        }
    }

    /// The server over HTTP, for what a client would not do.
    pub fn into_server(self) -> HttpServer {
        match self.wire {
            Wire::Http(server) => server,
            Wire::Stdio(_) => panic!("a pipe has no server beside it"),
        }
    }

    /// Sends `bytes` as they are, on stdio as one line, and returns what the server said to them: over HTTP the response, on stdio
    /// what was said before the answer to a request sent after them. So it also shows that the server lives.
    pub async fn deliver(&mut self, bytes: &[u8]) -> Delivered {
        let message = serde_json::from_slice::<Value>(bytes).unwrap_or_default();
        let headers = self.headers(&message);
        let delivered = match &mut self.wire {
            Wire::Stdio(pipe) => {
                pipe.write(bytes).await;
                pipe.write(b"\n").await;
                let unasked = std::mem::take(&mut self.unasked);
                self.alive().await;
                // A handler runs beside the conversation, and may be answered after what was sent later.
                let handled =
                    matches!(message["method"].as_str(), Some("tools/call" | "resources/read" | "prompts/get"));
                let id = Some(&message["id"]).filter(|id| handled && (id.is_u64() || id.is_string()));
                while let Some(id) = id
                    && !self.unasked.iter().any(|said| said["id"] == *id || said["id"].is_null())
                {
                    let said = self.pipe().receive().await;
                    self.hear(said).await;
                }
                let messages = std::mem::replace(&mut self.unasked, unasked);
                Delivered { status: None, messages: messages.into() }
            }
            Wire::Http(_) => {
                let response = self.post(&headers, bytes).await;
                self.alive().await;
                Delivered { status: Some(response.head.status), messages: response.messages() }
            }
        };
        delivered.messages.iter().for_each(|message| schema::check(self.revision, None, message));
        delivered
    }

    /// The same for a value.
    pub async fn deliver_json(&mut self, message: &Value) -> Delivered {
        self.deliver(message.to_string().as_bytes()).await
    }

    /// Panics unless the server answers.
    pub async fn alive(&mut self) {
        let method = if self.revision.is_modern() { "server/discover" } else { "ping" };
        self.result(method, json!({})).await;
    }

    /// The HTTP headers that go with `message`.
    pub fn headers(&self, message: &Value) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Accept".to_owned(), "application/json, text/event-stream".to_owned()),
        ];
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), header_value(value)));
        if self.revision.is_modern() {
            add("MCP-Protocol-Version", self.revision.name());
            if let Some(method) = message["method"].as_str() {
                add("Mcp-Method", method);
            }
            let name = match message["method"].as_str() {
                Some("tools/call" | "prompts/get") => &message["params"]["name"],
                Some("resources/read") => &message["params"]["uri"],
                _ => &Value::Null,
            };
            if let Some(name) = name.as_str() {
                add("Mcp-Name", name);
            }
        } else if let Some(session) = &self.session {
            add("Mcp-Session-Id", session);
            if self.revision >= Revision::V2025_06_18 {
                add("MCP-Protocol-Version", self.revision.name());
            }
        }
        headers
    }

    /// Posts `body` to the endpoint over a connection of its own, and returns the whole response.
    pub async fn post(&self, headers: &[(String, String)], body: &[u8]) -> Response {
        self.http("POST", headers, body).await
    }

    /// The same with another HTTP method.
    pub async fn http(&self, method: &str, headers: &[(String, String)], body: &[u8]) -> Response {
        let Wire::Http(server) = &self.wire else { panic!("stdio knows no {method}") };
        let mut connection = Connection::open(&server.address).await;
        connection.send(method, &server.path, headers, body).await;
        connection.response().await.expect("a response before the connection closes")
    }

    /// Sends an HTTP request over a connection of its own, and returns the head of the response and the events that follow, as
    /// they come. Dropping them closes the connection.
    pub async fn open(&self, method: &str, headers: &[(String, String)], body: &[u8]) -> (Head, Events) {
        let Wire::Http(server) = &self.wire else { panic!("stdio knows no {method}") };
        let mut connection = Connection::open(&server.address).await;
        connection.send(method, &server.path, headers, body).await;
        let head = connection.head().await.expect("a response before the connection closes");
        (head, connection.events())
    }

    /// Ends the server as its transport ends one: stdio by the end of its input, HTTP by SIGTERM. Panics unless it ends well and
    /// has nothing more to say.
    pub async fn finish(self) {
        assert!(self.unasked.is_empty(), "nobody asked for {:#?}", self.unasked);
        let ended = match self.wire {
            Wire::Stdio(pipe) => {
                let (ended, rest) = pipe.close().await;
                assert!(rest.is_empty(), "after the end of its input the server said {rest:#?}");
                ended
            }
            Wire::Http(server) => server.terminate().await,
        };
        assert!(ended.success(), "the server ended with {ended}");
    }
}

fn read_answer(answer: &Value, status: Option<u16>) -> Result<Value, Refusal> {
    match answer.get("error") {
        None => Ok(answer["result"].clone()),
        Some(error) => Err(Refusal {
            code: error["code"].as_i64().unwrap(),
            message: error["message"].as_str().unwrap().to_owned(),
            data: error["data"].clone(),
            status,
        }),
    }
}

/// The text of a tool's result: that of all its text blocks.
pub fn text_of(result: &Value) -> String {
    let blocks = result["content"].as_array().expect("a result has content");
    blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
}

/// What a failed tool's result says for programs.
pub fn error_of(result: &Value) -> &Value {
    &result["_meta"]["fastmcp-rs/error"]
}

/// Text as the newer era writes it into a header: itself, or base64 between markers if HTTP or the markers forbid that.
fn header_value(text: &str) -> String {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.trim() == text && !text.starts_with("=?");
    if plain { text.to_owned() } else { format!("=?base64?{}?=", base64(text.as_bytes())) }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0, |bits, &byte| bits << 8 | usize::from(byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = ALPHABET[bits >> (18 - 6 * place) & 63] as char;
            text.push(if place <= three.len() { digit } else { '=' });
        }
    }
    text
}

/// Runs `body` over stdio and HTTP, in 2025-11-25 and in 2026-07-28, each time with a server and a directory of its own, and
/// ends the server properly. A server within the test gets a pipe in memory for stdio.
pub async fn everywhere<S: Into<Subject>>(subject: impl Fn(&Path) -> S, body: impl AsyncFn(&mut Client)) {
    wherever(&[Revision::V2025_11_25, Revision::V2026_07_28], subject, body).await;
}

/// The same in the revisions given.
pub async fn wherever<S: Into<Subject>>(
    revisions: &[Revision],
    subject: impl Fn(&Path) -> S,
    body: impl AsyncFn(&mut Client),
) {
    for transport in Transport::ALL {
        for &revision in revisions {
            eprintln!("-- {transport:?}, {revision}"); // shown when the test fails
            let directory = tempfile::tempdir().unwrap();
            let mut client = Client::start(subject(directory.path()), transport, revision).await;
            body(&mut client).await;
            client.finish().await;
        }
    }
}

/// A server within the test, over pipes in memory and over HTTP, in 2025-11-25 and in 2026-07-28.
pub async fn served(server: impl Fn() -> Server, body: impl AsyncFn(&mut Client)) {
    everywhere(|_| server(), body).await;
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("wire", &self.wire).field("revision", &self.revision).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
