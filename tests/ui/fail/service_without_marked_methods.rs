use fastmcp_rs::prelude::*;

struct Notes;

#[fastmcp_rs::server]
impl Notes {
    fn add(&self) {}
}

fn main() {
    Notes.add();
}
