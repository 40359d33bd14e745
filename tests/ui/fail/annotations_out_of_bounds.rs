use fastmcp_rs::prelude::*;

/// The settings.
#[resource("config://app", annotations(audience("everyone"), priority = 5, last_modified = "yesterday"))]
fn settings() -> String {
    String::new()
}

fn main() {}
