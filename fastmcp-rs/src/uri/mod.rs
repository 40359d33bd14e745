//! URIs of resources: templates, matching, and the screening of what comes out of them.
//!
//! A URI is cut at its slashes and each piece is held against one piece of the template, so that matching is linear
//! in the URI's length and no variable reaches past a slash. Values are percent-decoded once, after the cut, and what
//! could climb out of a directory is refused after the decoding. [`Router`] keeps many templates in a tree.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Longest URI that is looked at.
const LONGEST: usize = 8 * 1024;

/// A URI that matches a template and must be refused all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadUri {
    /// The variable whose value is bad; `None` if it is the URI as a whole.
    pub variable: Option<String>,
    pub reason: &'static str,
}

impl fmt::Display for BadUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variable {
            Some(name) => write!(f, "`{name}` in the URI {}", self.reason),
            None => write!(f, "the URI {}", self.reason),
        }
    }
}

impl std::error::Error for BadUri {}

/// The decoded values of a template's variables, borrowed from the URI where nothing was encoded.
///
/// Iterates over each variable's place in [`UriTemplate::variables`] and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Captures<'u>(Vec<(usize, Arc<str>, Cow<'u, str>)>);

impl<'u> Captures<'u> {
    fn add(&mut self, template: &UriTemplate, name: &Arc<str>, value: Cow<'u, str>) {
        let place = template.variables().position(|known| known == &**name).unwrap_or(usize::MAX);
        self.0.push((place, name.clone(), value));
    }

    /// The value of one variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(_, name, value)| (&**name, &**value))
    }
}

impl<'u> IntoIterator for Captures<'u> {
    type Item = (usize, Cow<'u, str>);
    type IntoIter = std::iter::Map<
        std::vec::IntoIter<(usize, Arc<str>, Cow<'u, str>)>,
        fn((usize, Arc<str>, Cow<'u, str>)) -> (usize, Cow<'u, str>),
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().map(|(place, _, value)| (place, value))
    }
}

/// What stands between two slashes: texts and variables in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(Arc<str>),
}

type Segment = Vec<Piece>;

/// `{path*}` with the text around it in its segment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rest {
    before: String,
    name: Arc<str>,
    after: String,
}

