use fastmcp_rs::prelude::*;
use std::cell::RefCell;

struct Counter(RefCell<u64>);

/// Count one more.
#[tool]
async fn count(counter: State<Counter>) -> u64 {
    *counter.0.borrow_mut() += 1;
    *counter.0.borrow()
}

fn main() {}
