use fastmcp_rs::prelude::*;

/// Greet someone.
#[tool]
fn grüße(name: String) -> String {
    name
}

fn main() {}
