//! What one request allocates. The figures are exact: a request that allocates more than it did fails here, and so does one that
//! allocates less, so that what was gained is written down. `UPDATE_EXPECT=1` renews them.
//!
//! Allocations are counted by thread, on a runtime of one thread, as the difference of two runs that differ in the number
//! of requests only. The clients here allocate nothing while that is counted.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod flood;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context as Task, Poll, Waker};

use allocation_counter::{AllocationInfo, measure};
use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, Request, Response};
use expect_test::{Expect, expect};
use fastmcp_rs::prelude::*;
use fastmcp_rs::schemars::{self, JsonSchema};
use fastmcp_rs::{HttpBody, McpService};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use tower_service::Service as _;

const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";

/// Requests of the shorter run; the longer one has twice as many. Channels take memory for 32 messages at once, so a
/// multiple of that divides without a rest.
const REQUESTS: usize = 320;

/// Says the message again.
#[tool]
async fn echo(message: String) -> String {
    message
}

/// Finds records.
#[tool]
async fn search(query: String, limit: usize) -> Found {
    Found { query, records: &RECORDS[..limit.min(RECORDS.len())] }
}

#[derive(serde::Serialize, JsonSchema)]
struct Found {
    query: String,
    #[schemars(with = "Vec<Record>")]
    records: &'static [Record],
}

#[derive(serde::Serialize, JsonSchema)]
struct Record {
    id: u32,
    title: String,
    url: String,
    tags: Vec<String>,
    snippet: String,
}

/// Fifty records, which are nearly 10 KB of JSON.
static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| {
    let record = |n: u32| Record {
        id: 1000 + n,
        title: format!("Record number {n}"),
        url: format!("https://example.com/records/{n}"),
        tags: vec!["alpha".to_owned(), format!("group-{}", n % 7)],
        snippet: format!("The {n}th of fifty records; its text says \"found\" once, and goes on."),
    };
    (0..50).map(record).collect()
});

fn server() -> Server {
    Server::empty("allocations").version("1.0.0").tool(echo).tool(search)
}

fn hundred() -> Server {
    let add = |server: Server, n| {
        let schema = json!({ "type": "object", "properties": { "first": { "type": "string" } } });
        let run = |arguments: Value, _: Context| async move { Ok::<_, ToolError>(arguments.to_string()) };
        server.add_tool(DynamicTool::new(format!("tool_{n:03}"), schema, run).description("One of many tools."))
    };
    (2..100).fold(server(), add)
}

/// A request as a client of the revision writes it.
fn request(revision: &str, method: &str, mut params: Value) -> String {
    if revision == MODERN {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1.0.0" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
    }
    json!({ "jsonrpc": "2.0", "id": 1000, "method": method, "params": params }).to_string()
}

fn echoing(revision: &str) -> String {
    request(
        revision,
        "tools/call",
        json!({ "name": "echo", "arguments": { "message": "hello, this is message 1000" } }),
    )
}

fn searching(revision: &str) -> String {
    request(revision, "tools/call", json!({ "name": "search", "arguments": { "query": "found", "limit": 50 } }))
}

