use fastmcp_rs::prelude::*;

struct Notes;

#[tool]
impl Notes {
    fn add(&self) {}
}

fn main() {}
