//! The keys of our attributes, with words for every way to get them wrong.

use std::time::Duration;

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, ExprLit, Ident, Lit, LitStr};

use crate::entry::{Entry, entries};
use crate::errors::{Errors, listed, nearest};
use crate::time::{self, DURATION_EXAMPLES, RATE_EXAMPLES};

/// The keys of one attribute, in the order in which they were written.
pub(crate) struct Keys<'e> {
    /// How the attribute is called in messages: `#[tool]`.
    attribute: &'static str,
    entries: Vec<Entry>,
    known: Vec<&'static str>,
    errors: &'e Errors,
}

impl<'e> Keys<'e> {
    /// Reads every key; one that cannot be read is reported and skipped, so that the others still count.
    pub(crate) fn read(attribute: &'static str, tokens: TokenStream, errors: &'e Errors) -> Self {
        let parser = |input: ParseStream<'_>| Ok(entries(attribute, input, errors));
        let entries = parser.parse2(tokens).unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        Self { attribute, entries, known: Vec::new(), errors }
    }

    /// Several attributes of one name count as one (`#[arg(..)] #[arg(..)]`).
    pub(crate) fn extend(&mut self, other: Keys<'e>) {
        self.entries.extend(other.entries);
    }

    /// The key that was written first.
    pub(crate) fn first_key(&self) -> Option<Ident> {
        self.entries.first().map(|entry| entry.key.clone())
    }

    /// Takes the entry of `key`; a repetition is an error.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Entry> {
        let mut found = self.take_all(key).into_iter();
        let first = found.next();
        for again in found {
            self.errors.at(&again.key, format!("`{key}` is given twice: keep one of the two"));
        }
        first
    }

    /// Takes all entries of a key that may be repeated.
    pub(crate) fn take_all(&mut self, key: &'static str) -> Vec<Entry> {
        self.known.push(key);
        let (found, others) = std::mem::take(&mut self.entries).into_iter().partition(|entry| entry.key == key);
        self.entries = others;
        found
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Option<LitStr> {
        self.take(key)?.text(self.errors)
    }

    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<LitStr> {
        self.take(key).map(|entry| entry.texts(self.errors)).unwrap_or_default()
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> bool {
        self.boolean(key).is_some_and(|(value, _)| value)
    }

    /// `key` or `key = true` or `key = false`, with the key to point at.
    pub(crate) fn boolean(&mut self, key: &'static str) -> Option<(bool, Ident)> {
        let entry = self.take(key)?;
        Some((entry.boolean(self.errors)?, entry.key))
    }

    pub(crate) fn expr(&mut self, key: &'static str, example: &str) -> Option<Expr> {
        self.take(key)?.expr(self.errors, "a value", example)
    }

    pub(crate) fn duration(&mut self, key: &'static str) -> Option<Duration> {
        let text = self.take(key)?.text_like("5m", self.errors)?;
        parsed(&text, time::duration(&text.value()), DURATION_EXAMPLES, self.errors)
    }

    pub(crate) fn rate(&mut self, key: &'static str) -> Option<(u32, Duration)> {
        let text = self.take(key)?.text_like("60/min", self.errors)?;
        parsed(&text, time::rate(&text.value()), RATE_EXAMPLES, self.errors)
    }

    /// `crate = path`, with a message for each of the usual misspellings.
    pub(crate) fn krate(&mut self) -> Option<syn::Path> {
        let entry = self.take("crate")?;
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

    /// Reports what nobody took. `elsewhere` knows keys that belong to another attribute.
    pub(crate) fn finish(mut self, elsewhere: impl Fn(&str) -> Option<String>) {
        // The rarest key is mentioned last.
        self.known.sort_by_key(|known| *known == "crate");
        for entry in &self.entries {
            let found = entry.key.to_string();
            let attribute = self.attribute;
            let advice = match nearest(&found, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => elsewhere(&found).unwrap_or_else(|| format!("it knows {}", listed(&self.known))),
            };
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
    use quote::quote;

    fn problems(tokens: TokenStream) -> String {
        let errors = Errors::default();
        let mut keys = Keys::read("#[tool]", tokens, &errors);
        keys.text("title");
        keys.texts("tags");
        keys.flag("hidden");
        keys.duration("timeout");
        keys.finish(|_| None);
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
