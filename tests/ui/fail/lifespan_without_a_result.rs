use fastmcp_rs::prelude::*;

struct Db;

fn main() -> fastmcp_rs::Result {
    Server::new("calculator").lifespan(|| async { Db }).run()
}
