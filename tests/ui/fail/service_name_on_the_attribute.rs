use fastmcp_rs::prelude::*;

struct Notes;

#[fastmcp_rs::server(name = "notes")]
impl Notes {
    /// Write something down.
    #[tool]
    fn add(&self, text: String) -> String {
        text
    }
}

fn main() {}
