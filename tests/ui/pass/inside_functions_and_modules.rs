//! Any place where a function may stand.

use fastmcp_rs::prelude::*;

pub mod outer {
    pub mod inner {
        use fastmcp_rs::prelude::*;

        /// Deep.
        #[tool]
        pub(in crate::outer) fn deep(a: u8) -> u8 {
            a
        }

        pub fn used() -> u8 {
            deep(1)
        }
    }
}

fn make() -> Server {
    /// In a body.
    #[tool]
    fn local(a: u8) -> u8 {
        a
    }

    assert_eq!(local(1), 1);
    Server::empty("places").tool(local)
}

fn main() {
    let _ = make();
    outer::inner::used();
    let _ = {
        /// In a block.
        #[tool]
        fn block(a: u8) -> u8 {
            a
        }
        block(2)
    };
}
