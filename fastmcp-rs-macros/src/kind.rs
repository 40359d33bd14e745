//! The three kinds of components, and how they are called.

/// A tool, a resource or a prompt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Resource,
    Prompt,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];

    /// The name of the attribute, which is also the word for the thing.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Prompt => "prompt",
        }
    }

    /// The attribute as it is written.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Tool => "#[tool]",
            Self::Resource => "#[resource]",
            Self::Prompt => "#[prompt]",
        }
    }

    /// The kind whose attribute this is, however its path is spelt: `#[tool]`, `#[fastmcp_rs::tool]`.
    pub(crate) fn of(attribute: &syn::Attribute) -> Option<Self> {
        let last = attribute.path().segments.last()?;
        Self::ALL.into_iter().find(|kind| last.ident == kind.word())
    }

    /// A function as this kind wants it, for whoever wrote another.
    pub(crate) fn form(self) -> &'static str {
        match self {
            Self::Tool => {
                "a tool looks like `async fn find(text: String, limit: Option<u32>, ctx: Context) -> Result<Found, ToolError>`; `async`, `ctx` and `Result` may be left out"
            }
            Self::Resource => {
                "a resource looks like `async fn user(id: u64, ctx: Context) -> Result<String, ToolError>`; `async`, `ctx` and `Result` may be left out"
            }
            Self::Prompt => {
                "a prompt looks like `async fn review(code: String, ctx: Context) -> Result<Vec<Message>, ToolError>`; `async`, `ctx` and `Result` may be left out"
            }
        }
    }
}
