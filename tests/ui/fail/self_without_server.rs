use fastmcp_rs::prelude::*;

struct Notes;

impl Notes {
    /// Write something down.
    #[tool]
    fn add(&self, text: String) -> String {
        text
    }
}

fn main() {
    Notes.add(String::new());
}
