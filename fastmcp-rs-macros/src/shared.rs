//! What tools, resources and prompts have in common: the keys that end up in `Shared`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use std::time::Duration;
use syn::{Expr, LitStr};

use crate::arg::published;
use crate::args::Keys;
use crate::entry::Entry;
use crate::errors::Errors;
use crate::function::Function;
use crate::krate::Krate;
use crate::time::{self, DURATION_EXAMPLES};

/// The keys that all three kinds know.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) name: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    /// The key itself, to point at.
    pub(crate) inline: Option<Ident>,
    title: Option<LitStr>,
    tags: Vec<LitStr>,
    version: Option<LitStr>,
    timeout: Option<Timeout>,
    scopes: Vec<LitStr>,
    roles: Vec<LitStr>,
    rate_limit: Option<(u32, Duration)>,
    hidden: bool,
    icons: Vec<LitStr>,
    meta: Option<Expr>,
    expose_errors: bool,
    server: Option<LitStr>,
}

enum Timeout {
    Never,
    After(Duration),
}

impl Shared {
    pub(crate) fn read(keys: &mut Keys<'_>, errors: &Errors) -> Self {
        let name = keys.text("name");
        if let Some(name) = &name {
            check_name(&name.value(), name.span(), errors);
        }
        let description = keys.text("description");
        if let Some(empty) = description.as_ref().filter(|text| text.value().trim().is_empty()) {
            errors.at(
                empty,
                "an empty description: say what it does, or remove the key and write a doc comment (`/// ..`)",
            );
        }
        Self {
            name,
            description,
            title: keys.text("title"),
            tags: keys.texts("tags"),
            version: keys.text("version"),
            timeout: keys.take("timeout").and_then(|entry| timeout(&entry, errors)),
            inline: keys.boolean("inline").filter(|(on, _)| *on).map(|(_, key)| key),
            scopes: keys.texts("scopes"),
            roles: keys.texts("roles"),
            rate_limit: keys.rate("rate_limit"),
            hidden: keys.flag("hidden"),
            icons: icons(keys, errors),
            meta: keys.expr("meta", "meta = json!({ .. })"),
            expose_errors: keys.flag("expose_errors"),
            server: keys.text("server"),
        }
    }

    /// Whether this is for one server by name.
    pub(crate) fn has_server(&self) -> bool {
        self.server.is_some()
    }

    /// The name under which the component is served.
    pub(crate) fn name(&self, function: &Function) -> String {
        self.name.as_ref().map_or_else(|| function.wire_name(), LitStr::value)
    }

    pub(crate) fn expr(&self, krate: &Krate, function: &Function) -> TokenStream {
        let p = krate.private();
        let name = self.name(function);
        let mut fields = Vec::new();
        let mut text = |field: TokenStream, value: &Option<LitStr>| {
            if let Some(value) = value {
                fields.push(quote!(#field: ::core::option::Option::Some(#value)));
            }
        };
        text(quote!(title), &self.title);
        text(quote!(description), &self.description);
        text(quote!(version), &self.version);
        text(quote!(server), &self.server);
        if !function.docs.is_empty() {
            let docs = function.docs.expr();
            fields.push(quote!(docs: #docs));
        }
        let lists = [
            (quote!(tags), &self.tags),
            (quote!(scopes), &self.scopes),
            (quote!(roles), &self.roles),
            (quote!(icons), &self.icons),
        ];
        for (field, values) in lists.iter().filter(|(_, values)| !values.is_empty()) {
            fields.push(quote!(#field: &[#(#values),*]));
        }
        match self.timeout {
            None => {}
            Some(Timeout::Never) => fields.push(quote!(timeout: #p::Timeout::Never)),
            Some(Timeout::After(duration)) => {
                let duration = time::duration_tokens(duration);
                fields.push(quote!(timeout: #p::Timeout::After(#duration)));
            }
        }
        if let Some((calls, per)) = self.rate_limit {
            let per = time::duration_tokens(per);
            fields.push(quote!(rate_limit: ::core::option::Option::Some(#p::Rate { calls: #calls, per: #per })));
        }
        if self.hidden || name.starts_with('_') {
            fields.push(quote!(hidden: true));
        }
        if let Some(meta) = &self.meta {
            let meta = published(krate, meta);
            fields.push(quote!(meta: ::core::option::Option::Some(|| #meta)));
        }
        if self.expose_errors {
            fields.push(quote!(expose_errors: true));
        }
        // The macros that tell the place must carry the function's span, or they tell the attribute's place.
        let span = function.name().span();
        let place = quote_spanned!(span=> file: ::core::file!(), line: ::core::line!());
        let new = quote! {
            #p::Shared::new(#name, #p::Source {
                #place,
                module: ::core::module_path!(),
                version: ::core::option_env!("CARGO_PKG_VERSION"),
            })
        };
        if fields.is_empty() { new } else { quote!(#p::Shared { #(#fields,)* ..#new }) }
    }
}

/// The spec's rule for names: 1 to 128 of `A-Z a-z 0-9 _ - .`
pub(crate) fn check_name(name: &str, span: proc_macro2::Span, errors: &Errors) {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let length = name.chars().count();
    if let Some(wrong) = name.chars().find(|c| !legal(*c)) {
        let better: String = name.chars().map(|c| if legal(c) { c } else { '_' }).collect();
        let advice = if better.trim_matches('_').is_empty() || !name.is_ascii() {
            "name = \"..\"".to_owned()
        } else {
            format!("name = \"{better}\"")
        };
        errors.span(span, format!(
            "a name may not contain {wrong:?}: MCP allows letters A-Z and a-z, digits, `_`, `-` and `.`; write for example `{advice}`"
        ));
    } else if name.is_empty() {
        errors.span(span, "an empty name: write 1 to 128 characters, or remove the key to use the function's name");
    } else if length > 128 {
        errors.span(
            span,
            format!("a name may have at most 128 characters, this one has {length}: shorten it with `name = \"..\"`"),
        );
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

/// `icon = ".."`, repeatable, and `icons("..", "..")`.
fn icons(keys: &mut Keys<'_>, errors: &Errors) -> Vec<LitStr> {
    let mut icons: Vec<LitStr> = keys.take_all("icon").iter().filter_map(|entry| entry.text(errors)).collect();
    icons.extend(keys.texts("icons"));
    for icon in &icons {
        let text = icon.value();
        if !text.starts_with("https://") && !text.starts_with("data:image/") {
            errors.at(
                icon,
                format!(
                    "an icon is an `https://` or a `data:image/..` address, found \"{text}\": clients refuse others"
                ),
            );
        }
    }
    icons
}
