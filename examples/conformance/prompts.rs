//! Prompts: plain, with arguments, with a resource and with an image.

use fastmcp_rs::prelude::*;

use crate::contents::PNG;

/// A prompt without arguments.
#[prompt]
fn test_simple_prompt() -> Message {
    Message::user("This is a simple prompt for testing.")
}

/// A prompt with two arguments.
#[prompt]
fn test_prompt_with_arguments(
    /// The first argument.
    arg1: String,
    /// The second argument.
    arg2: String,
) -> Message {
    Message::user(format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))
}

/// A prompt that brings a resource along.
#[prompt]
fn test_prompt_with_embedded_resource(
    /// The URI to give to the resource.
    #[arg(name = "resourceUri")]
    resource_uri: String,
) -> Vec<Message> {
    let resource =
        ResourceContents::text(resource_uri, "Embedded resource content for testing.").mime_type("text/plain");
    vec![Message::user(Content::resource(resource)), Message::user("Please process the embedded resource above.")]
}

/// A prompt that brings an image along.
#[prompt]
fn test_prompt_with_image() -> Vec<Message> {
    vec![Message::user(Content::image(PNG, "image/png")), Message::user("Please analyze the image above.")]
}
