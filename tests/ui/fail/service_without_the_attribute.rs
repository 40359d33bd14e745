use fastmcp_rs::prelude::*;

struct Notes;

fn main() -> fastmcp_rs::Result {
    Server::empty("notes").service(Notes).run()
}
