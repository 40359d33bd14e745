//! A crate that calls `fastmcp-rs` something else.

use mcp::prelude::*;

/// A point.
#[model(crate = ::mcp)]
struct Point {
    x: i64,
    y: Option<Box<Point>>,
}

/// Move it.
#[tool(crate = ::mcp)]
fn shift(mut point: Point, #[arg(default = 1)] by: i64) -> Point {
    point.x += by;
    point.y = None;
    point
}

/// A point by number.
#[resource("points://{id}", crate = mcp)]
async fn point(id: u64) -> String {
    id.to_string()
}

/// Explain {topic}.
#[prompt(crate = mcp)]
fn explain(topic: String) {}

struct Notes;

#[mcp::server(crate = mcp)]
impl Notes {
    /// Write something down.
    #[tool]
    async fn add(&self, text: String) -> String {
        text
    }
}

fn main() -> mcp::Result {
    Server::empty("points").tool(shift).resource(point).prompt(explain).service(Notes).run()
}
