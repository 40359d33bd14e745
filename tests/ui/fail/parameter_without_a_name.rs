use fastmcp_rs::prelude::*;

/// Add nothing.
#[tool]
fn add(_: i64) -> i64 {
    0
}

fn main() {}
