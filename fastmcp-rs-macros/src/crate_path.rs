//! The path to the runtime crate, in one place: a rename costs one line, `crate = path` costs the user one key.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

/// How generated code reaches the runtime: `::fastmcp_rs`, unless the user says `crate = path`.
#[derive(Clone, Default)]
pub(crate) struct CratePath(Option<syn::Path>);

impl CratePath {
    pub(crate) fn new(path: Option<syn::Path>) -> Self {
        Self(path)
    }

    /// Falls back to `other` if no path was given here.
    pub(crate) fn or(&mut self, other: &Self) {
        if self.0.is_none() {
            self.0.clone_from(&other.0);
        }
    }

    /// `::fastmcp_rs::__private`, the only door for generated code.
    pub(crate) fn private(&self) -> TokenStream {
        self.private_at(Span::call_site())
    }

    /// The same, located at `span`, so that rustc's own messages put their caret there.
    ///
    /// A path that the user wrote keeps the hygiene of its tokens (`$crate` resolves by its span).
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        match &self.0 {
            None => quote_spanned!(span=> ::fastmcp_rs::__private),
            Some(path) => {
                let path = path.to_token_stream().into_iter().map(|mut token: TokenTree| {
                    token.set_span(token.span().located_at(span));
                    token
                });
                let path: TokenStream = path.collect();
                quote_spanned!(span=> #path::__private)
            }
        }
    }

    /// The path of a re-export as a string, the form that serde and schemars ask for.
    pub(crate) fn private_str(&self, module: &str) -> String {
        let root = match &self.0 {
            None => "::fastmcp_rs".to_owned(),
            Some(path) => quote!(#path).to_string().replace(' ', ""),
        };
        format!("{root}::__private::{module}")
    }
}
