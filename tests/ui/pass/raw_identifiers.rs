//! `r#` is for Rust and not for the wire.

use fastmcp_rs::prelude::*;

/// Choose.
#[tool(inline)]
fn r#match(r#type: String, #[arg(default = 3)] r#in: u8) -> String {
    format!("{type}{in}", r#type = r#type, r#in = r#in)
}

/// One kind.
#[resource("kinds://{type}")]
fn r#struct(r#type: String) -> String {
    r#type
}

/// About a {type}.
#[prompt]
fn r#fn(r#type: String) {}

fn main() {
    let server = Server::empty("raw").tool(r#match).resource(r#struct).prompt(r#fn);
    let answer = fastmcp_rs::serde_json::json!({ "type": "a", "in": 1 });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(server.start()).unwrap();
    let result = runtime.block_on(server.call_tool("match", answer)).unwrap();
    assert_eq!(result.to_text(), "a1");
}
