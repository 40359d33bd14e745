use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool(crate = ::serde)]
fn add(a: i64) -> i64 {
    a
}

fn main() {}
