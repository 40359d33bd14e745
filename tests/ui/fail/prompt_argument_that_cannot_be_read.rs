use fastmcp_rs::prelude::*;

struct Topic;

/// Ask.
#[prompt]
fn ask(topic: Topic) -> String {
    let Topic = topic;
    String::new()
}

fn main() {}
