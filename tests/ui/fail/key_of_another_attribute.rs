use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool(mime_type = "text/plain", default = 3)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Ask.
#[prompt(read_only)]
fn ask() -> String {
    String::new()
}

fn main() {}
