//! The model: a function with one of our attributes, read once for all three kinds and for methods.

pub(crate) mod arg;
pub(crate) mod common;
pub(crate) mod constraint;
pub(crate) mod function;
pub(crate) mod prompt;
pub(crate) mod resource;
pub(crate) mod tool;

use proc_macro2::{Span, TokenStream};
use syn::Type;

use crate::crate_path::CratePath;
use crate::errors::Errors;
use crate::keys::Attribute;
use crate::kind::Kind;
use crate::parse::Keys;
use crate::parse::uri::Uri;
use common::Common;
use function::Function;
use resource::Resource;
use tool::Tool;

/// A marked function with everything that its attribute says.
pub(crate) struct Component {
    pub(crate) kind: Kind,
    pub(crate) options: Options,
    pub(crate) function: Function,
    /// The type whose method this is; `None` for a free function.
    pub(crate) service: Option<Type>,
}

/// The keys of `#[tool(..)]`, `#[resource(..)]` or `#[prompt(..)]`.
pub(crate) struct Options {
    pub(crate) crate_path: CratePath,
    pub(crate) common: Common,
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

impl Options {
    pub(crate) fn read(kind: Kind, tokens: TokenStream, errors: &Errors) -> Self {
        let (uri, tokens) = match kind {
            Kind::Resource => resource::split_uri(tokens, errors),
            Kind::Tool | Kind::Prompt => (None, tokens),
        };
        let mut keys = Keys::read(Attribute::Component(kind), tokens, errors);
        let crate_path = CratePath::new(keys.crate_path());
        let common = Common::read(&mut keys, errors);
        let own = match kind {
            Kind::Tool => Own::Tool(Box::new(Tool::read(&mut keys))),
            Kind::Resource => Own::Resource(Box::new(Resource::read(uri, &mut keys, errors))),
            Kind::Prompt => Own::Prompt,
        };
        keys.finish();
        Self { crate_path, common, own }
    }
}

impl Component {
    /// The name under which it is served.
    pub(crate) fn name(&self) -> String {
        self.options.common.name(&self.function)
    }

    /// The URI of a resource, as far as it could be read.
    pub(crate) fn uri(&self) -> Option<&Uri> {
        match &self.options.own {
            Own::Resource(resource) => resource.uri(),
            Own::Tool(_) | Own::Prompt => None,
        }
    }

    pub(crate) fn uri_span(&self) -> Option<Span> {
        match &self.options.own {
            Own::Resource(resource) => resource.uri_span(),
            Own::Tool(_) | Own::Prompt => None,
        }
    }

    /// How the parameters are read, in their order.
    pub(crate) fn readers(&self) -> Vec<Reader> {
        let function = &self.function;
        let reader = |name: &str| match &self.options.own {
            Own::Tool(_) => Reader::Tool,
            Own::Resource(resource) if resource.uri().is_none_or(|uri| uri.has(name)) => Reader::Text,
            Own::Resource(_) => Reader::Injected,
            Own::Prompt => prompt::reader(function, name),
        };
        function.params.iter().map(|param| reader(&param.wire_name())).collect()
    }

    /// Whether this is a prompt that is its doc comment.
    pub(crate) fn is_filled(&self) -> bool {
        self.kind == Kind::Prompt && self.function.returns_nothing()
    }
}
