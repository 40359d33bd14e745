use fastmcp_rs::prelude::*;

/// Wait.
#[tool(inline)]
async fn wait() {}

fn main() {}
