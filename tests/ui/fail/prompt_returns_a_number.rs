use fastmcp_rs::prelude::*;

/// Ask.
#[prompt]
fn ask() -> u8 {
    1
}

fn main() {}
