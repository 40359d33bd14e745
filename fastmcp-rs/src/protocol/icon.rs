//! Icons of servers, tools, prompts and resources (2025-11-25 and later).

use serde::{Deserialize, Serialize};

/// One picture a client may show beside a name (spec: basic, "Icons"; sent from 2025-11-25).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Icon {
    /// An `https:` URL or a `data:` URI; clients refuse other schemes.
    pub src: String,
    /// If the server's own type is missing or too general.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// For example `48x48`, or `any` for scalable formats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<String>,
    /// The background for which it is drawn; absent means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<IconTheme>,
}

/// The background an icon is drawn for (spec: schema, `Icon.theme`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IconTheme {
    /// A light background.
    Light,
    /// A dark background.
    Dark,
}

impl Icon {
    /// An icon at this `https:` URL or in this `data:` URI.
    pub fn new(src: impl Into<String>) -> Self {
        Self { src: src.into(), mime_type: None, sizes: Vec::new(), theme: None }
    }

    /// State the MIME type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// State the sizes, for example `["48x48"]`.
    #[must_use]
    pub fn sizes<S: Into<String>>(mut self, sizes: impl IntoIterator<Item = S>) -> Self {
        self.sizes = sizes.into_iter().map(Into::into).collect();
        self
    }

    /// State the background it is drawn for.
    #[must_use]
    pub fn theme(mut self, theme: IconTheme) -> Self {
        self.theme = Some(theme);
        self
    }
}

impl From<&str> for Icon {
    fn from(src: &str) -> Self {
        Icon::new(src)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn no_optional_is_written_as_null() {
        assert_eq!(to_value(Icon::new("https://a/b.png")).unwrap(), json!({"src": "https://a/b.png"}));
    }

    #[test]
    fn all_members_are_written_in_the_specs_names() {
        let icon = Icon::new("https://a/b.png").mime_type("image/png").sizes(["48x48", "any"]).theme(IconTheme::Dark);
        let wire =
            json!({"src": "https://a/b.png", "mimeType": "image/png", "sizes": ["48x48", "any"], "theme": "dark"});
        assert_eq!(to_value(&icon).unwrap(), wire);
        assert_eq!(from_value::<Icon>(wire).unwrap(), icon);
    }
}
