//! Attributes of others stand around ours, and no description is lost.

use fastmcp_rs::prelude::*;

/// Add two numbers.
#[must_use]
#[tool(inline)]
#[inline]
/// Slowly.
fn add(
    /// The first.
    #[arg(default = 1)]
    a: i64,
    #[arg(range(0..=9))]
    /// The second.
    b: i64,
) -> i64 {
    a + b
}

fn main() {
    assert_eq!(add(1, 2), 3);
    let _ = Server::empty("calculator").tool(add);
}
