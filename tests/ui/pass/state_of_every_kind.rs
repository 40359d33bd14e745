//! State behind pointers, locks and traits.

use fastmcp_rs::prelude::*;
use std::sync::{Arc, Mutex, RwLock};

trait Store: Send + Sync {
    fn get(&self) -> u8;
}

struct Memory;

impl Store for Memory {
    fn get(&self) -> u8 {
        1
    }
}

/// All of them.
#[tool]
async fn all(a: State<Arc<dyn Store>>, b: State<Mutex<Vec<u8>>>, c: State<RwLock<String>>, d: State<(u8, &'static str)>, e: State<fn(u8) -> u8>) -> u8 {
    let length = b.lock().unwrap().len();
    tokio::task::yield_now().await;
    let _ = (length, c.read().unwrap().len(), d.1);
    e(a.get() + d.0)
}

fn main() {
    let store: Arc<dyn Store> = Arc::new(Memory);
    let add: fn(u8) -> u8 = |a| a + 1;
    let server = Server::empty("state").tool(all);
    let server = server.state(store).state(Mutex::new(vec![0_u8])).state(RwLock::new(String::new())).state((2_u8, "b")).state(add);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(server.start()).unwrap();
    let result = runtime.block_on(server.call_tool("all", fastmcp_rs::serde_json::json!({}))).unwrap();
    assert_eq!(result.to_text(), "4");
}
