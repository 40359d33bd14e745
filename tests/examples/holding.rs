//! What tests need of a server that does what it should not: handlers that sit on their thread until the test lets go, and that print
//! what nobody reads.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use fastmcp_rs::prelude::*;

/// Sits on its thread until it is told something.
fn hold(address: &str) -> std::io::Result<String> {
    let mut told = String::new();
    TcpStream::connect(address)?.read_to_string(&mut told)?;
    Ok(told)
}

/// Blocks, although it is `async`.
#[tool(timeout = "none")]
async fn hold_async(address: String) -> Result<String, ToolError> {
    Ok(hold(&address)?)
}

/// The same with a time limit.
#[tool(timeout = "50ms")]
async fn hold_briefly(address: String) -> Result<String, ToolError> {
    Ok(hold(&address)?)
}

/// Blocks, although it is `inline`.
#[tool(inline, timeout = "none")]
fn hold_inline(address: String) -> Result<String, ToolError> {
    Ok(hold(&address)?)
}

/// Blocks, as a plain function may.
#[tool(timeout = "none")]
fn hold_plain(address: String) -> Result<String, ToolError> {
    Ok(hold(&address)?)
}

/// Blocks only if it is told to.
#[tool(timeout = "none")]
async fn hold_sometimes(address: Option<String>) -> Result<String, ToolError> {
    match address {
        Some(address) => Ok(hold(&address)?),
        None => Ok("quick".to_owned()),
    }
}

/// Panics with a text of the client's.
#[tool]
async fn panic_with(text: String) -> String {
    panic!("{text}")
}

/// Takes texts of any length, which are held against a pattern.
#[tool]
fn matched(#[arg(pattern = "^[a-z]+$")] text: String, #[arg(pattern = "^[a-z]+$", len(..=9))] short: String) -> usize {
    text.len() + short.len()
}

/// Prints on standard output.
#[tool]
async fn print(bytes: usize) -> usize {
    #[expect(clippy::print_stdout, reason = "that is what is tested")]
    {
        println!("{}", "x".repeat(bytes));
    }
    let _ = writeln!(std::io::stdout(), "printed");
    bytes
}

/// Fails with what only the log may say.
#[tool]
async fn fail() -> Result<String, ToolError> {
    Err(std::io::Error::other("the secret\nerror: cause").into())
}

/// Panics.
#[tool]
async fn panic() -> String {
    panic!("the panic's text")
}

fn main() -> fastmcp_rs::Result {
    if std::env::var_os("HOLDING_HOOK").is_some() {
        std::panic::set_hook(Box::new(|_| eprintln!("a hook of its own")));
    }
    Server::new("holding").run()
}
