//! Content blocks: what tools return, prompts say and models answer with.
//!
//! Binary data is held as base64 text, the form it has on the wire, so that a block is encoded once however often it is
//! sent. How a block is written for an older revision is decided in `shape.rs`.

mod media;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::media::{Audio, File, Image};
use super::resource::{Resource, ResourceContents};

/// One block of content (spec: server/tools, "Tool Result", and server/prompts, "PromptMessage").
///
/// ```
/// use fastmcp_rs::Content;
/// use fastmcp_rs::protocol::Annotations;
///
/// let block = Content::text("Sunny, 21 °C").annotations(Annotations::new().priority(1.0));
/// assert_eq!(block.as_text(), Some("Sunny, 21 °C"));
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Plain text.
    Text(TextContent),
    /// A picture.
    Image(ImageContent),
    /// A sound; exists from 2025-03-26, older clients get a note in words.
    Audio(AudioContent),
    /// A resource to fetch by its URI; exists from 2025-06-18, older clients get the URI as text. The spec's
    /// `ResourceLink` is a [`Resource`] with a `type`, so it is one here too.
    ResourceLink(Box<Resource>),
    /// The contents of a resource, sent along.
    Resource(EmbeddedResource),
    /// A block of a type that is not known here, as a server sent it to a client: all its members, `type` among them.
    #[cfg(feature = "client")]
    #[serde(skip_deserializing)]
    Unknown(Map<String, Value>),
}

impl Content {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Content::Text(TextContent::new(text))
    }

    /// An image block from raw bytes, which are base64-encoded here.
    pub fn image(data: impl AsRef<[u8]>, mime_type: impl Into<String>) -> Self {
        Content::Image(ImageContent::new(data, mime_type))
    }

    /// An audio block from raw bytes, which are base64-encoded here.
    pub fn audio(data: impl AsRef<[u8]>, mime_type: impl Into<String>) -> Self {
        Content::Audio(AudioContent::new(data, mime_type))
    }

    /// A link to a resource. For a title, a description or a MIME type make a [`Resource`] and convert it.
    pub fn resource_link(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Resource::new(uri, name).into()
    }

    /// A resource's contents, embedded.
    pub fn resource(contents: ResourceContents) -> Self {
        Content::Resource(EmbeddedResource::new(contents))
    }

    /// Say for whom the block is and how much it matters (spec: server/resources, "Annotations").
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        let place = match &mut self {
            Content::Text(block) => &mut block.annotations,
            Content::Image(block) => &mut block.annotations,
            Content::Audio(block) => &mut block.annotations,
            Content::ResourceLink(block) => &mut block.annotations,
            Content::Resource(block) => &mut block.annotations,
            #[cfg(feature = "client")]
            Content::Unknown(members) => {
                members.insert("annotations".to_owned(), serde_json::to_value(annotations).unwrap_or_default());
                return self;
            }
        };
        *place = Some(annotations);
        self
    }

    /// Add one key to the block's `_meta` (spec: basic, "_meta"; sent from 2025-06-18).
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let meta = match &mut self {
            Content::Text(block) => &mut block.meta,
            Content::Image(block) => &mut block.meta,
            Content::Audio(block) => &mut block.meta,
            Content::ResourceLink(block) => &mut block.meta,
            Content::Resource(block) => &mut block.meta,
            #[cfg(feature = "client")]
            Content::Unknown(members) => {
                let meta = members.entry("_meta").or_insert_with(|| Map::new().into());
                if let Value::Object(meta) = meta {
                    meta.insert(key.into(), value.into());
                }
                return self;
            }
        };
        insert_meta(meta, key, value);
        self
    }

    /// The text of a text block, or of an embedded text resource.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Content::Text(block) => Some(&block.text),
            Content::Resource(block) => block.resource.as_text(),
            _ => None,
        }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Content::text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Content::text(text)
    }
}

impl From<ResourceContents> for Content {
    fn from(contents: ResourceContents) -> Self {
        Content::resource(contents)
    }
}

impl From<Resource> for Content {
    fn from(resource: Resource) -> Self {
        Content::ResourceLink(Box::new(resource))
    }
}

/// Text to or from a model (spec: server/tools, "Text Content").
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct TextContent {
    /// The text.
    pub text: String,
    /// Hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// `_meta`.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl TextContent {
    /// A block with nothing but text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), annotations: None, meta: None }
    }
}

/// An image (spec: server/tools, "Image Content").
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageContent {
    /// The image, in base64.
    pub data: String,
    /// For example `image/png`.
    pub mime_type: String,
    /// Hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// `_meta`.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl ImageContent {
    /// From raw bytes, which are base64-encoded here.
    pub fn new(data: impl AsRef<[u8]>, mime_type: impl Into<String>) -> Self {
        Self { data: encode(data), mime_type: mime_type.into(), annotations: None, meta: None }
    }
}

