//! One marked function from attribute to expansion: read everything, check everything, then print.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;

use crate::args::Keys;
use crate::check;
use crate::errors::Errors;
use crate::expand::{self, Component};
use crate::fallback;
use crate::function::{Function, Place};
use crate::kind::{Kind, elsewhere};
use crate::krate::Krate;
use crate::place;
use crate::prompt;
use crate::resource::{self, Resource};
use crate::shared::Shared;
use crate::tool::Tool;
use crate::uri::Uri;

/// The keys of `#[tool(..)]`, `#[resource(..)]` or `#[prompt(..)]`.
pub(crate) struct Options {
    pub(crate) krate: Krate,
    pub(crate) shared: Shared,
    pub(crate) own: Own,
}

/// The keys that only one kind has.
pub(crate) enum Own {
    Tool(Box<Tool>),
    Resource(Box<Resource>),
    Prompt,
}

/// How the generated call reads one parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// JSON, or injected: the type decides.
    Tool,
    /// A text, or injected: the type decides.
    Text,
    /// Injected, because no client could give it.
    Injected,
}

/// What the attribute on a free function expands to.
pub(crate) fn expand(kind: Kind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    let errors = Errors::default();
    let options = Options::read(kind, attribute, &errors);
    let function = match Function::parse(kind, item.clone(), &errors) {
        Ok(function) => function,
        Err(error) => return fallback::not_a_function(kind, item, &error, errors),
    };
    options.check(kind, Place::Free, &function, &errors);
    let is_associated = function.receiver.is_none() && place::is_in_impl_block(&function);
    if is_associated {
        let attribute = kind.attribute();
        errors.at(function.name(), format!(
            "`{attribute}` on an associated function needs `#[fastmcp_rs::server]` on the impl block around it: put it there, or move the function out of the block"
        ));
    }
    if is_associated || function.receiver.is_some() {
        // An impl block takes no structs, so that only the method and the errors may be printed.
        let mut tokens = function.into_token_stream();
        tokens.extend(errors.into_tokens());
        return tokens;
    }
    let component = Component { kind, options: &options, function: &function, service: None };
    if errors.is_empty() { expand::free(&component) } else { expand::broken(&component, errors) }
}

impl Options {
    pub(crate) fn read(kind: Kind, tokens: TokenStream, errors: &Errors) -> Self {
        let (uri, tokens) = match kind {
            Kind::Resource => resource::split_uri(tokens, errors),
            Kind::Tool | Kind::Prompt => (None, tokens),
        };
        let mut keys = Keys::read(kind.attribute(), tokens, errors);
        let krate = Krate::new(keys.krate());
        let shared = Shared::read(&mut keys, errors);
        let own = match kind {
            Kind::Tool => Own::Tool(Box::new(Tool::read(&mut keys, errors))),
            Kind::Resource => Own::Resource(Box::new(Resource::read(uri, &mut keys, errors))),
            Kind::Prompt => Own::Prompt,
        };
        keys.finish(|key| elsewhere(kind, key));
        Self { krate, shared, own }
    }

    /// Every rule about the function and about how it fits the keys.
    pub(crate) fn check(&self, kind: Kind, place: Place, function: &Function, errors: &Errors) {
        check::check(kind, place, function, errors);
        if self.shared.name.is_none() {
            check::function_name(function, errors);
        }
        if let Some(inline) = self.shared.inline.as_ref().filter(|_| function.is_async()) {
            errors.at(inline, "`inline` is for a plain `fn`, which otherwise runs on the blocking pool; an `async fn` never does: remove one of the two");
        }
        match &self.own {
            Own::Tool(_) => {}
            Own::Resource(resource) => resource.check(function, errors),
            Own::Prompt => prompt::check(function, errors),
        }
    }

    /// The URI of a resource, as far as it could be read.
    pub(crate) fn uri(&self) -> Option<&Uri> {
        match &self.own {
            Own::Resource(resource) => resource.uri(),
            Own::Tool(_) | Own::Prompt => None,
        }
    }

    pub(crate) fn uri_span(&self) -> Option<Span> {
        match &self.own {
            Own::Resource(resource) => resource.uri_span(),
            Own::Tool(_) | Own::Prompt => None,
        }
    }

    /// How the parameters of `function` are read, in their order.
    pub(crate) fn readers(&self, function: &Function) -> Vec<Reader> {
        let reader = |name: &str| match &self.own {
            Own::Tool(_) => Reader::Tool,
            Own::Resource(resource) if resource.uri().is_none_or(|uri| uri.has(name)) => Reader::Text,
            Own::Resource(_) => Reader::Injected,
            Own::Prompt => prompt::reader(function, name),
        };
        function.params.iter().map(|param| reader(&param.wire_name())).collect()
    }
}
