use fastmcp_rs::prelude::*;

/// The answer.
#[tool]
fn answer() -> u8;

fn main() {}
