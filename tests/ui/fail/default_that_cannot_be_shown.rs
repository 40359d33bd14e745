use fastmcp_rs::prelude::*;

#[derive(serde::Deserialize, fastmcp_rs::schemars::JsonSchema)]
#[schemars(crate = "fastmcp_rs::schemars")]
enum Unit {
    Celsius,
}

/// How warm it is.
#[tool]
fn temperature(#[arg(default = Unit::Celsius)] unit: Unit) -> f64 {
    match unit {
        Unit::Celsius => 20.0,
    }
}

fn main() {}
