use fastmcp_rs::prelude::*;

#[model]
fn forecast() {}

#[model]
union Either {
    a: u8,
    b: u8,
}

fn main() {}
