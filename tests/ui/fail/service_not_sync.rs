use fastmcp_rs::prelude::*;
use std::cell::RefCell;

struct Notes(RefCell<Vec<String>>);

#[fastmcp_rs::server]
impl Notes {
    /// Write something down.
    #[tool]
    fn add(&self, text: String) {
        self.0.borrow_mut().push(text);
    }
}

fn main() {}
