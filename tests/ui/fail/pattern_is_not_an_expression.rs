use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(pattern = "^[a-z")] city: String) -> String {
    city
}

fn main() {}
