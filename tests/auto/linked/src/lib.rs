//! A library with components: whoever links it, serves them.

use fastmcp_rs::prelude::*;

/// A tool of another crate.
#[tool(inline, tags("linked"))]
pub fn from_library(word: String) -> String {
    word
}

/// A resource of another crate.
#[resource("library://shelf", tags("linked"))]
fn shelf() -> &'static str {
    "books"
}

pub use inner::ask as asked;

mod inner {
    use fastmcp_rs::prelude::*;

    /// A prompt in a private module of another crate: {topic}
    #[prompt(tags("linked"))]
    pub fn ask(topic: String) {}
}
