use fastmcp_rs::prelude::*;

/// A unit that is none.
#[tool(rate_limit = "1/week")]
fn weekly() {}

/// Not a whole number.
#[resource("notes://all", rate_limit = "1.5/s")]
fn notes() -> String {
    String::new()
}

/// Below zero.
#[prompt(rate_limit = "-1/s")]
fn ask() -> String {
    String::new()
}

/// Without quotes.
#[tool(rate_limit = 60)]
fn number() {}

fn main() {}
