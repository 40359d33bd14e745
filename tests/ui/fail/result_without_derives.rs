use fastmcp_rs::prelude::*;

struct Forecast {
    text: String,
}

/// The weather.
#[tool]
fn forecast() -> Forecast {
    Forecast { text: "rain".to_owned() }
}

fn main() {}
