//! A program of two files.

mod count;

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
