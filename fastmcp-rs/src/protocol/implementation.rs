//! Who a client or a server says it is.

use serde::Deserialize;

use super::icon::Icon;

/// Name and version of a program that speaks MCP (spec: schema, `Implementation`).
///
/// Unverified: for display and logs only, never for security or for switching behaviour (spec: basic, "_meta").
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Implementation {
    /// The name programs use.
    pub name: String,
    /// The name people see; sent from 2025-06-18.
    #[serde(default)]
    pub title: Option<String>,
    /// The program's own version. Required by the schema; a client that forgets it is read as having an empty one.
    #[serde(default)]
    pub version: String,
    /// What it does; sent from 2025-11-25.
    #[serde(default)]
    pub description: Option<String>,
    /// Where to read more; sent from 2025-11-25.
    #[serde(default)]
    pub website_url: Option<String>,
    /// Icons; sent from 2025-11-25.
    #[serde(default)]
    pub icons: Vec<Icon>,
}

impl Implementation {
    /// A name and a version.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into(), ..Self::default() }
    }

    /// The name people see.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What it does.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Where to read more.
    #[must_use]
    pub fn website_url(mut self, url: impl Into<String>) -> Self {
        self.website_url = Some(url.into());
        self
    }

    /// Add an icon.
    #[must_use]
    pub fn icon(mut self, icon: impl Into<Icon>) -> Self {
        self.icons.push(icon.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(to_value(Implementation::new("a", "1")).unwrap(), json!({"name": "a", "version": "1"}));
    }

    #[test]
    fn a_client_without_a_version_is_still_read() {
        let read: Implementation = from_value(json!({"name": "a", "new": true})).unwrap();
        assert_eq!(read, Implementation::new("a", ""));
    }
}
