//! All mistakes of one item, gathered, so that they are reported in one go; and a net for our own.

use std::any::Any;
use std::cell::RefCell;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// Collects errors through a shared reference, so that no reader has to stop at the first.
///
/// Dropping it before it was asked for them is a fault of ours, and panics: an error that nobody reports would let wrong code
/// through.
pub(crate) struct Errors(RefCell<Option<Vec<Problem>>>);

struct Problem {
    place: Place,
    message: String,
    /// The form that the whole item ought to have, if the problem is one of form.
    form: Option<&'static str>,
}

/// What the caret goes under.
enum Place {
    Tokens(TokenStream),
    Span(Span),
    /// Where syn stopped.
    Stop(syn::Error),
}

impl Default for Errors {
    fn default() -> Self {
        Self(RefCell::new(Some(Vec::new())))
    }
}

impl Errors {
    /// The caret goes under `tokens`.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.add(Place::Tokens(tokens.into_token_stream()), message, None);
    }

    /// The caret goes under `span`, for a place that has no tokens of its own.
    pub(crate) fn span(&self, span: Span, message: impl Display) {
        self.add(Place::Span(span), message, None);
    }

    /// A problem with the form of the item. The last of them says in a note how the whole ought to look.
    pub(crate) fn form(&self, form: &'static str, tokens: impl ToTokens, message: impl Display) {
        self.add(Place::Tokens(tokens.into_token_stream()), message, Some(form));
    }

    /// What syn could not read.
    pub(crate) fn push(&self, error: syn::Error) {
        self.add(Place::Stop(error), "", None);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().as_ref().is_none_or(Vec::is_empty)
    }

    /// One `compile_error!` per mistake; nothing if there is none.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut problems = self.0.take().unwrap_or_default();
        if let Some(last) = problems.iter_mut().rfind(|problem| problem.form.is_some())
            && let Some(form) = last.form
        {
            last.message.push_str(&format!("\nnote: {form}"));
        }
        let error = |Problem { place, message, .. }| match place {
            Place::Tokens(tokens) => syn::Error::new_spanned(tokens, message),
            Place::Span(span) => syn::Error::new(span, message),
            Place::Stop(error) => error,
        };
        problems.into_iter().map(|problem| error(problem).into_compile_error()).collect()
    }

    /// `Err` holds one `compile_error!` per mistake.
    pub(crate) fn into_result(self) -> Result<(), TokenStream> {
        let is_empty = self.is_empty();
        let tokens = self.into_tokens();
        if is_empty { Ok(()) } else { Err(tokens) }
    }

    fn add(&self, place: Place, message: impl Display, form: Option<&'static str>) {
        let problem = Problem { place, message: message.to_string(), form };
        self.0.borrow_mut().get_or_insert_default().push(problem);
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // A second panic would end the compiler instead of the macro.
        if self.0.borrow().is_some() && !std::thread::panicking() {
            panic!("errors were gathered, and nobody looked at them");
        }
    }
}

/// Runs a macro of ours. If it panics, which is always a fault of ours, the item is printed back with an error that says so,
/// and the rest of the crate still compiles.
pub(crate) fn net(
    attribute: &str,
    printed_back: impl FnOnce() -> TokenStream,
    expand: impl FnOnce() -> TokenStream,
) -> TokenStream {
    catch_unwind(AssertUnwindSafe(expand)).unwrap_or_else(|panic| {
        let message = format!(
            "`{attribute}` failed here, which is a fault of fastmcp-rs {} and not of your code: please report it, with this item, at {}/issues\nnote: the macro panicked: {}",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_REPOSITORY"),
            said(&*panic),
        );
        let item = printed_back();
        quote!(#item ::core::compile_error! { #message })
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied()).unwrap_or("no message")
}

/// The candidate that was probably meant by `found`, if one is near enough.
pub(crate) fn nearest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let found = plain(found);
    let allowed = (found.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&found, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `` `a`, `b` and `c` ``, for messages that list what is allowed.
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    #[should_panic(expected = "nobody looked at them")]
    fn errors_that_nobody_looks_at_are_a_fault_of_ours() {
        let errors = Errors::default();
        errors.at(quote!(here), "wrong");
    }

    #[test]
    #[should_panic(expected = "the first panic")]
    fn a_panic_is_not_followed_by_another() {
        let _errors = Errors::default();
        panic!("the first panic");
    }

    #[test]
    fn only_the_last_problem_of_form_says_how_it_ought_to_look() {
        let errors = Errors::default();
        errors.form("a tool looks so", quote!(a), "one");
        errors.form("a tool looks so", quote!(b), "two");
        errors.at(quote!(c), "three");
        let tokens = errors.into_tokens().to_string();
        assert_eq!(tokens.matches("note: a tool looks so").count(), 1, "{tokens}");
        assert!(tokens.contains(r#""two\nnote: a tool looks so""#), "{tokens}");
    }

    #[test]
    fn a_panic_of_ours_prints_the_item_back() {
        let item = quote!(
            fn add() {}
        );
        let tokens = net("#[tool]", || item.clone(), || panic!("at the disco")).to_string();
        assert!(tokens.starts_with("fn add () { } :: core :: compile_error ! {"), "{tokens}");
        assert!(tokens.contains("please report it") && tokens.contains("panicked: at the disco"), "{tokens}");
        assert_eq!(net("#[tool]", || item.clone(), || quote!(fine)).to_string(), "fine");
    }

    #[test]
    fn nearest_forgives_case_underscores_and_one_slip() {
        let keys = ["read_only", "description", "timeout"];
        assert_eq!(nearest("readOnly", keys), Some("read_only"));
        assert_eq!(nearest("descripton", keys), Some("description"));
        assert_eq!(nearest("timeuot", keys), Some("timeout"));
        assert_eq!(nearest("colour", keys), None);
    }

    #[test]
    fn lists_read_like_english() {
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(&["a"]), "`a`");
    }
}