/// A URI with `{id}` (one segment), `{path*}` (one or more), `{?a,b}` (query), or none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UriTemplate {
    source: String,
    head: Vec<Segment>,
    rest: Option<Rest>,
    tail: Vec<Segment>,
    query: Vec<Arc<str>>,
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
        let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !sound {
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
            return Err("a template has no `?` or `#` in its text: write the query as `{?name}`".into());
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

    /// Whether there is no variable at all.
    pub(crate) fn is_fixed(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The values of the variables if `uri` is one of this template's.
    #[cfg(test)]
    pub(crate) fn matches<'u>(&self, uri: &'u str) -> Result<Option<Captures<'u>>, BadUri> {
        short(uri)?;
        if self.is_fixed() {
            return Ok((folded(uri) == folded(&self.source)).then(Captures::default));
        }
        let Some((path, query)) = cut(uri) else {
            return Ok(None);
        };
        let segments: Vec<&str> = path.split('/').collect();
        if self.fits(&segments) { self.capture(path, query) } else { Ok(None) }
    }

    fn fits(&self, segments: &[&str]) -> bool {
        let (head, tail) = (self.head.len(), self.tail.len());
        match &self.rest {
            None if segments.len() != head => return false,
            Some(_) if segments.len() < head + tail + 1 => return false,
            _ => {}
        }
        let back = segments.len() - tail;
        let ends = segments
            .iter()
            .zip(&self.head)
            .enumerate()
            .all(|(at, (text, segment))| piecewise(segment, text, loose(at, segments)).is_some())
            && segments
                .iter()
                .skip(back)
                .zip(&self.tail)
                .all(|(text, segment)| piecewise(segment, text, false).is_some());
        ends && self.rest.as_ref().is_none_or(|rest| {
            let middle = segments.get(head..back).unwrap_or_default();
            within(rest, middle)
        })
    }

    fn capture<'u>(&self, path: &'u str, query: Option<&'u str>) -> Result<Option<Captures<'u>>, BadUri> {
        if query.is_some() && self.query.is_empty() {
            return Ok(None);
        }
        let segments: Vec<&str> = path.split('/').collect();
        let back = segments.len().saturating_sub(self.tail.len());
        let mut found = Captures::default();
        let mut ends = |segments: &[&'u str], shapes: &[Segment]| {
            for (text, segment) in segments.iter().zip(shapes) {
                for (name, raw) in piecewise(segment, text, true).unwrap_or_default() {
                    found.add(self, name, one(name, raw)?);
                }
            }
            Ok::<(), BadUri>(())
        };
        ends(&segments, &self.head)?;
        ends(segments.get(back..).unwrap_or_default(), &self.tail)?;
        if let Some(rest) = &self.rest {
            // The slashes count: each segment before has one after it, each segment behind one before it.
            let start: usize = segments.iter().take(self.head.len()).map(|s| s.len() + 1).sum();
            let end: usize = segments.iter().skip(back).map(|s| s.len() + 1).sum();
            let raw = path.get(start..path.len().saturating_sub(end)).unwrap_or_default();
            let raw = raw.strip_prefix(&*rest.before).unwrap_or(raw);
            let raw = raw.strip_suffix(&*rest.after).unwrap_or(raw);
            found.add(self, &rest.name, many(&rest.name, raw)?);
        }
        for pair in query.unwrap_or_default().split('&').filter(|_| !self.query.is_empty()) {
            let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).map_err(|reason| BadUri { variable: None, reason })?;
            let Some(known) = self.query.iter().find(|known| ***known == *name) else {
                continue;
            };
            if found.get(known).is_some() {
                return Err(bad(known, "is given twice"));
            }
            found.add(self, known, decode(raw).map_err(|reason| bad(known, reason))?);
        }
        Ok(Some(found))
    }

    /// The URI that has these values; the opposite of [`matches`](Self::matches).
    #[cfg(test)]
    pub(crate) fn expand(&self, values: &[(&str, &str)]) -> String {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let encode = |text: &str, free: &[u8]| -> String {
            text.bytes()
                .map(|b| match b {
                    b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) || free.contains(&b) => {
                        char::from(b).to_string()
                    }
                    b => format!("%{b:02X}"),
                })
                .collect()
        };
        let segment = |segment: &Segment| -> String {
            segment
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Variable(name) => encode(value(name).unwrap_or_default(), b""),
                })
                .collect()
        };
        let mut parts: Vec<String> = self.head.iter().map(segment).collect();
        if let Some(rest) = &self.rest {
            parts.push(format!("{}{}{}", rest.before, encode(value(&rest.name).unwrap_or_default(), b"/"), rest.after));
        }
        parts.extend(self.tail.iter().map(segment));
        let mut uri = parts.join("/");
        let mut mark = '?';
        for name in &self.query {
            if let Some(value) = value(name) {
                uri.push_str(&format!("{mark}{name}={}", encode(value, b"")));
                mark = '&';
            }
        }
        uri
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
        if !before.is_empty() {
            segment.push(Piece::Text(before.to_owned()));
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
    let sound = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !sound {
        return Err(format!("`{{{name}}}` is no variable: write `{{name}}`, `{{name*}}` or `{{?name}}`"));
    }
    if names.iter().any(|known| &**known == name) {
        return Err(format!("the variable `{name}` is there twice"));
    }
    let name: Arc<str> = name.into();
    names.push(name.clone());
    Ok(name)
}

/// Path and query; `None` for a URI with a fragment, which names no resource of ours.
fn cut(uri: &str) -> Option<(&str, Option<&str>)> {
    if uri.contains('#') {
        return None;
    }
    Some(match uri.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (uri, None),
    })
}

fn short(uri: &str) -> Result<(), BadUri> {
    if uri.len() > LONGEST {
        return Err(BadUri { variable: None, reason: "is longer than 8192 bytes" });
    }
    Ok(())
}

/// Whether the case of the segment at this place does not matter: the scheme and, after `//`, the host.
fn loose(at: usize, segments: &[&str]) -> bool {
    at == 0 || (at == 2 && segments.get(1).is_some_and(|s| s.is_empty()))
}

