use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(#[arg] a: i64, #[arg = 3] b: i64) -> i64 {
    a + b
}

fn main() {}
