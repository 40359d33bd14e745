//! A template as the author wrote it: texts, variables, and where slashes part them.

use std::fmt;
use std::sync::Arc;

use super::screening::LONGEST;
use crate::text::percent;

/// One part of what stands between two slashes. Texts are in their [normal](percent::normal) spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Variable(Arc<str>),
}

pub(super) type Segment = Vec<Piece>;

/// `{path*}` with the text around it in its segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    pub before: String,
    pub name: Arc<str>,
    pub after: String,
}

/// A URI with `{id}` (one segment), `{path*}` (one or more), `{?a,b}` (query), or none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UriTemplate {
    source: String,
    pub(super) head: Vec<Segment>,
    pub(super) rest: Option<Rest>,
    pub(super) tail: Vec<Segment>,
    pub(super) query: Vec<Arc<str>>,
}

impl UriTemplate {
    /// Reads a template, or says what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<UriTemplate, String> {
        if source.len() > LONGEST {
            return Err(format!("a URI has at most {LONGEST} bytes"));
        }
        if source.is_empty() {
            return Err("a URI can't be empty".into());
        }
        if let Some(c) = source.chars().find(|c| c.is_control() || c.is_whitespace()) {
            return Err(format!("a URI can't contain {c:?}: write it percent-encoded"));
        }
        let scheme = source.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
        let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !valid {
            return Err("a URI begins with a scheme such as `notes://`".into());
        }

        let mut template = UriTemplate {
            source: source.to_owned(),
            head: Vec::new(),
            rest: None,
            tail: Vec::new(),
            query: Vec::new(),
        };
        let mut names: Vec<Arc<str>> = Vec::new();
        let (path, query) = match source.find("{?").and_then(|at| source.split_at_checked(at)) {
            Some((path, query)) => (path, Some(query)),
            None => (source, None),
        };
        for text in path.split('/') {
            match piece(text, &mut names)? {
                Part::Rest(rest) if template.rest.is_some() => {
                    return Err(format!("`{{{}*}}`: a URI can have only one variable with `*`", rest.name));
                }
                Part::Rest(rest) => template.rest = Some(rest),
                Part::Segment(segment) if template.rest.is_some() => template.tail.push(segment),
                Part::Segment(segment) => template.head.push(segment),
            }
        }
        if let Some(query) = query {
            let list = query.strip_prefix("{?").and_then(|q| q.strip_suffix('}'));
            let list = list
                .filter(|list| !list.contains(['{', '}']))
                .ok_or_else(|| format!("`{query}`: the query is one `{{?name,other}}` at the end of the URI"))?;
            for name in list.split(',') {
                template.query.push(variable(name.trim(), &mut names)?);
            }
        }
        if !names.is_empty() && path.contains(['?', '#']) {
            return Err("a template cannot have `?` or `#` in its text: write the query as `{?name}`".into());
        }
        Ok(template)
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.head.iter().chain(&self.tail).flatten().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Variable(_) => None,
        })
    }

    /// As it was written, which is as it stands on the wire.
    pub(crate) fn as_str(&self) -> &str {
        &self.source
    }

    /// All variables: those of the path in their order, then those of the query.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        fn of(segments: &[Segment]) -> impl Iterator<Item = &str> {
            segments.iter().flatten().filter_map(|piece| match piece {
                Piece::Variable(name) => Some(&**name),
                Piece::Text(_) => None,
            })
        }
        of(&self.head)
            .chain(self.rest.iter().map(|rest| &*rest.name))
            .chain(of(&self.tail))
            .chain(self.query.iter().map(|name| &**name))
    }

    /// The variables of the query, which may be left out.
    pub(crate) fn query_variables(&self) -> impl Iterator<Item = &str> {
        self.query.iter().map(|name| &**name)
    }

    /// Whether there is not a variable at all.
    pub(crate) fn is_fixed(&self) -> bool {
        self.variables().next().is_none()
    }
}

impl fmt::Display for UriTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

enum Part {
    Segment(Segment),
    Rest(Rest),
}

