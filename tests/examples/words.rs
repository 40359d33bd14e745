//! What the tests of the command line need and no example has: arguments of every kind, more than one page, output that would take
//! over a terminal, and a call that goes on until it is told to end.

use fastmcp_rs::prelude::*;
use tokio::{io::AsyncReadExt as _, net::TcpStream};

/// A colour.
#[model]
enum Colour {
    Red,
    DarkBlue,
}

/// Everything that was given, as it was understood.
#[model]
struct Understood {
    text: String,
    count: i64,
    large: u128,
    loud: bool,
    tags: Vec<String>,
    colour: Option<Colour>,
}

/// Gives back what it is given.
///
/// In order.
#[tool(inline)]
fn understand(
    /// Any text.
    text: String,
    /// A number.
    #[arg(default = 1, range(-5..=5))]
    count: i64,
    #[arg(default = 0)] large: u128,
    #[arg(default)] loud: bool,
    #[arg(default, len(..=3))] tags: Vec<String>,
    colour: Option<Colour>,
) -> Understood {
    Understood { text, count, large, loud, tags, colour }
}

const NOISE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\u{202e}noise";

/// Says what a terminal would obey.
#[tool(inline, description = "Noisy \u{1b}[2J\u{9b}31m")]
fn noise(fail: bool) -> Result<String, ToolError> {
    if fail { Err(ToolError::conflict(NOISE)) } else { Ok(NOISE.to_owned()) }
}

/// The same, structured.
#[tool(inline)]
fn structured_noise() -> Vec<String> {
    vec![NOISE.to_owned()]
}

/// The same, as a resource.
#[resource("noise://{name}")]
fn noise_resource(name: String) -> String {
    format!("{name} {NOISE}")
}

/// Bytes.
#[resource("bytes://all")]
fn bytes() -> Vec<u8> {
    (0..=255).collect()
}

/// The same, as a prompt.
#[prompt]
fn noise_prompt(
    /// Who is disturbed.
    name: String,
) -> String {
    format!("{name} {NOISE}")
}

/// Says how far it is, and ends when it is told to at an address.
#[tool(timeout = "none")]
async fn step(address: String, ctx: Context) -> Result<&'static str, ToolError> {
    ctx.info("on the way").await;
    ctx.report_progress(1.0, Some(2.0), Some("half\u{1b}[2J")).await;
    TcpStream::connect(address).await?.read_to_string(&mut String::new()).await?;
    Ok("arrived")
}

fn main() -> fastmcp_rs::Result {
    Server::new("words").version("1.2.3").instructions("Be quiet \u{1b}[2J.").page_size(2).run()
}
