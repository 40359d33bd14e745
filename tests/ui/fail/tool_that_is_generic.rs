use fastmcp_rs::prelude::*;

fn same<T>(value: T) -> T {
    value
}

fn main() -> fastmcp_rs::Result {
    Server::empty("generic").tool(same).run()
}
