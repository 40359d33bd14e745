use fastmcp_rs::prelude::*;

struct Day;

/// The weather.
#[tool]
fn forecast() -> Vec<Day> {
    vec![]
}

fn main() {}
