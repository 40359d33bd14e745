use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool(read_only title = "Add")]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
