//! What is tested on whole items: golden expansions, and the messages of wrong ones.

mod expansions;
mod messages;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Item, ItemFn, ItemImpl};

use crate::component;
use crate::kind::Kind;
use crate::{model_attribute, service};

/// Expands a file of one item, whose first attribute (after its docs) is ours, as rustc would.
fn expand(source: &str) -> TokenStream {
    let mut file: syn::File = syn::parse_str(source).expect("the source is Rust");
    let mut item = file.items.remove(0);
    let attrs = match &mut item {
        Item::Fn(ItemFn { attrs, .. }) | Item::Impl(ItemImpl { attrs, .. }) => attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Union(item) => &mut item.attrs,
        _ => panic!("an item that no attribute is for"),
    };
    let is_ours = |attr: &Attribute| {
        ["tool", "resource", "prompt", "server", "model"].iter().any(|name| attr.path().is_ident(name))
    };
    let at = attrs.iter().position(is_ours).expect("one attribute is ours");
    let attr = attrs.remove(at);
    let arguments = match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let item = quote!(#item);
    match Kind::of(&attr) {
        Some(kind) => component::expand(kind, arguments, item),
        None if attr.path().is_ident("server") => service::expand(arguments, &item),
        None => model_attribute::expand(arguments, &item),
    }
}
