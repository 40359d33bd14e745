//! Doc comments, in every form that rustc takes, as one `&'static str` expression.
//!
//! `/// text`, `/** text */` and `#[doc = "text"]` mean the same, alone and mixed; the decoration of each is taken away here,
//! where it is still known which is which.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser as _;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::tokens::peel;

/// The doc text of an item or a parameter.
#[derive(Default)]
pub(crate) struct Docs(Vec<Line>);

enum Line {
    /// A line of text, with the span to point at.
    Text(String, Span),
    /// `#[doc = include_str!(..)]` and the like, which only rustc can evaluate.
    Expr(Expr),
}

impl Docs {
    /// Gathers every `doc` attribute and skips all others, in whatever order they come.
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut lines = Vec::new();
        // The places of lines that are indented as `/// text` is.
        let mut indented = Vec::new();
        for value in attrs.iter().filter_map(value) {
            let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = peel(value) else {
                lines.push(Line::Expr(value.clone()));
                continue;
            };
            let (content, span) = (text.value(), text.span());
            if content.contains('\n') {
                lines.extend(plain(&content).lines().map(|line| Line::Text(line.to_owned(), span)));
            } else {
                if is_indented(&content, span) {
                    indented.push(lines.len());
                }
                lines.push(Line::Text(content.trim_end().to_owned(), span));
            }
        }
        let common = indented.iter().filter_map(|at| match &lines[*at] {
            Line::Text(text, _) if !text.is_empty() => Some(indent(text)),
            _ => None,
        });
        let common = common.min().unwrap_or(0);
        for at in indented {
            if let Line::Text(text, _) = &mut lines[at] {
                text.drain(..common.min(text.len()));
            }
        }
        Self(lines)
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

fn value(attr: &Attribute) -> Option<&Expr> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => Some(&meta.value),
        _ => None,
    }
}

/// Whether the text has the indentation of the `///` lines around it. A string that somebody wrote stands as it is, but for
/// the one space that it has if a macro made it of a comment.
fn is_indented(text: &str, span: Span) -> bool {
    let source = span.source_text().unwrap_or_default();
    match indent(text) {
        0 => source.starts_with("///"),
        1 => true,
        _ => !source.starts_with(['"', 'r']),
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The text of a `/** .. */` comment, or of a string of several lines, without its column of stars, its blank first and last
/// line, and its indentation. The first line has none, since it begins after the opening.
fn plain(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.len() > 1 && lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    let opening = usize::from(lines.len() > 1 && lines[0].is_empty());
    let (first, rest) = lines.split_at_mut(1);
    let stars = || rest.iter().map(|line| line.trim_start()).filter(|line| !line.is_empty());
    let is_star = |line: &str| line == "*" || line.starts_with("* ");
    if stars().next().is_some() && stars().all(is_star) {
        for line in rest.iter_mut() {
            *line = line.trim_start().strip_prefix('*').unwrap_or_default();
        }
    }
    let common = rest.iter().filter(|line| !line.is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    for line in rest.iter_mut() {
        *line = line.get(common..).unwrap_or_default();
    }
    first[0] = first[0].trim_start();
    lines[opening..].join("\n")
}

/// An item with its docs, and those of its fields and variants, in one attribute each, so that derives that read them see what
/// we would see.
pub(crate) fn with_plain_docs(item: TokenStream) -> TokenStream {
    let mut printed = TokenStream::new();
    // Attributes that wait for what they are on.
    let mut attributes = TokenStream::new();
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                attributes.extend([TokenTree::Punct(hash)]);
                attributes.extend(tokens.next_if(|next| matches!(next, TokenTree::Group(_))));
            }
            TokenTree::Group(group) => {
                printed.extend(merged(std::mem::take(&mut attributes)));
                let mut plain = Group::new(group.delimiter(), with_plain_docs(group.stream()));
                plain.set_span(group.span());
                printed.extend([TokenTree::Group(plain)]);
            }
            other => {
                printed.extend(merged(std::mem::take(&mut attributes)));
                printed.extend([other]);
            }
        }
    }
    printed.extend(attributes);
    printed
}

/// Attributes, with the docs among them as one.
fn merged(tokens: TokenStream) -> TokenStream {
    match Attribute::parse_outer.parse2(tokens.clone()) {
        Ok(attrs) if attrs.iter().any(|attr| value(attr).is_some()) => {
            let docs = Docs::read(&attrs).expr();
            let others = attrs.iter().filter(|attr| value(attr).is_none());
            quote!(#[doc = #docs] #(#others)*)
        }
        _ => tokens,
    }
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
        assert_eq!(docs(&item), r#""Greets.\n\nWarmly.""#);
    }

    #[test]
    fn included_text_is_left_to_rustc() {
        let item = parse_quote! {
            /// Greets.
            #[doc = include_str!("more.md")]
            fn f() {}
        };
        assert_eq!(docs(&item), r#":: core :: concat ! ("Greets." , "\n" , include_str ! ("more.md"))"#);
    }

    #[test]
    fn every_form_reads_alike() {
        let wanted = r#""One.\n\n- a\n  - b""#;
        let forms: [syn::ItemFn; 7] = [
            parse_quote! {
                /// One.
                ///
                /// - a
                ///   - b
                fn f() {}
            },
            parse_quote! {
                ///   One.
                ///
                ///   - a
                ///     - b
                fn f() {}
            },
            parse_quote! { #[doc = "\n * One.\n *\n * - a\n *   - b\n "] fn f() {} },
            parse_quote! { #[doc = " One.\n     *\n     * - a\n     *   - b "] fn f() {} },
            parse_quote! { #[doc = "\n    One.\n\n    - a\n      - b\n    "] fn f() {} },
            parse_quote! { #[doc = " One.\n\n    - a\n      - b "] fn f() {} },
            parse_quote! {
                /// One.
                #[doc = ""]
                #[doc = "\n    - a\n      - b "]
                fn f() {}
            },
        ];
        for form in forms {
            assert_eq!(docs(&form), wanted, "{}", quote!(#form));
        }
    }

    #[test]
    fn stars_that_are_text_stay() {
        assert_eq!(plain(" One\n two * three"), "One\ntwo * three");
        assert_eq!(plain(" One\n **two** three "), "One\n**two** three");
    }

    #[test]
    fn derives_see_plain_docs() {
        let item = quote! {
            #[doc = "\n * One.\n "] #[serde(x = "\n * a")] struct S { #[doc = " A\n     field. "] #[doc(hidden)] a: u8, #[doc = " b"] b: u8 }
        };
        let plain = quote! {
            #[doc = "One."] #[serde(x = "\n * a")] struct S { #[doc = "A\nfield."] #[doc(hidden)] a: u8, #[doc = "b"] b: u8 }
        };
        assert_eq!(with_plain_docs(item).to_string(), plain.to_string());
    }

    #[test]
    fn blank_docs_are_no_docs() {
        let blank: syn::ItemFn = parse_quote! { #[doc = "  "] fn f() {} };
        assert!(Docs::read(&blank.attrs).is_empty());
    }
}
