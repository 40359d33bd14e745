use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(len(1..=14))] days: u8) -> u8 {
    days
}

fn main() {}
