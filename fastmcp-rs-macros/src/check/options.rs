//! The keys of `#[tool(..)]` and its siblings: each value is one that it can have, and they do not contradict each other.

use syn::LitStr;

use crate::errors::Errors;
use crate::model::common::Common;
use crate::model::resource::Resource;
use crate::model::tool::Tool;
use crate::model::{Component, Options, Own};

/// Every rule about the keys alone.
pub(crate) fn check(options: &Options, errors: &Errors) {
    description(&options.common, errors);
    icons(&options.common, errors);
    match &options.own {
        Own::Tool(tool) => contradictions(tool, errors),
        Own::Resource(resource) => {
            if let Some(mime_type) = &resource.mime_type {
                check_mime_type(mime_type, errors);
            }
            annotations(resource, errors);
        }
        Own::Prompt => {}
    }
}

/// A description says something.
fn description(common: &Common, errors: &Errors) {
    if let Some(empty) = common.description.as_ref().filter(|text| text.value().trim().is_empty()) {
        errors
            .at(empty, "an empty description: say what it does, or remove the key and write a doc comment (`/// ..`)");
    }
}

/// Only functions that would otherwise go to the blocking pool can be kept from it.
pub(crate) fn inline(component: &Component, errors: &Errors) {
    if let Some(inline) = component.options.common.inline.as_ref().filter(|_| component.function.is_async()) {
        errors.at(inline, "`inline` is for a plain `fn`, which otherwise runs on the blocking pool; an `async fn` never does: remove one of the two");
    }
}

/// Clients load icons from the web over TLS, or have them in the text.
fn icons(common: &Common, errors: &Errors) {
    for icon in &common.icons {
        let text = icon.value();
        if !text.starts_with("https://") && !text.starts_with("data:image/") {
            errors.at(
                icon,
                format!(
                    "an icon is an `https://` or a `data:image/..` address, found \"{text}\": clients refuse others"
                ),
            );
        }
    }
}

/// What reads only changes nothing: it can neither destroy, nor differ when it is repeated.
fn contradictions(tool: &Tool, errors: &Errors) {
    let Some((true, _)) = &tool.read_only else { return };
    if let Some((true, key)) = &tool.destructive {
        errors.at(
            key,
            "`destructive` contradicts `read_only`: a tool that only reads destroys nothing, so remove one of the two",
        );
    }
    if let Some((false, key)) = &tool.idempotent {
        errors.at(
            key,
            "`idempotent = false` contradicts `read_only`: a tool that only reads can be repeated, so remove one of the two",
        );
    }
}

/// Annotations hold what the protocol knows.
fn annotations(resource: &Resource, errors: &Errors) {
    for audience in
        resource.audience.iter().filter(|audience| !matches!(audience.value().as_str(), "user" | "assistant"))
    {
        errors.at(audience, format!("an audience is \"user\" or \"assistant\", found \"{}\"", audience.value()));
    }
    if let Some(time) = resource.last_modified.as_ref().filter(|time| !is_timestamp(&time.value())) {
        errors.at(
            time,
            format!("\"{}\" is not an ISO 8601 time: write for example \"2026-01-12T15:00:58Z\"", time.value()),
        );
    }
}

/// `type/subtype`, perhaps with parameters after a semicolon.
fn check_mime_type(literal: &LitStr, errors: &Errors) {
    let token =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&^_.+-".contains(c));
    let text = literal.value();
    let (essence, parameters) =
        text.split_once(';').map_or((text.as_str(), None), |(essence, rest)| (essence, Some(rest)));
    let good = essence.trim_end().split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    let good = good
        && parameters.is_none_or(|rest| {
            rest.split(';').all(|one| one.trim().split_once('=').is_some_and(|(key, _)| token(key)))
        });
    if !good {
        errors.at(
            literal,
            format!(
                "\"{text}\" is not a MIME type: write for example \"text/markdown\", \"application/json\" or \"image/png\""
            ),
        );
    }
}

/// The shape of an ISO 8601 date, or date and time; the digits' meaning is not checked.
fn is_timestamp(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00") else {
        return false;
    };
    let Some(time) = rest.strip_prefix('T') else {
        return rest.is_empty();
    };
    let Some(zone) = time.strip_prefix("00:00:00") else {
        return false;
    };
    let zone = zone.strip_prefix('.').map_or(zone, |fraction| fraction.trim_start_matches('0'));
    matches!(zone, "" | "Z" | "+00:00" | "-00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_have_a_shape() {
        assert!(is_timestamp("2026-01-12"));
        assert!(is_timestamp("2026-01-12T15:00:58Z"));
        assert!(is_timestamp("2026-01-12T15:00:58.123+01:00"));
        assert!(!is_timestamp("yesterday"));
        assert!(!is_timestamp("2026-01-12 15:00"));
    }

    #[test]
    fn mime_types_have_a_slash() {
        let problem = |text: &str| {
            let errors = Errors::default();
            check_mime_type(&LitStr::new(text, proc_macro2::Span::call_site()), &errors);
            errors.into_result().is_err()
        };
        assert!(!problem("text/plain"));
        assert!(!problem("text/plain; charset=utf-8"));
        assert!(!problem("application/vnd.api+json"));
        assert!(problem("markdown"));
        assert!(problem("text/"));
        assert!(problem("text/plain; utf8"));
    }
}
