//! Doc comments: from attributes to one `&'static str` expression.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::tokens::peel;

/// The doc text of an item or a parameter, as it was written; dedenting is the runtime's work.
#[derive(Default)]
pub(crate) struct Docs(Vec<Line>);

enum Line {
    /// A doc comment (or `#[doc = ".."]`), with the span to point at.
    Text(String, Span),
    /// `#[doc = include_str!(..)]` and the like, which only rustc can evaluate.
    Expr(Expr),
}

impl Docs {
    /// Gathers every `doc` attribute and skips all others, in whatever order they come.
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        Self(attrs.iter().filter_map(line).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|line| matches!(line, Line::Text(text, _) if text.trim().is_empty()))
    }

    /// The lines that are known here, with their spans; `None` if a part is known only to rustc.
    pub(crate) fn lines(&self) -> Option<Vec<(&str, Span)>> {
        let known = |line| match line {
            &Line::Text(ref text, span) => Some((text.as_str(), span)),
            Line::Expr(_) => None,
        };
        self.0.iter().map(known).collect()
    }

    /// The whole text: one literal where possible, a `concat!` otherwise.
    pub(crate) fn expr(&self) -> TokenStream {
        if let Some(lines) = self.lines() {
            let lines: Vec<&str> = lines.into_iter().map(|(text, _)| text).collect();
            return lines.join("\n").into_token_stream();
        }
        let lines = self.0.iter().enumerate().map(|(index, line)| {
            let line = match line {
                Line::Text(text, _) => text.to_token_stream(),
                Line::Expr(expr) => expr.to_token_stream(),
            };
            if index == 0 { line } else { quote!("\n", #line) }
        });
        quote!(::core::concat!(#(#lines),*))
    }
}

fn line(attr: &Attribute) -> Option<Line> {
    let Meta::NameValue(meta) = &attr.meta else {
        return None;
    };
    if !meta.path.is_ident("doc") {
        return None;
    }
    Some(match peel(&meta.value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Line::Text(without_stars(&text.value()), text.span()),
        other => Line::Expr(other.clone()),
    })
}

/// Takes away the column of stars that decorates the lines of a `/** .. */` comment, as rustdoc does.
fn without_stars(text: &str) -> String {
    let Some((first, rest)) = text.split_once('\n') else {
        return text.to_owned();
    };
    let starred = |line: &str| line.trim_start().starts_with('*') || line.trim().is_empty();
    if !rest.contains('*') || !rest.lines().all(starred) {
        return text.to_owned();
    }
    let rest = rest.lines().map(|line| line.trim_start().strip_prefix('*').unwrap_or(line));
    std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn docs(item: &syn::ItemFn) -> String {
        Docs::read(&item.attrs).expr().to_string()
    }

    #[test]
    fn lines_are_joined_and_other_attributes_skipped() {
        let item = parse_quote! {
            /// Greets.
            #[inline]
            ///
            /// Warmly.
            #[doc(hidden)]
            fn f() {}
        };
        assert_eq!(docs(&item), r#"" Greets.\n\n Warmly.""#);
    }

    #[test]
    fn included_text_is_left_to_rustc() {
        let item = parse_quote! {
            /// Greets.
            #[doc = include_str!("more.md")]
            fn f() {}
        };
        assert_eq!(docs(&item), r#":: core :: concat ! (" Greets." , "\n" , include_str ! ("more.md"))"#);
    }

    #[test]
    fn stars_of_a_block_comment_are_decoration() {
        assert_eq!(without_stars("\n * One\n * Two\n "), "\n One\n Two\n ");
        assert_eq!(without_stars(" One\n two * three"), " One\n two * three");
    }

    #[test]
    fn blank_docs_are_no_docs() {
        let blank: syn::ItemFn = parse_quote! { #[doc = "  "] fn f() {} };
        assert!(Docs::read(&blank.attrs).is_empty());
    }
}
