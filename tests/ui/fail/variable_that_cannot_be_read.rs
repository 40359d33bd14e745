use fastmcp_rs::prelude::*;

struct Id(u64);

/// One user.
#[resource("users://{id}")]
fn user(id: Id) -> String {
    id.0.to_string()
}

fn main() {}
