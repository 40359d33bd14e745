use fastmcp_rs::prelude::*;

/// Adds a note.
#[tool(scopes("notes:read notes:write", "", "a\"b", "été", "notes:read"))]
fn add_note() {}

fn main() {}
