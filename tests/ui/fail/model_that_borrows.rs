use fastmcp_rs::prelude::*;

#[model]
struct Forecast<'a> {
    text: &'a str,
}

fn main() {}
