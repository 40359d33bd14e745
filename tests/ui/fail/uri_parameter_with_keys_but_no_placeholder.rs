use fastmcp_rs::prelude::*;

/// One user.
#[resource("users://{id}")]
fn user(id: u64, #[arg(default = 3)] days: u8) -> String {
    format!("{id} {days}")
}

fn main() {}
