use fastmcp_rs::prelude::*;

/// One user.
#[resource("users://{id}/{tab}")]
fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
