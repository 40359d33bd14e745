use fastmcp_rs::prelude::*;

struct Add;

/// Add two numbers.
#[tool]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn same<T>(value: T) -> T {
    value
}

fn main() -> fastmcp_rs::Result {
    let _ = Server::empty("called").tool(add(1, 2)).resource("add");
    let _ = Server::empty("generic").tool(same);
    Server::empty("calculator").tool(Add).run()
}
