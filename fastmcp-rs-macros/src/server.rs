//! `#[server]` on an impl block: its marked methods become one `Service`.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Meta, Path, Type};

use crate::args::Keys;
use crate::component::Options;
use crate::errors::Errors;
use crate::expand::{self, Component};
use crate::fallback;
use crate::function::{Function, Place};
use crate::impl_block::{ImplBlock, Item};
use crate::kind::Kind;
use crate::krate::Krate;

/// A marked method.
struct Marked {
    kind: Kind,
    options: Options,
    function: Function,
}

pub(crate) fn expand(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let errors = Errors::default();
    let mut keys = Keys::read("#[server]", attribute, &errors);
    let krate = Krate::new(keys.krate());
    keys.finish(|key| {
        let server = "name, version and instructions belong to the builder: `Server::new(\"..\")`";
        matches!(key, "name" | "version" | "instructions" | "title").then(|| server.to_owned())
    });
    let mut block: ImplBlock = match syn::parse2(item.clone()) {
        Ok(block) => block,
        Err(error) => {
            let message = match fallback::keyword(item) {
                Some(keyword) if keyword != "impl" => {
                    format!("`#[server]` goes on an impl block, found `{keyword}`")
                }
                _ => format!("`#[server]` can't read this impl block: {error}"),
            };
            errors.span(error.span(), message);
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    check(&block, &errors);
    let mut printed = TokenStream::new();
    let mut marked = Vec::new();
    let mut attributes = Vec::new();
    for item in std::mem::take(&mut block.items) {
        attributes.extend(item.attrs().iter().filter(|attr| Kind::of(attr).is_some()).map(|attr| attr.path().clone()));
        match read(item, &krate, &errors) {
            Ok(method) => {
                printed.extend(expand::printed(&method.component(&block.self_ty)));
                marked.push(method);
            }
            Err(other) => other.to_tokens(&mut printed),
        }
    }
    names(&marked, &errors);
    if marked.is_empty() && errors.is_empty() {
        errors.at(&block.self_ty, "this impl block has nothing to serve: put `#[tool]`, `#[resource(\"..\")]` or `#[prompt]` on a method, or remove `#[server]`");
    }
    let printed = block.with(&printed);
    let used = used(&attributes);
    let broken = !errors.is_empty();
    let errors = errors.into_tokens();
    let service = if block.trait_.is_some() || !block.generics.params.is_empty() {
        TokenStream::new()
    } else if broken {
        service(&block, &krate, &[])
    } else {
        service(&block, &krate, &marked)
    };
    quote!(#printed #service #used #errors)
}

/// Names the attributes of the methods, which are gone from the output: so their import is in use, a name that is none is an
/// error, and an editor knows where they lead.
fn used(attributes: &[Path]) -> TokenStream {
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

/// A service is one concrete type of the user's.
fn check(block: &ImplBlock, errors: &Errors) {
    if let Some((path, _)) = &block.trait_ {
        errors.at(path, "`#[server]` goes on an impl block of a type's own (`impl Notes { .. }`), not of a trait: move the methods there");
    }
    if !block.generics.params.is_empty() {
        errors.at(&block.generics, "a service can't be generic, because its methods are listed once: write the impl block for one type, for example `impl Notes<Postgres>`");
    }
}

/// Methods of one kind have different names (resources have URIs for that). Those under `cfg` may be alternatives.
fn names(marked: &[Marked], errors: &Errors) {
    let mut seen: Vec<(Kind, String)> = Vec::new();
    for Marked { kind, options, function } in marked {
        let name = match options.uri() {
            Some(uri) => uri.wire.clone(),
            None => options.shared.name(function),
        };
        if !function.cfgs().is_empty() {
            continue;
        }
        let one = (*kind, name);
        if seen.contains(&one) {
            let (word, name) = (kind.word(), &one.1);
            let (span, advice) = match (options.uri_span(), &options.shared.name) {
                (Some(span), _) => (span, "change one of the URIs"),
                (None, Some(literal)) => (literal.span(), "give one of the two another name"),
                (None, None) => (function.name().span(), "give one of the two another name"),
            };
            errors.span(span, format!("a second {word} of this service is called `{name}`: {advice}"));
        }
        seen.push(one);
    }
}

/// Takes an item for a marked method, or gives it back.
fn read(item: Item, krate: &Krate, errors: &Errors) -> Result<Marked, Item> {
    match item {
        Item::Method { mut attrs, vis, sig, body } => {
            let Some(at) = attrs.iter().position(|attr| Kind::of(attr).is_some()) else {
                return Err(Item::Method { attrs, vis, sig, body });
            };
            let attr = attrs.remove(at);
            let kind = Kind::of(&attr).unwrap_or(Kind::Tool);
            let mut options = Options::read(kind, arguments(&attr, errors), errors);
            options.krate.or(krate);
            let function = Function::new(kind, attrs, vis, *sig, body, errors);
            options.check(kind, Place::Method, &function, errors);
            Ok(Marked { kind, options, function })
        }
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

impl Marked {
    fn component<'a>(&'a self, service: &'a Type) -> Component<'a> {
        Component { kind: self.kind, options: &self.options, function: &self.function, service: Some(service) }
    }

    /// The name of its table.
    fn def(&self) -> Ident {
        format_ident!("__{}", self.function.wire_name().to_uppercase())
    }
}

/// The tables of all marked methods, and the `Service` that lists them.
fn service(block: &ImplBlock, krate: &Krate, marked: &[Marked]) -> TokenStream {
    let p = krate.private();
    let ty = &block.self_ty;
    let mut items = TokenStream::new();
    let mut lists = [TokenStream::new(), TokenStream::new(), TokenStream::new()];
    let mut around = TokenStream::new();
    for method in marked {
        let component = method.component(ty);
        let def = method.def();
        let cfgs = method.function.cfgs();
        let lints = method.function.is_deprecated().then(|| quote!(#[allow(deprecated)]));
        let def_ty = method.kind.def(krate);
        let table = component.table();
        items.extend(quote!(#cfgs #lints static #def: #def_ty = #table;));
        lists[method.kind as usize].extend(quote!(#cfgs &#def,));
        around.extend(component.missing_description());
        around.extend(component.one_context());
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
