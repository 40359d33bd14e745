//! What is special to one revision: batches, and the forms that older clients know. Every message is held against its schema.

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Client, Revision, Transport, client::text_of, schema, wherever};
use serde_json::{Value, json};

/// Adds.
#[tool(inline)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Adds after a pause.
#[tool]
async fn add_later(a: i64, b: i64, ctx: Context) -> i64 {
    tokio::task::yield_now().await;
    ctx.progress(1.0, 1.0).await;
    a + b
}

/// Blocks of all kinds.
#[tool(inline)]
fn blocks() -> Vec<Content> {
    vec![
        Content::text("text"),
        Content::image([1], "image/png"),
        Content::audio([2], "audio/wav"),
        Content::resource_link("files://a", "A file"),
        Content::resource(ResourceContents::text("files://b", "embedded")),
    ]
}

/// Asks with blocks of all kinds.
#[prompt]
fn with_blocks() -> Vec<Message> {
    blocks().into_iter().map(Message::user).collect()
}

/// Anything at all.
#[tool(inline)]
fn anything(value: Value, values: Vec<Value>) -> Json<Value> {
    Json(json!({ "value": value, "values": values }))
}

fn server() -> Server {
    let server = Server::empty("revisions").tool(add).tool(add_later).tool(blocks).tool(anything);
    server.prompt(with_blocks).instructions("Use it well.")
}

#[tokio::test]
async fn blocks_that_a_revision_does_not_know_become_text() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            let revision = client.revision();
            let result = client.call("blocks", json!({})).await;
            let prompt = client.result("prompts/get", json!({ "name": "with_blocks" })).await;
            let kinds: Vec<_> = result["content"].as_array().unwrap().iter().map(|block| &block["type"]).collect();
            let audio = if revision >= Revision::V2025_03_26 { "audio" } else { "text" };
            let link = if revision >= Revision::V2025_06_18 { "resource_link" } else { "text" };
            assert_eq!(kinds, ["text", "image", audio, link, "resource"]);
            for (place, block) in result["content"].as_array().unwrap().iter().enumerate() {
                assert_eq!(&prompt["messages"][place]["content"], block, "a message has the same block");
            }
            assert!(result["content"][3].to_string().contains("files://a"), "the link is not lost: {result}");
        },
    )
    .await;
}

#[tokio::test]
async fn what_a_greeting_says_fits_its_revision() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            assert_eq!(client.server["instructions"], "Use it well.");
            if client.revision().is_modern() {
                assert_eq!(client.server["supportedVersions"], json!(["2026-07-28"]));
                assert!(client.server["ttlMs"].is_u64() && client.server["cacheScope"].is_string());
            }
            let capabilities = client.server["capabilities"].as_object().unwrap();
            for (name, there) in
                [("tools", true), ("prompts", true), ("logging", true), ("resources", false), ("completions", false)]
            {
                assert_eq!(capabilities.contains_key(name), there, "{name}: {capabilities:?}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn an_argument_of_any_json_has_a_schema_that_every_revision_takes() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            let arguments = json!({ "value": { "a": [null, 1.5, "x"] }, "values": [1, "2", null, {}] });
            assert_eq!(client.value("anything", arguments.clone()).await, arguments);
            let tools = client.list("tools/list", "tools").await;
            let anything = tools.iter().find(|tool| tool["name"] == "anything").unwrap();
            assert!(anything["inputSchema"]["properties"]["value"].is_object(), "{anything}");
        },
    )
    .await;
}

async fn batching(transport: Transport) -> Client {
    Client::start(server(), transport, Revision::V2025_03_26).await
}

/// Sends a batch, and returns the answers of the one array that comes back.
async fn batch(client: &mut Client, batch: Value) -> Vec<Value> {
    let answers = match client.transport() {
        Transport::Http => client.deliver_json(&batch).await.messages.remove(0),
        Transport::Stdio => {
            client.send(&batch).await;
            loop {
                let message = client.receive().await;
                if message.is_array() {
                    break message;
                }
                assert_eq!(message["method"], "notifications/progress");
            }
        }
    };
    answers.as_array().expect("an array answers a batch").clone()
}

