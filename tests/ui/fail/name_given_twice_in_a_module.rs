use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool(name = "sum")]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Add many numbers.
#[tool(name = "sum")]
fn add_all(numbers: Vec<i64>) -> i64 {
    numbers.iter().sum()
}

fn main() {}
