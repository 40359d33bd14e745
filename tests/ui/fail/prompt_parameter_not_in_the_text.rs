use fastmcp_rs::prelude::*;

/// Explain {topic}.
#[prompt]
fn explain(topic: String, audience: String) {}

fn main() {}
