//! One program, several servers.

use fastmcp_rs::prelude::*;

/// For the first.
#[tool(server = "first", name = "go")]
fn first() -> u8 {
    1
}

/// For the second, under the same name.
#[tool(server = "second", name = "go")]
fn second() -> u8 {
    2
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (name, answer) in [("first", "1"), ("second", "2")] {
        let server = Server::new(name);
        let server = runtime.block_on(server.start()).unwrap();
        let result = runtime.block_on(server.call_tool("go", fastmcp_rs::serde_json::json!({}))).unwrap();
        assert_eq!(result.to_text(), answer);
    }
}
