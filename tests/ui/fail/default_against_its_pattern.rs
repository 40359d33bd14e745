use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(default = "rome", pattern = "^[A-Z]")] city: String) -> String {
    city
}

fn main() {}
