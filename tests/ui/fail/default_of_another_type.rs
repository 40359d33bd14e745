use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(#[arg(default = 1.5)] a: i64, #[arg(default = true)] b: i64) -> i64 {
    a + b
}

fn main() {}
