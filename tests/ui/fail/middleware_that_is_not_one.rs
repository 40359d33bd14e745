use fastmcp_rs::prelude::*;

struct Log;

fn main() -> fastmcp_rs::Result {
    Server::new("calculator").middleware(Log).run()
}
