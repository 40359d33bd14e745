use fastmcp_rs::prelude::*;

/// Send it.
#[tool(rate_limit = "60")]
fn send() {}

/// Send it again.
#[tool(rate_limit = "0/min")]
fn resend() {}

fn main() {}
