use fastmcp_rs::prelude::*;
use std::fmt::Display;

/// Print it.
#[tool]
fn show<T: Display>(value: T) -> String {
    value.to_string()
}

fn main() {}
