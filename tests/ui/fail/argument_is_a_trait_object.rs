use fastmcp_rs::prelude::*;
use std::fmt::Display;

/// Print it.
#[tool]
fn show(value: Box<dyn Display>) -> String {
    value.to_string()
}

fn main() {}
