//! The text of a prompt that is its doc comment against the parameters, both ways.

use crate::errors::{Errors, nearest};
use crate::model::function::{Function, Parameter};
use crate::model::prompt::placeholders;

/// A prompt that returns nothing is its doc comment: each `{name}` in it is an argument, each argument is in it.
pub(crate) fn check(function: &Function, errors: &Errors) {
    if !function.returns_nothing() {
        return;
    }
    if function.docs.is_empty() {
        errors.at(function.name(), format!(
            "the prompt `{}` has no text: return it (`-> String`), or write it as a doc comment, with `{{name}}` where an argument goes", function.name()
        ));
        return;
    }
    let Some(placeholders) = placeholders(function) else {
        return;
    };
    let names: Vec<String> = function.params.iter().map(Parameter::wire_name).collect();
    for (placeholder, span) in &placeholders {
        if names.contains(placeholder) {
            continue;
        }
        let name = function.name();
        let advice = match nearest(placeholder, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{{{near}}}`?"),
            None => format!(
                "add `{placeholder}: String` to `fn {name}`, or write `{{{{{placeholder}}}}}` for the text in braces"
            ),
        };
        errors.span(*span, format!("`{{{placeholder}}}` in the text has no parameter: {advice}"));
    }
    for param in &function.params {
        let name = param.wire_name();
        if placeholders.iter().any(|(placeholder, _)| *placeholder == name) {
            continue;
        }
        if let Some(key) = &param.arg.first_key {
            errors.at(key, format!("`{name}` is not in the prompt's text, so that it changes nothing: write `{{{name}}}` in the doc comment, or remove the parameter"));
        }
    }
}
