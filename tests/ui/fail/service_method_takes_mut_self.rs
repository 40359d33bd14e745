use fastmcp_rs::prelude::*;

struct Notes(Vec<String>);

#[fastmcp_rs::server]
impl Notes {
    /// Write something down.
    #[tool]
    fn add(&mut self, text: String) {
        self.0.push(text);
    }

    /// All of it.
    #[tool]
    fn all(self) -> Vec<String> {
        self.0
    }
}

fn main() {}
