use fastmcp_rs::prelude::*;

/// Greet someone.
#[tool]
fn greet(name: String) -> impl std::fmt::Display {
    name
}

fn main() {}
