use fastmcp_rs::prelude::*;

#[model(rename_all = "camelCase")]
struct Forecast {
    text: String,
}

fn main() {}
