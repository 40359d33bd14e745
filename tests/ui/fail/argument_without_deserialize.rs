use fastmcp_rs::prelude::*;

#[derive(fastmcp_rs::schemars::JsonSchema)]
#[schemars(crate = "fastmcp_rs::schemars")]
struct Point {
    x: i64,
}

/// Where it is.
#[tool]
fn distance(point: Point) -> i64 {
    point.x
}

fn main() {}
