//! Arguments and results of generic types.

use fastmcp_rs::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

#[model]
struct Page<T> {
    items: Vec<T>,
    next: Option<Box<Page<T>>>,
}

#[model]
struct Pair<A, B = A>
where
    A: Clone,
{
    first: A,
    second: B,
}

/// Turn pages.
#[tool]
fn turn(page: Page<Pair<u8, String>>, names: HashMap<String, Vec<Option<(u8, bool)>>>, set: HashSet<u8>) -> Page<Pair<u8>> {
    let _ = (page.items.len(), names, set);
    Page { items: vec![Pair { first: 1, second: 2 }], next: page.next.map(|_| Box::new(Page { items: vec![], next: None })) }
}

/// Sort them.
#[tool]
fn sort(map: BTreeMap<String, [u8; 3]>) -> Result<BTreeMap<String, [u8; 3]>, ToolError> {
    Ok(map)
}

fn main() {
    let _ = Server::empty("generics").tool(turn).tool(sort);
}
