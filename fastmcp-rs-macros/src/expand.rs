//! The expansion: a table and a call. Nothing here can fail, and nothing here thinks.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use crate::component::{Options, Own, Reader};
use crate::errors::Errors;
use crate::function::{Function, Parameter};
use crate::kind::Kind;

/// A function that passed every check, with everything that its expansion says.
#[derive(Clone, Copy)]
pub(crate) struct Component<'a> {
    pub(crate) kind: Kind,
    pub(crate) options: &'a Options,
    pub(crate) function: &'a Function,
    /// The type whose method this is.
    pub(crate) service: Option<&'a Type>,
}

/// A free function: itself, the struct of its name, and the registered table.
pub(crate) fn free(component: &Component<'_>) -> TokenStream {
    let &Component { kind, options, function, .. } = component;
    let p = options.krate.private();
    let name = function.name();
    let cfgs = function.cfgs();
    let lints = generated_lints(function);
    let def = format_ident!("__DEF");
    let (ty, table) = (kind.def(&options.krate), component.table());
    let (trait_, registered) = (kind.function_trait(&options.krate), kind.registered(&options.krate));
    let printed = printed(component);
    let named = hidden_struct(function);
    let warning = component.missing_description();
    let only_once = component.only_once();
    let one_context = component.one_context();
    quote! {
        #printed
        #named
        #only_once
        #one_context
        #cfgs
        #lints
        const _: () = {
            static #def: #ty = #table;
            impl #trait_ for #name {
                const DEF: &'static #ty = &#def;
            }
            #p::inventory::submit! { #registered(&#def) }
        };
        #warning
    }
}

