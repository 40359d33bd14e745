use fastmcp_rs::prelude::*;

/// Greet someone.
#[tool]
fn greet<'a>(name: std::borrow::Cow<'a, str>) -> String {
    name.into_owned()
}

fn main() {}
