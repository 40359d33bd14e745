use fastmcp_rs::prelude::*;

#[model]
enum Unit {
    Celsius,
    Fahrenheit,
}

/// How warm it is.
#[tool]
fn temperature(#[arg(default)] unit: Unit) -> f64 {
    match unit {
        Unit::Celsius => 20.0,
        Unit::Fahrenheit => 68.0,
    }
}

fn main() {}
