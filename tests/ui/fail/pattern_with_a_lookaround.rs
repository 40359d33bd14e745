use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(pattern = "^(?!Rome)")] city: String, #[arg(pattern = r"(.)\1")] other: String) -> String {
    city + &other
}

fn main() {}
