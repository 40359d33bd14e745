use fastmcp_rs::prelude::*;

/// The answer.
#[tool]
const fn answer() -> u8 {
    42
}

fn main() {}