/// Reads what stands between two slashes of a template.
fn piece(text: &str, names: &mut Vec<Arc<str>>) -> Result<Part, String> {
    let mut segment = Segment::new();
    let mut many: Option<Arc<str>> = None;
    let mut left = text;
    while !left.is_empty() {
        let end = left.find(['{', '}']).unwrap_or(left.len());
        let (before, after) = left.split_at_checked(end).unwrap_or((left, ""));
        if !percent::is_well_encoded(before) {
            return Err(format!("`{before}` has a `%` without two hexadecimal digits after it: write it as `%25`"));
        }
        if !before.is_empty() {
            segment.push(Piece::Text(percent::normal(before).into_owned()));
        }
        let Some(opened) = after.strip_prefix('{') else {
            if after.is_empty() {
                break;
            }
            return Err("`}` without `{`: a variable is written `{name}`".into());
        };
        let (inner, rest) = opened.split_once('}').ok_or("`{` without `}`: a variable is written `{name}`")?;
        if matches!(segment.last(), Some(Piece::Variable(_))) {
            return Err(format!("`{{{inner}}}` directly follows another variable: put some text between them"));
        }
        let name = variable(inner.strip_suffix('*').unwrap_or(inner), names)?;
        if inner.ends_with('*') {
            many = Some(name.clone());
        }
        segment.push(Piece::Variable(name));
        left = rest;
    }
    let Some(name) = many else {
        return Ok(Part::Segment(segment));
    };
    let (before, after) = match segment.as_slice() {
        [Piece::Variable(_)] => ("", ""),
        [Piece::Text(before), Piece::Variable(_)] => (before.as_str(), ""),
        [Piece::Variable(_), Piece::Text(after)] => ("", after.as_str()),
        [Piece::Text(before), Piece::Variable(_), Piece::Text(after)] => (before.as_str(), after.as_str()),
        _ => {
            return Err(format!("`{{{name}*}}` can't share its segment with another variable: put a `/` between them"));
        }
    };
    Ok(Part::Rest(Rest { before: before.to_owned(), after: after.to_owned(), name }))
}

fn variable(name: &str, names: &mut Vec<Arc<str>>) -> Result<Arc<str>, String> {
    let valid = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !valid {
        return Err(format!("`{{{name}}}` is not a variable: write `{{name}}`, `{{name*}}` or `{{?name}}`"));
    }
    if names.iter().any(|known| &**known == name) {
        return Err(format!("the variable `{name}` is there twice"));
    }
    let name: Arc<str> = name.into();
    names.push(name.clone());
    Ok(name)
}

/// A segment without the names of its variables.
pub(super) fn outline(segment: &Segment) -> impl Iterator<Item = Option<&str>> {
    segment.iter().map(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        Piece::Variable(_) => None,
    })
}

/// A template without the names of its variables and without its query, which is optional anyway.
pub(super) fn shape(template: &UriTemplate) -> String {
    let mut out = String::new();
    let host = template.head.get(1).is_some_and(Vec::is_empty);
    let mut write = |segments: &[Segment], head: bool| {
        for (depth, segment) in segments.iter().enumerate() {
            for piece in outline(segment) {
                match piece {
                    Some(text) if head && segment.len() == 1 && (depth == 0 || (depth == 2 && host)) => {
                        out.push_str(&text.to_ascii_lowercase());
                    }
                    Some(text) => out.push_str(text),
                    None => out.push_str("{}"),
                }
            }
            out.push('/');
        }
        if head && let Some(rest) = &template.rest {
            out.push_str(&format!("{}{{*}}{}/", rest.before, rest.after));
        }
    };
    write(&template.head, true);
    write(&template.tail, false);
    out
}

/// How literal a template is: its text, then how few variables it has.
pub(super) fn weight(template: &UriTemplate) -> (usize, std::cmp::Reverse<usize>) {
    let texts: usize = template.texts().map(str::len).sum();
    let rest = template.rest.as_ref().map_or(0, |rest| rest.before.len() + rest.after.len());
    let slashes = template.head.len() + template.tail.len();
    (texts + rest + slashes, std::cmp::Reverse(template.variables().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(template: &str) -> UriTemplate {
        UriTemplate::parse(template).unwrap_or_else(|why| panic!("{template}: {why}"))
    }

    #[test]
    fn templates_that_say_too_little_or_too_much_are_refused() {
        for (template, words) in [
            ("", "empty"),
            ("users", "scheme"),
            ("://x", "scheme"),
            ("1a://x", "scheme"),
            ("{a}://x", "scheme"),
            ("a://{x}{y}", "directly follows"),
            ("a://{x}{y*}", "directly follows"),
            ("a://{x*}/{y*}", "only one"),
            ("a://{x}-{y*}", "share"),
            ("a://{x}/{x}", "twice"),
            ("a://{x}{?x}", "twice"),
            ("a://{}", "not a variable"),
            ("a://{/id*}", "`{` without"),
            ("a://{1x}", "not a variable"),
            ("a://{x", "without"),
            ("a://x}", "without"),
            ("a://{x/y}", "without"),
            ("a://{?q}/x", "at the end"),
            ("a://{?q}{?r}", "at the end"),
            ("a://{x}?y=1", "cannot have `?`"),
            ("a://a b", "percent"),
            ("a://{x}%{y}", "`%25`"),
            ("a://100%/{x}", "`%25`"),
            ("a://{x}/%zz", "`%25`"),
        ] {
            let why = UriTemplate::parse(template).expect_err(template);
            assert!(why.contains(words), "{template}: {why}");
        }
        assert!(parse("a://b?c=d#e").is_fixed());
        assert!(!parse("a://b{?c}").is_fixed());
    }
}
