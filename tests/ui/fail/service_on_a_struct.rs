use fastmcp_rs::prelude::*;

#[fastmcp_rs::server]
struct Notes;

fn main() {
    let _ = Notes;
}
