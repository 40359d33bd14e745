use fastmcp_rs::prelude::*;
use std::rc::Rc;

async fn wait() {}

/// Count slowly.
#[tool]
async fn count() -> usize {
    let numbers = Rc::new(vec![1, 2, 3]);
    wait().await;
    numbers.len()
}

fn main() {}
