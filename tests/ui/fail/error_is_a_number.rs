use fastmcp_rs::prelude::*;

/// Try it.
#[resource("tries://last")]
fn attempt() -> Result<String, i32> {
    Err(1)
}

fn main() {}
