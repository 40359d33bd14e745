//! What a handler gave, before it becomes an answer: a tool's result, a resource's contents.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::ToolError;
use crate::protocol::{Content, ResourceContents};
use crate::text::finite::to_json;

/// The result of a tool, in full control (server/tools, "Tool Result").
///
/// ```
/// use fastmcp_rs::{Content, ToolResult};
///
/// let result = ToolResult::new().with_content(Content::text("done")).with_structured(&serde_json::json!({ "done": true }))?;
/// assert_eq!(result.structured_content(), Some(r#"{"done":true}"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ToolResult {
    pub(crate) content: Vec<Content>,
    pub(crate) structured: Option<String>,
    pub(crate) is_error: bool,
    pub(crate) meta: Option<Map<String, Value>>,
    /// Whether the tool's schema promises older revisions `{"result": ..}`, whatever the value is.
    pub(crate) wrapped: bool,
}

impl ToolResult {
    /// An empty result.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A result of one text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new().with_content(Content::text(text))
    }

    /// Adds a content block.
    #[must_use]
    pub fn with_content(mut self, content: impl Into<Content>) -> Self {
        if self.content.is_empty() {
            // Most results are of one block, and a vector that grows by itself begins with room for four.
            self.content.reserve_exact(1);
        }
        self.content.push(content.into());
        self
    }

    /// Sets the structured content. Without any content block, its JSON is also sent as text.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn with_structured<T: Serialize + ?Sized>(mut self, value: &T) -> serde_json::Result<Self> {
        let mut json = to_json(value)?;
        // Only a raw value can bring line ends along, and a message is one line. They stand between tokens: in a string
        // they would be escaped.
        if memchr::memchr2(b'\n', b'\r', json.as_bytes()).is_some() {
            json = json.replace(['\n', '\r'], " ");
        }
        self.structured = Some(json);
        Ok(self)
    }

    /// Turns the result into a failure of the tool (`isError`). Its structured content is not sent, only its text copy where there
    /// is no content block: many clients hold it against the tool's output schema in a failed result, too, and throw the
    /// failure away.
    #[must_use]
    pub fn into_error(mut self) -> Self {
        self.is_error = true;
        self
    }

    /// Adds a member to `_meta`.
    #[must_use]
    pub fn with_meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// The content blocks. Empty when the result is structured and its text copy is not yet written.
    #[must_use]
    pub fn content(&self) -> &[Content] {
        &self.content
    }

    /// The text of all text blocks, or of the structured content where there is no block.
    #[must_use]
    pub fn to_text(&self) -> String {
        let texts: Vec<&str> = self.content.iter().filter_map(Content::as_text).collect();
        match &self.structured {
            Some(structured) if self.content.is_empty() => structured.clone(),
            _ => texts.join("\n"),
        }
    }

    /// The structured content as compact JSON. A failed result has none, see [`into_error`](Self::into_error).
    #[must_use]
    pub fn structured_content(&self) -> Option<&str> {
        self.structured.as_deref().filter(|_| !self.is_error)
    }

    /// A member of `_meta`, for example the kind of a failure under [`ToolError::META_KEY`].
    #[must_use]
    pub fn meta(&self, key: &str) -> Option<&Value> {
        self.meta.as_ref()?.get(key)
    }

    /// Whether the tool failed.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.is_error
    }

    /// The failure as the model sees it, in words; and for programs, in `_meta`.
    pub(crate) fn failed(error: &ToolError) -> Self {
        Self::text(error.to_text()).with_meta(ToolError::META_KEY, error.facts()).into_error()
    }
}

/// What reading a resource gave: one content or several.
#[derive(Clone, Debug, Default)]
pub struct ReadResult {
    pub(crate) contents: Vec<ReadContent>,
    pub(crate) meta: Option<Map<String, Value>>,
}

/// A content whose URI and MIME type default to the resource's.
#[derive(Clone, Debug)]
pub(crate) enum ReadContent {
    Text(String),
    Json(String),
    Blob(Vec<u8>),
    Full(ResourceContents),
}

impl ReadResult {
    /// A result of one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { contents: vec![ReadContent::Text(text.into())], meta: None }
    }

    /// A result of one blob.
    pub fn blob(bytes: impl Into<Vec<u8>>) -> Self {
        Self { contents: vec![ReadContent::Blob(bytes.into())], meta: None }
    }

    /// A result of several contents, each with its own URI.
    #[must_use]
    pub fn new(contents: Vec<ResourceContents>) -> Self {
        Self { contents: contents.into_iter().map(ReadContent::Full).collect(), meta: None }
    }

    /// Adds a member to `_meta`.
    #[must_use]
    pub fn with_meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.get_or_insert_default().insert(key.into(), value.into());
        self
    }
}
