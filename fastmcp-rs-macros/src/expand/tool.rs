//! What only the table of a tool has.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::common::published;
use crate::crate_path::CratePath;
use crate::model::function::Function;
use crate::model::tool::Tool;
use crate::tokens::{local, option};

/// The fields of `ToolDef` that the other kinds lack.
pub(super) fn fields(tool: &Tool, crate_path: &CratePath, function: &Function) -> TokenStream {
    let p = crate_path.private();
    let hints = tool.hints().into_iter().filter_map(|(key, hint)| {
        let (value, _) = hint.as_ref()?;
        let key = Ident::new(key, Span::call_site());
        Some(quote!(#key: ::core::option::Option::Some(#value)))
    });
    let hints: Vec<TokenStream> = hints.collect();
    let hints =
        if hints.is_empty() { quote!(#p::Hints::NONE) } else { quote!(#p::Hints { #(#hints,)* ..#p::Hints::NONE }) };
    let ty = function.output();
    let span = ty.span();
    let schemas = local("schemas");
    let at = crate_path.private_at(span);
    let returned = quote_spanned!(span=> (&&#at::Returned::<#ty>::NEW).pick().tool_schema(#schemas));
    let output_schema = tool.output_schema.as_ref().map(|expr| {
        let json = published(crate_path, expr);
        quote!(|| #json)
    });
    let output_schema = option(output_schema.as_ref());
    quote! {
        hints: #hints,
        output: |#schemas| {
            use #p::{PickResult as _, PickValue as _};
            #returned
        },
        output_schema: #output_schema,
    }
}
