//! The rules, held against what was read. Each is a function, with the rule in a sentence above it.

mod arg;
mod names;
mod options;
mod prompt;
mod resource;
mod service;
mod signature;
mod surroundings;
mod types;

use crate::errors::Errors;
use crate::model::{Component, Own};

pub(crate) use service::check as service;

/// Holds every rule against a function and its attribute.
pub(crate) fn check(component: &Component, errors: &Errors) {
    let Component { kind, options, function, .. } = component;
    options::check(options, errors);
    signature::check(component, errors);
    names::check(component, errors);
    arg::headers(*kind, function, errors);
    for param in &function.params {
        arg::check(&param.arg, errors);
        types::check(*kind, param, errors);
    }
    surroundings::check(component, errors);
    options::inline(component, errors);
    match &options.own {
        Own::Tool(_) => {}
        Own::Resource(resource) => resource::check(resource, function, errors),
        Own::Prompt => prompt::check(function, errors),
    }
}
