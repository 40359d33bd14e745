//! Every kind of content a tool can return, an error, and an argument that travels in a header as well.

use fastmcp_rs::prelude::*;

pub(crate) const PNG: &[u8] = include_bytes!("pixel.png");
const WAV: &[u8] = include_bytes!("silence.wav");

/// Returns one line of text.
#[tool(read_only)]
fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Returns an image of one pixel.
#[tool(read_only)]
fn test_image_content() -> Image {
    Image::png(PNG)
}

/// Returns a very short silence.
#[tool(read_only)]
fn test_audio_content() -> Audio {
    Audio::wav(WAV)
}

/// Returns a resource within the answer.
#[tool(read_only)]
fn test_embedded_resource() -> Content {
    let text = "This is an embedded resource content.";
    Content::resource(ResourceContents::text("test://embedded-resource", text).mime_type("text/plain"))
}

/// Returns a text, an image and a resource.
#[tool(read_only)]
fn test_multiple_content_types() -> Vec<Content> {
    let json = r#"{"test":"data","value":123}"#;
    vec![
        Content::text("Multiple content types test:"),
        Content::image(PNG, "image/png"),
        Content::resource(ResourceContents::text("test://mixed-content-resource", json).mime_type("application/json")),
    ]
}

/// Always fails.
#[tool(read_only)]
fn test_error_handling() -> Result<String, &'static str> {
    Err("This tool intentionally returns an error for testing")
}

/// Repeats a value, which clients of the 2026-07-28 revision send in a header as well.
#[tool(read_only)]
fn test_custom_header(
    /// What to repeat.
    #[arg(header = "Value")]
    value: String,
) -> String {
    format!("Value: {value}")
}
