use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(default = 20, range(1..=14))] days: u8) -> u8 {
    days
}

fn main() {}
