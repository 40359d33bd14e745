use fastmcp_rs::prelude::*;

struct Cache<'a>(&'a str);

/// Look it up.
#[tool]
fn look_up(cache: State<Cache<'_>>) -> String {
    cache.0.to_owned()
}

fn main() {}
