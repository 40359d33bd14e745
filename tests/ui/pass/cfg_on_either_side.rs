//! A function that does not exist registers nothing, whichever attribute comes first.

use fastmcp_rs::prelude::*;

/// Gone.
#[cfg(any())]
#[tool]
fn gone(a: Missing) -> Missing {
    a
}

/// Gone too.
#[tool]
#[cfg(any())]
fn gone_too(a: Missing) -> Missing {
    a
}

/// One of two.
#[tool]
#[cfg(all())]
fn either(a: u8) -> u8 {
    a
}

/// The other of two.
#[tool]
#[cfg(not(all()))]
fn either(a: Missing) -> Missing {
    a
}

/// Here.
#[cfg_attr(all(), tool(inline))]
fn here(a: u8) -> u8 {
    a
}

fn main() {
    let _ = Server::empty("some").tool(either).tool(here);
    assert_eq!(either(1) + here(2), 3);
}
