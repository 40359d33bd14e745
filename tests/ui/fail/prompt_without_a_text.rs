use fastmcp_rs::prelude::*;

#[prompt]
fn explain(topic: String) {}

fn main() {}
