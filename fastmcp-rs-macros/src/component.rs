//! One marked function from attribute to expansion: read everything, check everything, then print.

use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::errors::Errors;
use crate::kind::Kind;
use crate::model::function::Function;
use crate::model::{Component, Options};
use crate::{check, expand, fallback};

/// What the attribute on a free function expands to.
pub(crate) fn expand(kind: Kind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    let errors = Errors::default();
    let options = Options::read(kind, attribute, &errors);
    let function = match Function::parse(kind, item.clone(), &errors) {
        Ok(function) => function,
        Err(error) => return fallback::not_a_function(kind, item, &error, errors),
    };
    let component = Component { kind, options, function, service: None };
    check::check(&component, &errors);
    match errors.into_result() {
        Ok(()) => expand::free(&component),
        // An impl block takes no structs, so that only the method and the errors may be printed.
        Err(errors) if component.function.receiver.is_some() || check::is_in_impl_block(&component.function) => {
            let mut tokens = component.function.into_token_stream();
            tokens.extend(errors);
            tokens
        }
        Err(errors) => expand::broken(&component, &errors),
    }
}
