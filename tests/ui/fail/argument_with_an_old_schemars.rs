use fastmcp_rs::prelude::*;
use schemars_old as schemars;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Point {
    x: i64,
}

/// Where it is.
#[tool]
fn distance(point: Point) -> i64 {
    point.x
}

fn main() {}