/// After an error: the function, a struct of its name that still counts as a component, and the errors.
pub(crate) fn broken(component: &Component<'_>, errors: Errors) -> TokenStream {
    let function = component.function;
    let printed = printed(component);
    let named = hidden_struct(function);
    let errors = errors.into_tokens();
    let stub = component.stub();
    quote!(#printed #named #stub #errors)
}

/// The function as the user wrote it, freed from lints that object to what we ask for: arguments are owned, and those of
/// a prompt that is its doc comment are used, though not by its body.
pub(crate) fn printed(component: &Component<'_>) -> TokenStream {
    let function = component.function;
    let owned = (!function.params.is_empty()).then(|| quote!(#[allow(clippy::needless_pass_by_value)]));
    let unused = component.is_filled().then(|| quote!(#[allow(unused_variables)]));
    quote!(#owned #unused #function)
}

/// `struct greet {}`: it lives in the type namespace, so that `greet` can be called and be named as a type.
fn hidden_struct(function: &Function) -> TokenStream {
    let Function { vis, .. } = function;
    let (name, cfgs) = (function.name(), function.cfgs());
    quote! {
        #cfgs
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, unreachable_pub)]
        #vis struct #name {}
    }
}

/// Lints that generated code would otherwise trip over in the user's crate.
pub(crate) fn generated_lints(function: &Function) -> TokenStream {
    let deprecated = function.is_deprecated().then(|| quote!(deprecated,));
    quote!(#[allow(#deprecated unused_qualifications, clippy::all, clippy::pedantic)])
}

impl Component<'_> {
    /// The table, as the value of a static.
    pub(crate) fn table(&self) -> TokenStream {
        let &Self { kind, options, function, .. } = self;
        let krate = &options.krate;
        let def = kind.def(krate);
        let shared = options.shared.expr(krate, function);
        let own = match &options.own {
            Own::Tool(tool) => tool.fields(krate, function),
            Own::Resource(resource) => resource.fields(krate),
            Own::Prompt => TokenStream::new(),
        };
        let readers = options.readers(function);
        let call = self.call();
        let params = function.params.iter().zip(readers).map(|(param, reader)| self.param(param, reader));
        let table = quote! {
            #def {
                shared: #shared,
                #own
                params: &[#(#params),*],
                call: #call,
            }
        };
        let defaults: TokenStream = function.params.iter().filter_map(default_fn).collect();
        if defaults.is_empty() { table } else { quote!({ #defaults #table }) }
    }

    /// One row of the table of parameters.
    fn param(&self, param: &Parameter, reader: Reader) -> TokenStream {
        let krate = &self.options.krate;
        let p = krate.private();
        let (name, ty, span) = (param.wire_name(), &param.ty, param.ty.span());
        let at = krate.private_at(span);
        let kind = match reader {
            Reader::Tool => quote_spanned!(span=> #at::tool_param::<#ty, _>),
            Reader::Injected => quote_spanned!(span=> #at::injected_param::<#ty>),
            Reader::Text => {
                let picked = quote_spanned!(span=> (&&&#at::Text::<#ty>::NEW).pick().kind());
                quote!(|| {
                    use #p::{PickContext as _, PickFromStr as _, PickText as _};
                    #picked
                })
            }
        };
        let mut fields = param.arg.fields(krate, &param.default_name());
        if !param.docs.is_empty() {
            let docs = param.docs.expr();
            fields.insert(0, quote!(docs: #docs));
        }
        let new = quote!(#p::Param::new(#name, #kind));
        if fields.is_empty() { new } else { quote!(#p::Param { #(#fields,)* ..#new }) }
    }

    /// What the table does when it is called: read the arguments, run the user's function, make the answer.
    ///
    /// It is a closure in the table, not a function beside it, because rustc reports a type that does not fit once per body.
    fn call(&self) -> TokenStream {
        let &Self { options, function, service, .. } = self;
        let (call, this, texts) = (local("call"), local("this"), local("texts"));
        let count = function.params.len();
        let slots: Vec<Ident> = (0..count).map(|index| local(&format!("s{index}"))).collect();
        let values: Vec<Ident> = (0..count).map(|index| local(&format!("a{index}"))).collect();
        let readers = options.readers(function);
        let reads = function.params.iter().zip(readers).enumerate().map(|(index, (param, reader))| {
            let slot = &slots[index];
            let read = self.read(param, reader, index, &call);
            quote!(let #slot = #read;)
        });
        let reads: TokenStream = reads.collect();
        let sound = quote! {
            let (#(::core::option::Option::Some(#slots),)* true,) = (#(#slots,)* #call.sound(),) else {
                return #call.refuse();
            };
        };
        let instance =
            service.filter(|_| function.receiver.is_some()).map(|ty| quote!(let #this = #call.service::<#ty>();));
        let texts_taken = self.is_filled().then(|| quote!(let #texts = #call.texts();));
        let answer = self.answer(&values, &this, &texts);
        let (slots, values) = (tuple(&slots), tuple(&values));
        // What rustc says of the future (that it is not `Send`, for example) belongs under the function's name.
        let span = function.name().span();
        let at = options.krate.private_at(span);
        let in_place = options.shared.inline.is_some() || (self.is_filled() && is_empty_block(&function.body));
        let way = match () {
            () if function.is_async() => "run",
            () if in_place => "inline",
            () => "blocking",
        };
        let way = Ident::new(way, span);
        let future = function.is_async().then(|| quote_spanned!(span=> async move));
        let work = quote_spanned!(span=> move |#values| #future { #answer });
        let run = quote_spanned!(span=> #at::Reply::#way(#call.context(), #slots, #work));
        quote! {
            |#call| {
                #reads
                #sound
                #instance
                #texts_taken
                #run
            }
        }
    }

    fn read(&self, param: &Parameter, reader: Reader, index: usize, call: &Ident) -> TokenStream {
        let krate = &self.options.krate;
        let p = krate.private();
        let (ty, span) = (&param.ty, param.ty.span());
        let typed = param.typed_default().map(|_| param.default_name());
        match (reader, &typed) {
            (Reader::Tool, None) => quote_spanned!(span=> #call.read::<#ty, _>(#index)),
            (Reader::Tool, Some(default)) => {
                quote_spanned!(span=> #call.read_or::<#ty, _>(#index, #default))
            }
            (Reader::Injected, _) => quote_spanned!(span=> #call.read_injected::<#ty>(#index)),
            (Reader::Text, _) => {
                let at = krate.private_at(span);
                let default = typed.as_ref().map_or_else(
                    || quote!(::core::option::Option::None),
                    |default| quote!(::core::option::Option::Some(#default)),
                );
                let picked = quote_spanned!(span=> (&&&#at::Text::<#ty>::NEW).pick().read(#call, #index, #default));
                quote!({
                    use #p::{PickContext as _, PickFromStr as _, PickText as _};
                    #picked
                })
            }
        }
    }

    /// Runs the user's function and turns its value into the answer.
    fn answer(&self, values: &[Ident], this: &Ident, texts: &Ident) -> TokenStream {
        let &Self { kind, options, function, service } = self;
        let krate = &options.krate;
        let p = krate.private();
        let name = function.name();
        let this = function.receiver.as_ref().map(|_| quote!(&#this,));
        let called = match service {
            None => quote!(#name(#(#values),*)),
            Some(ty) => quote!(<#ty>::#name(#this #(#values),*)),
        };
        let called = if function.is_async() { quote!(#called.await) } else { called };
        if self.is_filled() {
            let docs = function.docs.expr();
            return quote! {
                #called;
                ::core::result::Result::Ok(#p::PromptResult::text(#p::fill(#docs, &#texts)))
            };
        }
        let value = local("value");
        let ty = function.output();
        let span = ty.span();
        let at = krate.private_at(span);
        let finish = Ident::new(kind.word(), span);
        let finished = quote_spanned!(span=> (&&#at::Returned::<#ty>::NEW).pick().#finish(#value));
        quote! {
            use #p::{PickResult as _, PickValue as _};
            let #value = #called;
            #finished
        }
    }

    /// An empty table for a function with errors, so that `server.tool::<greet>()` raises no error of its own.
    fn stub(&self) -> TokenStream {
        let &Self { kind, options, function, .. } = self;
        let krate = &options.krate;
        let p = krate.private();
        let (name, cfgs, wire_name) = (function.name(), function.cfgs(), options.shared.name(function));
        let (def, trait_) = (kind.def(krate), kind.function_trait(krate));
        let own = match &options.own {
            Own::Tool(_) => quote! {
                hints: #p::Hints::NONE,
                output: |_| ::core::option::Option::None,
                output_schema: ::core::option::Option::None,
            },
            Own::Resource(resource) => resource.fields(krate),
            Own::Prompt => TokenStream::new(),
        };
        quote! {
            #cfgs
            #[allow(unused_qualifications)]
            const _: () = {
                static __DEF: #def = #def {
                    shared: #p::Shared::new(#wire_name, #p::Source { file: "", line: 0, module: "", version: ::core::option::Option::None }),
                    #own
                    params: &[],
                    call: |_| ::core::unreachable!(),
                };
                impl #trait_ for #name {
                    const DEF: &'static #def = &__DEF;
                }
            };
        }
    }

    /// Whether this is a prompt that is its doc comment.
    fn is_filled(&self) -> bool {
        self.kind == Kind::Prompt && self.function.returns_nothing()
    }

    /// A constant named by `name = ".."`, so that rustc refuses a second component of that name in the same module and shows
    /// both. (Functions without that key meet as functions; other modules are the start-up check's.)
    fn only_once(&self) -> TokenStream {
        let &Self { kind, options, function, .. } = self;
        let Some(name) = options.shared.name.as_ref().filter(|_| !options.shared.has_server()) else {
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
    pub(crate) fn one_context(&self) -> TokenStream {
        let &Self { options, function, .. } = self;
        let is_context = |ty: &Type| matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Context"));
        let contexts: Vec<&Parameter> = function.params.iter().filter(|param| is_context(&param.ty)).collect();
        let written = |param: &Parameter| param.ty.to_token_stream().to_string();
        let p = options.krate.private();
        let cfgs = function.cfgs();
        let checks =
            contexts.iter().zip(contexts.iter().skip(1)).filter(|(first, second)| written(first) == written(second));
        let checks = checks.map(|(first, second)| {
            let (ty, span) = (&second.ty, second.ty.span());
            let message = format!("`{}` is the same context as `{}`: keep one of the two", second.ident, first.ident);
            let at = options.krate.private_at(span);
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

    /// A warning of rustc's own for a tool that says nothing about itself: the use of a constant that is deprecated with
    /// our words. `#[allow(deprecated)]` on the function turns it off, `#![deny(deprecated)]` makes it an error.
    pub(crate) fn missing_description(&self) -> TokenStream {
        let &Self { kind, options, function, .. } = self;
        if kind != Kind::Tool || options.shared.description.is_some() || !function.docs.is_empty() {
            return TokenStream::new();
        }
        let name = function.name();
        let (cfgs, lints) = (function.cfgs(), function.lints());
        let note = format!(
            "the tool `{}` has no description: write a doc comment (`/// ..`) above it",
            options.shared.name(function)
        );
        quote! {
            #cfgs
            #lints
            const _: () = {
                #[deprecated(note = #note)]
                #[allow(non_upper_case_globals)]
                const #name: () = ();
                #name
            };
        }
    }
}

/// The function that makes a typed default: it stands alone, so that rustc reports a mismatch once.
fn default_fn(param: &Parameter) -> Option<TokenStream> {
    let expr = param.typed_default()?;
    let (name, ty) = (param.default_name(), &param.ty);
    Some(quote_spanned!(ty.span()=> fn #name() -> #ty { #expr }))
}

/// A name that the user's expressions cannot see, and that no item of the user's can clash with.
pub(crate) fn local(name: &str) -> Ident {
    // Hygiene does not reach constants: a `const call: u8` in the user's module would be what the pattern `call` means.
    Ident::new(&format!("__{name}"), Span::mixed_site())
}

/// A tuple of names, nested where there are more than the runtime's tuples hold.
fn tuple(names: &[Ident]) -> TokenStream {
    const MOST: usize = 8;
    if names.len() <= MOST {
        return quote!((#(#names,)*));
    }
    let groups = names.chunks(names.len().div_ceil(MOST).max(MOST)).map(tuple);
    quote!((#(#groups,)*))
}

fn is_empty_block(body: &TokenStream) -> bool {
    let mut tokens = body.to_token_stream().into_iter();
    matches!((tokens.next(), tokens.next()), (Some(proc_macro2::TokenTree::Group(group)), None) if group.stream().is_empty())
}
