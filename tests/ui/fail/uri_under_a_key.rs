use fastmcp_rs::prelude::*;

/// The settings.
#[resource(uri = "config://app")]
fn settings() -> String {
    String::new()
}

fn main() {}
