//! What tests need of a server in production: one that lacks what `GAPS` names.

use std::time::Duration;

use fastmcp_rs::{Audit, Page, TokenMap, prelude::*};

/// Says who is calling.
#[tool(inline)]
fn whoami(caller: Caller) -> String {
    caller.subject().unwrap_or("nobody").to_owned()
}

fn main() -> fastmcp_rs::Result {
    let gaps = std::env::var("GAPS").unwrap_or_default();
    let lacks = |what: &str| gaps.split(',').any(|gap| gap == what);
    let mut server = Server::new("guarded").production();
    if lacks("authentication") {
        if lacks("public") {
            server = server.public();
        }
    } else {
        server = server.auth(TokenMap::from_env("TOKENS"));
    }
    if lacks("optional") {
        server = server.auth_optional();
    }
    if lacks("tokens") {
        server = server.auth(TokenMap::new().token("sk-in-the-program", Caller::new("somebody")));
    }
    if !lacks("public URL") {
        server = server.public_url("https://mcp.example.com/mcp");
    }
    if lacks("hosts") {
        server = server.http(Http::new().allow_any_host());
    }
    if lacks("time limit") {
        server = server.timeout(None);
    }
    if lacks("bounds") {
        server = server.max_result_bytes(usize::MAX);
    }
    if lacks("errors") {
        server = server.expose_errors();
    }
    if !lacks("log") {
        server = server.json_logs();
    }
    if !lacks("audit") {
        server = server.audit(Audit::stderr());
    }
    if lacks("shutdown") {
        server = server.shutdown_grace(Duration::ZERO);
    }
    if lacks("state keys") {
        server = server.http(Http::new().replicas(std::sync::Arc::new(fastmcp_rs::replicas::MemoryStore::new())));
    }
    if lacks("page") {
        server = server.page(Page::new());
    }
    server.run()
}
