use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool(name: "sum", read_only)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
