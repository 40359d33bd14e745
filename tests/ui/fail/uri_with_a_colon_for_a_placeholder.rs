use fastmcp_rs::prelude::*;

/// One user.
#[resource("users://all/:id")]
fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
