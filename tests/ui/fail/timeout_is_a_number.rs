use fastmcp_rs::prelude::*;

/// Wait.
#[tool(timeout = 10)]
async fn wait() {}

fn main() {}
