use fastmcp_rs::prelude::*;

/// Apply it.
#[tool]
fn apply(f: fn(u8) -> u8) -> u8 {
    f(1)
}

fn main() {}
