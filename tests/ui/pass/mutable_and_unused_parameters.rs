//! What a function does with its parameters is its own business.

#![deny(warnings)]

use fastmcp_rs::prelude::*;

/// Count up.
#[tool]
fn count(mut number: u8, _unused: String) -> u8 {
    number += 1;
    number
}

/// Look at the time.
#[resource("time://{zone}")]
fn time(mut zone: String, _ctx: Context) -> String {
    zone.push('!');
    zone
}

fn main() {
    let _ = Server::empty("some").tool(count).resource(time);
}
