use fastmcp_rs::prelude::*;

/// One user.
#[resource("users://{id")]
fn user(id: u64) -> String {
    id.to_string()
}

/// All users.
#[resource("users://all>")]
fn users() -> String {
    String::new()
}

fn main() {}
