//! `#[server]`: the tables of the methods, and the `Service` that lists them.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use super::{def_type, once, table};
use crate::crate_path::CratePath;
use crate::model::Component;
use crate::parse::impl_block::ImplBlock;

/// The tables of all marked methods, and the `Service` that lists them.
pub(crate) fn service(block: &ImplBlock, crate_path: &CratePath, marked: &[Component]) -> TokenStream {
    let p = crate_path.private();
    let ty = &block.self_ty;
    let mut items = TokenStream::new();
    let mut lists = [TokenStream::new(), TokenStream::new(), TokenStream::new()];
    let mut around = TokenStream::new();
    for method in marked {
        let def = format_ident!("__{}", method.function.wire_name().to_uppercase());
        let cfgs = method.function.cfgs();
        let lints = method.function.is_deprecated().then(|| quote!(#[allow(deprecated)]));
        let def_ty = def_type(method.kind);
        let table = table::table(method);
        items.extend(quote!(#cfgs #lints static #def: #p::#def_ty = #table;));
        lists[method.kind as usize].extend(quote!(#cfgs &#def,));
        around.extend(table::missing_description(method));
        around.extend(once::context(method));
    }
    let [tools, resources, prompts] = lists;
    let cfgs: TokenStream =
        block.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).map(ToTokens::to_token_stream).collect();
    let implementing = quote_spanned!(ty.span()=> impl #p::Service for #ty);
    let items = with_self(items, &ty.to_token_stream());
    quote! {
        #cfgs
        #[allow(closure_returning_async_block, unused_qualifications, clippy::all, clippy::pedantic)]
        const _: () = {
            #items
            #implementing {
                const TOOLS: &'static [&'static #p::ToolDef] = &[#tools];
                const RESOURCES: &'static [&'static #p::ResourceDef] = &[#resources];
                const PROMPTS: &'static [&'static #p::PromptDef] = &[#prompts];
            }
        };
        #around
    }
}

/// Writes the type in place of `Self`, which has no meaning outside of the impl block.
fn with_self(tokens: TokenStream, ty: &TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut written = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let located: TokenStream = ty
                    .clone()
                    .into_iter()
                    .map(|mut token| {
                        token.set_span(token.span().located_at(ident.span()));
                        token
                    })
                    .collect();
                let qualified = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                written.extend(if qualified { quote!(<#located>) } else { located });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), with_self(group.stream(), ty));
                inner.set_span(group.span());
                written.extend([TokenTree::Group(inner)]);
            }
            other => written.extend([other]),
        }
    }
    written
}

/// Names the attributes of the methods, which are gone from the output: so their import is in use, a name that is none is an
/// error, and an editor knows where they lead.
pub(crate) fn used(attributes: &[Path]) -> TokenStream {
    let mut seen: Vec<String> = Vec::new();
    let paths = attributes.iter().filter(|path| {
        let written = path.to_token_stream().to_string();
        let new = !seen.contains(&written);
        seen.push(written);
        new
    });
    let uses: TokenStream = paths
        .enumerate()
        .map(|(index, path)| {
            let name = format_ident!("__used_{index}");
            quote!(#[allow(unused_imports)] use #path as #name;)
        })
        .collect();
    if uses.is_empty() { uses } else { quote!(const _: () = { #uses };) }
}
