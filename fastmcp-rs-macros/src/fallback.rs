//! What to print when the item is not what the attribute is for: the item itself, so that nothing else breaks.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::errors::Errors;
use crate::kind::Kind;

/// `#[tool]` on something that is not a function, or on a function whose signature can't be read.
pub(crate) fn not_a_function(kind: Kind, item: TokenStream, error: &syn::Error, errors: Errors) -> TokenStream {
    let attribute = kind.attribute();
    match keyword(&item) {
        Some(keyword) if keyword == "impl" => errors.at(&keyword, format!(
            "`{attribute}` goes on a function: put `#[fastmcp_rs::server]` on the impl block, and `{attribute}` on its methods"
        )),
        Some(keyword) if keyword != "fn" => errors.at(&keyword, format!("`{attribute}` goes on a function, found `{keyword}`: move it to an `fn` or `async fn`")),
        _ => errors.span(error.span(), format!("`{attribute}` can't read the signature of this function from here on")),
    }
    let mut tokens = without_parameter_attributes(item);
    tokens.extend(errors.into_tokens());
    tokens
}

/// The keyword that says what kind of item this is.
pub(crate) fn keyword(item: &TokenStream) -> Option<Ident> {
    const ITEMS: [&str; 12] =
        ["fn", "struct", "enum", "union", "trait", "impl", "mod", "static", "type", "use", "const", "macro_rules"];
    let idents = || {
        item.clone().into_iter().filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident),
            _ => None,
        })
    };
    let first = idents().find(|ident| ITEMS.iter().any(|item| ident == item))?;
    // `const fn` is a function.
    let is_function = first == "const"
        && idents()
            .skip_while(|ident| ident != "const")
            .nth(1)
            .is_some_and(|next| next == "fn" || next == "unsafe" || next == "async");
    if is_function { idents().find(|ident| ident == "fn") } else { Some(first) }
}

/// Takes `#[arg(..)]` and doc comments off the parameters of a function that syn can't read: rustc knows neither there.
fn without_parameter_attributes(item: TokenStream) -> TokenStream {
    let mut seen_fn = false;
    let mut done = false;
    item.into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) => {
                seen_fn |= ident == "fn";
                TokenTree::Ident(ident)
            }
            TokenTree::Group(group) if seen_fn && !done && group.delimiter() == Delimiter::Parenthesis => {
                done = true;
                let mut stripped = Group::new(Delimiter::Parenthesis, without_attributes(group.stream()));
                stripped.set_span(group.span());
                TokenTree::Group(stripped)
            }
            other => other,
        })
        .collect()
}

fn without_attributes(params: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    for token in params {
        let ours = match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let first = group.stream().into_iter().next();
                matches!(first, Some(TokenTree::Ident(ident)) if ident == "arg" || ident == "doc")
            }
            _ => false,
        };
        let after_hash = matches!(kept.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        if ours && after_hash {
            kept.pop();
        } else {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}