/// A URI with its scheme and host in small letters.
fn folded(uri: &str) -> String {
    let scheme = uri.find(':').map_or(0, |at| at + 1);
    let after = uri.get(scheme..).unwrap_or_default();
    let host = match after.strip_prefix("//") {
        Some(host) => scheme + 2 + host.find(['/', '?', '#']).unwrap_or(host.len()),
        None => scheme,
    };
    match uri.split_at_checked(host) {
        Some((head, tail)) => head.to_ascii_lowercase() + tail,
        None => uri.to_owned(),
    }
}

/// Holds one segment against its shape. Texts are looked for from the left, the last one at the end: with at least
/// one character for each variable this finds a match if there is one, without ever going back.
fn piecewise<'s, 'u>(segment: &'s Segment, text: &'u str, fold: bool) -> Option<Vec<(&'s Arc<str>, &'u str)>> {
    match segment.as_slice() {
        [] => return text.is_empty().then(Vec::new),
        [Piece::Text(want)] => {
            let same = want == text || (fold && want.eq_ignore_ascii_case(text));
            return same.then(Vec::new);
        }
        [Piece::Variable(name)] => return (!text.is_empty()).then(|| vec![(name, text)]),
        _ => {}
    }
    let mut found = Vec::new();
    let mut left = text;
    let mut open: Option<&Arc<str>> = None;
    let last = segment.len() - 1;
    for (at, piece) in segment.iter().enumerate() {
        match (piece, open) {
            (Piece::Variable(name), _) => open = Some(name),
            (Piece::Text(want), None) => left = left.strip_prefix(want.as_str())?,
            (Piece::Text(want), Some(name)) if at == last => {
                let value = left.strip_suffix(want.as_str()).filter(|v| !v.is_empty())?;
                found.push((name, value));
                (open, left) = (None, "");
            }
            (Piece::Text(want), Some(name)) => {
                let first = left.chars().next()?.len_utf8();
                let end = first + left.get(first..)?.find(want.as_str())?;
                found.push((name, left.get(..end)?));
                (open, left) = (None, left.get(end + want.len()..)?);
            }
        }
    }
    match open {
        Some(name) => {
            if left.is_empty() {
                return None;
            }
            found.push((name, left));
        }
        None if !left.is_empty() => return None,
        None => {}
    }
    Some(found)
}

fn within(rest: &Rest, middle: &[&str]) -> bool {
    match middle {
        [] => false,
        [one] => one
            .strip_prefix(&*rest.before)
            .and_then(|one| one.strip_suffix(&*rest.after))
            .is_some_and(|value| !value.is_empty()),
        [first, .., last] => first.starts_with(&*rest.before) && last.ends_with(&*rest.after),
    }
}

fn bad(name: &str, reason: &'static str) -> BadUri {
    BadUri { variable: Some(name.to_owned()), reason }
}

/// The value of `{id}`.
fn one<'u>(name: &str, raw: &'u str) -> Result<Cow<'u, str>, BadUri> {
    let value = decode(raw).map_err(|reason| bad(name, reason))?;
    if value.contains(['/', '\\']) {
        return Err(bad(name, "must not contain a slash or backslash"));
    }
    if value == "." || value == ".." {
        return Err(bad(name, "must not be `.` or `..`"));
    }
    Ok(value)
}

/// The value of `{path*}`.
fn many<'u>(name: &str, raw: &'u str) -> Result<Cow<'u, str>, BadUri> {
    let value = decode(raw).map_err(|reason| bad(name, reason))?;
    if value.starts_with('/') {
        return Err(bad(name, "must not begin with a slash"));
    }
    if value.contains('\\') {
        return Err(bad(name, "must not contain a backslash"));
    }
    if value.split('/').any(|segment| segment == "..") {
        return Err(bad(name, "must not contain a `..` segment"));
    }
    Ok(value)
}

/// Percent-decodes once.
fn decode(raw: &str) -> Result<Cow<'_, str>, &'static str> {
    if !raw.contains(['%', '\0']) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut left = raw.bytes();
    while let Some(byte) = left.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || left.next().and_then(|b| char::from(b).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.push(u8::try_from(high * 16 + low).unwrap_or_default()),
            _ => return Err("has a `%` that is not followed by two hexadecimal digits"),
        }
    }
    if bytes.contains(&0) {
        return Err("must not contain NUL");
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| "is not UTF-8 after percent-decoding")
}

