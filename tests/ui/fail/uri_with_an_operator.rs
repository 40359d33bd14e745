use fastmcp_rs::prelude::*;

/// One file.
#[resource("files://{+path}")]
fn file(path: String) -> String {
    path
}

fn main() {}
