use fastmcp_rs::prelude::*;

struct Notes;

trait Adds {
    fn add(&self, text: String) -> String;
}

#[fastmcp_rs::server]
impl Adds for Notes {
    /// Write something down.
    #[tool]
    fn add(&self, text: String) -> String {
        text
    }
}

fn main() {}
