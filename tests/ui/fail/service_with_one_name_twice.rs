use fastmcp_rs::prelude::*;

struct Notes;

#[fastmcp_rs::server]
impl Notes {
    /// Write something down.
    #[tool]
    fn add(&self, text: String) -> String {
        text
    }

    /// Write something else down.
    #[tool(name = "add")]
    fn append(&self, text: String) -> String {
        text
    }
}

fn main() {}
