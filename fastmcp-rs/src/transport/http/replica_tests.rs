//! What cannot be seen from outside: requests of callers that somebody else has authenticated.

use std::sync::Arc;

use axum::http::{Request, StatusCode};

use super::service::McpService;
use crate::component::DynamicTool;
use crate::context::Caller;
use crate::server::Server;
use crate::session::store::MemoryStore;

fn replica(store: &Arc<MemoryStore>) -> McpService {
    let tool = DynamicTool::new("nothing", serde_json::json!({ "type": "object" }), |_, _| async {
        Ok::<_, String>("nothing")
    });
    let server = Server::empty("replicas").add_tool(tool).http(crate::Http::new().replicas(Arc::clone(store) as _));
    server.into_service().expect("a server")
}

async fn ask(at: &McpService, session: Option<&str>, caller: &Caller, body: &str) -> (StatusCode, Option<String>) {
    let mut request = Request::post("/mcp").header("host", "localhost").header("content-type", "application/json");
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    let request = request.extension(caller.clone()).body(body.to_owned()).expect("a request");
    let response = at.handle(request, None).await;
    let session = response.headers().get("mcp-session-id").and_then(|id| id.to_str().ok()).map(ToOwned::to_owned);
    (response.status(), session)
}

#[tokio::test]
async fn a_session_belongs_to_its_caller_at_every_replica() {
    let store = Arc::new(MemoryStore::new());
    let (a, b) = (replica(&store), replica(&store));
    let (ada, eve) = (Caller::new("ada"), Caller::new("eve"));
    let hello =
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{}}}"#;
    let ping = r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#;
    let (status, session) = ask(&a, None, &ada, hello).await;
    assert_eq!(status, StatusCode::OK);
    let session = session.as_deref();
    assert!(session.is_some());
    for at in [&b, &a, &b] {
        assert_eq!(ask(at, session, &eve, ping).await.0, StatusCode::NOT_FOUND);
        assert_eq!(ask(at, session, &Caller::anonymous(), ping).await.0, StatusCode::NOT_FOUND);
        assert_eq!(ask(at, session, &ada, ping).await.0, StatusCode::OK);
    }
}
