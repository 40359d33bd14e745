use fastmcp_rs::prelude::*;

/// Wait.
#[tool(timeout = "2 fortnights")]
async fn wait() {}

/// Wait more.
#[tool(timeout = "10sec")]
async fn wait_more() {}

fn main() {}
