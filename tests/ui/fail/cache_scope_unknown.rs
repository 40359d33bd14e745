use fastmcp_rs::prelude::*;

/// The settings.
#[resource("config://app", ttl = "5 minutes", cache_scope = "shared", size = "big")]
fn settings() -> String {
    String::new()
}

fn main() {}
