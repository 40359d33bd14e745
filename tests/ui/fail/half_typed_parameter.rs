use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
async fn add(a: ) {}

/// Another tool, whose own mistake is shown as well.
#[tool(titel = "Subtract")]
fn subtract(a: i64, b: i64) -> i64 {
    a - b
}

fn main() {
    subtract(2, 1);
}
