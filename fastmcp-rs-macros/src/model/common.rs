//! What tools, resources and prompts have in common: the keys that end up in the runtime's `Shared`.

use std::time::Duration;

use proc_macro2::Ident;
use syn::{Expr, Lit, LitStr};

use super::function::Function;
use crate::errors::Errors;
use crate::keys::common;
use crate::parse::time::{self, DURATION_EXAMPLES};
use crate::parse::{Entry, Keys};
use crate::tokens::{describe, number};

/// The keys that all three kinds know.
#[derive(Default)]
pub(crate) struct Common {
    pub(crate) name: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    /// The key itself, to point at.
    pub(crate) inline: Option<Ident>,
    pub(crate) title: Option<LitStr>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) version: Option<LitStr>,
    pub(crate) timeout: Option<Timeout>,
    pub(crate) scopes: Vec<LitStr>,
    pub(crate) roles: Vec<LitStr>,
    pub(crate) rate_limit: Option<(u32, Duration)>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) hidden: bool,
    pub(crate) icons: Vec<LitStr>,
    pub(crate) meta: Option<Expr>,
    pub(crate) expose_errors: bool,
    pub(crate) server: Option<LitStr>,
}

pub(crate) enum Timeout {
    Never,
    After(Duration),
}

impl Common {
    pub(crate) fn read(keys: &mut Keys<'_>, errors: &Errors) -> Self {
        Self {
            name: keys.text::<common::Name>(),
            description: keys.text::<common::Description>(),
            title: keys.text::<common::Title>(),
            tags: keys.texts::<common::Tags>(),
            version: keys.text::<common::Version>(),
            timeout: keys.take::<common::Timeout>().and_then(|entry| timeout(&entry, errors)),
            inline: keys.boolean::<common::Inline>().filter(|(on, _)| *on).map(|(_, key)| key),
            scopes: scopes(keys, errors),
            roles: keys.texts::<common::Roles>(),
            rate_limit: keys.rate::<common::RateLimit>(),
            concurrency: keys.take::<common::Concurrency>().and_then(|entry| concurrency(&entry, errors)),
            hidden: keys.flag::<common::Hidden>(),
            icons: icons(keys, errors),
            meta: keys.expr::<common::Meta>("meta = json!({ .. })"),
            expose_errors: keys.flag::<common::ExposeErrors>(),
            server: keys.text::<common::Server>(),
        }
    }

    /// The name under which the component is served.
    pub(crate) fn name(&self, function: &Function) -> String {
        self.name.as_ref().map_or_else(|| function.wire_name(), LitStr::value)
    }
}

fn timeout(entry: &Entry, errors: &Errors) -> Option<Timeout> {
    let text = entry.text_like("10s", errors)?;
    if text.value() == "none" {
        return Some(Timeout::Never);
    }
    match time::duration(&text.value()) {
        Ok(duration) => Some(Timeout::After(duration)),
        Err(wrong) => {
            errors.at(&text, format!("{wrong}: write for example {DURATION_EXAMPLES}, or `\"none\"` for no limit"));
            None
        }
    }
}

/// Scopes, in the form in which clients are told to ask for them (RFC 6749, section 3.3).
fn scopes(keys: &mut Keys<'_>, errors: &Errors) -> Vec<LitStr> {
    let scopes = keys.texts::<common::Scopes>();
    for scope in &scopes {
        let text = scope.value();
        if text.contains(' ') {
            let several = text.split_whitespace().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
            errors.at(scope, format!("a scope has no spaces: write `scopes({several})` for several"));
        } else if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\') {
            errors.at(
                scope,
                "a scope is made of letters, digits and other visible ASCII characters but `\"` and `\\`".to_owned(),
            );
        }
    }
    scopes
}

/// A number of calls, which is not zero.
fn concurrency(entry: &Entry, errors: &Errors) -> Option<u32> {
    let expr = entry.expr(errors, "a number of calls", "concurrency = 4")?;
    let calls = match number(&expr) {
        Some((false, Lit::Int(int))) => int.base10_parse().ok(),
        _ => None,
    };
    match calls {
        Some(0) => errors.at(&expr, "`concurrency = 0` lets no call run: write a number from 1 on, or remove the key"),
        Some(calls) => return Some(calls),
        None => {
            let found = describe(&expr);
            errors.at(
                &expr,
                format!("`concurrency` is a number of calls, found {found}: write for example `concurrency = 4`"),
            );
        }
    }
    None
}

/// `icon = ".."`, repeatable, and `icons("..", "..")`.
fn icons(keys: &mut Keys<'_>, errors: &Errors) -> Vec<LitStr> {
    let mut icons: Vec<LitStr> =
        keys.take_all::<common::Icon>().iter().filter_map(|entry| entry.text(errors)).collect();
    icons.extend(keys.texts::<common::Icons>());
    icons
}
