use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(range(1..=1000))] days: u8) -> u8 {
    days
}

fn main() {}
