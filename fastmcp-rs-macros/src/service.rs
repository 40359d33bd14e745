//! `#[server]` on an impl block, from attribute to expansion: its marked methods become one `Service`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Meta, Type};

use crate::check;
use crate::crate_path::CratePath;
use crate::errors::Errors;
use crate::expand;
use crate::fallback;
use crate::keys;
use crate::kind::Kind;
use crate::model::function::Function;
use crate::model::{Component, Options};
use crate::parse::Keys;
use crate::parse::impl_block::{ImplBlock, Item};

/// What the attribute on an impl block expands to.
pub(crate) fn expand(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let errors = Errors::default();
    let mut keys = Keys::read(keys::Attribute::Server, attribute, &errors);
    let crate_path = CratePath::new(keys.crate_path());
    keys.finish();
    let mut block: ImplBlock = match syn::parse2(item.clone()) {
        Ok(block) => block,
        Err(error) => return fallback::not_an_impl_block(item, &error, errors),
    };
    let mut printed = TokenStream::new();
    let mut marked = Vec::new();
    let mut attributes = Vec::new();
    let mut macros = Vec::new();
    for item in std::mem::take(&mut block.items) {
        attributes.extend(item.attrs().iter().filter(|attr| Kind::of(attr).is_some()).map(|attr| attr.path().clone()));
        if let Item::Macro { item, .. } = &item {
            macros.push(item.mac.clone());
        }
        match read(item, &block.self_ty, &crate_path, &errors) {
            Ok(method) => {
                printed.extend(expand::printed(&method));
                marked.push(method);
            }
            Err(other) => other.to_tokens(&mut printed),
        }
    }
    check::service(&block, &marked, &macros, &errors);
    let printed = block.with(&printed);
    let used = expand::used(&attributes);
    let can_serve = block.trait_.is_none() && block.generics.params.is_empty();
    let (served, errors) = match errors.into_result() {
        Ok(()) => (&marked[..], TokenStream::new()),
        Err(errors) => (&[][..], errors),
    };
    let service = can_serve.then(|| expand::service(&block, &crate_path, served));
    quote!(#printed #service #used #errors)
}

/// Takes an item for a marked method, or gives it back.
fn read(item: Item, service: &Type, crate_path: &CratePath, errors: &Errors) -> Result<Component, Item> {
    match item {
        Item::Method { mut attrs, vis, sig, body } => {
            let Some(at) = attrs.iter().position(|attr| Kind::of(attr).is_some()) else {
                return Err(Item::Method { attrs, vis, sig, body });
            };
            let attr = attrs.remove(at);
            let kind = Kind::of(&attr).unwrap_or(Kind::Tool);
            let mut options = Options::read(kind, arguments(&attr, errors), errors);
            options.crate_path.or(crate_path);
            let function = Function::new(kind, attrs, vis, *sig, body, errors);
            Ok(Component { kind, options, function, service: Some(service.clone()) })
        }
        Item::Macro { .. } => Err(item),
        Item::Other { mut attrs, tokens } => {
            for attr in attrs.extract_if(.., |attr| Kind::of(attr).is_some()) {
                let word = Kind::of(&attr).map_or("tool", Kind::word);
                errors.at(attr, format!("`#[{word}]` goes on a method: move it to an `fn` or `async fn`"));
            }
            Err(Item::Other { attrs, tokens })
        }
    }
}

fn arguments(attr: &Attribute, errors: &Errors) -> TokenStream {
    match &attr.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(meta) => {
            errors.at(
                &meta.value,
                "the keys of this attribute stand in parentheses: write for example `#[tool(name = \"..\")]`",
            );
            TokenStream::new()
        }
    }
}
