use fastmcp_rs::prelude::*;

#[model]
#[derive(Debug, serde::Serialize)]
struct Forecast {
    text: String,
}

fn main() {}
