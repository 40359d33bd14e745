//! Tokens that are given out by hand, with roles and scopes: who may do what over HTTP. Over stdio whoever started it may do all.
//!
//! ```text
//! MCP_AUTH_TOKENS='sk-test-reader-0001=ada:reader,notes:read;sk-test-editor-0001=bob:editor,notes:read,notes:write' \
//!     cargo run --example secure -- --http 127.0.0.1:8000
//! ```

use std::sync::Mutex;

use fastmcp_rs::TokenMap;
use fastmcp_rs::prelude::*;

/// The notes of everybody.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn all(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Says who is calling.
#[tool(read_only, inline)]
fn whoami(caller: Caller) -> String {
    let name = caller.subject().unwrap_or(if caller.is_local() { "whoever started it" } else { "nobody" });
    let roles: Vec<_> = caller.roles().collect();
    if roles.is_empty() { name.to_owned() } else { format!("{name} ({})", roles.join(", ")) }
}

/// Lists the notes.
#[tool(read_only, inline, scopes("notes:read"))]
fn list_notes(notes: State<Notes>) -> Vec<String> {
    notes.all().clone()
}

/// Adds a note, and says how many there are.
#[tool(inline, scopes("notes:read", "notes:write"))]
fn add_note(#[arg(len(1..=200))] text: String, notes: State<Notes>) -> usize {
    let mut all = notes.all();
    all.push(text);
    all.len()
}

/// Deletes all notes, and says how many there were.
#[tool(destructive, inline, roles("editor"))]
fn delete_notes(notes: State<Notes>) -> usize {
    notes.all().drain(..).count()
}

fn main() -> fastmcp_rs::Result {
    let tokens = match std::env::var_os("MCP_AUTH_TOKENS") {
        Some(_) => TokenMap::from_env("MCP_AUTH_TOKENS"),
        // Nobody can call it over HTTP then; over stdio there is no token anyway.
        None => TokenMap::new(),
    };
    Server::new("secure").state(Notes::default()).auth(tokens).run()
}
