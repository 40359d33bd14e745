//! The function stays a function: named, passed, awaited, tested.

use fastmcp_rs::prelude::*;

/// Double it.
#[tool]
fn double(number: i64) -> i64 {
    number * 2
}

/// Wait for it.
#[tool]
async fn later(number: i64) -> Result<i64, ToolError> {
    Ok(double(number))
}

/// Recursion.
#[tool]
fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

const POINTER: fn(i64) -> i64 = double;

fn main() {
    assert_eq!([1, 2].map(double), [2, 4]);
    assert_eq!(POINTER(4), 8);
    assert_eq!(factorial(5), 120);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(later(2)).unwrap(), 4);
}
