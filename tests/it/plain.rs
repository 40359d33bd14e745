//! Plain functions run on threads, of which each caller has a share: who takes many holds up himself, and whoever gives up frees
//! his place.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use fastmcp_rs::{McpService, prelude::*};
use fastmcp_rs_tests::within;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower_service::Service as _;

/// What calls wait at, and how many have begun.
#[derive(Clone)]
struct Gate {
    open: Arc<(Mutex<bool>, Condvar)>,
    begun: watch::Sender<usize>,
}

impl Gate {
    fn open(&self) {
        *self.open.0.lock().unwrap() = true;
        self.open.1.notify_all();
    }
}

/// Waits at the gate.
#[tool(timeout = "none")]
fn pass(gate: State<Gate>) -> usize {
    let mut number = 0;
    gate.begun.send_modify(|begun| {
        *begun += 1;
        number = *begun;
    });
    let open = gate.open.0.lock().unwrap();
    drop(gate.open.1.wait_while(open, |open| !*open).unwrap());
    number
}

type Answer = Pin<Box<dyn Future<Output = (StatusCode, Value)> + Send>>;

/// A call that an address makes, not begun yet.
fn call(service: &McpService, from: &str) -> Answer {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "pass", "_meta": meta });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let mut request = Request::post("http://localhost/mcp")
        .header("Host", "localhost")
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", "pass")
        .body(Body::from(message.to_string()))
        .unwrap();
    let address: SocketAddr = format!("{from}:4711").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(address));
    let mut service = service.clone();
    Box::pin(async move {
        let response = service.call(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap();
        let text = std::str::from_utf8(&body).unwrap();
        let message = text.lines().find_map(|line| line.strip_prefix("data: ").filter(|data| data.starts_with('{')));
        (status, serde_json::from_str(message.unwrap_or(text)).unwrap())
    })
}

/// Lets a call go as far as it goes at once.
async fn begin(answer: &mut Answer) -> Poll<(StatusCode, Value)> {
    poll_fn(|task| Poll::Ready(answer.as_mut().poll(task))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_abandoned_calls_leaves_nothing_that_runs_and_holds_up_nobody_else() {
    let (begun, mut count) = watch::channel(0);
    let gate = Gate { open: Arc::default(), begun };
    let service = Server::empty("gate").tool(pass).state(gate.clone()).start().await.unwrap().service();

    // The share of one address, 64, is taken, and then its queue of 512.
    let mut running: Vec<Answer> = (0..64).map(|_| call(&service, "10.0.0.1")).collect();
    for answer in &mut running {
        assert!(begin(answer).await.is_pending());
    }
    within("64 running calls", count.wait_for(|begun| *begun == 64)).await.unwrap();
    let mut waiting: Vec<Answer> = (0..512).map(|_| call(&service, "10.0.0.1")).collect();
    for answer in &mut waiting {
        assert!(begin(answer).await.is_pending());
    }
    // Who comes after that is told when to come again, at once.
    let mut refused = call(&service, "10.0.0.1");
    let (_, refusal) = within("a refusal", &mut refused).await;
    let error = &refusal["result"]["_meta"]["fastmcp-rs/error"];
    assert_eq!(
        (&error["code"], &error["retryable"], &error["retry_after"]),
        (&json!("unavailable"), &json!(true), &json!(1))
    );

    // Somebody else is not held up.
    let mut other = call(&service, "10.0.0.2");
    assert!(begin(&mut other).await.is_pending());
    within("another's call", count.wait_for(|begun| *begun == 65)).await.unwrap();

    // Five times as many again come and go; what waited never runs, and there is room at once.
    for _ in 0..5 {
        waiting.clear();
        waiting.extend((0..512).map(|_| call(&service, "10.0.0.1")));
        for answer in &mut waiting {
            assert!(begin(answer).await.is_pending());
        }
    }
    drop(waiting);
    gate.open();
    for answer in running.into_iter().chain([other]) {
        let (status, answer) = within("an answer", answer).await;
        assert_eq!((status, &answer["result"]["isError"]), (StatusCode::OK, &Value::Null));
    }
    let (_, last) = within("one more call", call(&service, "10.0.0.1")).await;
    assert_eq!(last["result"]["content"][0]["text"], "66", "none of those that were given up ran");
}
