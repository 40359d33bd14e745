//! The keys that somebody wrote in an attribute, taken one by one, with words for every way to get them wrong.

use std::time::Duration;

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, ExprLit, Ident, Lit, LitStr};

use super::entry::{Entry, entries};
use super::time::{self, DURATION_EXAMPLES, RATE_EXAMPLES};
use crate::errors::Errors;
use crate::keys::{Attribute, Key, every};

/// The keys of one attribute, in the order in which they were written.
pub(crate) struct Keys<'e> {
    attribute: Attribute,
    entries: Vec<Entry>,
    errors: &'e Errors,
}

impl<'e> Keys<'e> {
    /// Reads every key; one that cannot be read is reported and skipped, so that the others still count.
    pub(crate) fn read(attribute: Attribute, tokens: TokenStream, errors: &'e Errors) -> Self {
        let parser = |input: ParseStream<'_>| Ok(entries(attribute, input, errors));
        let entries = parser.parse2(tokens).unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        Self { attribute, entries, errors }
    }

    /// Several attributes of one name count as one (`#[arg(..)] #[arg(..)]`).
    pub(crate) fn extend(&mut self, other: Keys<'e>) {
        self.entries.extend(other.entries);
    }

    /// The key that was written first.
    pub(crate) fn first_key(&self) -> Option<Ident> {
        self.entries.first().map(|entry| entry.key.clone())
    }

    /// Takes the entry of a key; a repetition is an error.
    pub(crate) fn take<K: Key>(&mut self) -> Option<Entry> {
        let mut found = self.take_all::<K>().into_iter();
        let first = found.next();
        for again in found {
            self.errors.at(&again.key, format!("`{}` is given twice: keep one of the two", K::NAME));
        }
        first
    }

    /// Takes all entries of a key that may be repeated.
    pub(crate) fn take_all<K: Key>(&mut self) -> Vec<Entry> {
        self.entries.extract_if(.., |entry| entry.key == K::NAME).collect()
    }

    pub(crate) fn text<K: Key>(&mut self) -> Option<LitStr> {
        self.take::<K>()?.text(self.errors)
    }

    pub(crate) fn texts<K: Key>(&mut self) -> Vec<LitStr> {
        self.take::<K>().map(|entry| entry.texts(self.errors)).unwrap_or_default()
    }

    pub(crate) fn flag<K: Key>(&mut self) -> bool {
        self.boolean::<K>().is_some_and(|(value, _)| value)
    }

    /// `key` or `key = true` or `key = false`, with the key to point at.
    pub(crate) fn boolean<K: Key>(&mut self) -> Option<(bool, Ident)> {
        let entry = self.take::<K>()?;
        Some((entry.boolean(self.errors)?, entry.key))
    }

    pub(crate) fn expr<K: Key>(&mut self, example: &str) -> Option<Expr> {
        self.take::<K>()?.expr(self.errors, "a value", example)
    }

    pub(crate) fn duration<K: Key>(&mut self) -> Option<Duration> {
        let text = self.take::<K>()?.text_like("5m", self.errors)?;
        parsed(&text, time::duration(&text.value()), DURATION_EXAMPLES, self.errors)
    }

    pub(crate) fn rate<K: Key>(&mut self) -> Option<(u32, Duration)> {
        let text = self.take::<K>()?.text_like("60/min", self.errors)?;
        parsed(&text, time::rate(&text.value()), RATE_EXAMPLES, self.errors)
    }

    /// `crate = path`, with a message for each of the usual misspellings.
    pub(crate) fn crate_path(&mut self) -> Option<syn::Path> {
        let entry = self.take::<every::Crate>()?;
        match entry.expr(self.errors, "the path of the runtime crate", "crate = ::my_name_for_fastmcp_rs")? {
            Expr::Path(path) if path.qself.is_none() => Some(path.path),
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let path = text.value();
                self.errors.at(text, format!("`crate` takes a path, not a string: write `crate = {path}`"));
                None
            }
            other => {
                self.errors.at(other, "`crate` takes a path: write `crate = ::my_name_for_fastmcp_rs`");
                None
            }
        }
    }

    /// Reports the keys that the attribute does not know.
    pub(crate) fn finish(self) {
        let attribute = self.attribute;
        for entry in &self.entries {
            let found = entry.key.to_string();
            assert!(!attribute.knows(&found), "the table of keys has `{found}`, but nobody reads it");
            let (attribute, advice) = (attribute.written(), attribute.advice(&found));
            self.errors.at(&entry.key, format!("`{attribute}` has no key `{found}`: {advice}"));
        }
    }
}

/// Turns the outcome of a parser of strings into an error that shows how to write it.
fn parsed<T>(text: &LitStr, outcome: Result<T, String>, examples: &str, errors: &Errors) -> Option<T> {
    outcome.map_err(|wrong| errors.at(text, format!("{wrong}: write for example {examples}"))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::common;
    use crate::kind::Kind;
    use quote::quote;

    fn problems(tokens: TokenStream) -> String {
        let errors = Errors::default();
        let mut keys = Keys::read(Attribute::Component(Kind::Tool), tokens, &errors);
        keys.text::<common::Title>();
        keys.texts::<common::Tags>();
        keys.flag::<common::Hidden>();
        keys.duration::<common::Timeout>();
        keys.finish();
        errors.into_tokens().to_string()
    }

    #[test]
    fn good_keys_raise_nothing() {
        assert_eq!(problems(quote!(title = "T", tags("a", "b"), hidden, timeout = "3s",)), "");
    }

    #[test]
    fn every_mistake_is_reported() {
        let found = problems(quote!(titel = "T", tags = "a", hidden = 3, timeout = "3x", "x"));
        for part in [
            "did you mean `title`?",
            "write `tags(\\\"a\\\")`",
            "`hidden` is on or off",
            "`x` is not a unit",
            "takes keys",
        ] {
            assert!(found.contains(part), "{part} in {found}");
        }
    }

    #[test]
    fn a_forgotten_comma_is_named() {
        assert!(problems(quote!(hidden title = "T")).contains("expected a comma between two keys, found `title`"));
    }

    #[test]
    fn repeated_keys_are_refused() {
        assert!(problems(quote!(title = "T", title = "U")).contains("`title` is given twice"));
    }
}
