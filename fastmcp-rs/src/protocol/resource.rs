//! Resources: their contents, and what the lists say about them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    content::{Annotations, decode, encode, insert_meta},
    icon::Icon,
};

/// The contents of one resource (spec: server/resources, "Resource Contents").
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "ContentsWire")]
#[non_exhaustive]
pub struct ResourceContents {
    /// What was read; may differ from the URI that was asked for.
    pub uri: String,
    /// The MIME type, if known.
    pub mime_type: Option<String>,
    /// Text or bytes, never both.
    pub body: ResourceBody,
    /// `_meta`; sent from 2025-06-18.
    pub meta: Option<Map<String, Value>>,
}

/// Text or bytes (spec: schema, `TextResourceContents` and `BlobResourceContents`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceBody {
    /// Text as it is.
    Text(String),
    /// Bytes, in base64.
    Blob(String),
}

impl ResourceContents {
    /// Text.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self { uri: uri.into(), mime_type: None, body: ResourceBody::Text(text.into()), meta: None }
    }

    /// Bytes, which are base64-encoded here.
    pub fn blob(uri: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self { uri: uri.into(), mime_type: None, body: ResourceBody::Blob(encode(bytes)), meta: None }
    }

    /// State the MIME type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Add one key to `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        insert_meta(&mut self.meta, key, value);
        self
    }

    /// The text, unless these are bytes.
    pub fn as_text(&self) -> Option<&str> {
        match &self.body {
            ResourceBody::Text(text) => Some(text),
            ResourceBody::Blob(_) => None,
        }
    }

    /// The bytes: the text's, or the decoded blob's; `None` if the peer sent something that is not base64.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        match &self.body {
            ResourceBody::Text(text) => Some(text.clone().into_bytes()),
            ResourceBody::Blob(blob) => decode(blob),
        }
    }
}

/// What a peer sends, before we know which of `text` and `blob` it has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContentsWire {
    uri: String,
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    blob: Option<String>,
    #[serde(default, rename = "_meta")]
    meta: Option<Map<String, Value>>,
}

impl TryFrom<ContentsWire> for ResourceContents {
    type Error = &'static str;

    fn try_from(wire: ContentsWire) -> Result<Self, Self::Error> {
        let body = match (wire.text, wire.blob) {
            (Some(text), _) => ResourceBody::Text(text),
            (None, Some(blob)) => ResourceBody::Blob(blob),
            (None, None) => return Err("resource contents need `text` or `blob`"),
        };
        Ok(Self { uri: wire.uri, mime_type: wire.mime_type, body, meta: wire.meta })
    }
}

/// Who may share a cached answer (spec: server/utilities/caching; 2026-07-28).
///
/// `Public` means that any cache may serve it to other users and tokens, so it is only for identical data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheScope {
    /// Anybody's cache.
    Public,
    /// Only the asking user's; the safe default.
    #[default]
    Private,
}

/// How long an answer may be kept, and by whom (spec: server/utilities/caching; sent from 2026-07-28).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheHints {
    /// How long, in milliseconds; zero for not at all.
    pub ttl_ms: u64,
    /// By whose cache.
    pub scope: CacheScope,
}

impl CacheHints {
    /// Hints; a time beyond the reach of a `u64` of milliseconds is for ever.
    #[must_use]
    pub fn new(ttl: Duration, scope: CacheScope) -> Self {
        Self { ttl_ms: u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX), scope }
    }
}

/// What `resources/read` answers (spec: schema, `ReadResourceResult`).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ResourceResult {
    /// The contents: usually one.
    pub contents: Vec<ResourceContents>,
    /// How long they may be kept.
    pub cache: CacheHints,
    /// The result's `_meta`.
    pub meta: Option<Map<String, Value>>,
}

impl ResourceResult {
    /// A result of some contents, which may not be cached.
    pub fn new(contents: impl IntoIterator<Item = ResourceContents>) -> Self {
        Self { contents: contents.into_iter().collect(), ..Self::default() }
    }

    /// The text of all contents that are text, one after another.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.contents.iter().filter_map(ResourceContents::as_text).collect::<Vec<_>>().join("\n")
    }
}

