//! A function lives in the namespace of values, and so does everything that is generated for it: a tool may be called like a
//! module, a crate, an import, a primitive type, a trait, a macro or a type.
#![deny(warnings)]

use std::fs;

use fastmcp_rs::prelude::*;
use fastmcp_rs::serde_json::json;

mod search {
    pub(crate) fn twice(query: &str) -> String {
        query.repeat(2)
    }
}

/// Like a module.
#[tool(inline)]
fn search(query: String) -> String {
    search::twice(&query)
}

/// Like an import.
#[tool(inline)]
fn fs(path: String) -> bool {
    fs::exists(path).is_ok()
}

/// Like a crate that it uses.
#[tool(inline)]
fn anyhow(fails: bool) -> Result<String, anyhow::Error> {
    if fails { Err(anyhow::anyhow!("failed")) } else { Ok("fine".to_owned()) }
}

/// Like our crate.
#[tool(inline)]
fn fastmcp_rs() -> fastmcp_rs::ToolResult {
    fastmcp_rs::ToolResult::text("ours")
}

/// Like the standard library.
#[tool(inline)]
fn std() -> usize {
    std::mem::size_of::<u8>()
}

/// Like the other standard library, which generated code uses.
#[tool(inline)]
fn core(core: Option<u8>) -> Option<u8> {
    core.map(|core| core::cmp::max(core, 1))
}

/// Like a primitive type.
#[tool(inline)]
fn char(char: char) -> char {
    char::to_ascii_uppercase(&char)
}

/// Like another.
#[tool(inline)]
fn str(str: String) -> String {
    str::trim(&str).to_owned()
}

/// Like a third, with a default.
#[tool(inline)]
fn u8(#[arg(default = u8::MAX)] u8: u8) -> u8 {
    u8
}

#[allow(non_camel_case_types)]
struct point {
    x: i64,
}

/// Like a type.
#[tool(inline)]
fn point() -> i64 {
    point { x: 3 }.x
}

#[allow(non_camel_case_types)]
type count = u64;

/// Like an alias.
#[tool(inline)]
fn count() -> count {
    4
}

#[allow(non_camel_case_types)]
trait walk {
    const STEPS: u64 = 5;
}

impl walk for point {}

/// Like a trait.
#[tool(inline)]
fn walk() -> u64 {
    <point as walk>::STEPS
}

macro_rules! double {
    ($value:expr) => {
        $value * 2
    };
}

/// Like a macro.
#[tool(inline)]
fn double(value: u64) -> u64 {
    double!(value)
}

/// Like an attribute, with the attribute of that name.
#[fastmcp_rs::prompt]
fn prompt() -> &'static str {
    "{}"
}

/// Like a lifetime and a label.
#[resource("a://a")]
fn a() -> &'static str {
    'a: loop {
        break 'a "a";
    }
}

fn main() {
    let server = Server::empty("names").tool(search).tool(fs).tool(anyhow).tool(fastmcp_rs).tool(std).tool(core);
    let server = server.tool(char).tool(str).tool(u8).tool(point).tool(count).tool(walk).tool(double);
    let server = server.prompt(prompt).resource(a);
    let called = [
        ("search", json!({ "query": "ab" }), "abab"),
        ("fs", json!({ "path": "/" }), "true"),
        ("anyhow", json!({ "fails": false }), "fine"),
        ("fastmcp_rs", json!({}), "ours"),
        ("std", json!({}), "1"),
        ("core", json!({ "core": 7 }), "7"),
        ("char", json!({ "char": "z" }), "\"Z\""),
        ("str", json!({ "str": " x " }), "x"),
        ("u8", json!({}), "255"),
        ("point", json!({}), "3"),
        ("count", json!({}), "4"),
        ("walk", json!({}), "5"),
        ("double", json!({ "value": 6 }), "12"),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = server.start().await.expect("the server starts");
        for (name, arguments, wanted) in called {
            let result = server.call_tool(name, arguments).await.expect(name);
            assert_eq!(result.to_text(), wanted, "{name}");
        }
        assert!(server.get_prompt("prompt", json!({})).await.is_ok());
        assert!(server.read_resource("a://a").await.is_ok());
        assert!(Server::new("names").start().await.is_ok());
    });
}
