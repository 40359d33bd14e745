//! Methods, with and without `self`, of types with and without arguments.

use fastmcp_rs::prelude::*;
use std::sync::Mutex;

struct Notes<T>(Mutex<Vec<T>>);

#[fastmcp_rs::server]
impl Notes<String> {
    const LIMIT: usize = 9;

    fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Write something down.
    #[tool(idempotent = false)]
    #[must_use]
    async fn add(
        &self,
        /// What.
        text: String,
        #[arg(default = Self::LIMIT)] limit: usize,
        ctx: Context,
    ) -> Result<usize, ToolError> {
        let _ = (limit, ctx);
        let mut notes = self.0.lock().unwrap();
        notes.push(text);
        Ok(notes.len())
    }

    /// How many there may be.
    #[fastmcp_rs::tool]
    fn limit() -> usize {
        Self::LIMIT
    }

    /// One note.
    #[resource("notes://{id}")]
    fn one(&self, id: usize) -> Option<String> {
        self.0.lock().unwrap().get(id).cloned()
    }

    /// Write about {topic}.
    #[prompt]
    fn about(topic: String) {}

    /// Gone.
    #[cfg(any())]
    #[tool]
    fn gone(&self, a: Missing) {}
}

fn main() {
    let notes = Notes::new();
    notes.helper();
    let server = Server::empty("notes").service(notes);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(server.start()).unwrap();
    let result = runtime.block_on(server.call_tool("add", fastmcp_rs::serde_json::json!({ "text": "a" }))).unwrap();
    assert_eq!(result.to_text(), "1");
}

impl Notes<String> {
    fn helper(&self) {}
}
