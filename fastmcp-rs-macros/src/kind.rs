//! The three kinds of components, and what tells them apart in generated code and in messages.

use proc_macro2::TokenStream;
use quote::quote;

use crate::krate::Krate;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Resource,
    Prompt,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];

    /// The name of the attribute, which is also what a person calls the thing.
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

    pub(crate) fn def(self, krate: &Krate) -> TokenStream {
        let p = krate.private();
        match self {
            Self::Tool => quote!(#p::ToolDef),
            Self::Resource => quote!(#p::ResourceDef),
            Self::Prompt => quote!(#p::PromptDef),
        }
    }

    /// The trait of the hidden struct that carries the function's name.
    pub(crate) fn function_trait(self, krate: &Krate) -> TokenStream {
        let p = krate.private();
        match self {
            Self::Tool => quote!(#p::ToolFn),
            Self::Resource => quote!(#p::ResourceFn),
            Self::Prompt => quote!(#p::PromptFn),
        }
    }

    pub(crate) fn registered(self, krate: &Krate) -> TokenStream {
        let p = krate.private();
        match self {
            Self::Tool => quote!(#p::Registered::Tool),
            Self::Resource => quote!(#p::Registered::Resource),
            Self::Prompt => quote!(#p::Registered::Prompt),
        }
    }
}

/// For a key that this attribute does not know: where it belongs, or what is meant by it.
pub(crate) fn elsewhere(kind: Kind, key: &str) -> Option<String> {
    const TOOL: [&str; 5] = ["read_only", "destructive", "idempotent", "open_world", "output_schema"];
    const RESOURCE: [&str; 5] = ["mime_type", "annotations", "ttl", "cache_scope", "size"];
    const ARG: [&str; 10] =
        ["default", "range", "len", "pattern", "format", "example", "complete", "header", "flatten", "sensitive"];
    let belongs = |attribute: &str| Some(format!("it belongs to `{attribute}`"));
    match key {
        key if kind != Kind::Tool && TOOL.contains(&key) => belongs("#[tool]"),
        key if kind != Kind::Resource && RESOURCE.contains(&key) => belongs("#[resource]"),
        key if ARG.contains(&key) => Some(format!("write `#[arg({key} ..)]` on the parameter it is for")),
        "uri" | "uri_template" if kind == Kind::Resource => {
            Some("write the URI first, without a key: `#[resource(\"scheme://..\")]`".to_owned())
        }
        "blocking" => Some("a plain `fn` runs on the blocking pool by itself; `inline` turns that off".to_owned()),
        "annotations" => {
            Some("write the hints themselves: `read_only`, `destructive`, `idempotent`, `open_world`".to_owned())
        }
        "desc" | "doc" | "docs" | "about" => {
            Some("write a doc comment (`/// ..`), or `description = \"..\"`".to_owned())
        }
        "summary" | "label" => Some("did you mean `title`?".to_owned()),
        "group" => Some("did you mean `server` or `tags`?".to_owned()),
        "mime" | "content_type" if kind == Kind::Resource => Some("did you mean `mime_type`?".to_owned()),
        _ => None,
    }
}
