//! Names from glob imports stand back behind ours, and ours behind the user's.

#![allow(unused_imports)]

use fastmcp_rs::prelude::*;
use std::fmt::*;
use std::io::*;

/// Read it.
#[tool]
fn read(#[arg(default)] text: String) -> std::result::Result<String, std::io::Error> {
    Ok(text)
}

fn main() {
    let _ = Server::empty("globs").tool(read);
}