/// A client's URI as it may stand in an answer: what no URI can contain is percent-encoded, the rest is as it was sent.
pub(crate) fn sound(uri: &str) -> Cow<'_, str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    if uri.bytes().all(allowed) {
        return Cow::Borrowed(uri);
    }
    let mut out = String::with_capacity(uri.len() + 16);
    for byte in uri.bytes() {
        if allowed(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Cow::Owned(out)
}

/// Whether a subscription to one URI covers another: itself and what is below it (server/resources, "Subscriptions").
pub(crate) fn covers(subscribed: &str, uri: &str) -> bool {
    uri.strip_prefix(subscribed)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || subscribed.ends_with('/'))
}

/// Many URIs and templates, each with something that belongs to it.
///
/// Fixed URIs are found by hash. Templates are in a tree of segments, where a text is tried before a pattern, a
/// pattern with more text before one with less, and `{path*}` last, so that the most literal template wins.
#[derive(Clone, Debug)]
pub(crate) struct Router<T> {
    entries: Vec<(UriTemplate, T)>,
    fixed: HashMap<String, usize>,
    folded: HashMap<String, usize>,
    nodes: Vec<Branch>,
}

#[derive(Clone, Debug, Default)]
struct Branch {
    /// Segments without variables, scheme and host in small letters.
    texts: HashMap<String, usize>,
    /// Segments with variables, most text first.
    patterns: Vec<(Segment, usize)>,
    /// Templates that go on with `{path*}` here, most text first.
    rests: Vec<usize>,
    /// The template that ends here.
    end: Option<usize>,
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), fixed: HashMap::new(), folded: HashMap::new(), nodes: vec![Branch::default()] }
    }
}

impl<T> Router<T> {
    /// Adds a template. If another of the same shape is there, that one stays and is returned.
    pub(crate) fn insert(&mut self, template: UriTemplate, value: T) -> Option<&T> {
        let at = self.entries.len();
        let earlier = if template.is_fixed() {
            let earlier = self.fixed.get(template.as_str()).copied();
            if earlier.is_none() {
                self.folded.entry(folded(template.as_str())).or_insert(at);
                self.fixed.insert(template.as_str().to_owned(), at);
            }
            earlier
        } else {
            self.plant(&template, at)
        };
        if earlier.is_none() {
            self.entries.push((template, value));
        }
        earlier.and_then(|at| self.entries.get(at)).map(|(_, value)| value)
    }

    /// Puts a template into the tree, unless one of its shape is there.
    fn plant(&mut self, template: &UriTemplate, at: usize) -> Option<usize> {
        let mut node = 0;
        let host = template.head.get(1).is_some_and(Vec::is_empty);
        for (depth, segment) in template.head.iter().enumerate() {
            node = self.step(node, segment, depth == 0 || (depth == 2 && host));
        }
        let entries = &self.entries;
        let branch = self.nodes.get_mut(node)?;
        if template.rest.is_none() {
            if branch.end.is_none() {
                branch.end = Some(at);
                return None;
            }
            return branch.end;
        }
        let known = |other: &usize| entries.get(*other).map(|(other, _)| other);
        let same = |other: &&usize| known(other).is_some_and(|other| shape(other) == shape(template));
        if let Some(earlier) = branch.rests.iter().find(same) {
            return Some(*earlier);
        }
        let rank = weight(template);
        let place = branch.rests.iter().filter_map(known).take_while(|other| weight(other) >= rank).count();
        branch.rests.insert(place, at);
        None
    }

    fn step(&mut self, node: usize, segment: &Segment, fold: bool) -> usize {
        let new = self.nodes.len();
        let Some(branch) = self.nodes.get_mut(node) else {
            return node;
        };
        let text = match segment.as_slice() {
            [] => Some(String::new()),
            [Piece::Text(text)] if fold => Some(text.to_ascii_lowercase()),
            [Piece::Text(text)] => Some(text.clone()),
            _ => None,
        };
        let next = match text {
            Some(text) => *branch.texts.entry(text).or_insert(new),
            None => {
                let same = |known: &Segment| outline(known).eq(outline(segment));
                match branch.patterns.iter().find(|(known, _)| same(known)) {
                    Some((_, next)) => *next,
                    None => {
                        let rank = |segment: &Segment| {
                            let texts = outline(segment).flatten().map(str::len).sum::<usize>();
                            (texts, std::cmp::Reverse(segment.len()))
                        };
                        let place =
                            branch.patterns.iter().take_while(|(known, _)| rank(known) >= rank(segment)).count();
                        branch.patterns.insert(place, (segment.clone(), new));
                        new
                    }
                }
            }
        };
        if next == new {
            self.nodes.push(Branch::default());
        }
        next
    }

