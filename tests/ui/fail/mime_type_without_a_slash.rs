use fastmcp_rs::prelude::*;

/// The settings.
#[resource("config://app", mime_type = "markdown")]
fn settings() -> String {
    String::new()
}

fn main() {}
