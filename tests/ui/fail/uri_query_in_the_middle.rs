use fastmcp_rs::prelude::*;

/// One file.
#[resource("files://{?page}/{name}")]
fn file(page: u8, name: String) -> String {
    format!("{page} {name}")
}

fn main() {}
