//! Parameters called like what generated code might use, and constants that its patterns might match.

#![allow(non_upper_case_globals)]

use fastmcp_rs::prelude::*;

const s0: u8 = 4;
const a0: u8 = 4;
static ctx: u8 = 2;
const call_: u8 = 1;

/// Many names.
#[tool(inline)]
fn call(#[arg(default = s0 + a0 + ctx + call_ - 1)] call: u8, s1: u8, cx_: u8, value: u8, this: u8, texts: u8, context: u8, typed: u8, schemas: u8) -> u8 {
    call + s1 + cx_ + value + this + texts + context + typed + schemas
}

/// More names.
#[resource("names://{s0_}/{value}")]
fn value(s0_: u8, value: u8) -> u8 {
    s0_ + value
}

/// All of {texts} and {cx}.
#[prompt]
fn texts(texts: String, cx: String) {
    let _ = (texts, cx);
}

fn main() {
    let server = Server::empty("names").tool(call).resource(value).prompt(texts);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let arguments = fastmcp_rs::serde_json::json!({ "s1": 1, "cx_": 1, "value": 1, "this": 1, "texts": 1, "context": 1, "typed": 1, "schemas": 1 });
    let server = runtime.block_on(server.start()).unwrap();
    assert_eq!(runtime.block_on(server.call_tool("call", arguments)).unwrap().to_text(), "18");
}
