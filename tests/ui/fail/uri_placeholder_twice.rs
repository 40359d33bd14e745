use fastmcp_rs::prelude::*;

/// One file.
#[resource("files://{name}/{name}")]
fn file(name: String) -> String {
    name
}

fn main() {}
