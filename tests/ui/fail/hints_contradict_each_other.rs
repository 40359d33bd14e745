use fastmcp_rs::prelude::*;

/// Forget everything.
#[tool(read_only, destructive)]
fn forget() {}

fn main() {}
