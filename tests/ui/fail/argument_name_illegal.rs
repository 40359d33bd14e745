use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(#[arg(name = "first number")] a: i64, größe: i64) -> i64 {
    a + größe
}

fn main() {}
