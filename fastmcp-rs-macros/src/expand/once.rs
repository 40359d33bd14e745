//! Checks that only rustc can make, written so that its words are ours.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use crate::model::Component;
use crate::model::function::Parameter;

/// A constant named by `name = ".."`, so that rustc refuses a second component of that name in the same module and shows
/// both. (Functions without that key meet as functions; other modules are the start-up check's.)
pub(super) fn name(component: &Component) -> TokenStream {
    let Component { kind, options, function, .. } = component;
    let Some(name) = options.common.name.as_ref().filter(|_| options.common.server.is_none()) else {
        return TokenStream::new();
    };
    let text = name.value();
    let word = if text.contains(['-', '.']) {
        text.replace('_', "__").replace('-', "_d").replace('.', "_p")
    } else {
        text.clone()
    };
    let style = if word == text { "called" } else { "spelt" };
    let marker = format_ident!("__{}_{style}_{word}", kind.word(), span = name.span());
    let cfgs = function.cfgs();
    let marker = quote_spanned!(name.span()=> const #marker: () = (););
    quote! {
        #cfgs
        #[doc(hidden)]
        #[allow(dead_code, non_upper_case_globals)]
        #marker
    }
}

/// Refuses a second context, where two parameters have one type that is called so: only rustc knows whether it is ours.
pub(super) fn context(component: &Component) -> TokenStream {
    let Component { options, function, .. } = component;
    let is_context = |ty: &Type| matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Context"));
    let contexts: Vec<&Parameter> = function.params.iter().filter(|param| is_context(&param.ty)).collect();
    let written = |param: &Parameter| param.ty.to_token_stream().to_string();
    let p = options.crate_path.private();
    let cfgs = function.cfgs();
    let checks =
        contexts.iter().zip(contexts.iter().skip(1)).filter(|(first, second)| written(first) == written(second));
    let checks = checks.map(|(first, second)| {
        let (ty, span) = (&second.ty, second.ty.span());
        let message = format!("`{}` is the same context as `{}`: keep one of the two", second.ident, first.ident);
        let at = options.crate_path.private_at(span);
        let check = quote_spanned!(span=> ::core::assert!(!#at::Is::<#ty>::CONTEXT, #message));
        quote! {
            #cfgs
            #[allow(unused_imports, unused_qualifications, clippy::all, clippy::pedantic)]
            const _: () = {
                use #p::IsNot as _;
                #check
            };
        }
    });
    checks.collect()
}
