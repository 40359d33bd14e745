//! Prompts that are nothing but their doc comment: the placeholders in it.

use proc_macro2::Span;

use super::Reader;
use super::function::Function;

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
pub(crate) fn placeholders(function: &Function) -> Option<Vec<(String, Span)>> {
    let lines = function.docs.lines()?;
    Some(lines.into_iter().flat_map(|(line, span)| in_line(line).into_iter().map(move |name| (name, span))).collect())
}

/// `{name}` is a placeholder; `{{` and `}}` are braces, and so are braces around anything that is not a name.
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
