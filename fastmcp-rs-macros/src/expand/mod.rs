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

/// A free function: itself, and its table, registered under the type of the function.
pub(crate) fn free(component: &Component) -> TokenStream {
    let Component { kind, options, function, .. } = component;
    let p = options.crate_path.private();
    let (name, cfgs) = (function.name(), function.cfgs());
    let lints = generated_lints(function);
    let def = format_ident!("__DEF");
    let (ty, table) = (def_type(*kind), table::table(component));
    let register = format_ident!("{}", kind.word());
    let printed = printed(component);
    let only_once = once::name(component);
    let one_context = once::context(component);
    let warning = table::missing_description(component);
    quote! {
        #printed
        #only_once
        #one_context
        #cfgs
        #lints
        const _: () = {
            static #def: #p::#ty = #table;
            #p::inventory::submit! { #p::Registered::#register(&#def, || #p::type_of(&#name)) }
        };
        #warning
    }
}

/// The function as the user wrote it, freed from lints that object to what we ask for: arguments are owned, and those of
/// a prompt that is its doc comment are used, though not by its body.
pub(crate) fn printed(component: &Component) -> TokenStream {
    let function = &component.function;
    let owned = (!function.params.is_empty()).then(|| quote!(#[allow(clippy::needless_pass_by_value)]));
    let unused = component.is_filled().then(|| quote!(#[allow(unused_variables)]));
    quote!(#owned #unused #function)
}

/// Lints that generated code would otherwise trip over in the user's crate.
fn generated_lints(function: &Function) -> TokenStream {
    let deprecated = function.is_deprecated().then(|| quote!(deprecated,));
    let closure = function.is_async().then(|| quote!(closure_returning_async_block,));
    quote!(#[allow(#deprecated #closure unused_qualifications, clippy::all, clippy::pedantic)])
}

/// The runtime's type of the table.
fn def_type(kind: Kind) -> Ident {
    let name = match kind {
        Kind::Tool => "ToolDef",
        Kind::Resource => "ResourceDef",
        Kind::Prompt => "PromptDef",
    };
    Ident::new(name, Span::call_site())
}
