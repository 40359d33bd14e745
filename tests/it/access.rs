//! Scopes and roles: who may use a component, and who is told that there is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastmcp_rs::{
    CacheScope, RunningServer,
    middleware::{CallTool, Middleware, Next},
    prelude::*,
};
use fastmcp_rs_tests::{Client, Revision, Transport, client::text_of, within};
use serde_json::{Value, json};

/// For everybody.
#[tool(inline)]
fn open() -> &'static str {
    "open"
}

/// Needs two scopes.
#[tool(inline, scopes("notes:read", "notes:write"))]
fn add_note() -> &'static str {
    "added"
}

/// Needs a role, of which there are two.
#[tool(inline, roles("admin", "owner"))]
fn delete_notes() -> &'static str {
    "deleted"
}

/// Needs both.
#[tool(inline, scopes("audit"), roles("admin"))]
fn audit() -> &'static str {
    "audited"
}

/// A note.
#[resource("notes://{id}", scopes("notes:read"), ttl = "1min", cache_scope = "public")]
fn note(#[arg(complete = ids)] id: String) -> String {
    id
}

/// A note for its keeper.
#[resource("notes://secret", roles("admin"))]
fn secret() -> &'static str {
    "secret"
}

/// A file of the house.
#[resource("house://{path*}", roles("admin"))]
fn house(path: String) -> String {
    path
}

/// The key.
#[resource("keys://main", roles("admin"))]
fn key() -> &'static str {
    "key"
}

/// Asks about notes.
#[prompt(scopes("notes:read"))]
fn ask(#[arg(complete = ids)] about: String) -> String {
    about
}

/// Asks about keys.
#[prompt(roles("admin"))]
fn ask_keys(#[arg(complete = ids)] about: String) -> String {
    about
}

fn ids(_: Completing) -> [&'static str; 2] {
    ["1", "2"]
}

/// Calls another tool on behalf of its caller.
#[tool]
async fn call(tool: String, ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.call_tool(&tool, json!({})).await?.to_text())
}

fn server() -> Server {
    let server = Server::empty("notes").tool(open).tool(add_note).tool(delete_notes).tool(audit).tool(call);
    server.resource(note).resource(key).prompt(ask).prompt(ask_keys)
}

fn reader() -> Caller {
    Caller::new("reader").with_scopes(["notes:read"])
}

fn writer() -> Caller {
    Caller::new("writer").with_scopes(["notes:write", "notes:read"])
}

/// What a hidden resource answers for is answered as if it was not there: by another, or not at all.
#[tokio::test]
async fn a_hidden_resource_hides_nothing_else_and_says_nothing_of_itself() {
    let server = || server().resource(secret).resource(house);
    everywhere(reader(), server, async |client| {
        let read = client.result("resources/read", json!({ "uri": "notes://secret" })).await;
        assert_eq!(read["contents"][0]["text"], "secret", "the template, with this id");
        let read = client.result("resources/read", json!({ "uri": "NOTES://secret" })).await;
        assert_eq!(read["contents"][0]["text"], "secret");
        // A variable that is screened would tell that there is a template.
        let at = async |client: &mut Client, uri: &str| {
            let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
            (refusal.code, refusal.message.replace("house", "_").replace("mouse", "_"))
        };
        for path in ["a", "a%0Ab", "..%2Fa", "%zz"] {
            let (hidden, unknown) = (format!("house://{path}"), format!("mouse://{path}"));
            assert_eq!(at(client, &hidden).await, at(client, &unknown).await, "{path}");
        }
    })
    .await;
    everywhere(admin(), server, async |client| {
        let listed = client.names("resources/list", "resources").await;
        assert_eq!(listed, ["key", "secret"]);
        let read = client.result("resources/read", json!({ "uri": "house://a/b" })).await;
        assert_eq!(read["contents"][0]["text"], "a/b");
        assert!(client.refusal("resources/read", json!({ "uri": "house://a%0Ab" })).await.message.contains("path"));
    })
    .await;
}

