//! The table of a component: its name and words, its parameters, and the call.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::{call, common, def_type, param, resource, tool};
use crate::kind::Kind;
use crate::model::function::Parameter;
use crate::model::{Component, Own};

/// The table, as the value of a static.
pub(super) fn table(component: &Component) -> TokenStream {
    let Component { kind, options, function, .. } = component;
    let p = options.crate_path.private();
    let def = def_type(*kind);
    let shared = common::shared(component);
    let own = match &options.own {
        Own::Tool(tool) => tool::fields(tool, &options.crate_path, function),
        Own::Resource(resource) => resource::fields(resource, &options.crate_path),
        Own::Prompt => TokenStream::new(),
    };
    let readers = component.readers();
    let call = call::call(component);
    let params = function.params.iter().zip(readers);
    let params = params.map(|(one, reader)| param::row(one, reader, &options.crate_path));
    let table = quote! {
        #p::#def {
            shared: #shared,
            #own
            params: &[#(#params),*],
            call: #call,
        }
    };
    let defaults: TokenStream = function.params.iter().filter_map(default_fn).collect();
    if defaults.is_empty() { table } else { quote!({ #defaults #table }) }
}

/// A warning of rustc's own for a tool that says nothing about itself: the use of a constant that is deprecated with
/// our words. `#[allow(deprecated)]` on the function turns it off, `#![deny(deprecated)]` makes it an error.
pub(super) fn missing_description(component: &Component) -> TokenStream {
    let Component { kind, options, function, .. } = component;
    if *kind != Kind::Tool || options.common.description.is_some() || !function.docs.is_empty() {
        return TokenStream::new();
    }
    let name = function.name();
    let (cfgs, lints) = (function.cfgs(), function.lints());
    let note = format!("the tool `{}` has no description: write a doc comment (`/// ..`) above it", component.name());
    quote! {
        #cfgs
        #lints
        const _: () = {
            #[deprecated(note = #note)]
            #[allow(non_upper_case_globals)]
            const #name: () = ();
            #name
        };
    }
}

/// The function that makes a typed default: it stands alone, so that rustc reports a mismatch once.
fn default_fn(param: &Parameter) -> Option<TokenStream> {
    let expr = param.typed_default()?;
    let (name, ty) = (param.default_name(), &param.ty);
    Some(quote_spanned!(ty.span()=> fn #name() -> #ty { #expr }))
}
