use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(a: i64, #[cfg(unix)] b: i64) -> i64 {
    a
}

fn main() {}
