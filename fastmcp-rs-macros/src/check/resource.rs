//! The URI of a resource against the parameters, both ways.

use crate::errors::{Errors, nearest};
use crate::model::function::{Function, Parameter};
use crate::model::resource::Resource;
use crate::parse::uri::{Placeholder, Shape};

/// Each placeholder has a parameter; each parameter with an `#[arg(..)]` has a placeholder. A parameter that no
/// placeholder names must be an injected one, which its type shows and the generated code asks.
pub(crate) fn check(resource: &Resource, function: &Function, errors: &Errors) {
    let Some((literal, uri)) = &resource.uri else {
        return;
    };
    let name = function.name();
    let free: Vec<String> = function.params.iter().map(Parameter::wire_name).filter(|param| !uri.has(param)).collect();
    for Placeholder { name: placeholder, written, shape } in &uri.placeholders {
        if function.params.iter().any(|param| param.wire_name() == *placeholder) {
            continue;
        }
        let ty = if *shape == Shape::Query { "Option<String>" } else { "String" };
        let one =
            if *shape == Shape::Query { format!("`{placeholder}` in `{written}`") } else { format!("`{written}`") };
        let advice = match nearest(placeholder, free.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`, which `fn {name}` takes?"),
            None => format!("add `{placeholder}: {ty}` to `fn {name}`, or remove {one}"),
        };
        errors.at(literal, format!("{one} in the URI has no parameter: {advice}"));
    }
    if !uri.is_sound {
        return;
    }
    for param in function.params.iter().filter(|param| !uri.has(&param.wire_name())) {
        let name = param.wire_name();
        if uri.wire.split('/').any(|segment| segment.strip_prefix(':') == Some(&*name)) {
            errors.at(literal, format!("`:{name}` is plain text in this URI: write `{{{name}}}` for the parameter"));
            continue;
        }
        if let Some(key) = &param.arg.first_key {
            errors.at(key, format!("`{name}` is not in the URI, so that no client can give it: add `{{{name}}}` or `{{?{name}}}` to the URI, or remove the `#[arg(..)]`"));
        }
    }
}
