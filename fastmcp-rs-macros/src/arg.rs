//! `#[arg(..)]`: the keys of one parameter, read and checked.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta};

use crate::args::Keys;
use crate::entry::{Entry, Value, describe};
use crate::errors::{Errors, nearest};
use crate::expand::local;
use crate::krate::Krate;
use crate::rules::{self, Len, Range, bound, check_pattern};

/// What `#[arg(..)]` says about a parameter.
#[derive(Default)]
pub(crate) struct Arg {
    pub(crate) name: Option<LitStr>,
    pub(crate) default: Option<Fallback>,
    pub(crate) header: Option<LitStr>,
    /// The key itself, to point at.
    pub(crate) flatten: Option<Ident>,
    /// The first key that was written, to point at when the parameter turns out to be no argument.
    pub(crate) first_key: Option<Ident>,
    pub(crate) range: Option<Range>,
    pub(crate) len: Option<Len>,
    pub(crate) pattern: Option<LitStr>,
    format: Option<LitStr>,
    example: Option<Expr>,
    complete: Option<Expr>,
    sensitive: bool,
}

/// The two kinds of defaults.
pub(crate) enum Fallback {
    /// A string literal, which any type may be read from.
    Text(LitStr),
    /// An expression of the parameter's type.
    Typed(TokenStream),
}

impl Arg {
    /// Whether this is `#[arg(..)]`.
    pub(crate) fn is(attribute: &Attribute) -> bool {
        attribute.path().segments.last().is_some_and(|segment| segment.ident == "arg")
    }

