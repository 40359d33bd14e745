use fastmcp_rs::prelude::*;

/// Greet someone.
#[tool]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

fn main() {
    greet("you");
}
