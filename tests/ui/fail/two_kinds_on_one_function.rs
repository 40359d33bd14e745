use fastmcp_rs::prelude::*;

/// The settings.
#[tool]
#[resource("config://app")]
fn settings() -> String {
    String::new()
}

fn main() {}
