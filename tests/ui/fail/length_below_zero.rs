use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(len(-1..=80))] city: String, #[arg(len(80..2))] country: String) -> String {
    city + &country
}

fn main() {}
