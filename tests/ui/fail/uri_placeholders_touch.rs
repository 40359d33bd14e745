use fastmcp_rs::prelude::*;

/// One file.
#[resource("files://{name}{extension}")]
fn file(name: String, extension: String) -> String {
    name + &extension
}

fn main() {}
