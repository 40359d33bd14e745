//! The expansion: a table and a call. Nothing here can fail, and nothing here thinks.

mod call;
mod common;
mod once;
mod param;
mod resource;
mod service;
mod table;
mod tool;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::kind::Kind;
use crate::model::Component;
use crate::model::function::Function;

pub(crate) use service::{service, used};

/// A free function: itself, the struct of its name, and the registered table.
pub(crate) fn free(component: &Component) -> TokenStream {
    let Component { kind, options, function, .. } = component;
    let p = options.crate_path.private();
    let (name, cfgs) = (function.name(), function.cfgs());
    let lints = generated_lints(function);
    let def = format_ident!("__DEF");
    let (ty, table) = (def_type(*kind), table::table(component));
    let (trait_, registered) = (function_trait(*kind), variant(*kind));
    let printed = printed(component);
    let named = hidden_struct(function);
    let only_once = once::name(component);
    let one_context = once::context(component);
    let warning = table::missing_description(component);
    quote! {
        #printed
        #named
        #only_once
        #one_context
        #cfgs
        #lints
        const _: () = {
            static #def: #p::#ty = #table;
            impl #p::#trait_ for #name {
                const DEF: &'static #p::#ty = &#def;
            }
            #p::inventory::submit! { #p::Registered::#registered(&#def) }
        };
        #warning
    }
}

/// After an error: the function, and a struct of its name that still counts as a component.
pub(crate) fn broken(component: &Component, errors: &TokenStream) -> TokenStream {
    let printed = printed(component);
    let named = hidden_struct(&component.function);
    let stub = table::stub(component);
    quote!(#printed #named #stub #errors)
}

/// The function as the user wrote it, freed from lints that object to what we ask for: arguments are owned, and those of
/// a prompt that is its doc comment are used, though not by its body.
pub(crate) fn printed(component: &Component) -> TokenStream {
    let function = &component.function;
    let owned = (!function.params.is_empty()).then(|| quote!(#[allow(clippy::needless_pass_by_value)]));
    let unused = component.is_filled().then(|| quote!(#[allow(unused_variables)]));
    quote!(#owned #unused #function)
}

/// `struct greet {}`: it lives in the type namespace, so that `greet` can be called and be named as a type.
fn hidden_struct(function: &Function) -> TokenStream {
    let Function { vis, .. } = function;
    let (name, cfgs) = (function.name(), function.cfgs());
    quote! {
        #cfgs
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, unreachable_pub)]
        #vis struct #name {}
    }
}

/// Lints that generated code would otherwise trip over in the user's crate.
fn generated_lints(function: &Function) -> TokenStream {
    let deprecated = function.is_deprecated().then(|| quote!(deprecated,));
    let closure = function.is_async().then(|| quote!(closure_returning_async_block,));
    quote!(#[allow(#deprecated #closure unused_qualifications, clippy::all, clippy::pedantic)])
}

/// The runtime's type of the table.
fn def_type(kind: Kind) -> Ident {
    runtime(kind, "Def")
}

/// The trait of the hidden struct that carries the function's name.
fn function_trait(kind: Kind) -> Ident {
    runtime(kind, "Fn")
}

fn variant(kind: Kind) -> Ident {
    runtime(kind, "")
}

fn runtime(kind: Kind, suffix: &str) -> Ident {
    let kind = match kind {
        Kind::Tool => "Tool",
        Kind::Resource => "Resource",
        Kind::Prompt => "Prompt",
    };
    Ident::new(&format!("{kind}{suffix}"), Span::call_site())
}
