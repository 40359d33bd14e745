use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(header = "My Region")] region: String, #[arg(header = "City")] a: String, #[arg(header = "city")] b: String) -> String {
    region + &a + &b
}

fn main() {}
