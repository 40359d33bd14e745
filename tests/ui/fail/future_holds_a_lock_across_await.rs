use fastmcp_rs::prelude::*;
use std::sync::Mutex;

async fn wait() {}

/// Count slowly.
#[tool]
async fn count(numbers: State<Mutex<Vec<u8>>>) -> usize {
    let guard = numbers.lock().unwrap();
    wait().await;
    guard.len()
}

fn main() {}
