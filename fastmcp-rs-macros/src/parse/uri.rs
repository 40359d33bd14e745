//! The grammar of resource URIs, at compile time.
//!
//! `{id}` and `<id>` are one segment, `{path*}` and `<path..>` are several, `{?a,b}` is a query. The wire knows only the
//! first spelling of each.

use syn::LitStr;

use crate::errors::Errors;

/// A URI, static or with placeholders.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Uri {
    /// The spelling of RFC 6570, as far as it goes: `files://{path*}{?page}`.
    pub(crate) wire: String,
    pub(crate) placeholders: Vec<Placeholder>,
    /// Whether all of it could be read.
    pub(crate) is_sound: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Placeholder {
    pub(crate) name: String,
    /// As the user wrote it, for messages.
    pub(crate) written: String,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Segment,
    Rest,
    Query,
}

impl Uri {
    /// Reads the literal; what is wrong is reported under it, with the position in words, because stable Rust cannot
    /// put a caret inside a string. The placeholders that could be read are there all the same.
    pub(crate) fn read(literal: &LitStr, errors: &Errors) -> Self {
        let mut uri = Self::default();
        let problems = uri.parse(&literal.value());
        for problem in &problems {
            errors.at(literal, problem);
        }
        uri.is_sound = problems.is_empty();
        uri
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.placeholders.iter().any(|placeholder| placeholder.name == name)
    }

    fn parse(&mut self, text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        let Some(scheme) = scheme(text, &mut problems) else {
            return problems;
        };
        self.wire.push_str(&text[..scheme]);
        let mut at = scheme;
        let mut after_placeholder: Option<String> = None;
        while let Some(c) = text[at..].chars().next() {
            let close = match c {
                '{' => '}',
                '<' => '>',
                _ => {
                    literal_char(text, at, c, &mut problems);
                    self.wire.push(c);
                    at += c.len_utf8();
                    after_placeholder = None;
                    continue;
                }
            };
            let place = place(text, at);
            let Some(length) = text[at..].find(close) else {
                problems.push(format!("the `{c}` at {place} is never closed: add `{close}` after the name"));
                return problems;
            };
            let written = &text[at..=at + length];
            let inside = &written[1..written.len() - 1];
            let query = inside.starts_with('?');
            if let Some(before) = after_placeholder.filter(|_| !query) {
                problems.push(format!(
                    "`{before}` and `{written}` at {place} touch, so that nothing tells where the first ends: write something between them, for example `{before}/{written}`"
                ));
            }
            if let Err(problem) = self.placeholder(c, inside, written, &place) {
                problems.push(problem);
            }
            after_placeholder = Some(written.to_owned());
            at += length + 1;
            if query && at < text.len() {
                problems.push(format!(
                    "`{written}` at {place} is followed by more: a query is the end of a URI, so move it there"
                ));
                return problems;
            }
        }
        problems
    }

    fn placeholder(&mut self, open: char, inside: &str, written: &str, place: &str) -> Result<(), String> {
        if let Some(names) = inside.strip_prefix('?') {
            if open == '<' {
                return Err(format!("`{written}` at {place}: a query is written `{{?{names}}}`"));
            }
            let names: Vec<&str> = names.split(',').map(str::trim).collect();
            for name in &names {
                self.add(name, written, place, Shape::Query)?;
            }
            self.wire.push_str(&format!("{{?{}}}", names.join(",")));
            return Ok(());
        }
        let (name, shape) = match (inside.strip_suffix('*'), inside.strip_suffix("..")) {
            (Some(name), _) if open == '{' => (name, Shape::Rest),
            (_, Some(name)) if open == '<' => (name, Shape::Rest),
            (Some(name), _) => {
                return Err(format!("`{written}` at {place}: write `<{name}..>` or `{{{name}*}}`"));
            }
            (_, Some(name)) => {
                return Err(format!("`{written}` at {place}: write `{{{name}*}}` or `<{name}..>`"));
            }
            _ => (inside, Shape::Segment),
        };
        self.add(name, written, place, shape)?;
        let star = if shape == Shape::Rest { "*" } else { "" };
        self.wire.push_str(&format!("{{{name}{star}}}"));
        Ok(())
    }

