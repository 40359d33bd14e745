//! Private, public, and in between.

#![deny(private_interfaces, private_bounds, unreachable_pub)]

use fastmcp_rs::prelude::*;

/// Private.
#[tool]
fn private() {}

/// Public to the crate.
#[tool]
pub(crate) fn crate_wide() {}

mod inner {
    use fastmcp_rs::prelude::*;

    /// Public to the parent.
    #[tool]
    pub(super) fn parent() {}

    /// A private type is no obstacle.
    #[model]
    struct Secret {
        a: u8,
    }

    /// Takes what is private.
    #[tool]
    fn takes(secret: Secret) -> Secret {
        secret
    }
}

fn main() {
    private();
    crate_wide();
    inner::parent();
    let _ = Server::empty("some").tool(private).tool(crate_wide).tool(inner::parent);
}
