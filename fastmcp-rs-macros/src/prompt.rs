//! `#[prompt(..)]`: the rules of prompts, above all of those that are nothing but their doc comment.

use proc_macro2::Span;

use crate::component::Reader;
use crate::errors::{Errors, nearest};
use crate::function::{Function, Parameter};

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

/// An argument that the text of a prompt without a result does not name can only be an injected one.
pub(crate) fn reader(function: &Function, name: &str) -> Reader {
    if !function.returns_nothing() {
        return Reader::Text;
    }
    match placeholders(function) {
        Some(placeholders) if !placeholders.iter().any(|(placeholder, _)| placeholder == name) => Reader::Injected,
        _ => Reader::Text,
    }
}

/// The `{name}`s of the doc comment; `None` if a part of it is known only to rustc.
fn placeholders(function: &Function) -> Option<Vec<(String, Span)>> {
    let lines = function.docs.lines()?;
    Some(lines.into_iter().flat_map(|(line, span)| in_line(line).into_iter().map(move |name| (name, span))).collect())
}

/// `{name}` is a placeholder; `{{` and `}}` are braces, and so are braces around anything that is no name.
fn in_line(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let Some(close) = rest.find('}') else { break };
        let name = &rest[..close];
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_placeholders() {
        assert_eq!(in_line("Pack for {city}, {days} days."), ["city", "days"]);
    }

    #[test]
    fn other_braces_are_text() {
        assert_eq!(in_line("{{city}} { \"a\": 1 } {} {1}"), [""; 0]);
    }
}
