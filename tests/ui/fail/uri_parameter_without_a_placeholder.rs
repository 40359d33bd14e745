use fastmcp_rs::prelude::*;

/// One user.
#[resource("users://{id}")]
fn user(id: u64, tab: String) -> String {
    format!("{id} {tab}")
}

fn main() {}
