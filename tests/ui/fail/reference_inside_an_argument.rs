use fastmcp_rs::prelude::*;

/// Greet someone.
#[tool]
fn greet(name: Option<&str>) -> String {
    name.unwrap_or("you").to_owned()
}

fn main() {}
