//! `#[resource("uri", ..)]`: the URI against the parameters, both ways, and the keys that only resources have.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Lit, LitStr, Token};

use crate::arg::option_tokens;
use crate::args::Keys;
use crate::entry::{Value, describe, number};
use crate::errors::{Errors, nearest};
use crate::function::Function;
use crate::krate::Krate;
use crate::time::duration_tokens;
use crate::uri::{Placeholder, Shape, Uri};

pub(crate) struct Resource {
    /// `None` if there is none, which has been reported.
    uri: Option<(LitStr, Uri)>,
    mime_type: Option<LitStr>,
    audience: Vec<LitStr>,
    priority: Option<f64>,
    last_modified: Option<LitStr>,
    ttl: Option<Duration>,
    cache_scope: Option<&'static str>,
    size: Option<u64>,
}

/// Takes the URI off the front of the attribute's tokens.
pub(crate) fn split_uri(tokens: TokenStream, errors: &Errors) -> (Option<LitStr>, TokenStream) {
    let parser = |input: ParseStream<'_>| {
        if input.peek(LitStr) {
            let uri: LitStr = input.parse()?;
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                errors.span(input.span(), "expected a comma behind the URI");
            }
            return Ok((Some(uri), input.parse::<TokenStream>()?));
        }
        let example = "`#[resource(\"notes://{id}\")]`";
        let is_uri = |key: &syn::Ident| key == "uri" || key == "uri_template";
        // A name that is neither a flag nor has a value is meant to be the URI.
        let is_path = |input: ParseStream<'_>| {
            let flags = ["hidden", "inline", "expose_errors"];
            let alone = !(input.peek2(Token![=]) || input.peek2(syn::token::Paren));
            alone && input.fork().parse::<syn::Path>().is_ok_and(|path| !flags.iter().any(|flag| path.is_ident(flag)))
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
        let mime_type = keys.text("mime_type");
        if let Some(mime_type) = &mime_type {
            check_mime_type(mime_type, errors);
        }
        let mut resource = Self {
            uri,
            mime_type,
            audience: Vec::new(),
            priority: None,
            last_modified: None,
            ttl: keys.duration("ttl"),
            cache_scope: cache_scope(keys, errors),
            size: keys.take("size").and_then(|entry| {
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
        let Some(entry) = keys.take("annotations") else {
            return;
        };
        let Some((tokens, _)) = entry.list(errors, "annotations(audience(\"user\"), priority = 0.8)") else {
            return;
        };
        let mut inner = Keys::read("annotations(..)", tokens, errors);
        self.audience = inner.texts("audience");
        for audience in
            self.audience.iter().filter(|audience| !matches!(audience.value().as_str(), "user" | "assistant"))
        {
            errors.at(audience, format!("an audience is \"user\" or \"assistant\", found \"{}\"", audience.value()));
        }
        self.priority = inner.take("priority").and_then(|entry| {
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
        self.last_modified = inner.text("last_modified");
        if let Some(time) = self.last_modified.as_ref().filter(|time| !is_timestamp(&time.value())) {
            errors.at(
                time,
                format!("\"{}\" is no ISO 8601 time: write for example \"2026-01-12T15:00:58Z\"", time.value()),
            );
        }
        inner.finish(|_| None);
    }

    pub(crate) fn uri(&self) -> Option<&Uri> {
        self.uri.as_ref().map(|(_, uri)| uri)
    }

    pub(crate) fn uri_span(&self) -> Option<Span> {
        self.uri.as_ref().map(|(literal, _)| literal.span())
    }

    /// Each placeholder has a parameter; each parameter with an `#[arg(..)]` has a placeholder. A parameter that no
    /// placeholder names must be an injected one, which its type shows and the generated code asks.
    pub(crate) fn check(&self, function: &Function, errors: &Errors) {
        let Some((literal, uri)) = &self.uri else {
            return;
        };
        let name = function.name();
        let free: Vec<String> =
            function.params.iter().map(crate::function::Parameter::wire_name).filter(|param| !uri.has(param)).collect();
        for Placeholder { name: placeholder, written, shape } in &uri.placeholders {
            if function.params.iter().any(|param| param.wire_name() == *placeholder) {
                continue;
            }
            let ty = if *shape == Shape::Query { "Option<String>" } else { "String" };
            let one =
                if *shape == Shape::Query { format!("`{placeholder}` in `{written}`") } else { format!("`{written}`") };
            let advice = match nearest(placeholder, free.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`, which `fn {name}` takes?"),
                None => format!("add `{placeholder}: {ty}` to `fn {name}`, or remove {one}"),
            };
            errors.at(literal, format!("{one} in the URI has no parameter: {advice}"));
        }
        if !uri.is_sound {
            return;
        }
        for param in function.params.iter().filter(|param| !uri.has(&param.wire_name())) {
            let name = param.wire_name();
            if uri.wire.split('/').any(|segment| segment.strip_prefix(':') == Some(&*name)) {
                errors
                    .at(literal, format!("`:{name}` is plain text in this URI: write `{{{name}}}` for the parameter"));
                continue;
            }
            if let Some(key) = &param.arg.first_key {
                errors.at(key, format!("`{name}` is not in the URI, so that no client can give it: add `{{{name}}}` or `{{?{name}}}` to the URI, or remove the `#[arg(..)]`"));
            }
        }
    }

    /// The fields of `ResourceDef` that the other kinds lack.
    pub(crate) fn fields(&self, krate: &Krate) -> TokenStream {
        let p = krate.private();
        let uri = self.uri().map(|uri| uri.wire.as_str()).unwrap_or_default();
        let Self { audience, .. } = self;
        let mime_type = option_tokens(self.mime_type.as_ref());
        let priority = option_tokens(self.priority.as_ref());
        let last_modified = option_tokens(self.last_modified.as_ref());
        let ttl = option_tokens(self.ttl.map(duration_tokens).as_ref());
        let cache_scope = self.cache_scope.map(|scope| {
            let scope = proc_macro2::Ident::new(scope, Span::call_site());
            quote!(#p::CacheScope::#scope)
        });
        let cache_scope = option_tokens(cache_scope.as_ref());
        let size = option_tokens(self.size.as_ref());
        quote! {
            uri: #uri,
            mime_type: #mime_type,
            audience: &[#(#audience),*],
            priority: #priority,
            last_modified: #last_modified,
            ttl: #ttl,
            cache_scope: #cache_scope,
            size: #size,
        }
    }
}

fn cache_scope(keys: &mut Keys<'_>, errors: &Errors) -> Option<&'static str> {
    let entry = keys.take("cache_scope")?;
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

/// `type/subtype`, perhaps with parameters behind a semicolon.
fn check_mime_type(literal: &LitStr, errors: &Errors) {
    let token =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&^_.+-".contains(c));
    let text = literal.value();
    let (essence, parameters) =
        text.split_once(';').map_or((text.as_str(), None), |(essence, rest)| (essence, Some(rest)));
    let good = essence.trim_end().split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    let good = good
        && parameters.is_none_or(|rest| {
            rest.split(';').all(|one| one.trim().split_once('=').is_some_and(|(key, _)| token(key)))
        });
    if !good {
        errors.at(
            literal,
            format!(
                "\"{text}\" is no MIME type: write for example \"text/markdown\", \"application/json\" or \"image/png\""
            ),
        );
    }
}

/// The shape of an ISO 8601 date, or date and time; the digits' meaning is not checked.
fn is_timestamp(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00") else {
        return false;
    };
    let Some(time) = rest.strip_prefix('T') else {
        return rest.is_empty();
    };
    let Some(zone) = time.strip_prefix("00:00:00") else {
        return false;
    };
    let zone = zone.strip_prefix('.').map_or(zone, |fraction| fraction.trim_start_matches('0'));
    matches!(zone, "" | "Z" | "+00:00" | "-00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_have_a_shape() {
        assert!(is_timestamp("2026-01-12"));
        assert!(is_timestamp("2026-01-12T15:00:58Z"));
        assert!(is_timestamp("2026-01-12T15:00:58.123+01:00"));
        assert!(!is_timestamp("yesterday"));
        assert!(!is_timestamp("2026-01-12 15:00"));
    }

    #[test]
    fn mime_types_have_a_slash() {
        let problem = |text: &str| {
            let errors = Errors::default();
            check_mime_type(&LitStr::new(text, Span::call_site()), &errors);
            !errors.is_empty()
        };
        assert!(!problem("text/plain"));
        assert!(!problem("text/plain; charset=utf-8"));
        assert!(!problem("application/vnd.api+json"));
        assert!(problem("markdown"));
        assert!(problem("text/"));
        assert!(problem("text/plain; utf8"));
    }
}
