//! `#[model]`: serde's and schemars' derives through our re-exports, so that users need neither as a dependency.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse as _, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, GenericParam, Generics, Ident, Item, Path, Token, Visibility};

use crate::crate_path::CratePath;
use crate::errors::Errors;
use crate::fallback::keyword;
use crate::keys;
use crate::parse::Keys;
use crate::parse::docs::with_plain_docs;

pub(crate) fn expand(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let errors = Errors::default();
    let mut keys = Keys::read(keys::Attribute::Model, attribute, &errors);
    let crate_path = CratePath::new(keys.crate_path());
    keys.finish();
    let is_model = check(item, &errors);
    let errors = errors.into_tokens();
    if !is_model {
        return quote!(#item #errors);
    }
    let p = crate_path.private();
    let parts = parts(item, &crate_path);
    let item = with_plain_docs(item.clone());
    let (serde, schemars) = (crate_path.private_str("serde"), crate_path.private_str("schemars"));
    quote! {
        #parts
        #[derive(#p::serde::Serialize, #p::serde::Deserialize, #p::schemars::JsonSchema)]
        #[serde(crate = #serde)]
        #[schemars(crate = #schemars)]
        #item
        #errors
    }
}

/// Whether the derives can be put on the item; what is wrong with it is reported.
fn check(item: &TokenStream, errors: &Errors) -> bool {
    match keyword(item) {
        Some(keyword) if keyword == "struct" || keyword == "enum" => {}
        Some(keyword) if keyword == "union" => {
            errors.at(
                keyword,
                "`#[model]` can't be on a union, because JSON does not say which field is meant: write an `enum`",
            );
            return false;
        }
        Some(keyword) => {
            errors.at(&keyword, format!("`#[model]` goes on a struct or an enum, found `{keyword}`"));
            return false;
        }
        None => {
            errors.at(item, "`#[model]` goes on a struct or an enum");
            return false;
        }
    }
    let parser = |input: ParseStream<'_>| {
        let attrs = Attribute::parse_outer(input)?;
        Visibility::parse(input)?;
        input.parse::<Option<Token![struct]>>()?;
        input.parse::<Option<Token![enum]>>()?;
        input.parse::<Ident>()?;
        let generics = Generics::parse(input)?;
        input.parse::<TokenStream>()?;
        Ok((attrs, generics))
    };
    // What syn can't read here, rustc and the derives report themselves.
    let Ok((attrs, generics)) = parser.parse2(item.clone()) else {
        return true;
    };
    for param in &generics.params {
        if let GenericParam::Lifetime(lifetime) = param {
            let name = &lifetime.lifetime;
            errors.at(lifetime, format!("a model owns its data, because it is read from messages that do not last: remove `{name}` and write `String` for `&{name} str`, `Vec<T>` for `&{name} [T]`"));
        }
    }
    let doubled = doubled_derives(&attrs);
    for path in &doubled {
        let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        errors.at(path, format!("`#[model]` derives `{name}` already: remove it here, or remove `#[model]` and derive all three yourself"));
    }
    doubled.is_empty()
}

/// Asks of each field whether it can be part of a model, in our words: what the three derives say of one that can't is long.
///
/// Fields that serde or schemars are told more about are left to them, and so are those of generic types.
fn parts(item: &TokenStream, crate_path: &CratePath) -> TokenStream {
    let (attrs, generics, fields) = match syn::parse2(item.clone()) {
        Ok(Item::Struct(item)) => (item.attrs, item.generics, item.fields.into_iter().collect::<Vec<_>>()),
        Ok(Item::Enum(item)) => {
            let fields = item.variants.into_iter().filter(|variant| !is_told_more(&variant.attrs));
            (item.attrs, item.generics, fields.flat_map(|variant| variant.fields).collect())
        }
        _ => return TokenStream::new(),
    };
    if !generics.params.is_empty() {
        return TokenStream::new();
    }
    let fields = fields
        .iter()
        .filter(|field| !is_told_more(&field.attrs) && field.attrs.iter().all(|attr| !attr.path().is_ident("cfg")));
    let checks: Vec<TokenStream> = fields
        .map(|field| {
            let (ty, span) = (&field.ty, field.ty.span());
            let at = crate_path.private_at(span);
            quote_spanned!(span=> #at::model_part::<#ty>();)
        })
        .collect();
    if checks.is_empty() {
        return TokenStream::new();
    }
    let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    quote! {
        #(#cfgs)*
        #[allow(unused_qualifications, clippy::all, clippy::pedantic)]
        const _: () = { #(#checks)* };
    }
}

fn is_told_more(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| ["serde", "schemars", "cfg_attr"].iter().any(|name| attr.path().is_ident(name)))
}

fn doubled_derives(attrs: &[Attribute]) -> Vec<Path> {
    let ours = ["Serialize", "Deserialize", "JsonSchema"];
    let derives = attrs.iter().filter(|attr| attr.path().is_ident("derive"));
    let paths = derives.filter_map(|attr| attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok());
    paths
        .flatten()
        .filter(|path| path.segments.last().is_some_and(|last| ours.iter().any(|ours| last.ident == ours)))
        .collect()
}
