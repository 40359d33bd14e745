use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(range = 1..=14)] days: u8, #[arg(range(14))] hours: u8) -> u8 {
    days + hours
}

fn main() {}
