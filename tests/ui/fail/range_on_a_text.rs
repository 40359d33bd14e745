use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(range(2..=80))] city: String) -> String {
    city
}

fn main() {}
