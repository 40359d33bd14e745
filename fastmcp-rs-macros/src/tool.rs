//! `#[tool(..)]`: the keys that only tools have.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned as _;

use crate::arg::{option_tokens, published};
use crate::args::Keys;
use crate::errors::Errors;
use crate::expand::local;
use crate::function::Function;
use crate::krate::Krate;

/// Hints for clients, and a schema of the user's own.
pub(crate) struct Tool {
    hints: [(&'static str, Option<(bool, Ident)>); 4],
    output_schema: Option<Expr>,
}

impl Tool {
    pub(crate) fn read(keys: &mut Keys<'_>, errors: &Errors) -> Self {
        let hints = ["read_only", "destructive", "idempotent", "open_world"].map(|key| (key, keys.boolean(key)));
        let output_schema = keys.expr("output_schema", "output_schema = json!({ \"type\": \"object\" })");
        contradictions(&hints, errors);
        Self { hints, output_schema }
    }

    /// The fields of `ToolDef` that the other kinds lack.
    pub(crate) fn fields(&self, krate: &Krate, function: &Function) -> TokenStream {
        let p = krate.private();
        let hints = self.hints.iter().filter_map(|(key, hint)| {
            let (value, _) = hint.as_ref()?;
            let key = Ident::new(key, proc_macro2::Span::call_site());
            Some(quote!(#key: ::core::option::Option::Some(#value)))
        });
        let hints: Vec<TokenStream> = hints.collect();
        let hints = if hints.is_empty() {
            quote!(#p::Hints::NONE)
        } else {
            quote!(#p::Hints { #(#hints,)* ..#p::Hints::NONE })
        };
        let ty = function.output();
        let span = ty.span();
        let schemas = local("schemas");
        let at = krate.private_at(span);
        let returned = quote_spanned!(span=> (&&#at::Returned::<#ty>::NEW).pick().tool_schema(#schemas));
        let output_schema = self.output_schema.as_ref().map(|expr| {
            let json = published(krate, expr);
            quote!(|| #json)
        });
        let output_schema = option_tokens(output_schema.as_ref());
        quote! {
            hints: #hints,
            output: |#schemas| {
                use #p::{PickResult as _, PickValue as _};
                #returned
            },
            output_schema: #output_schema,
        }
    }
}

/// What reads only changes nothing: it can neither destroy, nor differ when it is repeated.
fn contradictions(hints: &[(&'static str, Option<(bool, Ident)>); 4], errors: &Errors) {
    let [read_only, destructive, idempotent, _] = hints.each_ref().map(|(_, hint)| hint.as_ref());
    let Some((true, _)) = read_only else { return };
    if let Some((true, key)) = destructive {
        errors.at(
            key,
            "`destructive` contradicts `read_only`: what only reads destroys nothing, so remove one of the two",
        );
    }
    if let Some((false, key)) = idempotent {
        errors.at(
            key,
            "`idempotent = false` contradicts `read_only`: what only reads can be repeated, so remove one of the two",
        );
    }
}
