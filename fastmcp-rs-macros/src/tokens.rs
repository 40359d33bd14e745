//! Small questions about syntax, and small pieces of it, that every room needs.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, ExprUnary, Lit, Type, UnOp};

/// Looks through the invisible groups in which `macro_rules!` hands over its fragments, and through parentheses.
pub(crate) fn peel(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Group(group) => &group.expr,
            Expr::Paren(paren) => &paren.expr,
            other => return other,
        };
    }
}

/// The same for a type.
pub(crate) fn peel_type(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            other => return other,
        };
    }
}

/// The number after an optional minus, as a literal.
pub(crate) fn number(expr: &Expr) -> Option<(bool, &Lit)> {
    match peel(expr) {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            number(expr).map(|(negative, literal)| (!negative, literal))
        }
        Expr::Lit(ExprLit { lit: lit @ (Lit::Int(_) | Lit::Float(_)), .. }) => Some((false, lit)),
        _ => None,
    }
}

/// An expression in a message, by its kind.
pub(crate) fn describe(expr: &Expr) -> String {
    let tokens = expr.to_token_stream().to_string();
    match peel(expr) {
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => format!("the string {tokens}"),
        Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }) => format!("`{tokens}`"),
        _ if number(expr).is_some() => format!("the number `{}`", tokens.replace(' ', "")),
        Expr::Path(_) => format!("the name `{}`", tokens.replace(' ', "")),
        Expr::Array(_) => "a list in brackets".to_owned(),
        _ => "an expression".to_owned(),
    }
}

/// Tokens as a person would write them.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, tight) in
        [(" :: ", "::"), (":: ", "::"), (" < ", "<"), ("< ", "<"), (" >", ">"), (" ,", ","), ("& ", "&")]
    {
        text = text.replace(spaced, tight);
    }
    text
}

/// A name that the user's expressions cannot see, and that no item of the user's can clash with.
pub(crate) fn local(name: &str) -> Ident {
    // Hygiene does not reach constants: a `const call: u8` in the user's module would be what the pattern `call` means.
    Ident::new(&format!("__{name}"), Span::mixed_site())
}

/// `Some(value)` or `None`, by their full names.
pub(crate) fn option<T: ToTokens>(value: Option<&T>) -> TokenStream {
    match value {
        None => quote!(::core::option::Option::None),
        Some(value) => quote!(::core::option::Option::Some(#value)),
    }
}

/// A tuple of names, nested where there are more than the runtime's tuples hold.
pub(crate) fn tuple(names: &[Ident]) -> TokenStream {
    const MOST: usize = 8;
    if names.len() <= MOST {
        return quote!((#(#names,)*));
    }
    let groups = names.chunks(names.len().div_ceil(MOST).max(MOST)).map(tuple);
    quote!((#(#groups,)*))
}

pub(crate) fn is_empty_block(body: &TokenStream) -> bool {
    let mut tokens = body.clone().into_iter();
    matches!((tokens.next(), tokens.next()), (Some(TokenTree::Group(group)), None) if group.stream().is_empty())
}
