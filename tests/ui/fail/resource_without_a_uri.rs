use fastmcp_rs::prelude::*;

/// The settings.
#[resource]
fn settings() -> String {
    String::new()
}

fn main() {}
