//! The keys of `#[arg(..)]` among themselves: a default passes its own rules, a pattern is one, headers differ.

use syn::Expr;

use crate::errors::Errors;
use crate::kind::Kind;
use crate::model::arg::{Arg, Fallback};
use crate::model::constraint::Bound;
use crate::model::function::Function;
use crate::tokens::describe;

/// What the keys say fits together.
pub(crate) fn check(arg: &Arg, errors: &Errors) {
    if let Some(pattern) = &arg.pattern
        && let Err(problem) = check_pattern(&pattern.value())
    {
        errors.at(pattern, problem);
    }
    if let Some(header) = &arg.header {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let text = header.value();
        if text.is_empty() || !text.chars().all(token) {
            errors.at(header, format!("\"{text}\" is not the name of a header: write letters, digits and `-`, for example `header = \"Region\"`"));
        }
    }
    if let Some(complete) = arg.complete.as_ref().filter(|expr| matches!(expr, Expr::Lit(_))) {
        let found = describe(complete);
        errors.at(
            complete,
            format!("`complete` takes the path of a function, found {found}: write `complete = path::to::function`"),
        );
    }
    if let Some(flatten) = &arg.flatten {
        let others = [
            ("name", arg.name.is_some()),
            ("default", arg.default.is_some()),
            ("range", arg.range.is_some()),
            ("len", arg.len.is_some()),
            ("pattern", arg.pattern.is_some()),
            ("header", arg.header.is_some()),
        ];
        for (key, _) in others.iter().filter(|(_, given)| *given) {
            errors.at(flatten, format!("`flatten` spreads the fields of the type, so `{key}` has nothing to apply to: remove one of the two"));
        }
    }
    if let (Some(range), Some(Fallback::Typed(default))) = (&arg.range, &arg.default)
        && let Ok(expr) = syn::parse2::<Expr>(default.clone())
        && let Some(value) = Bound::of(&expr)
        && !range.contains(value)
    {
        let written = default.to_string().replace(' ', "");
        errors.at(
            default,
            format!("the default `{written}` is outside of its own range `{}`: change one of the two", range.written()),
        );
    }
    if let (Some(len), Some(Fallback::Text(default))) = (&arg.len, &arg.default) {
        let length = default.value().chars().count() as u64;
        if !len.allows(length) {
            let characters = if length == 1 { "character" } else { "characters" };
            errors.at(
                default,
                format!("the default has {length} {characters}, which its own `len` refuses: change one of the two"),
            );
        }
    }
    if let (Some(pattern), Some(Fallback::Text(default))) = (&arg.pattern, &arg.default)
        && let Ok(regex) = regex_lite::Regex::new(&pattern.value())
        && !regex.is_match(&default.value())
    {
        errors.at(
            default,
            format!("the default does not match its own pattern `{}`: change one of the two", pattern.value()),
        );
    }
}

/// `header` and `flatten` are for tools; headers differ by more than case.
pub(crate) fn headers(kind: Kind, function: &Function, errors: &Errors) {
    let mut seen: Vec<String> = Vec::new();
    for param in &function.params {
        if let Some(flatten) = param.arg.flatten.as_ref().filter(|_| kind != Kind::Tool) {
            errors.at(
                flatten,
                format!(
                    "`flatten` is for tools: the arguments of a {} are single texts, so write them one by one",
                    kind.word()
                ),
            );
        }
        let Some(header) = &param.arg.header else {
            continue;
        };
        if kind != Kind::Tool {
            errors.at(header, format!("`header` is for tools: a {} has no such headers, so remove it", kind.word()));
        }
        let name = header.value().to_ascii_lowercase();
        if seen.contains(&name) {
            errors.at(
                header,
                format!(
                    "a second argument has the header `{}` (case does not count): give one of the two another",
                    header.value()
                ),
            );
        }
        seen.push(name);
    }
}

/// Names what our dialect leaves out, and otherwise says what the parser says.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let leaves_out = |what: &str| {
        Err(format!(
            "the pattern has {what}, which is not supported, so that matching always takes linear time: write the pattern without it, or check the value in the function"
        ))
    };
    for look in ["(?=", "(?!", "(?<=", "(?<!"] {
        if pattern.contains(look) {
            return leaves_out(&format!("a lookaround (`{look}..)`)"));
        }
    }
    let mut escaped = false;
    for c in pattern.chars() {
        if escaped && ('1'..='9').contains(&c) {
            return leaves_out(&format!("a backreference (`\\{c}`)"));
        }
        escaped = c == '\\' && !escaped;
    }
    match regex_lite::Regex::new(pattern) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the pattern `{pattern}` is not a regular expression: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::{Attribute, parse_quote};

    fn problems(attribute: &Attribute) -> String {
        let errors = Errors::default();
        check(&Arg::read([attribute].into_iter(), &errors), &errors);
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
        assert!(problems(&parse_quote!(#[arg(pattern = "(a")])).contains("is not a regular expression"));
        assert!(problems(&parse_quote!(#[arg(pattern = "a(?=b)")])).contains("a lookaround"));
        assert!(problems(&parse_quote!(#[arg(pattern = r"(a)\1")])).contains("a backreference"));
        assert_eq!(problems(&parse_quote!(#[arg(pattern = r"^\\1$")])), "");
    }
}
