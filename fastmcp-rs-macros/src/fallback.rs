//! What to print when the item is not what the attribute is for: the item itself, so that nothing else breaks.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use quote::quote;

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
    let item = printed_back(item);
    let errors = errors.into_tokens();
    quote!(#item #errors)
}

/// `#[server]` on something that is not an impl block, or on one that can't be read.
pub(crate) fn not_an_impl_block(item: &TokenStream, error: &syn::Error, errors: Errors) -> TokenStream {
    let message = match keyword(item) {
        Some(keyword) if keyword != "impl" => format!("`#[server]` goes on an impl block, found `{keyword}`"),
        _ => format!("`#[server]` can't read this impl block: {error}"),
    };
    errors.span(error.span(), message);
    let errors = errors.into_tokens();
    quote!(#item #errors)
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

/// The item without our attributes on methods, and without `#[arg(..)]` and doc comments on parameters: rustc knows none of
/// these there. Bodies of functions stay as they are.
pub(crate) fn printed_back(item: TokenStream) -> TokenStream {
    let is_impl_block = keyword(&item).is_some_and(|keyword| keyword == "impl");
    if !is_impl_block {
        return plain_functions(item);
    }
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(block)) = tokens.last_mut() {
        *block = regrouped(block, plain_functions(without_attributes(block.stream(), &["tool", "resource", "prompt"])));
    }
    tokens.into_iter().collect()
}

/// Functions, one after the other, with nothing on their parameters.
fn plain_functions(items: TokenStream) -> TokenStream {
    let mut before_parameters = false;
    let plain = |token| match token {
        TokenTree::Ident(ident) => {
            before_parameters |= ident == "fn";
            TokenTree::Ident(ident)
        }
        TokenTree::Group(group) if before_parameters && group.delimiter() == Delimiter::Parenthesis => {
            before_parameters = false;
            TokenTree::Group(regrouped(&group, without_attributes(group.stream(), &["arg", "doc"])))
        }
        other => other,
    };
    items.into_iter().map(plain).collect()
}

fn regrouped(group: &Group, stream: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), stream);
    regrouped.set_span(group.span());
    regrouped
}

/// Takes away the attributes of these names, by the last segment of their paths.
fn without_attributes(tokens: TokenStream, names: &[&str]) -> TokenStream {
    let mut kept = Vec::new();
    for token in tokens {
        let is_named = match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let path = group.stream().into_iter().take_while(|token| match token {
                    TokenTree::Ident(_) => true,
                    TokenTree::Punct(punct) => punct.as_char() == ':',
                    _ => false,
                });
                path.last().is_some_and(|last| names.iter().any(|name| last.to_string() == *name))
            }
            _ => false,
        };
        let after_hash = matches!(kept.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        if is_named && after_hash {
            kept.pop();
        } else {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_keep_everything_but_the_attributes_of_their_parameters() {
        let item = quote! {
            /// Adds.
            #[inline]
            fn add(#[arg(default = 1)] a: u8, #[doc = "It."] b: u8, #[cfg(unix)] c: u8) -> u8 { #[doc = "x"] fn g(#[arg] a: u8) {} }
        };
        let plain = quote! {
            /// Adds.
            #[inline]
            fn add(a: u8, b: u8, #[cfg(unix)] c: u8) -> u8 { #[doc = "x"] fn g(#[arg] a: u8) {} }
        };
        assert_eq!(printed_back(item).to_string(), plain.to_string());
    }

    #[test]
    fn methods_lose_our_attributes() {
        let item = quote! {
            impl Notes { #[tool(name = "a")] #[inline] fn a(&self, #[arg(range(1..))] b: u8) {} #[fastmcp_rs::prompt] fn c(#[doc = "d"] d: u8) {} }
        };
        let plain = quote!(impl Notes { #[inline] fn a(&self, b: u8) {} fn c(d: u8) {} });
        assert_eq!(printed_back(item).to_string(), plain.to_string());
    }
}
