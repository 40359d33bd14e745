use fastmcp_rs::prelude::*;

struct Notes;

#[fastmcp_rs::server]
impl Notes {
    /// Write something down.
    #[tool]
    fn add(&self, text: String) -> String {
        text
    }
}

#[fastmcp_rs::server]
impl Notes {
    /// Forget it.
    #[tool]
    fn forget(&self, text: String) -> String {
        text
    }
}

fn main() {}
