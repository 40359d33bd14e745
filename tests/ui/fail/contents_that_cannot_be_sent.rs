use fastmcp_rs::prelude::*;

struct User {
    name: String,
}

/// One user.
#[resource("users://{id}")]
fn user(id: u64) -> User {
    User { name: id.to_string() }
}

fn main() {}
