use fastmcp_rs::prelude::*;

/// One user.
#[resource("users://<user_id>")]
fn user(userid: u64) -> String {
    userid.to_string()
}

fn main() {}
