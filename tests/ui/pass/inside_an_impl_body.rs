//! A function inside a method is no method.

use fastmcp_rs::prelude::*;

struct Notes;

impl Notes {
    fn server(&self) -> Server {
        /// In a method's body.
        #[tool]
        fn local(a: u8) -> u8 {
            a
        }
        Server::empty("places").tool(local)
    }
}

fn main() {
    let _ = Notes.server();
}
