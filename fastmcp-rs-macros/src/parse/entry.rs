//! One `key`, `key = value` or `key(..)`: how it is parsed, and what can be asked of it.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Token};

use crate::errors::Errors;
use crate::keys::Attribute;
use crate::kind::Kind;
use crate::tokens::{describe, number, peel};

/// One key with what was given to it.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What follows a key.
pub(crate) enum Value {
    /// `key`
    Flag,
    /// `key = value`
    Equals(Box<Expr>),
    /// `key(..)`
    List(TokenStream, Span),
}

impl Entry {
    pub(crate) fn text(&self, errors: &Errors) -> Option<LitStr> {
        let meant = match &self.value {
            Value::Equals(expr) => match peel(expr) {
                Expr::Path(path) => path.to_token_stream().to_string().replace(' ', ""),
                expr if number(expr).is_some() => expr.to_token_stream().to_string().replace(' ', ""),
                _ => "..".to_owned(),
            },
            Value::Flag | Value::List(..) => "..".to_owned(),
        };
        self.text_like(&meant, errors)
    }

    /// A string, with an example of one for the message if it is none.
    pub(crate) fn text_like(&self, meant: &str, errors: &Errors) -> Option<LitStr> {
        let key = &self.key;
        let example = format!("{key} = \"{meant}\"");
        let expr = self.expr(errors, "a string", &example)?;
        if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = expr {
            return Some(text);
        }
        let found = describe(&expr);
        errors.at(&expr, format!("`{key}` takes a string in quotes, found {found}: write `{example}`"));
        None
    }

    /// `key("a", "b")`
    pub(crate) fn texts(&self, errors: &Errors) -> Vec<LitStr> {
        let key = &self.key;
        let list = match &self.value {
            Value::List(list, _) => list.clone(),
            Value::Flag => {
                errors.at(key, format!("`{key}` takes a list of strings: write `{key}(\"..\", \"..\")`"));
                return Vec::new();
            }
            Value::Equals(value) => {
                let inside = match &**value {
                    Expr::Array(array) => array.elems.to_token_stream().to_string(),
                    other => other.to_token_stream().to_string(),
                };
                errors.at(value, format!("`{key}` takes a list of strings in parentheses: write `{key}({inside})`"));
                return Vec::new();
            }
        };
        let parsed = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(list);
        let Some(items) = parsed.map_err(|error| errors.push(error)).ok() else {
            return Vec::new();
        };
        let mut texts: Vec<LitStr> = Vec::new();
        for item in &items {
            match peel(item) {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                    let value = text.value();
                    if value.trim().is_empty() {
                        errors.at(text, format!("an empty string in `{key}`: remove it, or write what was meant"));
                    } else if texts.iter().any(|known| known.value() == value) {
                        errors.at(text, format!("`{key}` has \"{value}\" twice: remove one of the two"));
                    } else {
                        texts.push(text.clone());
                    }
                }
                other => {
                    let found = describe(other);
                    errors.at(item, format!("`{key}` takes strings in quotes, found {found}: write `{key}(\"..\")`"));
                }
            }
        }
        if items.is_empty() {
            errors.at(key, format!("`{key}()` is empty: remove it, or write `{key}(\"..\")`"));
        }
        texts
    }

    pub(crate) fn boolean(&self, errors: &Errors) -> Option<bool> {
        let key = &self.key;
        if matches!(self.value, Value::Flag) {
            return Some(true);
        }
        let expr = self.expr(errors, "nothing, `= true` or `= false`", &key.to_string())?;
        if let Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) = &expr {
            return Some(value.value);
        }
        let found = describe(&expr);
        errors.at(&expr, format!("`{key}` is on or off, found {found}: write `{key}` or `{key} = false`"));
        None
    }

    /// The expression of `key = value`; `wanted` and `example` are for the message if there is none.
    pub(crate) fn expr(&self, errors: &Errors, wanted: &str, example: &str) -> Option<Expr> {
        let key = &self.key;
        match &self.value {
            Value::Equals(expr) => Some(peel(expr).clone()),
            Value::Flag => {
                errors.at(key, format!("`{key}` takes {wanted}: write `{example}`"));
                None
            }
            Value::List(_, span) => {
                errors.span(*span, format!("`{key}` takes {wanted} after `=`, found parentheses: write `{example}`"));
                None
            }
        }
    }

    /// The tokens of `key(..)`.
    pub(crate) fn list(&self, errors: &Errors, example: &str) -> Option<(TokenStream, Span)> {
        let key = &self.key;
        match &self.value {
            Value::List(tokens, span) => Some((tokens.clone(), *span)),
            Value::Flag => {
                errors.at(key, format!("`{key}` takes parentheses: write `{example}`"));
                None
            }
            Value::Equals(expr) => {
                errors.at(expr, format!("`{key}` takes parentheses, not `=`: write `{example}`"));
                None
            }
        }
    }
}

