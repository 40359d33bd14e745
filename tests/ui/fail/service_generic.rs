use fastmcp_rs::prelude::*;

struct Notes<T>(T);

#[fastmcp_rs::server]
impl<T: Send + Sync + 'static> Notes<T> {
    /// Write something down.
    #[tool]
    fn add(&self, text: String) -> String {
        text
    }
}

fn main() {}
