//! One marked function from attribute to expansion: read everything, check everything, then print.

use proc_macro2::TokenStream;
use quote::quote;

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
        Err(errors) => {
            let printed = expand::printed(&component);
            quote!(#printed #errors)
        }
    }
}
