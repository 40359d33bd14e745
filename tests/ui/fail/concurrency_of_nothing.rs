use fastmcp_rs::prelude::*;

/// Lets nothing run.
#[tool(concurrency = 0)]
fn nothing() {}

/// In words.
#[tool(concurrency = "4")]
fn words() {}

/// Below zero.
#[resource("notes://all", concurrency = -1)]
fn notes() -> String {
    String::new()
}

/// More than there are numbers.
#[prompt(concurrency = 5_000_000_000)]
fn ask() -> String {
    String::new()
}

/// A flag.
#[tool(concurrency)]
fn flag() {}

fn main() {}