    pub(crate) fn read<'a>(attributes: impl Iterator<Item = &'a Attribute>, errors: &Errors) -> Self {
        let mut keys = Keys::read("#[arg]", TokenStream::new(), errors);
        for attribute in attributes {
            match &attribute.meta {
                Meta::List(list) => keys.extend(Keys::read("#[arg]", list.tokens.clone(), errors)),
                other => {
                    errors.at(other, "`#[arg]` takes keys in parentheses: write for example `#[arg(default = 3)]`")
                }
            }
        }
        let first_key = keys.first_key();
        let mut arg = Self {
            name: keys.text("name"),
            default: keys.take("default").and_then(|entry| default(&entry, errors)),
            range: keys.take("range").and_then(|entry| rules::range(&entry, errors)),
            len: keys.take("len").and_then(|entry| rules::len(&entry, errors)),
            pattern: keys.text("pattern"),
            format: keys.text("format"),
            example: keys.expr("example", "example = \"..\""),
            complete: keys.expr("complete", "complete = path::to::function"),
            header: keys.text("header"),
            sensitive: false,
            flatten: keys.boolean("flatten").filter(|(on, _)| *on).map(|(_, key)| key),
            first_key,
        };
        arg.sensitive = keys.flag("sensitive");
        keys.finish(elsewhere);
        arg.check(errors);
        arg
    }

    fn check(&self, errors: &Errors) {
        if let Some(pattern) = &self.pattern
            && let Err(problem) = check_pattern(&pattern.value())
        {
            errors.at(pattern, problem);
        }
        if let Some(header) = &self.header {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            let text = header.value();
            if text.is_empty() || !text.chars().all(token) {
                errors.at(header, format!("\"{text}\" is no name of a header: write letters, digits and `-`, for example `header = \"Region\"`"));
            }
        }
        if let Some(complete) = self.complete.as_ref().filter(|expr| matches!(expr, Expr::Lit(_))) {
            let found = describe(complete);
            errors.at(
                complete,
                format!(
                    "`complete` takes the path of a function, found {found}: write `complete = path::to::function`"
                ),
            );
        }
        if let Some(flatten) = &self.flatten {
            let others = [
                ("name", self.name.is_some()),
                ("default", self.default.is_some()),
                ("range", self.range.is_some()),
                ("len", self.len.is_some()),
                ("pattern", self.pattern.is_some()),
                ("header", self.header.is_some()),
            ];
            for (key, _) in others.iter().filter(|(_, given)| *given) {
                errors.at(flatten, format!("`flatten` spreads the fields of the type, so that `{key}` has nothing to apply to: remove one of the two"));
            }
        }
        if let (Some(range), Some(Fallback::Typed(default))) = (&self.range, &self.default)
            && let Ok(expr) = syn::parse2::<Expr>(default.clone())
            && let Some(value) = bound(&expr)
            && !range.contains(value)
        {
            let written = default.to_string().replace(' ', "");
            errors.at(
                default,
                format!(
                    "the default `{written}` is outside of its own range `{}`: change one of the two",
                    range.written()
                ),
            );
        }
        if let (Some(len), Some(Fallback::Text(default))) = (&self.len, &self.default) {
            let length = default.value().chars().count() as u64;
            if !len.allows(length) {
                let characters = if length == 1 { "character" } else { "characters" };
                errors.at(
                    default,
                    format!(
                        "the default has {length} {characters}, which its own `len` refuses: change one of the two"
                    ),
                );
            }
        }
        if let (Some(pattern), Some(Fallback::Text(default))) = (&self.pattern, &self.default)
            && let Ok(regex) = regex_lite::Regex::new(&pattern.value())
            && !regex.is_match(&default.value())
        {
            errors.at(
                default,
                format!("the default does not match its own pattern `{}`: change one of the two", pattern.value()),
            );
        }
    }

    /// The fields of `Param` that differ from its default, except for the docs. `default` names the function that makes a
    /// typed default.
    pub(crate) fn fields(&self, krate: &Krate, default: &Ident) -> Vec<TokenStream> {
        let p = krate.private();
        let typed = local("typed");
        let mut fields = Vec::new();
        match &self.default {
            None => {}
            Some(Fallback::Text(text)) => {
                fields.push(quote!(default: ::core::option::Option::Some(|| #p::json(&#text))));
            }
            Some(Fallback::Typed(_)) => {
                let (span, at) = (default.span(), krate.private_at(default.span()));
                let json = quote_spanned!(span=> #at::json(&#default()));
                fields.push(quote!(default: ::core::option::Option::Some(|| #json)));
            }
        }
        let rules = self.rules(&p);
        if !rules.is_empty() {
            fields.push(quote!(rules: &[#(#rules),*]));
        }
        if let Some(format) = &self.format {
            fields.push(quote!(format: ::core::option::Option::Some(#format)));
        }
        if let Some(example) = &self.example {
            let example = published(krate, example);
            fields.push(quote!(example: ::core::option::Option::Some(|| #example)));
        }
        if let Some(complete) = &self.complete {
            fields.push(quote!(complete: ::core::option::Option::Some(|#typed| #p::complete(#complete, #typed))));
        }
        if let Some(header) = &self.header {
            fields.push(quote!(header: ::core::option::Option::Some(#header)));
        }
        if self.flatten.is_some() {
            fields.push(quote!(flatten: true));
        }
        if self.sensitive {
            fields.push(quote!(sensitive: true));
        }
        fields
    }

    fn rules(&self, p: &TokenStream) -> Vec<TokenStream> {
        let mut rules = Vec::new();
        rules.extend(self.range.as_ref().map(|range| range.rule(p)));
        rules.extend(self.len.as_ref().map(|len| len.rule(p)));
        if let Some(pattern) = &self.pattern {
            rules.push(quote!(#p::Rule::Pattern(#pattern)));
        }
        rules
    }
}

/// An expression as JSON, with the caret under it if it cannot be written so.
pub(crate) fn published(krate: &Krate, expr: &Expr) -> TokenStream {
    let span = expr.span();
    let at = krate.private_at(span);
    quote_spanned!(span=> #at::json(&(#expr)))
}

pub(crate) fn option_tokens<T: quote::ToTokens>(value: Option<&T>) -> TokenStream {
    match value {
        None => quote!(::core::option::Option::None),
        Some(value) => quote!(::core::option::Option::Some(#value)),
    }
}

/// `default = expr`, or `default` alone for the type's own.
fn default(entry: &Entry, errors: &Errors) -> Option<Fallback> {
    if matches!(entry.value, Value::Flag) {
        return Some(Fallback::Typed(quote_spanned!(entry.key.span()=> ::core::default::Default::default())));
    }
    Some(match entry.expr(errors, "a value", "default = 3")? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Fallback::Text(text),
        other => Fallback::Typed(quote!(#other)),
    })
}

fn elsewhere(key: &str) -> Option<String> {
    let advice = match key {
        "min" | "minimum" | "ge" | "gt" => "write `range(1..)`",
        "max" | "maximum" | "le" | "lt" => "write `range(..=14)`",
        "min_length" | "min_len" => "write `len(3..)`",
        "max_length" | "max_len" => "write `len(..=140)`",
        "regex" => "did you mean `pattern`?",
        "rename" => "did you mean `name`?",
        key if nearest(key, ["description", "desc", "doc", "docs"]).is_some() => {
            "write a doc comment (`/// ..`) above the parameter"
        }
        "optional" | "required" => "an argument is optional if its type is `Option<..>` or if it has a `default`",
        "secret" => "did you mean `sensitive`?",
        "skip" => "a parameter that clients must not see is one that is injected: a type with `FromContext`",
        _ => return None,
    };
    Some(advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn problems(attribute: &Attribute) -> String {
        let errors = Errors::default();
        Arg::read([attribute].into_iter(), &errors);
        errors.into_tokens().to_string()
    }

    #[test]
    fn good_keys_raise_nothing() {
        assert_eq!(problems(&parse_quote!(#[arg(name = "n", default = 3, range(1..=14), pattern = "^a+$")])), "");
        assert_eq!(problems(&parse_quote!(#[arg(range(-1.5..=2.5), default = -1.5)])), "");
        assert_eq!(problems(&parse_quote!(#[arg(len(3..), default = "abc", sensitive)])), "");
    }

    #[test]
    fn empty_ranges_are_refused() {
        assert!(problems(&parse_quote!(#[arg(range(5..=1))])).contains("the range `5..=1` is empty"));
        assert!(problems(&parse_quote!(#[arg(range(5..5))])).contains("write `..=`, which includes its end"));
        assert!(problems(&parse_quote!(#[arg(len(..))])).contains("`len(..)` limits nothing"));
        assert!(problems(&parse_quote!(#[arg(len())])).contains("`len()` limits nothing"));
    }

    #[test]
    fn defaults_must_pass_their_own_rules() {
        assert!(
            problems(&parse_quote!(#[arg(default = 20, range(1..=14))]))
                .contains("the default `20` is outside of its own range `1..=14`")
        );
        assert!(problems(&parse_quote!(#[arg(default = -1, range(0..))])).contains("the default `-1` is outside"));
        assert!(problems(&parse_quote!(#[arg(default = "ab", len(3..))])).contains("the default has 2 characters"));
        assert!(
            problems(&parse_quote!(#[arg(default = "b", pattern = "^a$")])).contains("does not match its own pattern")
        );
    }

    #[test]
    fn patterns_are_checked() {
        assert!(problems(&parse_quote!(#[arg(pattern = "(a")])).contains("is no regular expression"));
        assert!(problems(&parse_quote!(#[arg(pattern = "a(?=b)")])).contains("a lookaround"));
        assert!(problems(&parse_quote!(#[arg(pattern = r"(a)\1")])).contains("a backreference"));
        assert_eq!(problems(&parse_quote!(#[arg(pattern = r"^\\1$")])), "");
    }
}