    /// What belongs to `uri`, with the values of the template's variables.
    pub(crate) fn find<'u>(&self, uri: &'u str) -> Result<Option<(&T, Captures<'u>)>, BadUri> {
        short(uri)?;
        let fixed =
            self.fixed.get(uri).or_else(|| if self.folded.is_empty() { None } else { self.folded.get(&folded(uri)) });
        if let Some((_, value)) = fixed.and_then(|at| self.entries.get(*at)) {
            return Ok(Some((value, Captures::default())));
        }
        let Some((path, query)) = cut(uri) else {
            return Ok(None);
        };
        let segments: Vec<&str> = path.split('/').collect();
        let Some((template, value)) =
            self.descend(0, 0, &segments, query.is_some()).and_then(|at| self.entries.get(at))
        else {
            return Ok(None);
        };
        Ok(template.capture(path, query)?.map(|found| (value, found)))
    }

    /// Visits each node of the tree at most once, and goes no deeper than the longest template.
    fn descend(&self, node: usize, depth: usize, segments: &[&str], asks: bool) -> Option<usize> {
        let branch = self.nodes.get(node)?;
        let answers =
            |at: &usize| self.entries.get(*at).is_some_and(|(template, _)| !asks || !template.query.is_empty());
        let Some(text) = segments.get(depth) else {
            return branch.end.filter(answers);
        };
        let folded;
        let key = if loose(depth, segments) {
            folded = text.to_ascii_lowercase();
            folded.as_str()
        } else {
            text
        };
        if let Some(found) = branch.texts.get(key).and_then(|next| self.descend(*next, depth + 1, segments, asks)) {
            return Some(found);
        }
        for (segment, next) in &branch.patterns {
            if piecewise(segment, text, false).is_some()
                && let Some(found) = self.descend(*next, depth + 1, segments, asks)
            {
                return Some(found);
            }
        }
        branch
            .rests
            .iter()
            .copied()
            .find(|at| answers(at) && self.entries.get(*at).is_some_and(|(template, _)| template.fits(segments)))
    }
}

/// A segment without the names of its variables.
fn outline(segment: &Segment) -> impl Iterator<Item = Option<&str>> {
    segment.iter().map(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        Piece::Variable(_) => None,
    })
}

