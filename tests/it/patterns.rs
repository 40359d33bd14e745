//! Long texts and many values: what is held against rules takes nobody else's time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Client, Revision, client::text_of, served};
use serde_json::{Value, json};

/// Backtracking or not, this one is slow.
const SLOW: &str = "[a-z]{1,200}@[a-z]{1,200}x";

/// Sends.
#[tool(inline)]
fn send(#[arg(pattern = "[a-z]{1,200}@[a-z]{1,200}x", len(..=100))] to: String) -> String {
    to
}

static RAN: AtomicBool = AtomicBool::new(false);

/// Searches in any text.
#[tool(inline, timeout = "200ms")]
fn search(#[arg(pattern = "[a-z]{1,200}@[a-z]{1,200}x")] text: String) -> String {
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
    served(server, async |client| {
        for (tool, arguments) in [
            ("search", json!({ "text": "a".repeat(2_000_000) })),
            ("dynamic", json!({ "text": "a".repeat(2_000_000) })),
        ] {
            let call = client.begin("tools/call", json!({ "name": tool, "arguments": arguments })).await;
            // The server has something else to do meanwhile.
            let mut beside = client.beside_or_here(call).await;
            assert!(beside.contains("timeout") || beside.contains("took too long"), "{beside}");
            beside.clear();
        }
        assert!(!RAN.load(Ordering::Relaxed), "what was not yet held against its pattern never ran");
    })
    .await;
}
