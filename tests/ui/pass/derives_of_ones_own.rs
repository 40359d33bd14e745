//! Whoever has serde and schemars as dependencies derives as usual.

use fastmcp_rs::prelude::*;
use fastmcp_rs::schemars;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Point {
    x: i64,
}

/// Move it.
#[tool]
fn shift(mut point: Point) -> Point {
    point.x += 1;
    point
}

fn main() {
    let _ = Server::empty("points").tool(shift);
}
