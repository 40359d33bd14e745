use fastmcp_rs::prelude::*;

/// The settings.
#[resource(mime_type = "text/plain")]
fn settings() -> String {
    String::new()
}

fn main() {}