    fn add(&mut self, name: &str, written: &str, place: &str, shape: Shape) -> Result<(), String> {
        if let Some(problem) = name_problem(name) {
            return Err(format!("`{written}` at {place}: {problem}"));
        }
        if self.has(name) {
            return Err(format!(
                "`{name}` at {place} stands for a second placeholder: give one of the two another name"
            ));
        }
        self.placeholders.push(Placeholder { name: name.to_owned(), written: written.to_owned(), shape });
        Ok(())
    }
}

/// Checks the scheme and says where the rest begins.
fn scheme(text: &str, problems: &mut Vec<String>) -> Option<usize> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let end = text.find(|c: char| !legal(c)).unwrap_or(text.len());
    let problem = match text[end..].chars().next() {
        _ if text.is_empty() => "an empty URI: write for example `notes://{id}`".to_owned(),
        Some(':') if end == 0 => {
            format!("`{text}` has nothing before the `:`: begin with a scheme, for example `notes:{}`", &text[1..])
        }
        Some(':') if !text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            format!(
                "the scheme `{}` does not begin with a letter: write for example `notes{}`",
                &text[..end],
                &text[end..]
            )
        }
        Some(':') if text.len() == end + 1 => {
            format!("`{text}` is a scheme and nothing else: write for example `{text}//all`")
        }
        Some(':') => return Some(end + 1),
        _ => format!(
            "`{text}` has no scheme: begin with a name of your own and `://`, for example `notes://{}`",
            text.trim_start_matches('/')
        ),
    };
    problems.push(problem);
    None
}

fn literal_char(text: &str, at: usize, c: char, problems: &mut Vec<String>) {
    let place = place(text, at);
    match c {
        '}' | '>' => problems.push(format!(
            "the `{c}` at {place} closes nothing: remove it, or open with `{}`",
            if c == '}' { '{' } else { '<' }
        )),
        '%' => {
            let digits = text.as_bytes().get(at + 1..at + 3);
            if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                problems.push(format!(
                    "the `%` at {place} needs two hexadecimal digits after it: write `%25` for a percent sign"
                ));
            }
        }
        ' ' => problems.push(format!("a space at {place}: write `%20`, or another character")),
        c if !c.is_ascii() || c.is_ascii_control() || matches!(c, '"' | '\\' | '^' | '`' | '|') => {
            let mut bytes = [0; 4];
            let encoded: String = c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect();
            problems.push(format!("{c:?} at {place} may not stand in a URI: write `{encoded}`"));
        }
        _ => {}
    }
}

/// What is wrong with a placeholder's name, and what to write.
fn name_problem(name: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let Some(first) = name.chars().next() else {
        return Some("it has no name: write the name of a parameter in it".to_owned());
    };
    if let ('+' | '#' | '.' | '/' | ';' | '&' | '=' | '!' | '@', rest) = (first, name.get(1..).unwrap_or_default()) {
        return Some(format!(
            "the operator `{first}` is not supported: write `{{{rest}}}` for one segment, `{{{rest}*}}` for several, `{{?{rest}}}` for a query"
        ));
    }
    if name.contains(',') {
        let apart: Vec<String> = name.split(',').map(|name| format!("{{{}}}", name.trim())).collect();
        return Some(format!("one placeholder has one name: write `{}`", apart.join("/")));
    }
    if name.contains(':') {
        return Some(
            "a placeholder holds no type and no length, because the parameter's type says both: write the name only"
                .to_owned(),
        );
    }
    if first.is_ascii_digit() || !name.chars().all(legal) {
        return Some(format!("`{name}` is not the name of a parameter: write letters, digits and `_`"));
    }
    None
}

