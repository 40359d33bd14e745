//! The names that clients see: of the component, and of its arguments.

use crate::errors::Errors;
use crate::model::Component;
use crate::model::function::Function;

/// The rules for both.
pub(crate) fn check(component: &Component, errors: &Errors) {
    let function = &component.function;
    match &component.options.common.name {
        Some(name) => check_name(&name.value(), name.span(), errors),
        None => check_name(&function.wire_name(), function.name().span(), errors),
    }
    arguments(function, errors);
}

/// Every argument has a name of its own, of characters that clients accept.
fn arguments(function: &Function, errors: &Errors) {
    let mut seen: Vec<String> = Vec::new();
    for param in &function.params {
        let name = param.wire_name();
        let span = param.arg.name.as_ref().map_or_else(|| param.ident.span(), syn::LitStr::span);
        if param.arg.name.is_some() || !name.is_ascii() {
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            if name.is_empty() || name.len() > 64 || !name.chars().all(legal) {
                errors.span(span, format!("\"{name}\" can't be the name of an argument: clients accept 1 to 64 letters A-Z and a-z, digits, `_`, `-` and `.`; write `#[arg(name = \"..\")]` with such a name"));
            }
        }
        if seen.contains(&name) {
            errors.span(span, format!("a second argument is called `{name}`: give one of the two another name"));
        }
        seen.push(name);
    }
}

/// The spec's rule for names: 1 to 128 of `A-Z a-z 0-9 _ - .`
fn check_name(name: &str, span: proc_macro2::Span, errors: &Errors) {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let length = name.chars().count();
    if let Some(wrong) = name.chars().find(|c| !legal(*c)) {
        let better: String = name.chars().map(|c| if legal(c) { c } else { '_' }).collect();
        let advice = if better.trim_matches('_').is_empty() || !name.is_ascii() {
            "name = \"..\"".to_owned()
        } else {
            format!("name = \"{better}\"")
        };
        errors.span(span, format!(
            "a name may not contain {wrong:?}: MCP allows letters A-Z and a-z, digits, `_`, `-` and `.`; write for example `{advice}`"
        ));
    } else if name.is_empty() {
        errors.span(span, "an empty name: write 1 to 128 characters, or remove the key to use the function's name");
    } else if length > 128 {
        errors.span(
            span,
            format!("a name may have at most 128 characters, this one has {length}: shorten it with `name = \"..\"`"),
        );
    }
}
