//! `#[arg(..)]`: the keys of one parameter.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta};

use super::constraint::{Len, Range};
use crate::errors::Errors;
use crate::keys::{self, arg};
use crate::parse::{Entry, Keys, Value};

/// What `#[arg(..)]` says about a parameter.
#[derive(Default)]
pub(crate) struct Arg {
    pub(crate) name: Option<LitStr>,
    pub(crate) default: Option<Fallback>,
    pub(crate) header: Option<LitStr>,
    /// The key itself, to point at.
    pub(crate) flatten: Option<Ident>,
    /// The first key that was written, to point at when the parameter turns out to be no argument.
    pub(crate) first_key: Option<Ident>,
    pub(crate) range: Option<Range>,
    pub(crate) len: Option<Len>,
    pub(crate) pattern: Option<LitStr>,
    pub(crate) format: Option<LitStr>,
    pub(crate) example: Option<Expr>,
    pub(crate) complete: Option<Expr>,
    pub(crate) sensitive: bool,
}

/// The two kinds of defaults.
pub(crate) enum Fallback {
    /// A string literal, which any type may be read from.
    Text(LitStr),
    /// An expression of the parameter's type.
    Typed(TokenStream),
}

impl Arg {
    /// Whether this is `#[arg(..)]`.
    pub(crate) fn is(attribute: &Attribute) -> bool {
        attribute.path().segments.last().is_some_and(|segment| segment.ident == "arg")
    }

    pub(crate) fn read<'a>(attributes: impl Iterator<Item = &'a Attribute>, errors: &Errors) -> Self {
        let mut keys = Keys::read(keys::Attribute::Arg, TokenStream::new(), errors);
        for attribute in attributes {
            match &attribute.meta {
                Meta::List(list) => keys.extend(Keys::read(keys::Attribute::Arg, list.tokens.clone(), errors)),
                other => {
                    errors.at(other, "`#[arg]` takes keys in parentheses: write for example `#[arg(default = 3)]`")
                }
            }
        }
        let arg = Self {
            first_key: keys.first_key(),
            name: keys.text::<arg::Name>(),
            default: keys.take::<arg::Default>().and_then(|entry| default(&entry, errors)),
            range: keys.take::<arg::Range>().and_then(|entry| Range::read(&entry, errors)),
            len: keys.take::<arg::Len>().and_then(|entry| Len::read(&entry, errors)),
            pattern: keys.text::<arg::Pattern>(),
            format: keys.text::<arg::Format>(),
            example: keys.expr::<arg::Example>("example = \"..\""),
            complete: keys.expr::<arg::Complete>("complete = path::to::function"),
            header: keys.text::<arg::Header>(),
            flatten: keys.boolean::<arg::Flatten>().filter(|(on, _)| *on).map(|(_, key)| key),
            sensitive: keys.flag::<arg::Sensitive>(),
        };
        keys.finish();
        arg
    }
}

/// `default = expr`, or `default` alone for the type's own.
fn default(entry: &Entry, errors: &Errors) -> Option<Fallback> {
    if matches!(entry.value, Value::Flag) {
        return Some(Fallback::Typed(quote_spanned!(entry.key.span()=> ::core::default::Default::default())));
    }
    Some(match entry.expr(errors, "a value", "default = 3")? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Fallback::Text(text),
        other => Fallback::Typed(quote!(#other)),
    })
}
