//! `#[resource("uri", ..)]`: the URI, and the keys that only resources have.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Lit, LitStr, Token};

use crate::errors::Errors;
use crate::keys::{Attribute, annotations, resource};
use crate::kind::Kind;
use crate::parse::uri::Uri;
use crate::parse::{Keys, Value};
use crate::tokens::{describe, number};

pub(crate) struct Resource {
    /// `None` if there is none, which has been reported.
    pub(crate) uri: Option<(LitStr, Uri)>,
    pub(crate) mime_type: Option<LitStr>,
    pub(crate) audience: Vec<LitStr>,
    pub(crate) priority: Option<f64>,
    pub(crate) last_modified: Option<LitStr>,
    pub(crate) ttl: Option<Duration>,
    pub(crate) cache_scope: Option<&'static str>,
    pub(crate) size: Option<u64>,
}

/// Takes the URI off the front of the attribute's tokens.
pub(crate) fn split_uri(tokens: TokenStream, errors: &Errors) -> (Option<LitStr>, TokenStream) {
    let parser = |input: ParseStream<'_>| {
        if input.peek(LitStr) {
            let uri: LitStr = input.parse()?;
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                errors.span(input.span(), "expected a comma after the URI");
            }
            return Ok((Some(uri), input.parse::<TokenStream>()?));
        }
        let example = "`#[resource(\"notes://{id}\")]`";
        let is_uri = |key: &syn::Ident| key == "uri" || key == "uri_template";
        // A name that is neither a flag nor has a value is meant to be the URI.
        let is_path = |input: ParseStream<'_>| {
            let alone = !(input.peek2(Token![=]) || input.peek2(syn::token::Paren));
            let is_key = |path: &syn::Path| {
                path.get_ident().is_some_and(|ident| Attribute::Component(Kind::Resource).knows(&ident.to_string()))
            };
            alone && input.fork().parse::<syn::Path>().is_ok_and(|path| !is_key(&path))
        };
        let key = input.fork().call(syn::Ident::parse_any).ok().filter(|_| !input.peek2(Token![!]));
        match key {
            None if input.is_empty() => {
                errors.span(Span::call_site(), format!("`#[resource]` needs a URI: write for example {example}"));
            }
            Some(key) if is_uri(&key) => {
                errors.at(
                    &key,
                    format!("`#[resource]` begins with the URI, without `{key} =`: write for example {example}"),
                );
                input.parse::<syn::Ident>()?;
                input.parse::<Token![=]>()?;
                let uri: Option<LitStr> = input.parse().ok();
                let _ = input.parse::<Token![,]>();
                return Ok((uri, input.parse()?));
            }
            Some(key) if !is_path(input) => {
                errors.at(key, format!("`#[resource]` begins with the URI: write for example {example}"));
            }
            _ => {
                let uri: Expr = input.parse()?;
                let found = describe(&uri);
                errors.at(uri, format!("the URI is a string in quotes, so that it can be checked against the parameters, found {found}: write for example {example}"));
                let _ = input.parse::<Token![,]>();
            }
        }
        Ok((None, input.parse::<TokenStream>()?))
    };
    parser.parse2(tokens).unwrap_or_else(|error| {
        errors.push(error);
        (None, TokenStream::new())
    })
}

impl Resource {
    pub(crate) fn read(uri: Option<LitStr>, keys: &mut Keys<'_>, errors: &Errors) -> Self {
        let uri = uri.map(|literal| {
            let read = Uri::read(&literal, errors);
            (literal, read)
        });
        let mut resource = Self {
            uri,
            mime_type: keys.text::<resource::MimeType>(),
            audience: Vec::new(),
            priority: None,
            last_modified: None,
            ttl: keys.duration::<resource::Ttl>(),
            cache_scope: cache_scope(keys, errors),
            size: keys.take::<resource::Size>().and_then(|entry| {
                let expr = entry.expr(errors, "a number of bytes", "size = 1024")?;
                let size = match number(&expr) {
                    Some((false, Lit::Int(int))) => int.base10_parse().ok(),
                    _ => None,
                };
                if size.is_none() {
                    let found = describe(&expr);
                    errors.at(
                        expr,
                        format!("`size` is a number of bytes, found {found}: write for example `size = 1024`"),
                    );
                }
                size
            }),
        };
        resource.read_annotations(keys, errors);
        resource
    }

    /// `annotations(audience("user"), priority = 0.8, last_modified = "2026-01-12T15:00:58Z")`
    fn read_annotations(&mut self, keys: &mut Keys<'_>, errors: &Errors) {
        let Some(entry) = keys.take::<resource::Annotations>() else {
            return;
        };
        let Some((tokens, _)) = entry.list(errors, "annotations(audience(\"user\"), priority = 0.8)") else {
            return;
        };
        let mut inner = Keys::read(Attribute::Annotations, tokens, errors);
        self.audience = inner.texts::<annotations::Audience>();
        self.priority = inner.take::<annotations::Priority>().and_then(|entry| {
            let expr = entry.expr(errors, "a number from 0.0 to 1.0", "priority = 0.8")?;
            let priority = match number(&expr) {
                Some((false, Lit::Int(int))) => int.base10_parse().ok(),
                Some((false, Lit::Float(float))) => float.base10_parse().ok(),
                _ => None,
            };
            let priority = priority.filter(|priority: &f64| (0.0..=1.0).contains(priority));
            if priority.is_none() {
                let found = describe(&expr);
                errors.at(
                    expr,
                    format!(
                        "a priority is a number from 0.0 to 1.0, found {found}: write for example `priority = 0.8`"
                    ),
                );
            }
            priority
        });
        self.last_modified = inner.text::<annotations::LastModified>();
        inner.finish();
    }

    pub(crate) fn uri(&self) -> Option<&Uri> {
        self.uri.as_ref().map(|(_, uri)| uri)
    }

    pub(crate) fn uri_span(&self) -> Option<Span> {
        self.uri.as_ref().map(|(literal, _)| literal.span())
    }
}

fn cache_scope(keys: &mut Keys<'_>, errors: &Errors) -> Option<&'static str> {
    let entry = keys.take::<resource::CacheScope>()?;
    if matches!(entry.value, Value::Flag) {
        errors.at(
            &entry.key,
            "`cache_scope` takes a string: write `cache_scope = \"private\"` or `cache_scope = \"public\"`",
        );
        return None;
    }
    let text = entry.text(errors)?;
    match text.value().as_str() {
        "public" => Some("Public"),
        "private" => Some("Private"),
        other => {
            errors.at(&text, format!("`cache_scope` is \"public\" or \"private\", found \"{other}\""));
            None
        }
    }
}
