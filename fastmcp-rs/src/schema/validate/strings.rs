//! `minLength`, `maxLength`, `pattern` and `format`.

use std::borrow::Cow;
use std::fmt;

use regex_lite::Regex;
use serde::de::{Deserialize, Deserializer, Visitor};

use super::formats::Format;
use super::types::STRING;
use super::words::{as_usize, count, quoted};
use super::{Node, Pointer, Run};
use crate::schema::json::JsonTree;
use crate::schema::number::Number;

#[derive(Clone, Debug, Default)]
pub(super) struct StringRules {
    pub min: Option<u64>,
    pub max: Option<u64>,
    pub pattern: Option<Regex>,
    pub format: Option<Format>,
}

impl Node {
    pub(super) fn text(&self, text: &str, at: &Pointer<'_>, run: &mut Run<'_>) {
        // A type that reads texts as numbers has rules for numbers.
        if run.trusted.is_some() && self.types & STRING == 0 && self.is_numeric() && Number::read(text.trim()).is_some()
        {
            return self.number_rules(text.trim(), at, run);
        }
        if !self.typed(STRING, at, run, || quoted(text)) {
            return;
        }
        if let Some(literals) = &self.literals
            && !literals.has_text(text)
        {
            if run.trusted.is_none() {
                run.fail_or_hint(at, |hint| literals.one_of(&JsonTree::Text(text.into()), hint));
            }
            return;
        }
        self.string_rules(text, at, run);
    }

    /// The rules, the cheap ones first: what is refused already is not matched.
    pub(super) fn string_rules(&self, text: &str, at: &Pointer<'_>, run: &mut Run<'_>) {
        let Some(rules) = &self.string else { return };
        if rules.min.is_some() || rules.max.is_some() {
            // A character has one to four bytes: often the length in bytes already says it all.
            let bytes = text.len();
            let least = rules.min.map_or(0, as_usize);
            let most = rules.max.map_or(usize::MAX, as_usize);
            if (bytes < least || bytes > most || bytes / 4 < least)
                && !count(text.chars().count(), rules.min, rules.max, "character", at, run)
            {
                return;
            }
        }
        if let Some(format) = rules.format
            && !format.accepts(text)
        {
            return run.fail(at, || format!("must be {}, got {}", format.wanted(), quoted(text)));
        }
        if let Some(pattern) = &rules.pattern
            && text.len() <= run.longest
            && !pattern.is_match(text)
        {
            run.fail(at, || format!("must match the pattern {}, got {}", pattern.as_str(), quoted(text)));
        }
    }
}

/// A string borrowed from the JSON text unless it has escapes.
pub(super) struct JsonStr<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for JsonStr<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StrVisitor;
        impl<'de> Visitor<'de> for StrVisitor {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text))
            }
        }
        deserializer.deserialize_str(StrVisitor).map(JsonStr)
    }
}