fn initialize() -> String {
    let params = json!({
        "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": { "name": "test", "version": "1.0.0" },
    });
    request(LEGACY, "initialize", params)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Holds what a request allocates against what is expected, from two runs of so many requests.
fn hold(expected: &Expect, run: impl Fn(usize) -> AllocationInfo) {
    // What is made once in a process or a thread is made here.
    run(REQUESTS);
    let (short, long) = (run(REQUESTS), run(2 * REQUESTS));
    let share = |long: u64, short: u64| {
        let (more, requests) = (long - short, REQUESTS as u64);
        if more % requests == 0 {
            (more / requests).to_string()
        } else {
            format!("{:.3}", more as f64 / REQUESTS as f64)
        }
    };
    let (count, bytes) = (share(long.count_total, short.count_total), share(long.bytes_total, short.bytes_total));
    expected.assert_eq(&format!("{count} allocations, {bytes} bytes"));
}

/// Holds what a request over a stream allocates against what is expected. So many of them are sent at once.
fn over_stream(server: fn() -> Server, message: &str, at_once: usize, expected: &Expect) {
    let greeting = initialize() + "\n";
    let batch = format!("{message}\n").repeat(at_once);
    hold(expected, |requests| {
        let client = Client {
            greeting: greeting.clone().leak().as_bytes(),
            batch: batch.clone().leak().as_bytes(),
            at_once,
            left: requests / at_once,
            unanswered: 0,
            reader: None,
        };
        let (runtime, server) = (runtime(), server());
        measure(|| runtime.block_on(server.serve(client)).unwrap())
    });
}

/// A client in memory: it sends its next messages once all before are answered, and ends when it has sent all.
struct Client {
    greeting: &'static [u8],
    batch: &'static [u8],
    at_once: usize,
    left: usize,
    unanswered: usize,
    reader: Option<Waker>,
}

impl AsyncRead for Client {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Task<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.unanswered > 0 {
            this.reader = Some(task.waker().clone());
            return Poll::Pending;
        }
        let greeting = std::mem::take(&mut this.greeting);
        if !greeting.is_empty() {
            buffer.put_slice(greeting);
            this.unanswered = 1;
        } else if this.left > 0 {
            assert!(buffer.remaining() >= this.batch.len(), "what is sent at once is read at once");
            buffer.put_slice(this.batch);
            this.unanswered = this.at_once;
            this.left -= 1;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Client {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Task<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.unanswered -= bytes.iter().filter(|byte| **byte == b'\n').count();
        if self.unanswered == 0
            && let Some(reader) = self.reader.take()
        {
            reader.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Holds what a request to the tower service allocates against what is expected.
fn over_http(server: fn() -> Server, revision: &str, message: &str, expected: &Expect) {
    let asked: Value = serde_json::from_str(message).unwrap();
    let mut headers = HeaderMap::new();
    let mut say = |name: &'static str, value: &str| headers.insert(name, value.parse().unwrap());
    say("host", "localhost");
    say("content-type", "application/json");
    say("accept", "application/json, text/event-stream");
    say("mcp-protocol-version", revision);
    if revision == MODERN {
        say("mcp-method", asked["method"].as_str().unwrap());
        if let Some(name) = asked["params"]["name"].as_str() {
            say("mcp-name", name);
        }
    }
    hold(expected, |requests| {
        let (runtime, mut service, mut headers) = (runtime(), server().into_service().unwrap(), headers.clone());
        let post = |headers: &HeaderMap, message: &str| {
            let mut request = Request::post("/mcp").body(Body::from(message.to_owned())).unwrap();
            request.headers_mut().clone_from(headers);
            request
        };
        if revision == LEGACY {
            let greeted = runtime.block_on(sent(&mut service, post(&headers, &initialize())));
            headers.insert("mcp-session-id", greeted.headers()["mcp-session-id"].clone());
        }
        // Made before, so that only the answers are counted.
        let requests: Vec<Request<Body>> = (0..requests).map(|_| post(&headers, message)).collect();
        measure(|| {
            runtime.block_on(async {
                for request in requests {
                    let mut response = sent(&mut service, request).await;
                    let data = poll_fn(|task| Pin::new(response.body_mut()).poll_frame(task)).await;
                    let data = data.unwrap().unwrap().into_data().unwrap();
                    assert!(data.starts_with(b"{\"jsonrpc\":\"2.0\",\"id\":1000,\"result\":"), "{data:?}");
                }
            });
        })
    });
}

async fn sent(service: &mut McpService, request: Request<Body>) -> Response<HttpBody> {
    let Ok(response) = service.call(request).await;
    assert!(response.status().is_success(), "{}", response.status());
    response
}

#[test]
fn echo_of_2025_over_a_stream() {
    over_stream(server, &echoing(LEGACY), 1, &expect!["4 allocations, 355 bytes"]);
}

#[test]
fn echo_of_2025_over_a_stream_sixteen_at_once() {
    over_stream(server, &echoing(LEGACY), 16, &expect!["4 allocations, 355 bytes"]);
}

#[test]
fn echo_of_2026_over_a_stream() {
    over_stream(server, &echoing(MODERN), 1, &expect!["4 allocations, 355 bytes"]);
}

#[test]
fn search_over_a_stream() {
    over_stream(server, &searching(LEGACY), 1, &expect!["11 allocations, 32821 bytes"]);
}

#[test]
fn list_of_a_hundred_over_a_stream() {
    over_stream(hundred, &request(LEGACY, "tools/list", json!({})), 1, &expect!["0 allocations, 0 bytes"]);
}

#[test]
fn echo_over_http_in_a_session() {
    over_http(server, LEGACY, &echoing(LEGACY), &expect!["10 allocations, 6499 bytes"]);
}

#[test]
fn echo_over_http_of_2026() {
    over_http(server, MODERN, &echoing(MODERN), &expect!["10 allocations, 6499 bytes"]);
}

#[test]
fn search_over_http_of_2026() {
    over_http(server, MODERN, &searching(MODERN), &expect!["18 allocations, 60607 bytes"]);
}

#[test]
fn list_of_a_hundred_over_http_of_2026() {
    over_http(hundred, MODERN, &request(MODERN, "tools/list", json!({})), &expect!["8 allocations, 46410 bytes"]);
}
