//! A server that changes while it runs, and who hears of it.

use fastmcp_rs::{RunningServer, prelude::*};
use fastmcp_rs_tests::{Client, Revision, client::text_of};
use serde_json::{Value, json};

/// The first.
#[tool(inline)]
fn first() -> &'static str {
    "first"
}

/// The second.
#[tool(inline)]
fn second() -> &'static str {
    "second"
}

/// A text.
#[resource("files://{name*}")]
fn file(name: String) -> String {
    name
}

/// A fixed text.
#[resource("fixed://text")]
fn fixed() -> &'static str {
    "fixed"
}

/// A prompt.
#[prompt]
fn ask() -> &'static str {
    "Well?"
}

/// Changes things from within.
#[tool]
async fn touch(uri: String, ctx: Context) -> &'static str {
    ctx.resource_updated(uri);
    ctx.tools_changed();
    "touched"
}

fn third() -> DynamicTool {
    DynamicTool::new("third", json!({ "type": "object" }), |_: Value, _: Context| async { Ok::<_, ToolError>("third") })
}

fn server() -> Server {
    let server = Server::empty("changing").tool(first).tool(second).tool(touch);
    server.resource(file).resource(fixed).prompt(ask)
}

async fn client(revision: Revision) -> (Client, RunningServer) {
    let server = server();
    let server = server.build().unwrap();
    let handle = server.clone();
    (Client::of(server, revision).await, handle)
}

#[tokio::test]
async fn what_is_disabled_or_removed_is_gone_and_what_is_added_or_enabled_is_there() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let (mut client, handle) = client(revision).await;
        handle.disable("first").unwrap();
        handle.add_tool(third()).unwrap();
        handle.remove("second").unwrap();
        assert_eq!(client.names("tools/list", "tools").await, ["third", "touch"]);
        for gone in ["first", "second"] {
            assert_eq!(client.refusal("tools/call", json!({ "name": gone })).await.code, -32602, "{gone}");
        }
        assert_eq!(text_of(&client.call("third", json!({})).await), "third");
        handle.enable("first").unwrap();
        assert_eq!(client.names("tools/list", "tools").await, ["first", "third", "touch"]);
        assert_eq!(text_of(&client.call("first", json!({})).await), "first");

        handle.disable("fixed://text").unwrap();
        handle.disable("files://{name*}").unwrap();
        handle.disable("ask").unwrap();
        client.refusal("resources/read", json!({ "uri": "fixed://text" })).await;
        client.refusal("resources/read", json!({ "uri": "files://a" })).await;
        client.refusal("prompts/get", json!({ "name": "ask" })).await;
        handle.enable("fixed://text").unwrap();
        client.result("resources/read", json!({ "uri": "fixed://text" })).await;

        for error in [
            handle.remove("nothing").unwrap_err(),
            handle.disable("nothing").unwrap_err(),
            handle.enable("nothing").unwrap_err(),
            handle.add_tool(third()).unwrap_err(),
        ] {
            assert!(error.to_string().contains("nothing") || error.to_string().contains("third"), "{error}");
        }
        client.unasked.clear();
        client.finish().await;
    }
}

#[tokio::test]
async fn an_older_client_is_told_of_every_list_that_changes() {
    for revision in [Revision::V2024_11_05, Revision::V2025_03_26, Revision::V2025_06_18, Revision::V2025_11_25] {
        let (mut client, handle) = client(revision).await;
        assert_eq!(client.server["capabilities"]["tools"]["listChanged"], true);
        client.alive().await;
        for (change, method) in [
            (&(|| handle.disable("first").unwrap()) as &dyn Fn(), "notifications/tools/list_changed"),
            (&|| handle.enable("first").unwrap(), "notifications/tools/list_changed"),
            (&|| handle.add_tool(third()).unwrap(), "notifications/tools/list_changed"),
            (&|| handle.remove("third").unwrap(), "notifications/tools/list_changed"),
            (&|| handle.disable("ask").unwrap(), "notifications/prompts/list_changed"),
            (&|| handle.disable("fixed://text").unwrap(), "notifications/resources/list_changed"),
        ] {
            change();
            assert_eq!(client.receive().await["method"], method, "{revision}");
        }
        // What changes nothing is no news.
        handle.disable("ask").unwrap();
        handle.enable("second").unwrap();
        client.alive().await;
        client.finish().await;
    }
}

#[tokio::test]
async fn nobody_is_told_before_the_greeting_is_over() {
    let server = server();
    let server = server.build().unwrap();
    let handle = server.clone();
    let mut pipe = fastmcp_rs_tests::stdio::Pipe::serve(server);
    let info = json!({ "name": "tests", "version": "0" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
    pipe.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })).await;
    assert_eq!(pipe.receive().await["id"], 1);
    handle.disable("first").unwrap();
    pipe.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" })).await;
    assert_eq!(pipe.receive().await["id"], 2);
    assert_eq!(pipe.close().await.1, Vec::<Value>::new());
}

