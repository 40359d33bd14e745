//! The directories a client lets a server work in (deprecated in 2026-07-28, still served).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A directory or file the server may use (spec: client/roots; `file://` URIs).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Root {
    /// A `file://` URI.
    pub uri: String,
    /// The name people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `_meta`; sent by clients from 2025-06-18.
    #[serde(default, rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl Root {
    /// A root at this URI.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), name: None, meta: None }
    }

    /// The name people see.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// What a client answers to `roots/list` (spec: client/roots, "Listing Roots").
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RootsResult {
    /// The roots, possibly none.
    pub roots: Vec<Root>,
}

impl RootsResult {
    /// An answer with these roots.
    pub fn new(roots: impl IntoIterator<Item = Root>) -> Self {
        Self { roots: roots.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(
            to_value(RootsResult::new([Root::new("file:///a")])).unwrap(),
            json!({"roots": [{"uri": "file:///a"}]})
        );
    }

    #[test]
    fn unknown_members_are_ignored() {
        let result: RootsResult = from_value(json!({"roots": [{"uri": "file:///a", "x": 1}], "_meta": {}})).unwrap();
        assert_eq!(result.roots, [Root::new("file:///a")]);
    }
}
