use fastmcp_rs::prelude::*;

/// One file.
#[resource("files://my files/größe")]
fn file() -> String {
    String::new()
}

fn main() {}
