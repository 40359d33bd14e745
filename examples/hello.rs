//! The smallest server: one function, one attribute, one line of `main`.
//!
//! ```sh
//! cargo run --example hello -- call greet name=World   # try the tool at once
//! cargo run --example hello                            # serve a client over stdio
//! cargo run --example hello -- --http                  # http://127.0.0.1:8000/mcp
//! ```

use fastmcp_rs::prelude::*;

/// Greet someone by name.
#[tool]
fn greet(
    /// Who to greet.
    name: String,
) -> String {
    format!("Hello, {name}!")
}

fn main() -> fastmcp_rs::Result {
    Server::new("greeter").run()
}
