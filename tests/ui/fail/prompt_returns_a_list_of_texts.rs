use fastmcp_rs::prelude::*;

/// Ask.
#[prompt]
fn ask(topic: String) -> Vec<String> {
    vec![topic]
}

fn main() {}