fn owner() -> Caller {
    Caller::new("owner").with_roles(["owner"])
}

fn admin() -> Caller {
    Caller::new("admin").with_roles(["admin"]).with_scopes(["audit", "notes:read", "notes:write"])
}

async fn everywhere(caller: Caller, server: fn() -> Server, body: impl AsyncFn(&mut Client)) {
    for transport in Transport::ALL {
        for revision in Revision::ALL {
            let mut client = Client::start((server(), caller.clone()), transport, revision).await;
            body(&mut client).await;
            client.unasked.clear();
            client.finish().await;
        }
    }
}

/// Calls a tool that the caller may not use: the required scopes, and the HTTP status where there is one.
async fn forbidden(client: &mut Client, tool: &str) -> Value {
    if client.transport() == Transport::Http {
        let refusal = client.refusal("tools/call", json!({ "name": tool })).await;
        assert_eq!((refusal.code, refusal.status), (-32600, Some(403)), "{tool}");
        assert_eq!(refusal.data["code"], "forbidden");
        return refusal.data["details"].clone();
    }
    let result = client.result("tools/call", json!({ "name": tool })).await;
    assert_eq!(result["isError"], true, "{tool}");
    let error = &result["_meta"]["fastmcp-rs/error"];
    assert_eq!(error["code"], "forbidden");
    error["details"].clone()
}

