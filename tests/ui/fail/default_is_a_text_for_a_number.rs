use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(#[arg(default = "1")] a: i64, #[arg(default = "yes")] exact: bool) -> i64 {
    if exact { a } else { 0 }
}

fn main() {}
