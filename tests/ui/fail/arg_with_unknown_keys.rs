use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(#[arg(min = 1)] a: i64, #[arg(desciption = "The other.")] b: i64, #[arg(defualt = 3)] c: i64) -> i64 {
    a + b + c
}

fn main() {}
