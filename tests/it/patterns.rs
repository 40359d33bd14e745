//! Long texts and many values: what is held against rules takes nobody else's time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Client, Example, Revision, Transport, client::text_of, served};
use serde_json::{Value, json};

/// Backtracking or not, this one is slow.
const SLOW: &str = "[a-z]{1,40}@[a-z]{1,40}x";

/// Sends.
#[tool(inline)]
fn send(#[arg(pattern = "[a-z]{1,40}@[a-z]{1,40}x", len(..=100))] to: String) -> String {
    to
}

static RAN: AtomicBool = AtomicBool::new(false);

/// Searches in any text.
#[tool(inline, timeout = "200ms")]
fn search(#[arg(pattern = "[a-z]{1,40}@[a-z]{1,40}x")] text: String) -> String {
    RAN.store(true, Ordering::Relaxed);
    text
}

/// Takes texts.
#[tool]
fn short(#[arg(pattern = "^[a-z ]+$")] text: String, n: u8) -> String {
    format!("{} {n}", text.len())
}

#[model]
struct Item {
    #[schemars(range(max = 9))]
    n: u32,
    #[schemars(regex(pattern = "^[a-z]*$"))]
    text: String,
}

/// Takes many.
#[tool]
fn items(items: Vec<Item>) -> String {
    format!("{} {}", items.iter().map(|item| item.n).sum::<u32>(), items.last().map_or(0, |item| item.text.len()))
}

/// Takes anything.
#[tool(inline)]
fn anything(value: Value) -> String {
    value.as_array().map_or(0, Vec::len).to_string()
}

/// Takes a text.
#[tool(inline)]
fn text(text: String) -> String {
    text.len().to_string()
}

fn server() -> Server {
    let schema = json!({ "type": "object", "properties": { "text": { "type": "string", "pattern": SLOW } } });
    let dynamic = DynamicTool::new("dynamic", schema, |arguments: Value, _: Context| async move {
        Ok::<_, ToolError>(arguments.to_string().len().to_string())
    });
    let server = Server::empty("patterns").tool(send).tool(search).tool(short).tool(items);
    server.tool(anything).tool(text).add_tool(dynamic.timeout(Duration::from_millis(200)))
}

#[tokio::test]
async fn no_pattern_is_tried_on_what_is_refused_already() {
    served(server, async |client| {
        let long = "a".repeat(3_000_000);
        let text = client.failure("send", json!({ "to": long })).await;
        assert!(text.contains("must have at most 100 characters, has 3000000"), "{text}");
        assert!(!text.contains("pattern"), "{text}");
        assert_eq!(text_of(&client.call("send", json!({ "to": "a@bx" })).await), "a@bx");
        assert!(client.failure("send", json!({ "to": "a@b" })).await.contains("must match the pattern"));
    })
    .await;
}

#[tokio::test]
async fn a_long_text_is_matched_within_the_time_limit_and_beside_other_calls() {
    for (revision, tool) in [(Revision::V2025_11_25, "search"), (Revision::V2026_07_28, "dynamic")] {
        let mut client = Client::of(server(), revision).await;
        let arguments = json!({ "text": "a".repeat(66_000) });
        client.begin("tools/call", json!({ "name": tool, "arguments": arguments })).await;
        // The conversation goes on meanwhile.
        assert_eq!(text_of(&client.call("text", json!({ "text": "abc" })).await), "3");
        assert!(client.unasked.is_empty(), "{tool} is not answered yet");
        let result = client.receive().await["result"].clone();
        assert_eq!(text_of(&result), "no answer within 200ms (timed out, may be retried)", "{tool}");
        client.finish().await;
    }
    assert!(!RAN.load(Ordering::Relaxed), "what was not yet held against its pattern never ran");
}

#[tokio::test]
async fn values_are_held_against_their_rules_however_many_there_are() {
    served(server, async |client| {
        let many = |n: u32, text: &str| json!({ "items": (0..3_000).map(|_| json!({ "n": n, "text": text })).collect::<Vec<_>>() });
        assert_eq!(text_of(&client.call("items", many(2, "abc")).await), "6000 3");
        assert!(client.failure("items", many(10, "abc")).await.contains("`/items/0/n`: must be at most 9, got 10"));
        assert!(client.failure("items", many(2, "ABC")).await.contains("`/items/0/text`: must match the pattern"));
        let text = "a b ".repeat(50_000);
        assert_eq!(text_of(&client.call("short", json!({ "text": text, "n": "7" })).await), "200000 7");
        assert!(client.failure("short", json!({ "text": text, "n": 300 })).await.contains("`/n`"));
        assert_eq!(text_of(&client.call("anything", json!({ "value": vec![0; 10_000] })).await), "10000");
    })
    .await;
}

#[tokio::test]
async fn a_pattern_for_texts_of_any_length_is_worth_a_warning() {
    let client = Client::start(Example::named("holding"), Transport::Stdio, Revision::V2025_11_25).await;
    let log = client.log().clone();
    client.finish().await;
    let log = log.ended().await;
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("pattern")).collect();
    let [warning] = warnings.as_slice() else { panic!("{log}") };
    assert!(
        warning.starts_with("fastmcp-rs: warn") && warning.contains("`matched`") && warning.contains("`text`"),
        "{warning}"
    );
}
