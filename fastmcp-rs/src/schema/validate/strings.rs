//! `minLength`, `maxLength`, `pattern` and `format`.

use std::borrow::Cow;
use std::fmt;

use regex_lite::Regex;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::Value;

use super::formats::Format;
use super::types::STRING;
use super::words::{as_usize, count, one_of, quoted};
use super::{Node, Pointer, Run};

#[derive(Clone, Debug, Default)]
pub(super) struct StringRules {
    pub min: Option<u64>,
    pub max: Option<u64>,
    pub pattern: Option<Regex>,
    pub format: Option<Format>,
}

impl Node {
    pub(super) fn text(&self, text: &str, at: &Pointer<'_>, run: &mut Run<'_>) {
        if !self.typed(STRING, at, run, || quoted(text)) {
            return;
        }
        if let Some(literals) = &self.literals
            && !literals.iter().any(|literal| literal.as_str() == Some(text))
        {
            return run.fail(at, || one_of(literals, &Value::from(text)));
        }
        let Some(rules) = &self.string else { return };
        if rules.min.is_some() || rules.max.is_some() {
            // A character has one to four bytes: often the length in bytes already says it all.
            let bytes = text.len();
            let least = rules.min.map_or(0, as_usize);
            let most = rules.max.map_or(usize::MAX, as_usize);
            if bytes < least || bytes > most || bytes / 4 < least {
                count(text.chars().count(), rules.min, rules.max, "character", at, run);
            }
        }
        if let Some(pattern) = &rules.pattern
            && !pattern.is_match(text)
        {
            run.fail(at, || format!("must match the pattern {}, got {}", pattern.as_str(), quoted(text)));
        }
        if let Some(format) = rules.format
            && !format.accepts(text)
        {
            run.fail(at, || format!("must be {}, got {}", format.wanted(), quoted(text)));
        }
    }
}

/// A string borrowed from the JSON text unless it has escapes.
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
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
        deserializer.deserialize_str(Reader).map(Text)
    }
}
