use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(range(..))] days: u8, #[arg(range())] hours: u8) -> u8 {
    days + hours
}

fn main() {}
