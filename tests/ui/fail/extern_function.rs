use fastmcp_rs::prelude::*;

/// The answer.
#[tool]
extern "C" fn answer() -> u8 {
    42
}

fn main() {}
