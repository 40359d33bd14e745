//! Tools made by a macro, from every kind of fragment.

use fastmcp_rs::prelude::*;

macro_rules! tool_of {
    ($vis:vis $name:ident, $wire:literal, $docs:expr, $ty:ty, $default:expr, $body:block) => {
        #[doc = $docs]
        #[tool(name = $wire, title = $wire)]
        $vis fn $name(#[arg(default = $default, example = $default)] number: $ty, other: Option<$ty>) -> $ty {
            let _ = other;
            $body;
            number
        }
    };
    (resource $uri:literal) => {
        /// From a macro.
        #[resource($uri)]
        fn templated(id: u8) -> u8 {
            id
        }
    };
    (item $item:item) => {
        #[tool(description = "An item.")]
        $item
    };
}

tool_of!(pub(crate) made, "made-by-macro", "Made by a macro.", u32, 7, {});
tool_of!(resource "macros://{id}");
tool_of!(item fn from_item(a: u8) -> u8 { a });

fn main() {
    let _ = Server::empty("macros").tool(made).tool(from_item).resource(templated);
    assert_eq!(made(3, None), 3);
}
