//! The fixture server of the official conformance suite: its tools, resources and prompts, by the names and texts it expects.
//!
//! ```sh
//! cargo run --example conformance -- --http 127.0.0.1:8000
//! npx @modelcontextprotocol/conformance server --url http://127.0.0.1:8000/mcp --requirements 2025-11-25
//! npx @modelcontextprotocol/conformance server --url http://127.0.0.1:8000/mcp --requirements 2026-07-28
//! ```
//!
//! Not an example to learn from first: `round_trip` does by hand what `ctx.elicit` does by itself.

mod any_schema;
mod contents;
mod interaction;
mod notices;
mod prompts;
mod resources;
mod round_trip;

use fastmcp_rs::prelude::*;

fn main() -> fastmcp_rs::Result {
    Server::new("conformance")
        .version(env!("CARGO_PKG_VERSION"))
        .instructions("Fixtures of the official MCP conformance suite.")
        .add_tool(any_schema::tool())
        .run()
}
