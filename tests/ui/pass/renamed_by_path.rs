//! The runtime crate under another name.

pub extern crate fastmcp_rs as mcp;

mod facade {
    pub use mcp::{model, prompt, resource, server, tool};
    pub mod deep {
        pub use ::mcp as runtime;
    }
}

use facade::{model, prompt, resource, tool};

#[model(crate = crate::facade::deep::runtime)]
pub struct Point {
    x: i64,
}

/// Move it.
#[tool(crate = ::mcp)]
fn shift(mut point: Point) -> Point {
    point.x += 1;
    point
}

/// Where it is.
#[resource("points://{id}", crate = mcp)]
fn point(id: u64) -> String {
    id.to_string()
}

/// About {topic}.
#[prompt(crate = facade::deep::runtime)]
fn about(topic: String) {}

struct Notes;

#[facade::server(crate = mcp)]
impl Notes {
    /// Write it down.
    #[tool]
    fn add(&self, text: String) -> String {
        text
    }
}

fn main() {
    let _ = mcp::Server::empty("renamed").tool(shift).resource(point).prompt(about).service(Notes);
}
