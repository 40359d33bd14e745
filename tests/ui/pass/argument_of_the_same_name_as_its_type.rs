//! Names of arguments, types and tools may be the same.

use fastmcp_rs::prelude::*;

#[model]
#[allow(non_camel_case_types)]
struct point {
    x: i64,
}

/// Move it.
#[tool]
fn shift(point: point) -> point {
    point
}

fn main() {
    let _ = Server::empty("points").tool(shift);
}
