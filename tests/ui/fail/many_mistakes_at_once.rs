use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool(titel = "Add", timeout = "3 s", read_only, destructive)]
unsafe fn add(first: &i64, (b, c): (i64, i64), #[arg(rnge(1..=2))] d: i64) -> impl Sized {}

fn main() {}
