use fastmcp_rs::prelude::*;

struct Day;

#[model]
struct Forecast {
    days: Vec<Day>,
}

fn main() {}
