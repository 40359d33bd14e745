//! Many clients at once.

use std::sync::Arc;

use axum::{body::Body, http::Request};
use fastmcp_rs::{McpService, prelude::*};
use fastmcp_rs_tests::{Revision, schema, within};
use serde_json::{Value, json};
use tokio::{sync::Barrier, task::JoinSet};
use tower_service::Service as _;

const CLIENTS: usize = 1000;

/// Waits until everybody is here.
#[tool]
async fn meet(name: String, everybody: State<Arc<Barrier>>, ctx: Context) -> String {
    ctx.report_progress(0.5, None, Some(&name)).await;
    everybody.wait().await;
    format!("{name} in {:?}", ctx.session().is_some())
}

/// Posts a message; the session and the messages that come back.
async fn post(service: &McpService, session: Option<&str>, message: &Value) -> (Option<String>, Vec<Value>) {
    let mut request = Request::post("http://localhost/mcp")
        .header("Host", "localhost")
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream");
    if let Some(session) = session {
        request = request.header("Mcp-Session-Id", session);
    }
    if let Some(version) = message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"].as_str() {
        let name = message["params"]["name"].as_str().unwrap();
        request =
            request.header("MCP-Protocol-Version", version).header("Mcp-Method", "tools/call").header("Mcp-Name", name);
    }
    let request = request.body(Body::from(message.to_string())).unwrap();
    let response = service.clone().call(request).await.unwrap();
    let session = response.headers().get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap();
    let text = std::str::from_utf8(&body).unwrap();
    let messages = if text.starts_with('{') {
        vec![text]
    } else {
        text.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
    };
    let messages = messages.into_iter().filter(|message| !message.is_empty());
    (session, messages.map(|message| serde_json::from_str(message).unwrap()).collect())
}

/// One client: everything that it sends has the id and the progress token that everybody else uses.
async fn client(service: McpService, number: usize, revision: Revision) {
    let name = format!("client {number}");
    let mut params = json!({ "name": "meet", "arguments": { "name": name }, "_meta": { "progressToken": 1 } });
    let mut session = None;
    if revision.is_modern() {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(revision.name());
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    } else {
        let info = json!({ "name": name, "version": "0" });
        let hello = json!({ "protocolVersion": revision.name(), "capabilities": {}, "clientInfo": info });
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello });
        session = post(&service, None, &hello).await.0;
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        post(&service, session.as_deref(), &ready).await;
    }
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let (_, messages) = post(&service, session.as_deref(), &request).await;
    let [progress, answer] = &messages[..] else { panic!("progress and an answer: {messages:?}") };
    schema::check(revision, None, progress);
    schema::check(revision, Some("tools/call"), answer);
    assert_eq!((&progress["params"]["progressToken"], &progress["params"]["message"]), (&json!(1), &json!(name)));
    assert_eq!(answer["id"], 1);
    assert_eq!(answer["result"]["content"][0]["text"], format!("{name} in {}", !revision.is_modern()));
}

#[tokio::test]
async fn a_thousand_clients_that_all_use_the_same_id_get_their_own_answers() {
    let everybody = Arc::new(Barrier::new(CLIENTS));
    let service = Server::empty("crowd").tool(meet).state(everybody).into_service().unwrap();
    let revisions = [Revision::V2025_03_26, Revision::V2026_07_28, Revision::V2025_06_18, Revision::V2025_11_25];
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(service.clone(), number, revisions[number % revisions.len()]));
    }
    while let Some(done) = within("everybody's answer", clients.join_next()).await {
        done.unwrap();
    }
}
