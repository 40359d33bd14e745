//! A type called `Context` that is an argument like any other, even twice.

use fastmcp_rs::{Server, tool};

#[fastmcp_rs::model]
struct Context {
    text: String,
}

/// Compare two texts.
#[tool]
fn same(one: Context, two: Context) -> bool {
    one.text == two.text
}

fn main() {
    let _ = Server::empty("contexts").tool(same);
}