/// All entries of an attribute; what can't be read is reported and skipped.
pub(crate) fn entries(attribute: Attribute, input: ParseStream<'_>, errors: &Errors) -> Vec<Entry> {
    let mut entries = Vec::new();
    while !input.is_empty() {
        match entry(attribute, input) {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                errors.push(error);
                skip_to_comma(input);
            }
        }
        if input.is_empty() {
            break;
        }
        if input.parse::<Token![,]>().is_err() {
            let found = next_token(input);
            errors.span(input.span(), format!("expected a comma between two keys, found `{found}`: write `, {found}`"));
            if !input.peek(Ident::peek_any) {
                skip_to_comma(input);
                let _ = input.parse::<Token![,]>();
            }
        }
    }
    entries
}

fn entry(attribute: Attribute, input: ParseStream<'_>) -> syn::Result<Entry> {
    if !input.peek(Ident::peek_any) {
        let found = next_token(input);
        let advice = match (attribute, input.peek(LitStr)) {
            (Attribute::Component(Kind::Tool | Kind::Prompt), true) => {
                format!("write `name = {found}` or `description = {found}`")
            }
            (_, true) => format!("write a key before it: `key = {found}`"),
            _ => "write `key`, `key = value` or `key(..)`".to_owned(),
        };
        let attribute = attribute.written();
        return Err(input.error(format!("`{attribute}` takes keys, found `{found}`: {advice}")));
    }
    let key = Ident::parse_any(input)?;
    if input.peek(Token![:]) {
        let found = value_after(input);
        let message = format!("`{key}` and its value are separated by `=`, found `:`: write `{key} = {found}`");
        return Err(input.error(message));
    }
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new(
                key.span(),
                format!("there is no value after `{key} =`: write one, or remove the `=`"),
            ));
        }
        Value::Equals(Box::new(value(input)?))
    } else if input.peek(syn::token::Paren) {
        let inside;
        let parens = syn::parenthesized!(inside in input);
        Value::List(inside.parse()?, parens.span.join())
    } else {
        Value::Flag
    };
    Ok(Entry { key, value })
}

/// The value of a key. `crate = crate` and `crate = $crate` are paths, although syn takes neither for an expression.
fn value(input: ParseStream<'_>) -> syn::Result<Expr> {
    let ahead = input.fork();
    if let Ok(path) = syn::Path::parse_mod_style(&ahead)
        && (ahead.is_empty() || ahead.peek(Token![,]))
    {
        let path = syn::Path::parse_mod_style(input).unwrap_or(path);
        return Ok(Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path }));
    }
    Expr::parse(input)
}

fn value_after(input: ParseStream<'_>) -> String {
    let after = input.cursor().token_tree().and_then(|(_, rest)| rest.token_tree());
    after.map_or_else(|| "..".to_owned(), |(token, _)| token.to_string())
}

fn next_token(input: ParseStream<'_>) -> String {
    input.cursor().token_tree().map(|(token, _)| token.to_string()).unwrap_or_default()
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}
