use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(pattern = "^[0-9]+$")] days: u8) -> u8 {
    days
}

fn main() {}