/// Where in the literal, in words.
fn place(text: &str, at: usize) -> String {
    format!("character {}", text[..at].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> (String, Vec<(String, Shape)>) {
        let mut uri = Uri::default();
        assert_eq!(uri.parse(text), Vec::<String>::new(), "{text}");
        (uri.wire, uri.placeholders.into_iter().map(|one| (one.name, one.shape)).collect())
    }

    fn bad(text: &str) -> String {
        Uri::default().parse(text).join("; ")
    }

    #[test]
    fn both_spellings_mean_the_same() {
        assert_eq!(good("users://<id>"), good("users://{id}"));
        assert_eq!(good("files://<path..>"), good("files://{path*}"));
        assert_eq!(good("users://<id>").0, "users://{id}");
    }

    #[test]
    fn shapes_are_told_apart() {
        let (wire, names) = good("repo://{owner}/<path..>{?rev, page}");
        assert_eq!(wire, "repo://{owner}/{path*}{?rev,page}");
        let names: Vec<_> = names.iter().map(|(name, shape)| (name.as_str(), *shape)).collect();
        assert_eq!(
            names,
            [("owner", Shape::Segment), ("path", Shape::Rest), ("rev", Shape::Query), ("page", Shape::Query)]
        );
    }

    #[test]
    fn static_uris_have_no_placeholders() {
        assert_eq!(good("config://app").1, []);
        assert_eq!(good("urn:isbn:0451450523").1, []);
    }

    #[test]
    fn a_scheme_is_required() {
        assert!(
            bad("users/{id}")
                .contains("has no scheme: begin with a name of your own and `://`, for example `notes://users/{id}`")
        );
        assert!(bad("{scheme}://x").contains("has no scheme"));
        assert!(bad("://x").contains("nothing before the `:`"));
        assert!(bad("1x://x").contains("does not begin with a letter"));
        assert!(bad("x:").contains("a scheme and nothing else"));
        assert!(bad("").contains("an empty URI"));
    }

    #[test]
    fn neighbours_need_something_between_them() {
        assert!(bad("x://{a}{b}").contains("`{a}` and `{b}` at character 8 touch"));
        assert!(bad("x://{a}<b>/c").contains("write something between them, for example `{a}/<b>`"));
    }

    #[test]
    fn names_are_checked() {
        assert!(bad("x://{a}/{a}").contains("`a` at character 9 stands for a second placeholder"));
        assert!(bad("x://{}").contains("it has no name"));
        assert!(bad("x://{+path}").contains("write `{path}` for one segment, `{path*}` for several"));
        assert!(bad("x://{id:u64}").contains("a placeholder holds no type and no length"));
        assert!(bad("x://{a-b}").contains("`a-b` is not the name of a parameter"));
        assert!(bad("x://{a,b}").contains("write `{a}/{b}`"));
        assert!(bad("x://<a*>").contains("write `<a..>` or `{a*}`"));
        assert!(bad("x://{a..}").contains("write `{a*}` or `<a..>`"));
    }

    #[test]
    fn brackets_must_match() {
        assert!(bad("x://{a").contains("the `{` at character 5 is never closed"));
        assert!(bad("x://a}").contains("the `}` at character 6 closes nothing"));
    }

    #[test]
    fn only_uri_characters_stand_outside() {
        assert!(bad("x://a b").contains("a space at character 6: write `%20`"));
        assert!(bad("x://ä").contains("write `%C3%A4`"));
        assert!(bad("x://50%").contains("write `%25`"));
        assert_eq!(good("x://50%25").0, "x://50%25");
    }

    #[test]
    fn a_query_comes_last() {
        assert!(bad("x://a{?b}/c").contains("a query is the end of a URI"));
        assert_eq!(good("x://{a}{?b}").0, "x://{a}{?b}");
    }
}
