use fastmcp_rs::prelude::*;

/// Pictures.
#[tool]
fn pictures() -> Vec<Image> {
    vec![]
}

fn main() {}
