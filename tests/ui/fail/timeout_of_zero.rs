use fastmcp_rs::prelude::*;

/// Wait.
#[tool(timeout = "0s")]
async fn wait() {}

fn main() {}
