//! A function as it was written, and its parameters.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse as _, ParseStream, Parser as _};
use syn::{Attribute, FnArg, Pat, Receiver, ReturnType, Signature, Type, Visibility};

use super::arg::{Arg, Fallback};
use crate::errors::Errors;
use crate::kind::Kind;
use crate::parse::docs::Docs;

/// A function as the user wrote it, and what we have read from it.
pub(crate) struct Function {
    /// The attributes that stay, docs included.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// Without our attributes and without docs on its parameters.
    pub(crate) sig: Signature,
    /// Everything after the signature, never looked into.
    pub(crate) body: TokenStream,
    pub(crate) docs: Docs,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) params: Vec<Parameter>,
}

/// A parameter other than `self`.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) docs: Docs,
    pub(crate) arg: Arg,
}

impl Function {
    /// Reads a function; an error if it is something else.
    pub(crate) fn parse(kind: Kind, tokens: TokenStream, errors: &Errors) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            let attrs = Attribute::parse_outer(input)?;
            let vis = Visibility::parse(input)?;
            let sig = Signature::parse(input)?;
            Ok((attrs, vis, sig, input.parse::<TokenStream>()?))
        };
        let (attrs, vis, sig, body) = parser.parse2(tokens)?;
        Ok(Self::new(kind, attrs, vis, sig, body, errors))
    }

    pub(crate) fn new(
        kind: Kind,
        mut attrs: Vec<Attribute>,
        vis: Visibility,
        mut sig: Signature,
        body: TokenStream,
        errors: &Errors,
    ) -> Self {
        attrs.retain(|attr| {
            let other = Kind::of(attr);
            if let Some(other) = other {
                let (this, other) = (kind.attribute(), other.attribute());
                errors.at(attr, format!("a function is one component, and this has `{this}` and `{other}`: remove one of the two, or write a second function that calls this one"));
            }
            other.is_none()
        });
        let docs = Docs::read(&attrs);
        let mut receiver = None;
        let mut params = Vec::new();
        for input in &mut sig.inputs {
            match input {
                FnArg::Receiver(this) => receiver = Some(this.clone()),
                FnArg::Typed(typed) => {
                    let taken: Vec<Attribute> =
                        typed.attrs.extract_if(.., |attr| Arg::is(attr) || attr.path().is_ident("doc")).collect();
                    for cfg in typed
                        .attrs
                        .iter()
                        .filter(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
                    {
                        errors.at(cfg, "a parameter under `cfg` is not supported, because the table of arguments cannot follow it: write the function twice, each under its `#[cfg(..)]`");
                    }
                    let arg = Arg::read(taken.iter().filter(|attr| Arg::is(attr)), errors);
                    if let Some(ident) = name_of(kind, &typed.pat, errors) {
                        params.push(Parameter { ident, ty: (*typed.ty).clone(), docs: Docs::read(&taken), arg });
                    }
                }
            }
        }
        Self { attrs, vis, sig, body, docs, receiver, params }
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.sig.ident
    }

    /// The function's name without `r#`.
    pub(crate) fn wire_name(&self) -> String {
        self.name().unraw().to_string()
    }

    /// The written return type; `()` if there is none.
    pub(crate) fn output(&self) -> Type {
        match &self.sig.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        }
    }

    pub(crate) fn returns_nothing(&self) -> bool {
        matches!(self.output(), Type::Tuple(tuple) if tuple.elems.is_empty())
    }

    pub(crate) fn has_body(&self) -> bool {
        let text = self.body.to_string();
        !(text.is_empty() || text.trim() == ";")
    }

    pub(crate) fn is_async(&self) -> bool {
        self.sig.asyncness.is_some()
    }

    /// The attributes that decide whether the function exists at all.
    pub(crate) fn cfgs(&self) -> TokenStream {
        self.attributes(&["cfg"])
    }

    /// The attributes that set lint levels.
    pub(crate) fn lints(&self) -> TokenStream {
        self.attributes(&["allow", "warn", "deny", "forbid"])
    }

    pub(crate) fn is_deprecated(&self) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident("deprecated"))
    }

    fn attributes(&self, names: &[&str]) -> TokenStream {
        self.attrs
            .iter()
            .filter(|attr| names.iter().any(|name| attr.path().is_ident(name)))
            .map(ToTokens::to_token_stream)
            .collect()
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, vis, sig, body, .. } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

impl Parameter {
    /// The name on the wire: `name = ".."`, or the identifier without `r#`.
    pub(crate) fn wire_name(&self) -> String {
        self.arg.name.as_ref().map_or_else(|| self.ident.unraw().to_string(), syn::LitStr::value)
    }

    /// A default that is an expression of the parameter's type.
    pub(crate) fn typed_default(&self) -> Option<&TokenStream> {
        match &self.arg.default {
            Some(Fallback::Typed(expr)) => Some(expr),
            Some(Fallback::Text(_)) | None => None,
        }
    }

    /// The name of the generated function that makes the default.
    pub(crate) fn default_name(&self) -> Ident {
        quote::format_ident!("__default_{}", self.ident.unraw(), span = self.ident.span())
    }
}

/// The identifier of a parameter; anything else than `x` and `mut x` is reported.
fn name_of(kind: Kind, pat: &Pat, errors: &Errors) -> Option<Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        Pat::Paren(paren) => name_of(kind, &paren.pat, errors),
        Pat::Wild(wild) => {
            errors.form(kind.form(), wild, "a parameter needs a name: write `_unused` or the like instead of `_`");
            None
        }
        other => {
            errors.form(kind.form(), other, "a parameter is a name here, because clients pass arguments by name: write a name, and take the value apart in the body");
            None
        }
    }
}
