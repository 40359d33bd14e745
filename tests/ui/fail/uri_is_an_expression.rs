use fastmcp_rs::prelude::*;

const URI: &str = "config://app";

/// The settings.
#[resource(concat!("config://", "app"))]
fn settings() -> String {
    String::new()
}

/// The settings.
#[resource(URI)]
fn more_settings() -> String {
    URI.to_owned()
}

fn main() {}
