//! All that a tool may return.

use fastmcp_rs::prelude::*;
use fastmcp_rs::{InputRequired, ReadResult, ResourceContents};
use std::borrow::Cow;

#[model]
struct Point {
    x: i64,
}

macro_rules! tools {
    ($($name:ident: $ty:ty),* $(,)?) => {
        $(
            /// A tool.
            #[tool]
            fn $name() -> $ty {
                unimplemented!()
            }
        )*
    };
}

tools! {
    text: String,
    literal: &'static str,
    cow: Cow<'static, str>,
    boxed: Box<str>,
    number: u8,
    float: f64,
    yes: bool,
    unit: (),
    maybe: Option<Point>,
    list: Vec<Point>,
    tuple: (u8, String),
    model: Point,
    json: Json<Point>,
    any_json: fastmcp_rs::serde_json::Value,
    content: Content,
    contents: Vec<Content>,
    image: Image,
    audio: Audio,
    file: File,
    full: ToolResult,
    asks: InputRequired,
    result: Result<Point, ToolError>,
    io: Result<Image, std::io::Error>,
    words: Result<(), String>,
    static_words: Result<u8, &'static str>,
    boxed_error: Result<Vec<Content>, Box<dyn std::error::Error + Send + Sync>>,
    any_error: anyhow::Result<Point>,
    never_fails: Result<Option<String>, std::convert::Infallible>,
}

/// A tool that says nothing.
#[tool]
fn silent() {}

macro_rules! resources {
    ($($uri:literal $name:ident: $ty:ty),* $(,)?) => {
        $(
            /// A resource.
            #[resource($uri)]
            fn $name() -> $ty {
                unimplemented!()
            }
        )*
    };
}

resources! {
    "r://text" r_text: String,
    "r://literal" r_literal: &'static str,
    "r://blob" r_blob: Vec<u8>,
    "r://bytes" r_bytes: fastmcp_rs::Bytes,
    "r://json" r_json: Json<Point>,
    "r://model" r_model: Point,
    "r://maybe" r_maybe: Option<Point>,
    "r://contents" r_contents: ResourceContents,
    "r://several" r_several: Vec<ResourceContents>,
    "r://full" r_full: ReadResult,
    "r://result" r_result: anyhow::Result<Vec<u8>>,
    "r://io" r_io: std::io::Result<String>,
}

macro_rules! prompts {
    ($($name:ident: $ty:ty),* $(,)?) => {
        $(
            /// A prompt.
            #[prompt]
            fn $name() -> $ty {
                unimplemented!()
            }
        )*
    };
}

prompts! {
    p_text: String,
    p_literal: &'static str,
    p_message: Message,
    p_messages: Vec<Message>,
    p_pair: (&'static str, String),
    p_full: PromptResult,
    p_result: Result<Vec<Message>, ToolError>,
    p_any: anyhow::Result<String>,
}

fn main() {}
