use fastmcp_rs::prelude::*;

struct Point;

/// Where to start.
#[tool]
fn start(point: Option<Point>) -> bool {
    point.is_some()
}

fn main() {}
