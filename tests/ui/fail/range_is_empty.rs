use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(range(14..=1))] days: u8, #[arg(range(5..5))] hours: u8) -> u8 {
    days + hours
}

fn main() {}
