use fastmcp_rs::prelude::*;

struct Point;

/// How long the way is.
#[tool]
fn length(points: Vec<Point>) -> usize {
    points.len()
}

fn main() {}
