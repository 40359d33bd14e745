//! News of a server's, in both eras.

use fastmcp_rs::Revision;
use fastmcp_rs::client::{Client, ClientError, Listen, ServerChange};
use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::within;
use serde_json::json;

use super::fake::{connect, greeted, pair};

/// A list.
#[resource("todo://list")]
fn todo() -> &'static str {
    "nothing"
}

/// Adds.
#[tool]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[tokio::test]
async fn changes_are_heard_by_whoever_asked_for_them() {
    for revision in Revision::ALL {
        let server = Server::empty("changing").tool(add).resource(todo).build().unwrap();
        let client = Client::memory(&server).era(revision).connect().await.unwrap();
        let mut news = client.listen(Listen::tools().and_resource("todo://list")).await.unwrap();
        let mut others = client.listen(Listen::prompts()).await.unwrap();
        server.resource_updated("todo://list");
        server.resource_updated("todo://other");
        let change = within("a change", news.next()).await;
        assert_eq!(change, Some(ServerChange::ResourceUpdated("todo://list".to_owned())), "{revision}");
        server.disable("add").unwrap();
        assert_eq!(within("a change", news.next()).await, Some(ServerChange::ToolsChanged), "{revision}");
        client.close().await.unwrap();
        // Of two listeners each hears what it asked for, and both hear the end.
        assert_eq!(within("the end", news.next()).await, None);
        assert_eq!(within("the end", others.next()).await, None);
    }
}

#[tokio::test]
async fn a_listener_that_goes_ends_its_subscription() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    let (news, ()) = tokio::join!(client.listen(Listen::resource("a://b")), async {
        let request = fake.expect("resources/subscribe").await;
        assert_eq!(request["params"]["uri"], "a://b");
        fake.answer(&request, json!({})).await;
    });
    drop(news.unwrap());
    let request = fake.expect("resources/unsubscribe").await;
    assert_eq!(request["params"]["uri"], "a://b");

    let (client, mut fake) = greeted(Revision::V2026_07_28, |builder| builder).await;
    let (news, request) = tokio::join!(client.listen(Listen::tools()), async {
        let request = fake.expect("subscriptions/listen").await;
        assert_eq!(request["params"]["notifications"], json!({ "toolsListChanged": true }));
        let meta = json!({ "io.modelcontextprotocol/subscriptionId": request["id"] });
        let params = json!({ "_meta": meta, "notifications": { "toolsListChanged": true } });
        fake.send(json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params }))
            .await;
        request
    });
    drop(news.unwrap());
    let cancelled = fake.expect("notifications/cancelled").await;
    assert_eq!(cancelled["params"]["requestId"], request["id"]);
    assert_eq!(client.pending(), 0);
}

#[tokio::test]
async fn a_subscription_that_is_refused_is_an_error() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let (client, mut fake) = greeted(revision, |builder| builder).await;
        let (news, ()) = tokio::join!(client.listen(Listen::resource("a://b")), async {
            let request = fake.receive().await;
            fake.refuse(&request, -32601, json!(null)).await;
        });
        assert!(matches!(news.unwrap_err(), ClientError::Rpc { code: -32601, .. }));
        assert_eq!(client.pending(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_never_acknowledged_has_a_limit() {
    let (client, mut fake) = greeted(Revision::V2026_07_28, |builder| builder).await;
    let (news, ()) = tokio::join!(client.listen(Listen::tools()), async {
        fake.expect("subscriptions/listen").await;
    });
    assert!(matches!(news.unwrap_err(), ClientError::Timeout { .. }));
    fake.expect("notifications/cancelled").await;
    assert_eq!(client.pending(), 0);
}

#[tokio::test]
async fn a_listener_that_is_slow_is_told_how_much_it_missed() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    let mut news = client.listen(Listen::tools()).await.unwrap();
    for _ in 0..300 {
        fake.send(json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" })).await;
    }
    // All of it has been read once this is answered.
    let ((), pong) = tokio::join!(
        async {
            let ping = fake.expect("ping").await;
            fake.answer(&ping, json!({})).await;
        },
        client.ping()
    );
    pong.unwrap();
    let ServerChange::Lagged(missed) = news.next().await.unwrap() else { panic!("it was not told") };
    let mut rest = 0;
    fake.hang_up();
    while news.next().await.is_some() {
        rest += 1;
    }
    assert_eq!(missed + rest, 300);
}

#[tokio::test]
async fn what_may_be_kept_is_kept_until_it_changes() {
    let (client, mut fake) = greeted(Revision::V2026_07_28, |builder| builder).await;
    let page = |name: &str| {
        let tool = json!({ "name": name, "inputSchema": { "type": "object" } });
        json!({ "resultType": "complete", "tools": [tool], "ttlMs": 60_000, "cacheScope": "private" })
    };
    let (tools, ()) = tokio::join!(client.tools(), async {
        let request = fake.expect("tools/list").await;
        fake.answer(&request, page("first")).await;
    });
    assert_eq!(tools.unwrap()[0].name, "first");
    assert_eq!(client.tools().await.unwrap()[0].name, "first", "nobody was asked");
    fake.is_left_alone().await;
    fake.send(json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" })).await;
    let (_, ()) = tokio::join!(client.ping(), async {
        let request = fake.expect("server/discover").await;
        fake.answer(&request, super::fake::discovered(&["2026-07-28"])).await;
    });
    let (tools, ()) = tokio::join!(client.tools(), async {
        let request = fake.expect("tools/list").await;
        fake.answer(&request, page("second")).await;
    });
    assert_eq!(tools.unwrap()[0].name, "second");

    // Read as often as one wants to be sure.
    let contents = |text: &str| json!({ "resultType": "complete", "contents": [{ "uri": "a://b", "text": text }], "ttlMs": 60_000, "cacheScope": "public" });
    for (fresh, text) in [(false, "one"), (true, "two")] {
        let request = client.request_resource("a://b");
        let request = if fresh { request.fresh() } else { request };
        let (read, ()) = tokio::join!(async { request.await }, async {
            let request = fake.expect("resources/read").await;
            fake.answer(&request, contents(text)).await;
        });
        assert_eq!(read.unwrap().to_text(), text);
    }
    assert_eq!(client.read_resource("a://b").await.unwrap().to_text(), "two");
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_is_asked_for_again_when_its_time_is_over() {
    let (builder, mut fake) = pair();
    let connecting = connect(builder.era(Revision::V2026_07_28));
    fake.greet(Revision::V2026_07_28).await;
    let client = connecting.await.unwrap().unwrap();
    for _ in 0..2 {
        let (tools, ()) = tokio::join!(client.tools(), async {
            let request = fake.expect("tools/list").await;
            fake.answer(&request, json!({ "resultType": "complete", "tools": [], "ttlMs": 1500 })).await;
        });
        tools.unwrap();
        client.tools().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(1600)).await;
    }
}
