use fastmcp_rs::prelude::*;
use std::rc::Rc;

fn main() -> fastmcp_rs::Result {
    Server::new("counter").state(Rc::new(1)).run()
}
