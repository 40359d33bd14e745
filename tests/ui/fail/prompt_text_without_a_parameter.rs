use fastmcp_rs::prelude::*;

/// Explain {topic} to a {audience}.
#[prompt]
fn explain(topic: String) {}

fn main() {}