#[tokio::test]
async fn an_older_client_hears_of_the_resources_that_it_subscribed_to() {
    for revision in [Revision::V2024_11_05, Revision::V2025_11_25] {
        let (mut client, handle) = client(revision).await;
        assert_eq!(client.server["capabilities"]["resources"]["subscribe"], true);
        for uri in ["files://a", "files://b", "fixed://text"] {
            client.result("resources/subscribe", json!({ "uri": uri })).await;
        }
        client.result("resources/unsubscribe", json!({ "uri": "files://b" })).await;
        for uri in ["files://b", "files://c", "files://ab", "files://a", "files://a/below", "fixed://text"] {
            handle.resource_updated(uri);
        }
        // A subscription covers what is below, and nothing that only begins alike.
        for uri in ["files://a", "files://a/below", "fixed://text"] {
            let notice = client.receive().await;
            assert_eq!(notice["method"], "notifications/resources/updated");
            assert_eq!(notice["params"]["uri"], uri);
        }
        let refusal = client.refusal("resources/subscribe", json!({ "uri": "nothing://here" })).await;
        assert_eq!(refusal.code, -32002);
        client.alive().await;
        client.finish().await;
    }
}

fn filter(filter: Value) -> Value {
    json!({ "notifications": filter })
}

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

#[tokio::test]
async fn a_listener_is_acknowledged_first_and_then_told_what_it_asked_for() {
    let (mut client, handle) = client(Revision::V2026_07_28).await;
    let all = filter(json!({
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": ["files://a", "nothing://here"],
    }));
    let everything = client.begin("subscriptions/listen", all).await;
    let acknowledged = client.receive().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["_meta"][SUBSCRIPTION], everything);
    let granted = json!({
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": ["files://a"],
    });
    assert_eq!(acknowledged["params"]["notifications"], granted, "what does not exist is not granted");

    // Ids keep their type.
    let request = client.request_with_id(
        &json!("only tools"),
        "subscriptions/listen",
        filter(json!({ "toolsListChanged": true, "promptsListChanged": false })),
    );
    client.send(&request).await;
    assert_eq!(client.receive().await["params"]["notifications"], json!({ "toolsListChanged": true }));

    handle.disable("ask").unwrap();
    let notice = client.receive().await;
    assert_eq!(notice["method"], "notifications/prompts/list_changed");
    assert_eq!(notice["params"]["_meta"][SUBSCRIPTION], everything);

    handle.disable("first").unwrap();
    let mut heard = Vec::new();
    for _ in 0..2 {
        let notice = client.receive().await;
        assert_eq!(notice["method"], "notifications/tools/list_changed");
        heard.push(notice["params"]["_meta"][SUBSCRIPTION].to_string());
    }
    heard.sort();
    assert_eq!(heard, ["\"only tools\"".to_owned(), everything.to_string()]);

    client.call("touch", json!({ "uri": "files://b" })).await;
    client.call("touch", json!({ "uri": "files://a" })).await;
    let mut updated = 0;
    while updated == 0 {
        let notice = client.receive().await;
        if notice["method"] == "notifications/resources/updated" {
            assert_eq!(notice["params"]["uri"], "files://a");
            updated += 1;
        }
    }

    client.notify("notifications/cancelled", json!({ "requestId": everything })).await;
    client.alive().await;
    client.unasked.clear();
    handle.enable("ask").unwrap();
    handle.enable("first").unwrap();
    let notice = client.receive().await;
    assert_eq!(notice["params"]["_meta"][SUBSCRIPTION], "only tools", "the other listens no more");

    handle.shutdown();
    let ended = client.receive().await;
    assert_eq!(ended["id"], "only tools");
    assert_eq!(ended["result"]["_meta"][SUBSCRIPTION], "only tools");
    assert_eq!(ended["result"]["resultType"], "complete");
    let mut pipe = client.into_pipe();
    assert_eq!(pipe.next().await, None);
}

#[tokio::test]
async fn a_modern_client_that_does_not_listen_is_told_nothing() {
    let (mut client, handle) = client(Revision::V2026_07_28).await;
    handle.disable("first").unwrap();
    client.call("touch", json!({ "uri": "files://a" })).await;
    client.alive().await;
    client.finish().await;
}

#[tokio::test]
async fn a_filter_that_is_none_is_refused() {
    let (mut client, _handle) = client(Revision::V2026_07_28).await;
    for params in [
        json!({}),
        json!({ "notifications": null }),
        json!({ "notifications": [] }),
        json!({ "notifications": { "toolsListChanged": "yes" } }),
        json!({ "notifications": { "resourceSubscriptions": "files://a" } }),
    ] {
        assert_eq!(client.refusal("subscriptions/listen", params.clone()).await.code, -32602, "{params}");
    }
    client.finish().await;
}

#[tokio::test]
async fn changes_from_many_sides_leave_a_list_that_is_one_of_them() {
    let (mut client, handle) = client(Revision::V2026_07_28).await;
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let handle = handle.clone();
            tokio::spawn(async move {
                let name = format!("tool_{n}");
                let tool = DynamicTool::new(&*name, json!({ "type": "object" }), |_: Value, _: Context| async {
                    Ok::<_, ToolError>("here")
                });
                handle.add_tool(tool).unwrap();
                if n % 2 == 0 {
                    handle.remove(&name).unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(client.names("tools/list", "tools").await.len(), 3 + 25);
    assert_eq!(text_of(&client.call("tool_49", json!({})).await), "here");
    client.finish().await;
}
