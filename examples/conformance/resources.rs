//! Resources: a text, bytes, one to subscribe to, and a template.

use fastmcp_rs::prelude::*;
use serde_json::{Value, json};

use crate::contents::PNG;

/// A text that never changes.
#[resource("test://static-text", mime_type = "text/plain")]
fn static_text() -> &'static str {
    "This is the content of the static text resource."
}

/// An image of one pixel.
#[resource("test://static-binary", mime_type = "image/png")]
fn static_binary() -> Vec<u8> {
    PNG.to_vec()
}

/// A text to subscribe to.
#[resource("test://watched-resource", mime_type = "text/plain")]
fn watched_resource() -> &'static str {
    "Watched resource content"
}

/// Data by number.
#[resource("test://template/{id}/data", mime_type = "application/json")]
fn template_data(id: String) -> Json<Value> {
    Json(json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") }))
}
