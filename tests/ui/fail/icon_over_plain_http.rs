use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool(icon = "http://example.com/plus.png")]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
