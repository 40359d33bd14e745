//! Docs that only rustc can read, and block comments.

use fastmcp_rs::prelude::*;

#[doc = concat!("From ", "a macro.")]
#[tool]
fn one() {}

/** A block
 * with stars. */
#[tool]
fn two(
    #[doc = concat!("An ", "argument.")] a: u8,
    /** A block. */ b: u8,
) -> u8 {
    a + b
}

/// Three.
///
/// # Arguments
///
/// * `a` - The first.
/// * `b` - The second.
#[tool]
fn three(a: u8, b: u8) -> u8 {
    a + b
}

fn main() {}
