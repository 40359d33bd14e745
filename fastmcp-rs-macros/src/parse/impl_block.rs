//! The syntax of an impl block, item by item: bodies are never looked into, and what can't be read is kept as it is.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Generics, ImplItem, ImplItemMacro, Path, Signature, Token, Type, Visibility, WhereClause, braced,
};

/// An impl block.
pub(crate) struct ImplBlock {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) impl_token: Token![impl],
    pub(crate) generics: Generics,
    pub(crate) trait_: Option<(Path, Token![for])>,
    pub(crate) self_ty: Type,
    pub(crate) where_clause: Option<WhereClause>,
    pub(crate) inner: Vec<Attribute>,
    pub(crate) items: Vec<Item>,
}

/// What stands in it.
pub(crate) enum Item {
    Method {
        attrs: Vec<Attribute>,
        vis: Visibility,
        sig: Box<Signature>,
        body: TokenStream,
    },
    /// `name! { .. }`, which is not expanded yet when an attribute sees it.
    Macro {
        attrs: Vec<Attribute>,
        item: Box<ImplItemMacro>,
    },
    Other {
        attrs: Vec<Attribute>,
        tokens: TokenStream,
    },
}

impl Parse for ImplBlock {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = Attribute::parse_outer(input)?;
        let unsafety = input.parse()?;
        let impl_token = input.parse()?;
        let generics = if input.peek(Token![<]) { input.parse()? } else { Generics::default() };
        let ahead = input.fork();
        let is_trait = ahead.parse::<Path>().is_ok() && ahead.peek(Token![for]);
        let trait_ = if is_trait { Some((input.parse()?, input.parse()?)) } else { None };
        let self_ty = input.parse()?;
        let where_clause = input.parse()?;
        let content;
        braced!(content in input);
        let inner = Attribute::parse_inner(&content)?;
        let mut items = Vec::new();
        while !content.is_empty() {
            items.push(content.parse()?);
        }
        Ok(Self { attrs, unsafety, impl_token, generics, trait_, self_ty, where_clause, inner, items })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = Attribute::parse_outer(input)?;
        let ahead = input.fork();
        if Visibility::parse(&ahead).is_ok() && Signature::parse(&ahead).is_ok() {
            let (vis, sig) = (input.parse()?, input.parse()?);
            let body: TokenTree = input.parse()?;
            return Ok(Self::Method { attrs, vis, sig: Box::new(sig), body: body.into() });
        }
        let ahead = input.fork();
        Ok(match ImplItem::parse(&ahead) {
            Ok(_) => match input.parse()? {
                ImplItem::Macro(item) => Self::Macro { attrs, item: Box::new(item) },
                other => Self::Other { attrs, tokens: other.into_token_stream() },
            },
            Err(_) => Self::Other { attrs, tokens: input.parse()? },
        })
    }
}

impl ImplBlock {
    /// The block with other items in it.
    pub(crate) fn with(&self, items: &TokenStream) -> TokenStream {
        let Self { attrs, unsafety, impl_token, generics, trait_, self_ty, where_clause, inner, .. } = self;
        let trait_ = trait_.as_ref().map(|(path, for_token)| quote!(#path #for_token));
        quote!(#(#attrs)* #unsafety #impl_token #generics #trait_ #self_ty #where_clause { #(#inner)* #items })
    }
}

impl Item {
    pub(crate) fn attrs(&self) -> &[Attribute] {
        match self {
            Self::Method { attrs, .. } | Self::Macro { attrs, .. } | Self::Other { attrs, .. } => attrs,
        }
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Method { attrs, vis, sig, body } => quote!(#(#attrs)* #vis #sig #body),
            Self::Macro { attrs, item } => quote!(#(#attrs)* #item),
            Self::Other { attrs, tokens } => quote!(#(#attrs)* #tokens),
        });
    }
}
