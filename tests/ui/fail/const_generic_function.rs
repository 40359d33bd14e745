use fastmcp_rs::prelude::*;

/// Add them up.
#[tool]
fn sum<const N: usize>(numbers: [i64; N]) -> i64 {
    numbers.iter().sum()
}

fn main() {}
