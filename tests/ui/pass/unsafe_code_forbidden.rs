//! Registration is no unsafe code of the user's.

#![forbid(unsafe_code)]

use fastmcp_rs::prelude::*;

/// Add two numbers.
#[tool]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {
    add(1, 2);
}
