use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(#[arg(default = 1)] a: Option<i64>) -> i64 {
    a.unwrap_or(0)
}

fn main() {}
