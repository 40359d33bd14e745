use fastmcp_rs::prelude::*;

#[tool(description = "")]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
