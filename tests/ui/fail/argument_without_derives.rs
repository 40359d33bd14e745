use fastmcp_rs::prelude::*;

struct Point {
    x: i64,
    y: i64,
}

/// Where it is.
#[tool]
fn distance(point: Point) -> i64 {
    point.x + point.y
}

fn main() {}
