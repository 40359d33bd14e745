use fastmcp_rs::prelude::*;

/// The weather.
#[tool]
fn forecast(#[arg(default = "X", len(2..))] city: String) -> String {
    city
}

fn main() {}
