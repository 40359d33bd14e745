use fastmcp_rs::prelude::*;
use std::sync::Mutex;

struct Db(Mutex<Vec<String>>);

/// How many there are.
#[tool]
fn count(db: Db) -> usize {
    db.0.lock().unwrap().len()
}

fn main() {}
