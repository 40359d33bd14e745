//! Whether a function stands in an impl block.
//!
//! An attribute sees its function and nothing around it. A method with `self` betrays itself; an associated function does not,
//! and rustc's words for the table that we would print into the impl block are "`const` items in this context need a name" and
//! "cannot find function `limit` in this scope", which lead nowhere. So, for an indented function, the source file is asked. Where
//! there is none (editors, macros), rustc's words have to do.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::errors::Errors;
use crate::kind::Kind;
use crate::model::Component;
use crate::model::function::Function;

/// A function is free, or a method of a marked impl block.
pub(crate) fn check(component: &Component, errors: &Errors) {
    let Component { kind, function, service, .. } = component;
    if service.is_none() && function.receiver.is_none() && is_in_impl_block(function) {
        let attribute = kind.attribute();
        errors.at(function.name(), format!(
            "`{attribute}` on an associated function needs `#[fastmcp_rs::server]` on the impl block around it: put it there, or move the function out of the block"
        ));
    }
}

/// Whether the function can be seen to be an associated function of an impl block.
fn is_in_impl_block(function: &Function) -> bool {
    let sig = &function.sig;
    mentions_self(quote::quote!(#sig)) || stands_in_impl_block(function.name())
}

/// `Self` means something in impl blocks only (and in traits, which are as wrong a place).
fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

fn stands_in_impl_block(name: &Ident) -> bool {
    thread_local! {
        /// What each file of this crate has in its impl blocks: it is read once, not once for each function.
        static FILES: RefCell<HashMap<PathBuf, Marked>> = RefCell::default();
    }
    if !proc_macro::is_available() {
        return false;
    }
    let span = name.span().unwrap();
    // `fn name` at the margin stands in no block, and most functions do.
    if span.column() == "fn ".len() + 1 {
        return false;
    }
    let Some(file) = span.local_file() else { return false };
    FILES.with_borrow_mut(|files| {
        let marked = files.entry(file).or_insert_with_key(|file| {
            let source = std::fs::read_to_string(file).ok().filter(|source| source.contains("impl"));
            source.and_then(|source| source.parse().ok()).map(Marked::of).unwrap_or_default()
        });
        marked.is_only_in_impl_blocks(&name.to_string())
    })
}

/// The names of the functions of a file that carry one of our attributes.
#[derive(Default)]
struct Marked {
    in_impl_blocks: Vec<String>,
    elsewhere: Vec<String>,
}

impl Marked {
    fn of(file: TokenStream) -> Self {
        let mut marked = Self::default();
        marked.walk(file, false);
        marked
    }

    fn is_only_in_impl_blocks(&self, name: &str) -> bool {
        self.in_impl_blocks.iter().any(|known| known == name) && !self.elsewhere.iter().any(|known| known == name)
    }

    fn walk(&mut self, tokens: TokenStream, in_impl_block: bool) {
        let (mut is_marked, mut is_service, mut after_fn) = (false, false, false);
        let (mut begins_impl, mut item_begins) = (false, true);
        for token in tokens {
            let begins = std::mem::take(&mut item_begins);
            match token {
                TokenTree::Ident(ident) => {
                    if std::mem::take(&mut after_fn) && std::mem::take(&mut is_marked) {
                        let names = if in_impl_block { &mut self.in_impl_blocks } else { &mut self.elsewhere };
                        names.push(ident.to_string());
                    }
                    after_fn = ident == "fn";
                    begins_impl |= begins && ident == "impl";
                    item_begins = begins && ident == "unsafe";
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    self.walk(group.stream(), std::mem::take(&mut begins_impl) && !is_service);
                    (is_marked, is_service, item_begins) = (false, false, true);
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                    let name = attribute_name(group.stream());
                    is_marked |= begins && Kind::ALL.iter().any(|kind| name == kind.word());
                    is_service |= begins && name == "server";
                    item_begins = begins;
                }
                TokenTree::Punct(punct) => {
                    item_begins = punct.as_char() == ';' || (begins && matches!(punct.as_char(), '#' | '!'));
                }
                TokenTree::Group(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

/// `tool` of `tool`, `tool(..)` and `fastmcp_rs::tool`.
fn attribute_name(attribute: TokenStream) -> String {
    let path = attribute.into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    path.last().map(|last| last.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_only_in_impl_blocks(file: &str) -> bool {
        Marked::of(file.parse().expect("the file is Rust")).is_only_in_impl_blocks("f")
    }

    #[test]
    fn impl_blocks_are_seen() {
        assert!(is_only_in_impl_blocks("struct N; impl N { #[tool] fn f() {} }"));
        assert!(is_only_in_impl_blocks(
            "mod m { #[x(y)] impl<'a, T: Fn(u8) -> [u8; 2]> N<'a> for T where T: X { const B: u8 = 1; #[a::tool(x)] pub async fn f() {} } }"
        ));
        assert!(is_only_in_impl_blocks(
            "/* { */ unsafe impl N { // }\n fn a() { \"}\"; '}'; r#\"}\"# } #[x] #[tool] #[y] fn f() {} }"
        ));
        assert!(is_only_in_impl_blocks("fn f() {} impl N { #[prompt] fn f() {} }"));
    }

    #[test]
    fn other_blocks_are_not() {
        assert!(!is_only_in_impl_blocks("impl N {} mod m { #[tool] fn f() {} }"));
        assert!(!is_only_in_impl_blocks("impl N { fn a() { #[tool] fn f() {} } }"));
        assert!(!is_only_in_impl_blocks("fn a() -> impl Fn() { #[tool] fn f() {} }"));
        assert!(!is_only_in_impl_blocks("const A: &str = \"impl N {\"; mod m { #[tool] fn f() {} }"));
        assert!(!is_only_in_impl_blocks("#[server] impl N { #[tool] fn f() {} } make_tool!(f);"));
        assert!(!is_only_in_impl_blocks("impl N { fn f() {} } mod m { #[tool] fn f() {} }"));
        assert!(!is_only_in_impl_blocks("impl N { #[tool] fn f() {} } mod m { #[tool] fn f() {} }"));
    }
}
