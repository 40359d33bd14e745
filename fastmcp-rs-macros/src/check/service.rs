//! An impl block with `#[server]`, and its methods among themselves.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Macro;

use crate::errors::Errors;
use crate::kind::Kind;
use crate::model::Component;
use crate::parse::impl_block::ImplBlock;
use crate::tokens::written;

/// Holds every rule against the block and its methods.
pub(crate) fn check(block: &ImplBlock, marked: &[Component], macros: &[Macro], errors: &Errors) {
    generic(block, errors);
    made_by_macros(marked, macros, errors);
    marked.iter().for_each(|component| super::check(component, errors));
    names(marked, errors);
    if marked.is_empty() && errors.is_empty() {
        errors.at(&block.self_ty, "this impl block has nothing to serve: put `#[tool]`, `#[resource(\"..\")]` or `#[prompt]` on a method, or remove `#[server]`");
    }
}

/// Methods are written out: a macro within the block is only expanded when the attribute has read it.
fn made_by_macros(marked: &[Component], macros: &[Macro], errors: &Errors) {
    // A macro that is told about our attributes makes components; so does one where nothing else is there to serve.
    for mac in macros.iter().filter(|mac| marked.is_empty() || mentions_attributes(mac.tokens.clone())) {
        let name = written(&mac.path);
        errors.at(&mac.path, format!(
            "`#[server]` cannot see the methods that `{name}!` makes, because it reads the block before macros within it are expanded: write the methods out, or let the macro make the whole impl block, with `#[fastmcp_rs::server]` on it"
        ));
    }
}

fn mentions_attributes(tokens: TokenStream) -> bool {
    let mut after_hash = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(punct) => {
            after_hash = punct.as_char() == '#';
            false
        }
        TokenTree::Group(group) => {
            let is_attribute = std::mem::take(&mut after_hash) && group.delimiter() == Delimiter::Bracket;
            let is_ours =
                |token| matches!(token, TokenTree::Ident(ident) if Kind::ALL.iter().any(|kind| ident == kind.word()));
            (is_attribute && group.stream().into_iter().any(is_ours)) || mentions_attributes(group.stream())
        }
        TokenTree::Ident(_) | TokenTree::Literal(_) => {
            after_hash = false;
            false
        }
    })
}

/// A service is one concrete type of the user's.
fn generic(block: &ImplBlock, errors: &Errors) {
    if let Some((path, _)) = &block.trait_ {
        errors.at(path, "`#[server]` goes on an impl block of a type's own (`impl Notes { .. }`), not of a trait: move the methods there");
    }
    if !block.generics.params.is_empty() {
        errors.at(&block.generics, "a service can't be generic, because its methods are listed once: write the impl block for one type, for example `impl Notes<Postgres>`");
    }
}

/// Methods of one kind have different names (resources have URIs for that). Those under `cfg` may be alternatives.
fn names(marked: &[Component], errors: &Errors) {
    let mut seen: Vec<(Kind, String)> = Vec::new();
    for component in marked {
        let Component { kind, options, function, .. } = component;
        let name = match component.uri() {
            Some(uri) => uri.wire.clone(),
            None => component.name(),
        };
        if !function.cfgs().is_empty() {
            continue;
        }
        let one = (*kind, name);
        if seen.contains(&one) {
            let (word, name) = (kind.word(), &one.1);
            let (span, advice) = match (component.uri_span(), &options.common.name) {
                (Some(span), _) => (span, "change one of the URIs"),
                (None, Some(literal)) => (literal.span(), "give one of the two another name"),
                (None, None) => (function.name().span(), "give one of the two another name"),
            };
            errors.span(span, format!("a second {word} of this service is called `{name}`: {advice}"));
        }
        seen.push(one);
    }
}
