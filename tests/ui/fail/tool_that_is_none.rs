use fastmcp_rs::prelude::*;

fn add(a: i64) -> i64 {
    a
}

struct Add;

/// The settings.
#[resource("config://app")]
fn settings() -> String {
    String::new()
}

fn main() -> fastmcp_rs::Result {
    add(1);
    Server::empty("calculator").tool::<Add>().tool::<settings>().prompt::<settings>().run()
}