#[tokio::test]
async fn a_batch_is_answered_in_one_array() {
    for transport in Transport::ALL {
        let mut client = batching(transport).await;
        let call = |id: u64, tool: &str, a: i64| {
            let params = json!({ "name": tool, "arguments": { "a": a, "b": 1 }, "_meta": { "progressToken": id } });
            json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
        };
        let mut answers = batch(
            &mut client,
            json!([
                call(101, "add_later", 1),
                call(102, "add", 2),
                { "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 4711 } },
                { "jsonrpc": "2.0", "id": 103, "method": "tools/nothing" },
                { "jsonrpc": "2.0", "id": 104, "method": "ping" },
                { "jsonrpc": "2.0", "id": 4711, "result": {} },
                { "id": 105 },
                5,
                call(106, "add_later", 6),
            ]),
        )
        .await;
        answers.sort_by_key(|answer| answer["id"].as_u64());
        let ids: Vec<_> = answers.iter().map(|answer| answer["id"].as_u64()).collect();
        assert_eq!(ids, [None, Some(101), Some(102), Some(103), Some(104), Some(105), Some(106)]);
        assert_eq!(answers[0]["error"]["code"], -32600, "what is no message at all");
        for (place, text) in [(1, "2"), (2, "3"), (6, "7")] {
            assert_eq!(text_of(&answers[place]["result"]), text);
            schema::check(Revision::V2025_03_26, Some("tools/call"), &answers[place]);
        }
        assert_eq!(answers[3]["error"]["code"], -32601);
        assert_eq!(answers[4]["result"], json!({}));
        assert_eq!(answers[5]["error"]["code"], -32600);
        client.finish().await;
    }
}

#[tokio::test]
async fn a_batch_of_one_or_of_quick_calls_is_an_array_too() {
    for transport in Transport::ALL {
        let mut client = batching(transport).await;
        let ping = |id: &str| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
        let answers = batch(&mut client, json!([ping("one")])).await;
        assert_eq!(answers, [json!({ "jsonrpc": "2.0", "id": "one", "result": {} })]);
        let answers = batch(&mut client, json!([ping("one"), ping("two")])).await;
        assert_eq!(answers.len(), 2);
        client.finish().await;
    }
}

#[tokio::test]
async fn a_batch_that_wants_no_answer_gets_none() {
    for transport in Transport::ALL {
        let mut client = batching(transport).await;
        let delivered = client
            .deliver_json(&json!([
                { "jsonrpc": "2.0", "method": "notifications/nothing" },
                { "jsonrpc": "2.0", "id": 4711, "result": {} },
            ]))
            .await;
        assert!(delivered.messages.is_empty(), "{delivered:?}");
        assert!(matches!(delivered.status, None | Some(202)), "{delivered:?}");
        client.finish().await;
    }
}

#[tokio::test]
async fn an_empty_batch_and_a_greeting_in_a_batch_are_refused() {
    for transport in Transport::ALL {
        let mut client = batching(transport).await;
        let delivered = client.deliver(b"[]").await;
        assert_eq!((delivered.code(), delivered.id()), (Some(-32600), None), "{delivered:?}");
        assert!(matches!(delivered.status, None | Some(400)), "{delivered:?}");

        let info = json!({ "name": "tests", "version": "0" });
        let params = json!({ "protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": info });
        let greeting = json!({ "jsonrpc": "2.0", "id": 50, "method": "initialize", "params": params });
        let answers = batch(&mut client, json!([greeting, { "jsonrpc": "2.0", "id": 51, "method": "ping" }])).await;
        assert_eq!((&answers[0]["id"], &answers[0]["error"]["code"]), (&json!(50), &json!(-32600)));
        assert_eq!(answers[1]["result"], json!({}));
        client.finish().await;
    }
}

#[tokio::test]
async fn a_batch_without_end_is_refused_as_a_whole() {
    for transport in Transport::ALL {
        let mut client = batching(transport).await;
        let pings = |count: usize| -> Value {
            (0..count)
                .map(|id| json!({ "jsonrpc": "2.0", "id": format!("in a batch {id}"), "method": "ping" }))
                .collect()
        };
        let delivered = client.deliver_json(&pings(257)).await;
        assert_eq!((delivered.code(), delivered.id()), (Some(-32600), None), "{delivered:?}");
        assert!(matches!(delivered.status, None | Some(400)), "{delivered:?}");
        assert!(delivered.messages[0]["error"]["message"].as_str().unwrap().contains("256"), "{delivered:?}");
        assert_eq!(batch(&mut client, pings(256)).await.len(), 256, "the conversation goes on");
        client.finish().await;
    }
}

#[tokio::test]
async fn only_one_revision_has_batches() {
    let revisions = [Revision::V2024_11_05, Revision::V2025_06_18, Revision::V2025_11_25, Revision::V2026_07_28];
    wherever(
        &revisions,
        |_| server(),
        async |client| {
            let delivered = client.deliver_json(&json!([{ "jsonrpc": "2.0", "id": 5, "method": "ping" }])).await;
            assert_eq!(delivered.code(), Some(-32600), "{}: {delivered:?}", client.revision());
        },
    )
    .await;
}

#[tokio::test]
async fn a_second_greeting_is_answered_and_changes_nothing() {
    let mut client = Client::start(server(), Transport::Stdio, Revision::V2025_06_18).await;
    let info = json!({ "name": "tests", "version": "0" });
    for version in ["2025-06-18", "2024-11-05"] {
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": info });
        client.result("initialize", params).await;
        assert!(client.call("add", json!({ "a": 1, "b": 2 })).await["structuredContent"].is_object());
    }
    client.finish().await;
}