/// A sound (spec: server/tools, "Audio Content"; from 2025-03-26).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AudioContent {
    /// The sound, in base64.
    pub data: String,
    /// For example `audio/wav`.
    pub mime_type: String,
    /// Hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// `_meta`.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl AudioContent {
    /// From raw bytes, which are base64-encoded here.
    pub fn new(data: impl AsRef<[u8]>, mime_type: impl Into<String>) -> Self {
        Self { data: encode(data), mime_type: mime_type.into(), annotations: None, meta: None }
    }
}

/// A resource's contents inside a message (spec: server/tools, "Embedded Resources").
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct EmbeddedResource {
    /// The contents, with their own URI, MIME type and `_meta`.
    pub resource: ResourceContents,
    /// Hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// `_meta` of the block (the contents have one of their own).
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl EmbeddedResource {
    /// A block around these contents.
    pub fn new(resource: ResourceContents) -> Self {
        Self { resource, annotations: None, meta: None }
    }
}

/// Who speaks, or who is spoken to (spec: schema, `Role`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The human.
    User,
    /// The model.
    Assistant,
}

/// Hints on how a client should use a block or a resource (spec: server/resources, "Annotations").
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Annotations {
    /// For whom it is meant.
    #[serde(default)]
    pub audience: Option<Vec<Role>>,
    /// From 0.0 (optional) to 1.0 (effectively required).
    #[serde(default)]
    pub priority: Option<f64>,
    /// When it was last changed, in ISO 8601; sent from 2025-06-18.
    #[serde(default)]
    pub last_modified: Option<String>,
}

impl Annotations {
    /// No hints yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// For whom it is meant.
    #[must_use]
    pub fn audience(mut self, audience: impl IntoIterator<Item = Role>) -> Self {
        self.audience = Some(audience.into_iter().collect());
        self
    }

    /// How much it matters; the spec's range is 0.0 to 1.0 and a value outside it is brought to the nearer end.
    #[must_use]
    pub fn priority(mut self, priority: f64) -> Self {
        self.priority = (!priority.is_nan()).then(|| priority.clamp(0.0, 1.0));
        self
    }

    /// When it was last changed, in ISO 8601, for example `2025-01-12T15:00:58Z`.
    #[must_use]
    pub fn last_modified(mut self, when: impl Into<String>) -> Self {
        self.last_modified = Some(when.into());
        self
    }
}

/// Standard base64 with padding, the `format: byte` of the protocol's schema.
pub(super) fn encode(data: impl AsRef<[u8]>) -> String {
    STANDARD.encode(data)
}

/// Raw bytes that a base64 text stands for, or `None` if it is not base64.
pub(super) fn decode(data: &str) -> Option<Vec<u8>> {
    STANDARD.decode(data).ok()
}

/// Add one key to a `_meta` that may not exist yet.
pub(super) fn insert_meta(meta: &mut Option<Map<String, Value>>, key: impl Into<String>, value: impl Into<Value>) {
    meta.get_or_insert_default().insert(key.into(), value.into());
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(to_value(Content::text("hi")).unwrap(), json!({"type": "text", "text": "hi"}));
        assert_eq!(
            to_value(Content::image([1, 2, 3], "image/png")).unwrap(),
            json!({"type": "image", "data": "AQID", "mimeType": "image/png"})
        );
        assert_eq!(
            to_value(Content::audio([1, 2, 3], "audio/wav")).unwrap(),
            json!({"type": "audio", "data": "AQID", "mimeType": "audio/wav"})
        );
        assert_eq!(
            to_value(Content::resource_link("a://b", "b")).unwrap(),
            json!({"type": "resource_link", "uri": "a://b", "name": "b"})
        );
        assert_eq!(
            to_value(Content::resource(ResourceContents::text("a://b", "hi"))).unwrap(),
            json!({"type": "resource", "resource": {"uri": "a://b", "text": "hi"}})
        );
    }

    #[test]
    fn every_block_survives_a_round_trip_with_unknown_members() {
        let notes = Annotations::new().audience([Role::User]).priority(0.5).last_modified("2025-01-12T15:00:58Z");
        for block in [
            Content::text("hi"),
            Content::image([1], "image/png"),
            Content::audio([1], "audio/wav"),
            Content::resource_link("a://b", "b"),
            Content::resource(ResourceContents::blob("a://b", [0xff])),
        ] {
            let block = block.annotations(notes.clone()).meta("com.example/k", 1);
            let mut wire = to_value(&block).unwrap();
            wire["surprise"] = json!({"a": [1]});
            assert_eq!(from_value::<Content>(wire).unwrap(), block);
        }
    }

    #[test]
    fn priority_stays_in_range_and_is_never_nan() {
        assert_eq!(Annotations::new().priority(7.0).priority, Some(1.0));
        assert_eq!(Annotations::new().priority(f64::NAN).priority, None);
    }
}