/// A template without the names of its variables and without its query, which is optional anyway.
fn shape(template: &UriTemplate) -> String {
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
fn weight(template: &UriTemplate) -> (usize, std::cmp::Reverse<usize>) {
    let texts: usize = template.texts().map(str::len).sum();
    let rest = template.rest.as_ref().map_or(0, |rest| rest.before.len() + rest.after.len());
    let slashes = template.head.len() + template.tail.len();
    (texts + rest + slashes, std::cmp::Reverse(template.variables().count()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(template: &str) -> UriTemplate {
        UriTemplate::parse(template).unwrap_or_else(|why| panic!("{template}: {why}"))
    }

    /// `None` for no match, values in order otherwise.
    fn values(template: &str, uri: &str) -> Result<Option<Vec<String>>, BadUri> {
        let found = parse(template).matches(uri)?;
        Ok(found.map(|found| {
            let mut found: Vec<_> = found.into_iter().collect();
            // Query variables in the order in which they came.
            let path = parse(template).variables().count() - parse(template).query_variables().count();
            found.sort_by_key(|(place, _)| (*place).min(path));
            found.into_iter().map(|(_, value)| value.into_owned()).collect()
        }))
    }

    #[track_caller]
    fn takes(template: &str, uri: &str, want: &[&str]) {
        let want: Vec<String> = want.iter().map(|v| (*v).to_owned()).collect();
        assert_eq!(values(template, uri), Ok(Some(want)), "{template} on {uri}");
    }

    #[track_caller]
    fn leaves(template: &str, uri: &str) {
        assert_eq!(values(template, uri), Ok(None), "{template} on {uri}");
    }

    #[track_caller]
    fn refuses(template: &str, uri: &str, words: &str) {
        let bad = values(template, uri).expect_err(uri).to_string();
        assert!(bad.contains(words), "{uri}: {bad}");
    }

    #[test]
    fn variables_take_one_segment() {
        takes("users://{id}", "users://7", &["7"]);
        takes("weather://{city}/current", "weather://San%20Francisco/current", &["San Francisco"]);
        takes("a://{x}-{y}.md", "a://1-2-3.md", &["1", "2-3"]);
        takes("a://{x}.md", "a://b.md.md", &["b.md"]);
        takes("a://v{x}", "a://v1", &["1"]);
        takes("mailto:{who}", "mailto:a@b", &["a@b"]);
        takes("a://{x}", "a://é", &["é"]);
        leaves("users://{id}", "users://");
        leaves("users://{id}", "users://7/");
        leaves("users://{id}", "users://7/8");
        leaves("users://{id}", "user://7");
        leaves("users://{id}", "users://7?x=1");
        leaves("users://{id}", "users://7#x");
        leaves("a://{x}-{y}.md", "a://-.md");
        leaves("a://{x}aa{y}", "a://aaa");
        leaves("weather://{city}/current", "weather://x/Current");
    }

    #[test]
    fn star_variables_take_segments() {
        takes("files://{path*}", "files://a", &["a"]);
        takes("files://{path*}", "files://a/b%20c/d", &["a/b c/d"]);
        takes("files://{path*}", "files://dir/", &["dir/"]);
        takes("f://x/{p*}/raw/{n}", "f://x/a/b/raw/1", &["a/b", "1"]);
        takes("f://x/{p*}/raw/{n}", "f://x/raw/raw/raw/1", &["raw/raw", "1"]);
        takes("f://docs-{p*}.md", "f://docs-a/b.md", &["a/b"]);
        takes("f://{h}/{p*}", "f://h/a/b", &["h", "a/b"]);
        leaves("f://docs-{p*}.md", "f://docs-.md");
        leaves("f://x/{p*}/raw/{n}", "f://x/raw/1");
        leaves("files://{path*}", "files://");
    }

    #[test]
    fn queries_come_in_any_order_and_are_optional() {
        let template = "s://find/{kind}{?q,max}";
        takes(template, "s://find/a", &["a"]);
        takes(template, "s://find/a?", &["a"]);
        takes(template, "s://find/a?max=3&q=x%26y&other=1", &["a", "3", "x&y"]);
        takes("s://all{?q}", "s://all?q=", &[""]);
        takes("s://all{?q}", "s://all?q", &[""]);
        takes("s://all{?q}", "s://all?%71=a+b/c", &["a+b/c"]);
        refuses(template, "s://find/a?q=%zz", "`q`");
        refuses(template, "s://find/a?q=1&q=2", "twice");
        let template = parse(template);
        assert_eq!(template.variables().collect::<Vec<_>>(), ["kind", "q", "max"]);
        assert_eq!(template.query_variables().collect::<Vec<_>>(), ["q", "max"]);
        let found = template.matches("s://find/a?max=3").unwrap().unwrap();
        assert_eq!((found.get("max"), found.get("q")), (Some("3"), None));
    }

    #[test]
    fn scheme_and_host_ignore_case_nothing_else_does() {
        takes("users://host/{id}", "USERS://Host/Ab", &["Ab"]);
        takes("users://{id}", "Users://Ab", &["Ab"]);
        assert!(parse("a://b/c").matches("A://B/c").unwrap().is_some());
        leaves("a://b/c", "a://b/C");
    }

    #[test]
    fn bad_encodings_are_refused() {
        for uri in [
            "users://%zz",
            "users://%",
            "users://%4",
            "users://a%2",
            "users://%+1",
            "users://%00",
            "users://%ff",
            "users://%c0%ae",
            "users://%C0%AF",
        ] {
            refuses("users://{id}", uri, "`id`");
            refuses("users://{id*}", uri, "`id`");
        }
        takes("users://{id}", "users://%c3%a9", &["é"]);
    }

    #[test]
    fn traversal_is_refused_after_one_decoding() {
        for uri in [
            "u://..",
            "u://.",
            "u://%2e%2e",
            "u://%2e%2e%2fsecret",
            "u://a%2Fb",
            "u://..%5csecret",
            "u://a\\b",
            "u://.%2e",
        ] {
            refuses("u://{id}", uri, "`id` in the URI must not");
        }
        takes("u://{id}", "u://%252e%252e", &["%2e%2e"]);
        takes("u://{id}", "u://...", &["..."]);
        leaves("u://{id}", "u://../secret");
        for uri in [
            "u://../secret",
            "u://a/../b",
            "u://a/..",
            "u://a/%2e%2e/b",
            "u://a%2f..%2fb",
            "u:///etc/passwd",
            "u://%2fetc",
            "u://a\\b",
            "u://..%5cb",
        ] {
            refuses("u://{p*}", uri, "`p` in the URI must not");
        }
        takes("u://{p*}", "u://....//a", &["....//a"]);
        takes("u://{p*}", "u://a..b/.c", &["a..b/.c"]);
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
            ("a://{}", "no variable"),
            ("a://{/id*}", "`{` without"),
            ("a://{1x}", "no variable"),
            ("a://{x", "without"),
            ("a://x}", "without"),
            ("a://{x/y}", "without"),
            ("a://{?q}/x", "at the end"),
            ("a://{?q}{?r}", "at the end"),
            ("a://{x}?y=1", "no `?`"),
            ("a://a b", "percent"),
        ] {
            let why = UriTemplate::parse(template).expect_err(template);
            assert!(why.contains(words), "{template}: {why}");
        }
        assert!(parse("a://b?c=d#e").is_fixed());
        assert!(!parse("a://b{?c}").is_fixed());
    }

    #[test]
    fn long_uris_are_refused_and_hostile_ones_quick() {
        let template = parse("a://{x}/{p*}/a{y}b{z}c");
        assert!(template.matches(&format!("a://{}", "x".repeat(9000))).is_err());
        let start = std::time::Instant::now();
        for _ in 0..100 {
            for hostile in ["/", "ab", ",", "a/", "%25"] {
                let uri = format!("a://{}", hostile.repeat(8000 / hostile.len()));
                let _ = template.matches(&uri);
            }
        }
        assert!(start.elapsed().as_secs() < 5);
    }

    #[test]
    fn captures_know_their_place_among_the_variables() {
        let found = parse("f://{a}/{p*}/{b}{?q}").matches("f://1/2/3/4?q=%35").unwrap().unwrap();
        let found: Vec<(usize, Cow<'_, str>)> = found.into_iter().collect();
        assert_eq!(found, [(0, "1".into()), (2, "4".into()), (1, "2/3".into()), (3, "5".into())]);
        assert!(matches!(found.first(), Some((0, Cow::Borrowed("1")))));
    }

    #[test]
    fn expansion_and_matching_are_opposites() {
        for (template, values) in [
            ("u://{id}", vec![("id", "a b%é?#&=+")]),
            ("u://x/{p*}/y{?q,r}", vec![("p", "a/b c/%"), ("q", "1&2=3"), ("r", "")]),
            ("u://{a}-{b}", vec![("a", "1"), ("b", "2-3")]),
        ] {
            let template = parse(template);
            let uri = template.expand(&values);
            let found = template.matches(&uri).unwrap().expect("a match");
            assert_eq!(found.iter().collect::<Vec<_>>(), values, "{uri}");
        }
    }

    fn router(templates: &[&'static str]) -> Router<&'static str> {
        let mut router = Router::default();
        for template in templates {
            assert_eq!(router.insert(parse(template), *template), None);
        }
        router
    }

    #[track_caller]
    fn goes(router: &Router<&'static str>, uri: &str, want: Option<&str>) {
        assert_eq!(router.find(uri).unwrap().map(|(value, _)| *value), want, "{uri}");
    }

    #[test]
    fn the_most_literal_wins() {
        let router = router(&[
            "a://{p*}",
            "a://{x}/{y}",
            "a://{x}/b",
            "a://l/{y}",
            "a://l/v{y}",
            "a://l/b",
            "a://l/{y}.md",
            "a://{p*}/end",
            "a://l/q{?q}",
        ]);
        goes(&router, "a://l/b", Some("a://l/b"));
        goes(&router, "A://L/b", Some("a://l/b"));
        goes(&router, "a://l/c", Some("a://l/{y}"));
        goes(&router, "a://L/c", Some("a://l/{y}"));
        goes(&router, "a://l/v1", Some("a://l/v{y}"));
        goes(&router, "a://l/v.md", Some("a://l/{y}.md"));
        goes(&router, "a://x/b", Some("a://{x}/b"));
        goes(&router, "a://x/c", Some("a://{x}/{y}"));
        goes(&router, "a://x/c/d", Some("a://{p*}"));
        goes(&router, "a://x/c/end", Some("a://{p*}/end"));
        goes(&router, "a://x", Some("a://{p*}"));
        goes(&router, "a://l/q?q=1", Some("a://l/q{?q}"));
        goes(&router, "a://l/q", Some("a://l/q{?q}"));
        goes(&router, "a://l/c?q=1", None);
        goes(&router, "b://x", None);
        goes(&router, "nonsense", None);
        goes(&router, "", None);
        assert!(router.find("a://x/%zz").is_err());
        assert!(router.find("a://../x").is_err());
    }

    #[test]
    fn a_dead_end_in_the_tree_is_left_again() {
        let router = router(&["a://l/x/1", "a://l/{y}/2", "a://{x}/x/{z}", "a://{p*}/3/4"]);
        goes(&router, "a://l/x/1", Some("a://l/x/1"));
        goes(&router, "a://l/x/2", Some("a://l/{y}/2"));
        goes(&router, "a://l/x/9", Some("a://{x}/x/{z}"));
        goes(&router, "a://l/x/3/4", Some("a://{p*}/3/4"));
        goes(&router, "a://l/y/9", None);
    }

    #[test]
    fn equal_shapes_conflict() {
        for (first, second, conflict) in [
            ("a://{x}", "a://{y}", true),
            ("a://{x}", "A://{y}", true),
            ("a://{x}{?q}", "a://{y}", true),
            ("a://{x*}", "a://{y*}", true),
            ("a://{x*}", "a://{y}", false),
            ("a://h/{x}.md", "a://h/{y}", false),
            ("a://h/{x}.md", "a://H/{y}.md", true),
            ("a://h/{x}.md", "a://h/{y}.MD", false),
            ("a://{x*}/b", "a://{x*}/c", false),
            ("a://{x*}/b", "a://{z*}/b", true),
            ("a://b", "a://b", true),
            ("a://b", "a://b{?q}", false),
            ("a://b", "a://{b}", false),
        ] {
            let mut router = Router::default();
            assert_eq!(router.insert(parse(first), 1), None);
            assert_eq!(router.insert(parse(second), 2), conflict.then_some(&1), "{first} and {second}");
        }
    }

    #[test]
    fn a_thousand_templates_stay_fast() {
        let mut router = Router::default();
        for n in 0..1000 {
            assert_eq!(router.insert(parse(&format!("api://{{tenant}}/r{n}/{{id}}")), n), None);
            assert_eq!(router.insert(parse(&format!("api://{{tenant}}/s/{{a}}-{n}/x")), n), None);
            assert_eq!(router.insert(parse(&format!("svc{n}://{{path*}}")), n), None);
        }
        let start = std::time::Instant::now();
        for n in 0..1000 {
            let uri = format!("api://acme/r{n}/7");
            assert_eq!(router.find(&uri).unwrap().map(|(value, _)| *value), Some(n));
            let uri = format!("svc{n}://a/b");
            assert_eq!(router.find(&uri).unwrap().map(|(value, _)| *value), Some(n));
        }
        assert!(start.elapsed().as_millis() < 1000, "{:?}", start.elapsed());
    }

    #[test]
    fn many_overlapping_templates_cannot_multiply() {
        let mut router = Router::default();
        let mut names = 0;
        for n in 0..256u32 {
            let path: Vec<String> = (0..8)
                .map(|bit| {
                    names += 1;
                    if n >> bit & 1 == 1 { "x".to_owned() } else { format!("{{v{names}}}") }
                })
                .collect();
            let template = format!("a://h/{}", path.join("/"));
            assert_eq!(router.insert(parse(&template), n), None);
        }
        let miss = format!("a://h{}", "/x".repeat(4000));
        assert_eq!(router.find(&miss), Ok(None));
    }
}
