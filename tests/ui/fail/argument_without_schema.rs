use fastmcp_rs::prelude::*;

#[derive(serde::Deserialize)]
struct Point {
    x: i64,
}

/// Where it is.
#[tool]
fn distance(point: Point) -> i64 {
    point.x
}

fn main() {}