/// One entry of `resources/list`, and a link to a resource in content (spec: server/resources, "Resource").
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Resource {
    /// What to pass to `resources/read`.
    pub uri: String,
    /// The name programs use.
    pub name: String,
    /// The name people see; sent from 2025-06-18.
    #[serde(default)]
    pub title: Option<String>,
    /// What it holds, for the model.
    #[serde(default)]
    pub description: Option<String>,
    /// The MIME type, if known.
    #[serde(default)]
    pub mime_type: Option<String>,
    /// Bytes before any encoding, if known.
    #[serde(default)]
    pub size: Option<u64>,
    /// Hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// Icons; sent from 2025-11-25.
    #[serde(default)]
    pub icons: Vec<Icon>,
    /// `_meta`; sent from 2025-06-18.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl Resource {
    /// A resource at this URI.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self { uri: uri.into(), name: name.into(), ..Self::default() }
    }

    /// Bytes before any encoding.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }
}

/// One entry of `resources/templates/list` (spec: server/resources, "Resource Templates").
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceTemplate {
    /// An RFC 6570 template.
    pub uri_template: String,
    /// The name programs use.
    pub name: String,
    /// The name people see; sent from 2025-06-18.
    #[serde(default)]
    pub title: Option<String>,
    /// What the resources hold, for the model.
    #[serde(default)]
    pub description: Option<String>,
    /// The MIME type, if all have the same.
    #[serde(default)]
    pub mime_type: Option<String>,
    /// Hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// Icons; sent from 2025-11-25.
    #[serde(default)]
    pub icons: Vec<Icon>,
    /// `_meta`; sent from 2025-06-18.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Map<String, Value>>,
}

impl ResourceTemplate {
    /// Resources whose URIs look like this.
    pub fn new(uri_template: impl Into<String>, name: impl Into<String>) -> Self {
        Self { uri_template: uri_template.into(), name: name.into(), ..Self::default() }
    }
}

/// The builder methods that the two listing shapes share.
macro_rules! described {
    ($($listed:ty),*) => {$(
        impl $listed {
            /// The name people see.
            #[must_use]
            pub fn title(mut self, title: impl Into<String>) -> Self {
                self.title = Some(title.into());
                self
            }

            /// What it holds.
            #[must_use]
            pub fn description(mut self, description: impl Into<String>) -> Self {
                self.description = Some(description.into());
                self
            }

            /// State the MIME type.
            #[must_use]
            pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
                self.mime_type = Some(mime_type.into());
                self
            }

            /// Hints for the client.
            #[must_use]
            pub fn annotations(mut self, annotations: Annotations) -> Self {
                self.annotations = Some(annotations);
                self
            }

            /// Add an icon.
            #[must_use]
            pub fn icon(mut self, icon: impl Into<Icon>) -> Self {
                self.icons.push(icon.into());
                self
            }

            /// Add one key to `_meta`.
            #[must_use]
            pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
                insert_meta(&mut self.meta, key, value);
                self
            }
        }
    )*};
}

described!(Resource, ResourceTemplate);

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(to_value(ResourceContents::text("a://b", "")).unwrap(), json!({"uri": "a://b", "text": ""}));
        assert_eq!(to_value(Resource::new("a://b", "b")).unwrap(), json!({"uri": "a://b", "name": "b"}));
        assert_eq!(
            to_value(ResourceTemplate::new("a://{b}", "b")).unwrap(),
            json!({"uriTemplate": "a://{b}", "name": "b"})
        );
    }

    #[test]
    fn contents_are_text_or_blob_and_never_neither() {
        let blob: ResourceContents = from_value(json!({"uri": "a://b", "blob": "AQID"})).unwrap();
        assert_eq!(blob.to_bytes(), Some(vec![1, 2, 3]));
        let neither = from_value::<ResourceContents>(json!({"uri": "a://b"})).unwrap_err();
        assert_eq!(neither.to_string(), "resource contents need `text` or `blob`");
    }

    #[test]
    fn a_cache_is_private_unless_said_otherwise() {
        assert_eq!(to_value(CacheScope::default()).unwrap(), json!("private"));
    }
}
