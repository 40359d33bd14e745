//! The smallest server.

use fastmcp_rs_tests::{Example, client::text_of, everywhere};
use serde_json::json;

#[tokio::test]
async fn the_smallest_server_greets() {
    everywhere(
        |_| Example::named("hello"),
        async |client| {
            let result = client.call("greet", json!({ "name": "World" })).await;
            assert_eq!(text_of(&result), "Hello, World!");
            assert_ne!(result["isError"], true);
        },
    )
    .await;
}

#[tokio::test]
async fn the_signature_and_its_docs_are_what_is_listed() {
    everywhere(
        |_| Example::named("hello"),
        async |client| {
            let tools = client.list("tools/list", "tools").await;
            assert_eq!(tools.len(), 1);
            assert_eq!(tools[0]["name"], "greet");
            assert_eq!(tools[0]["description"], "Greet someone by name.");
            let schema = &tools[0]["inputSchema"];
            assert_eq!(schema["type"], "object");
            assert_eq!(schema["required"], json!(["name"]));
            assert_eq!(schema["properties"], json!({ "name": { "type": "string", "description": "Who to greet." } }));
        },
    )
    .await;
}

#[tokio::test]
async fn only_what_is_served_is_declared() {
    everywhere(
        |_| Example::named("hello"),
        async |client| {
            let capabilities = client.server["capabilities"].clone();
            assert!(capabilities["tools"].is_object(), "{capabilities}");
            for absent in ["resources", "prompts", "completions"] {
                assert_eq!(capabilities.get(absent), None, "{absent} is declared and there is none");
            }
            let info = match client.revision().is_modern() {
                true => client.server["_meta"]["io.modelcontextprotocol/serverInfo"].clone(),
                false => client.server["serverInfo"].clone(),
            };
            assert_eq!(info["name"], "greeter");
        },
    )
    .await;
}
