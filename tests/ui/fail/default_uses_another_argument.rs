use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(a: i64, #[arg(default = a)] b: i64) -> i64 {
    a + b
}

fn main() {}
