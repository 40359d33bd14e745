use fastmcp_rs::prelude::*;

struct Failed;

/// Try it.
#[tool]
fn attempt() -> Result<String, Failed> {
    Err(Failed)
}

fn main() {}
