use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool(tags = ["maths", "numbers"])]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