#[tokio::test]
async fn a_caller_without_the_scopes_is_told_all_that_it_needs() {
    for caller in [Caller::anonymous(), reader(), owner()] {
        everywhere(caller, server, async |client| {
            assert_eq!(text_of(&client.call("open", json!({})).await), "open");
            let details = forbidden(client, "add_note").await;
            assert_eq!(details, json!({ "required_scopes": ["notes:read", "notes:write"] }));
        })
        .await;
    }
    everywhere(writer(), server, async |client| {
        assert_eq!(text_of(&client.call("add_note", json!({})).await), "added");
        let read = client.result("resources/read", json!({ "uri": "notes://1" })).await;
        assert_eq!(read["contents"][0]["text"], "1");
        if client.revision().is_modern() {
            // What not everybody may read is not for caches that everybody shares.
            assert_eq!((&read["cacheScope"], &read["ttlMs"]), (&json!("private"), &json!(60_000)));
        }
        let filled = client.result("prompts/get", json!({ "name": "ask", "arguments": { "about": "x" } })).await;
        assert_eq!(filled["messages"][0]["content"]["text"], "x");
    })
    .await;
    everywhere(Caller::anonymous(), server, async |client| {
        for (method, params) in [
            ("resources/read", json!({ "uri": "notes://1" })),
            ("prompts/get", json!({ "name": "ask", "arguments": { "about": "x" } })),
        ] {
            let refusal = client.refusal(method, params).await;
            assert_eq!(refusal.data["details"]["required_scopes"], json!(["notes:read"]), "{method}");
            if client.transport() == Transport::Http {
                assert_eq!(refusal.status, Some(403));
            }
        }
        for reference in
            [json!({ "type": "ref/prompt", "name": "ask" }), json!({ "type": "ref/resource", "uri": "notes://{id}" })]
        {
            let name = if reference["name"] == "ask" { "about" } else { "id" };
            if client.revision() == Revision::V2024_11_05 && client.transport() == Transport::Stdio {
                continue;
            }
            let params = json!({ "ref": reference, "argument": { "name": name, "value": "" } });
            let refusal = client.refusal("completion/complete", params).await;
            assert_eq!(refusal.data["code"], "forbidden", "{reference}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_lacks_the_role_learns_nothing_of_the_component() {
    for caller in [Caller::anonymous(), reader(), writer()] {
        everywhere(caller, server, async |client| {
            assert_eq!(client.names("tools/list", "tools").await, ["add_note", "call", "open"]);
            assert_eq!(client.names("resources/list", "resources").await, [""; 0]);
            assert_eq!(client.names("prompts/list", "prompts").await, ["ask"]);
            // Byte for byte as for what there is not, whatever its name is near to.
            for (hidden, unknown) in [("delete_notes", "delete_rotes"), ("audit", "audix")] {
                let at = async |client: &mut Client, name: &str| {
                    let refusal = client.refusal("tools/call", json!({ "name": name })).await;
                    (refusal.code, refusal.status, refusal.message.replace(name, "_"), refusal.data)
                };
                assert_eq!(at(client, hidden).await, at(client, unknown).await);
            }
            let at = async |client: &mut Client, uri: &str| {
                let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
                (refusal.code, refusal.status, refusal.message.replace(uri, "_"), refusal.data["uri"] == uri)
            };
            assert_eq!(at(client, "keys://main").await, at(client, "keys://nain").await);
            let at = async |client: &mut Client, name: &str| {
                let refusal =
                    client.refusal("prompts/get", json!({ "name": name, "arguments": { "about": "" } })).await;
                let reference = json!({ "type": "ref/prompt", "name": name });
                let params = json!({ "ref": reference, "argument": { "name": "about", "value": "" } });
                let completing = client.refusal("completion/complete", params).await;
                (
                    refusal.code,
                    refusal.message.replace(name, "_"),
                    completing.code,
                    completing.message.replace(name, "_"),
                )
            };
            assert_eq!(at(client, "ask_keys").await, at(client, "ask_kexs").await);
        })
        .await;
    }
    everywhere(owner(), server, async |client| {
        assert_eq!(client.names("tools/list", "tools").await, ["add_note", "call", "delete_notes", "open"]);
        assert_eq!(text_of(&client.call("delete_notes", json!({})).await), "deleted");
    })
    .await;
    everywhere(admin(), server, async |client| {
        assert_eq!(client.names("tools/list", "tools").await, ["add_note", "audit", "call", "delete_notes", "open"]);
        for (tool, text) in [("audit", "audited"), ("delete_notes", "deleted"), ("add_note", "added")] {
            assert_eq!(text_of(&client.call(tool, json!({})).await), text);
        }
        assert_eq!(client.names("resources/list", "resources").await, ["key"]);
    })
    .await;
}

#[tokio::test]
async fn a_server_shows_or_hides_all_that_is_forbidden() {
    everywhere(
        reader(),
        || server().hide_forbidden(),
        async |client| {
            assert_eq!(client.names("tools/list", "tools").await, ["call", "open"]);
            assert_eq!(
                client.refusal("tools/call", json!({ "name": "add_note" })).await.message,
                "Unknown tool: `add_note`"
            );
        },
    )
    .await;
    everywhere(
        reader(),
        || server().show_forbidden(),
        async |client| {
            assert_eq!(
                client.names("tools/list", "tools").await,
                ["add_note", "audit", "call", "delete_notes", "open"]
            );
            assert_eq!(forbidden(client, "delete_notes").await, json!({ "required_roles": ["admin", "owner"] }));
        },
    )
    .await;
}

#[tokio::test]
async fn a_broad_scope_implies_what_it_was_said_to() {
    let server = || server().scope_implies("notes", ["notes:write"]).scope_implies("notes:write", ["notes:read"]);
    everywhere(Caller::new("ada").with_scopes(["notes"]), server, async |client| {
        assert_eq!(text_of(&client.call("add_note", json!({})).await), "added");
    })
    .await;
    everywhere(reader(), server, async |client| {
        forbidden(client, "add_note").await;
    })
    .await;
}

#[tokio::test]
async fn a_call_within_a_call_has_the_rights_of_its_caller() {
    everywhere(reader(), server, async |client| {
        let failure = client.failure("call", json!({ "tool": "add_note" })).await;
        assert!(failure.contains("add_note needs the scopes notes:read notes:write"), "{failure}");
        let failure = client.failure("call", json!({ "tool": "audit" })).await;
        assert!(failure.contains("Unknown tool: `audit`"), "{failure}");
    })
    .await;
    everywhere(admin(), server, async |client| {
        assert_eq!(text_of(&client.call("call", json!({ "tool": "audit" })).await), "audited");
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_forbidden_call_reaches_middleware() {
    #[derive(Clone, Default)]
    struct Count(Arc<AtomicUsize>);

    impl Middleware for Count {
        async fn on_call_tool(&self, call: CallTool, next: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            next.run(call).await
        }
    }

    for transport in Transport::ALL {
        for revision in Revision::ALL {
            let count = Count::default();
            let server = server().middleware(count.clone());
            let mut client = Client::start((server, reader()), transport, revision).await;
            forbidden(&mut client, "add_note").await;
            assert_eq!(count.0.load(Ordering::Relaxed), 0);
            assert_eq!(text_of(&client.call("open", json!({})).await), "open");
            let failure = client.failure("call", json!({ "tool": "add_note" })).await;
            assert!(failure.contains("needs the scopes"), "{failure}");
            client.unasked.clear();
            client.finish().await;
        }
    }
}

#[tokio::test]
async fn a_batch_answers_each_for_itself() {
    let mut client = Client::start((server(), reader()), Transport::Http, Revision::V2025_03_26).await;
    let call =
        |id: u64, name: &str| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": name } });
    let batch = json!([call(1, "open"), call(2, "add_note"), call(3, "audit")]);
    let delivered = client.deliver(batch.to_string().as_bytes()).await;
    assert_eq!(delivered.status, Some(200));
    let answers = delivered.messages[0].as_array().cloned().unwrap_or_else(|| delivered.messages.clone());
    let answer = |id: u64| answers.iter().find(|answer| answer["id"] == id).unwrap();
    assert_eq!(answer(1)["result"]["content"][0]["text"], "open");
    assert_eq!(answer(2)["result"]["_meta"]["fastmcp-rs/error"]["code"], "forbidden");
    assert_eq!(answer(3)["error"]["message"], "Unknown tool: `audit`");
    client.finish().await;
}

#[tokio::test]
async fn lists_of_different_callers_are_not_shared() {
    let server: RunningServer =
        server().cache_lists(std::time::Duration::from_secs(60), CacheScope::Public).build().unwrap();
    for round in 0..2 {
        for (caller, count) in
            [(reader(), 3), (owner(), 4), (admin(), 5), (Caller::anonymous(), 3), (Caller::local(), 5)]
        {
            let mut client = Client::start((server.clone(), caller), Transport::Http, Revision::V2026_07_28).await;
            let list = client.result("tools/list", json!({})).await;
            assert_eq!(list["tools"].as_array().unwrap().len(), count, "{round}");
            assert_eq!((&list["cacheScope"], &list["ttlMs"]), (&json!("private"), &json!(60_000)));
            let needed = |name: &str| list["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == name);
            assert_eq!(needed("open").unwrap()["_meta"], Value::Null);
            let add_note = needed("add_note").map(|tool| &tool["_meta"]["fastmcp"]["scopes"]);
            assert_eq!(add_note, Some(&json!(["notes:read", "notes:write"])));
        }
    }
    // A change is seen by every class.
    server.disable("open").unwrap();
    let mut client = Client::start((server.clone(), owner()), Transport::Http, Revision::V2026_07_28).await;
    assert_eq!(client.names("tools/list", "tools").await, ["add_note", "call", "delete_notes"]);
    // The program itself may do everything.
    assert_eq!(server.call_tool("audit", json!({})).await.unwrap().to_text(), "audited");
}

#[tokio::test]
async fn a_resource_that_may_not_be_read_cannot_be_watched() {
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25] {
        let mut client = Client::start((server(), Caller::anonymous()), Transport::Stdio, revision).await;
        let refusal = client.refusal("resources/subscribe", json!({ "uri": "notes://1" })).await;
        assert_eq!(refusal.data["code"], "forbidden");
        let refusal = client.refusal("resources/subscribe", json!({ "uri": "keys://main" })).await;
        assert_eq!(refusal.code, -32002);
        client.finish().await;
    }
}

#[tokio::test]
async fn over_http_a_challenge_says_what_to_ask_for() {
    use axum::{body::Body, http::Request};
    use tower_service::Service as _;
    let service = server().build().unwrap().service();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let expected = "Bearer error=\"insufficient_scope\", scope=\"notes:read notes:write\", \
                    error_description=\"add_note needs the scopes notes:read notes:write\"";
    for (tool, challenge) in [("add_note", Some(expected)), ("audit", None)] {
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "_meta": meta } });
        let mut request = Request::post("http://localhost/mcp")
            .header("Host", "localhost")
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", tool)
            .body(Body::from(message.to_string()))
            .unwrap();
        request.extensions_mut().insert(reader());
        let response = service.clone().call(request).await.unwrap();
        let given = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap());
        assert_eq!(given, challenge, "{tool}");
    }
}

#[tokio::test]
async fn a_session_is_its_callers_by_issuer_and_subject() {
    use axum::{body::Body, http::Request};
    use tower_service::Service as _;
    let service = server().build().unwrap().service();
    let post = async |caller: Caller, session: Option<&str>, message: Value| {
        let mut request = Request::post("http://localhost/mcp")
            .header("Host", "localhost")
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream");
        if let Some(session) = session {
            request = request.header("Mcp-Session-Id", session);
        }
        let mut request = request.body(Body::from(message.to_string())).unwrap();
        request.extensions_mut().insert(caller);
        service.clone().call(request).await.unwrap()
    };
    let ada = |issuer: &str| Caller::new("ada").with_issuer(format!("https://{issuer}.example.com/"));
    let info = json!({ "name": "tests", "version": "0" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let response = post(ada("one"), None, hello).await;
    let session = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let ping = json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" });
    for (caller, status) in [
        (ada("two"), 404),
        (Caller::new("ada"), 404),
        (Caller::anonymous(), 404),
        (Caller::local(), 404),
        (ada("one"), 200),
    ] {
        assert_eq!(post(caller.clone(), Some(&session), ping.clone()).await.status(), status, "{caller:?}");
    }
}

#[tokio::test]
async fn a_message_over_the_oldest_transport_has_the_rights_of_who_sends_it() {
    use axum::body::{Body, HttpBody as _};
    use axum::http::Request;
    use std::{future::poll_fn, pin::Pin};
    use tower_service::Service as _;
    let service = server().http(Http::new().legacy_sse()).build().unwrap().router();
    let send = async |method: &str, uri: &str, caller: Caller, body: String| {
        let request = Request::builder().method(method).uri(uri).header("Host", "localhost");
        let mut request = request.header("Content-Type", "application/json").body(Body::from(body)).unwrap();
        request.extensions_mut().insert(caller);
        service.clone().call(request).await.unwrap()
    };
    let ada = |scopes: &[&str]| Caller::new("ada").with_scopes(scopes.iter().copied());
    let all = ["notes:read", "notes:write"];
    let mut stream = send("GET", "/sse", ada(&all), String::new()).await.into_body();
    let mut read = async || {
        let frame = poll_fn(|task| Pin::new(&mut stream).poll_frame(task));
        let frame = within("an event", frame).await.unwrap().unwrap();
        let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
        text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned()
    };
    let messages = read().await;
    let info = json!({ "name": "tests", "version": "0" });
    let params = json!({ "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": info });
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    send("POST", &messages, ada(&all), hello.to_string()).await;
    read().await;
    let call =
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "add_note" } }).to_string();
    // The scopes of the message count, and not those of the stream.
    for (caller, fails) in [(ada(&all), false), (ada(&[]), true), (ada(&all), false)] {
        assert_eq!(send("POST", &messages, caller, call.clone()).await.status(), 202);
        let answer: Value = serde_json::from_str(&read().await).unwrap();
        assert_eq!(answer["result"]["isError"] == true, fails, "{answer}");
    }
    assert_eq!(send("POST", &messages, Caller::new("eve").with_scopes(all), call).await.status(), 404);
}
