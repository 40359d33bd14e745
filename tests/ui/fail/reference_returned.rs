use fastmcp_rs::prelude::*;

/// The longest.
#[tool]
fn longest(names: Vec<String>) -> &str {
    names[0].as_str()
}

fn main() {}
