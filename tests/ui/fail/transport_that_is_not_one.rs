use fastmcp_rs::prelude::*;

async fn serve() -> fastmcp_rs::Result {
    Server::new("calculator").serve("tcp://localhost").await
}

fn main() {}
