//! One row of the table of parameters.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::common::published;
use crate::crate_path::CratePath;
use crate::model::Reader;
use crate::model::arg::{Arg, Fallback};
use crate::model::constraint::{Bound, Len, Range};
use crate::model::function::Parameter;
use crate::tokens::{local, option};

pub(super) fn row(param: &Parameter, reader: Reader, crate_path: &CratePath) -> TokenStream {
    let p = crate_path.private();
    let (name, ty, span) = (param.wire_name(), &param.ty, param.ty.span());
    let at = crate_path.private_at(span);
    let kind = match reader {
        Reader::Tool => quote_spanned!(span=> #at::tool_param::<#ty, _>),
        Reader::Injected => quote_spanned!(span=> #at::injected_param::<#ty>),
        Reader::Text => {
            let picked = quote_spanned!(span=> (&&&#at::Text::<#ty>::NEW).pick().kind());
            quote!(|| {
                use #p::{PickContext as _, PickFromStr as _, PickText as _};
                #picked
            })
        }
    };
    let mut fields = fields(&param.arg, crate_path, &param.default_name());
    if !param.docs.is_empty() {
        let docs = param.docs.expr();
        fields.insert(0, quote!(docs: #docs));
    }
    let new = quote!(#p::Param::new(#name, #kind));
    if fields.is_empty() { new } else { quote!(#p::Param { #(#fields,)* ..#new }) }
}

/// The fields of `Param` that differ from its default, except for the docs. `default` names the function that makes a
/// typed default.
fn fields(arg: &Arg, crate_path: &CratePath, default: &Ident) -> Vec<TokenStream> {
    let p = crate_path.private();
    let typed = local("typed");
    let mut fields = Vec::new();
    match &arg.default {
        None => {}
        Some(Fallback::Text(text)) => {
            fields.push(quote!(default: ::core::option::Option::Some(|| #p::json(&#text))));
        }
        Some(Fallback::Typed(_)) => {
            let (span, at) = (default.span(), crate_path.private_at(default.span()));
            let json = quote_spanned!(span=> #at::json(&#default()));
            fields.push(quote!(default: ::core::option::Option::Some(|| #json)));
        }
    }
    let rules = rules(arg, &p);
    if !rules.is_empty() {
        fields.push(quote!(rules: &[#(#rules),*]));
    }
    if let Some(format) = &arg.format {
        fields.push(quote!(format: ::core::option::Option::Some(#format)));
    }
    if let Some(example) = &arg.example {
        let example = published(crate_path, example);
        fields.push(quote!(example: ::core::option::Option::Some(|| #example)));
    }
    if let Some(complete) = &arg.complete {
        fields.push(quote!(complete: ::core::option::Option::Some(|#typed| #p::complete(#complete, #typed))));
    }
    if let Some(header) = &arg.header {
        fields.push(quote!(header: ::core::option::Option::Some(#header)));
    }
    if arg.flatten.is_some() {
        fields.push(quote!(flatten: true));
    }
    if arg.sensitive {
        fields.push(quote!(sensitive: true));
    }
    fields
}

fn rules(arg: &Arg, p: &TokenStream) -> Vec<TokenStream> {
    let mut rules = Vec::new();
    rules.extend(arg.range.as_ref().map(|range| range_rule(range, p)));
    rules.extend(arg.len.as_ref().map(|len| len_rule(len, p)));
    if let Some(pattern) = &arg.pattern {
        rules.push(quote!(#p::Rule::Pattern(#pattern)));
    }
    rules
}

fn range_rule(range: &Range, p: &TokenStream) -> TokenStream {
    let bound = |bound: Option<Bound>| option(bound.map(|bound| bound_tokens(bound, p)).as_ref());
    let (min, max, exclusive_max) = (bound(range.min), bound(range.max), range.exclusive_max);
    quote!(#p::Rule::Range { min: #min, max: #max, exclusive_max: #exclusive_max })
}

fn len_rule(len: &Len, p: &TokenStream) -> TokenStream {
    let (min, max) = (option(len.min.as_ref()), option(len.max.as_ref()));
    quote!(#p::Rule::Len { min: #min, max: #max })
}

fn bound_tokens(bound: Bound, p: &TokenStream) -> TokenStream {
    let minus = (bound < Bound::Int(0)).then(|| quote!(-));
    match bound {
        Bound::Int(int) => {
            let int = Literal::i128_unsuffixed(int.abs());
            quote!(#p::Bound::Int(#minus #int))
        }
        Bound::Float(float) => {
            let float = Literal::f64_unsuffixed(float.abs());
            quote!(#p::Bound::Float(#minus #float))
        }
    }
}
