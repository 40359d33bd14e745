use fastmcp_rs::prelude::*;

struct Notes;

impl Notes {
    /// How many may be there.
    #[tool]
    fn limit() -> u8 {
        9
    }
}

fn main() {
    Notes::limit();
}
