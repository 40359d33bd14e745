//! What the tables of tools, resources and prompts have in common.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, LitStr};

use crate::crate_path::CratePath;
use crate::model::Component;
use crate::model::common::Timeout;
use crate::parse::time;

/// The fields that all three kinds of tables have.
pub(super) fn shared(component: &Component) -> TokenStream {
    let Component { options, function, .. } = component;
    let common = &options.common;
    let p = options.crate_path.private();
    let name = component.name();
    let mut fields = Vec::new();
    let mut text = |field: TokenStream, value: &Option<LitStr>| {
        if let Some(value) = value {
            fields.push(quote!(#field: ::core::option::Option::Some(#value)));
        }
    };
    text(quote!(title), &common.title);
    text(quote!(description), &common.description);
    text(quote!(version), &common.version);
    text(quote!(server), &common.server);
    if !function.docs.is_empty() {
        let docs = function.docs.expr();
        fields.push(quote!(docs: #docs));
    }
    let lists = [
        (quote!(tags), &common.tags),
        (quote!(scopes), &common.scopes),
        (quote!(roles), &common.roles),
        (quote!(icons), &common.icons),
    ];
    for (field, values) in lists.iter().filter(|(_, values)| !values.is_empty()) {
        fields.push(quote!(#field: &[#(#values),*]));
    }
    match common.timeout {
        None => {}
        Some(Timeout::Never) => fields.push(quote!(timeout: #p::Timeout::Never)),
        Some(Timeout::After(duration)) => {
            let duration = time::duration_tokens(duration);
            fields.push(quote!(timeout: #p::Timeout::After(#duration)));
        }
    }
    if let Some((calls, per)) = common.rate_limit {
        let per = time::duration_tokens(per);
        fields.push(quote!(rate_limit: ::core::option::Option::Some(#p::Rate { calls: #calls, per: #per })));
    }
    if let Some(calls) = common.concurrency {
        fields.push(quote!(concurrency: ::core::option::Option::Some(#calls)));
    }
    if common.hidden || name.starts_with('_') {
        fields.push(quote!(hidden: true));
    }
    if let Some(meta) = &common.meta {
        let meta = published(&options.crate_path, meta);
        fields.push(quote!(meta: ::core::option::Option::Some(|| #meta)));
    }
    if common.expose_errors {
        fields.push(quote!(expose_errors: true));
    }
    // The macros that tell the place must carry the function's span, or they tell the attribute's place.
    let span = function.name().span();
    let at = options.crate_path.private_at(span);
    let source = quote_spanned!(span=> #at::source!());
    let new = quote!(#p::Shared::new(#name, #source));
    if fields.is_empty() { new } else { quote!(#p::Shared { #(#fields,)* ..#new }) }
}

/// An expression as JSON, with the caret under it if it cannot be written so.
pub(super) fn published(crate_path: &CratePath, expr: &Expr) -> TokenStream {
    let span = expr.span();
    let at = crate_path.private_at(span);
    quote_spanned!(span=> #at::json(&(#expr)))
}
