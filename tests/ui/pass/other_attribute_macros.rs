//! Attribute macros of others, before and after ours.

use fastmcp_rs::prelude::*;

/// Waits with tokio's own attribute on a neighbour.
#[tool]
#[cfg_attr(all(), allow(clippy::unused_async))]
#[expect(unused_variables, reason = "to see that it reaches the function")]
async fn wait(millis: u64) -> u64 {
    1
}

#[test]
fn wait_can_be_tested() {}

fn main() {
    let _ = Server::empty("some").tool(wait);
}
