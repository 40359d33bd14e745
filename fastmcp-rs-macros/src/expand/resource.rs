//! What only the table of a resource has.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::crate_path::CratePath;
use crate::model::resource::Resource;
use crate::parse::time::duration_tokens;
use crate::tokens::option;

/// The fields of `ResourceDef` that the other kinds lack.
pub(super) fn fields(resource: &Resource, crate_path: &CratePath) -> TokenStream {
    let p = crate_path.private();
    let uri = resource.uri().map(|uri| uri.wire.as_str()).unwrap_or_default();
    let Resource { audience, .. } = resource;
    let mime_type = option(resource.mime_type.as_ref());
    let priority = option(resource.priority.as_ref());
    let last_modified = option(resource.last_modified.as_ref());
    let ttl = option(resource.ttl.map(duration_tokens).as_ref());
    let cache_scope = resource.cache_scope.map(|scope| {
        let scope = Ident::new(scope, Span::call_site());
        quote!(#p::CacheScope::#scope)
    });
    let cache_scope = option(cache_scope.as_ref());
    let size = option(resource.size.as_ref());
    quote! {
        uri: #uri,
        mime_type: #mime_type,
        audience: &[#(#audience),*],
        priority: #priority,
        last_modified: #last_modified,
        ttl: #ttl,
        cache_scope: #cache_scope,
        size: #size,
    }
}
