//! A user's own `Result`, `Option`, `String`, `Vec`, `Context` and `Some` change nothing.

#![allow(dead_code, unused_imports, unused_macros)]

use fastmcp_rs::{Server, prompt, resource, tool};

struct Result;
struct Option;
struct Context;
struct Vec;
struct Box;
struct Default;
struct Into;
struct ToolError;
struct State;
enum Shadow {
    Some,
    None,
    Ok,
    Err,
}
use Shadow::{Err, None, Ok, Some};
type String = std::string::String;
mod core {}
mod std_ {}
mod serde {}
mod schemars {}
mod inventory {}
mod fastmcp {}
macro_rules! concat { () => {} }
macro_rules! file { () => {} }
macro_rules! line { () => {} }
macro_rules! unreachable { () => {} }

/// With everything.
#[tool(timeout = "none", read_only)]
fn everything(#[arg(default = 3, range(1..=4))] a: u8, #[arg(default = "x")] b: String, #[arg(default)] c: u8) -> String {
    let _ = (a, c);
    b
}

/// With a query.
#[resource("all://<id>/{n}{?q}")]
fn all(id: String, n: u8, #[arg(default = 2)] q: u8) -> String {
    format!("{id}{n}{q}")
}

/// About {id}.
#[prompt]
fn about(id: String) {}

/// A model whose fields are the standard library's.
#[fastmcp_rs::model]
struct Model {
    id: String,
    list: std::vec::Vec<u8>,
    maybe: std::option::Option<u8>,
}

fn main() {
    let _ = Server::empty("shadows").tool(everything).resource(all).prompt(about);
}
