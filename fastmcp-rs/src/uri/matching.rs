//! A URI held against a template: whether it is one of the template's, and what its variables are.

use std::borrow::Cow;
use std::sync::Arc;

use super::screening::{self, BadUri};
use super::template::{Piece, Rest, Segment, UriTemplate};
use crate::text::percent;

/// The decoded values of a template's variables, borrowed from the URI where nothing was encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Captures<'u>(Vec<(Arc<str>, Cow<'u, str>)>);

impl<'u> Captures<'u> {
    fn add(&mut self, name: &Arc<str>, value: Cow<'u, str>) {
        self.0.push((Arc::clone(name), value));
    }

    pub(super) fn into_owned(self) -> Captures<'static> {
        Captures(self.0.into_iter().map(|(name, value)| (name, Cow::Owned(value.into_owned()))).collect())
    }

    /// The value of one variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl UriTemplate {
    /// The values of the variables if `uri` is one of this template's.
    #[cfg(test)]
    pub(crate) fn matches<'u>(&self, uri: &'u str) -> Result<Option<Captures<'u>>, BadUri> {
        screening::length(uri)?;
        match percent::normal(uri) {
            Cow::Borrowed(uri) => self.matches_normal(uri),
            Cow::Owned(uri) => Ok(self.matches_normal(&uri)?.map(Captures::into_owned)),
        }
    }

    #[cfg(test)]
    fn matches_normal<'u>(&self, uri: &'u str) -> Result<Option<Captures<'u>>, BadUri> {
        if self.is_fixed() {
            return Ok((folded(uri) == folded(&percent::normal(self.as_str()))).then(Captures::default));
        }
        let Some((path, query)) = cut(uri) else {
            return Ok(None);
        };
        let segments: Vec<&str> = path.split('/').collect();
        if self.fits(&segments) { self.capture(path, query) } else { Ok(None) }
    }

    /// Whether the path of a URI in its normal spelling, cut at its slashes, is one of this template's.
    pub(super) fn fits(&self, segments: &[&str]) -> bool {
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

    /// The values of the variables, in a URI that fits.
    pub(super) fn capture<'u>(&self, path: &'u str, query: Option<&'u str>) -> Result<Option<Captures<'u>>, BadUri> {
        if query.is_some() && self.query.is_empty() {
            return Ok(None);
        }
        let segments: Vec<&str> = path.split('/').collect();
        let back = segments.len().saturating_sub(self.tail.len());
        let mut found = Captures::default();
        let mut ends = |segments: &[&'u str], shapes: &[Segment]| {
            for (text, segment) in segments.iter().zip(shapes) {
                for (name, raw) in piecewise(segment, text, true).unwrap_or_default() {
                    found.add(name, screening::segment(name, raw)?);
                }
            }
            Ok::<(), BadUri>(())
        };
        ends(&segments, &self.head)?;
        ends(segments.get(back..).unwrap_or_default(), &self.tail)?;
        if let Some(rest) = &self.rest {
            // The slashes count: each segment before has one after it, each segment after it one before it.
            let start: usize = segments.iter().take(self.head.len()).map(|s| s.len() + 1).sum();
            let end: usize = segments.iter().skip(back).map(|s| s.len() + 1).sum();
            let raw = path.get(start..path.len().saturating_sub(end)).unwrap_or_default();
            let raw = raw.strip_prefix(&*rest.before).unwrap_or(raw);
            let raw = raw.strip_suffix(&*rest.after).unwrap_or(raw);
            found.add(&rest.name, screening::segments(&rest.name, raw)?);
        }
        for pair in query.unwrap_or_default().split('&').filter(|_| !self.query.is_empty()) {
            let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent::decode(name).map_err(|reason| BadUri { variable: None, reason })?;
            let Some(known) = self.query.iter().find(|known| ***known == *name) else {
                continue;
            };
            if found.get(known).is_some() {
                return Err(screening::bad(known, "is given twice"));
            }
            found.add(known, screening::query(known, raw)?);
        }
        Ok(Some(found))
    }

    /// The URI that has these values; the opposite of [`matches`](Self::matches).
    #[cfg(test)]
    pub(crate) fn expand(&self, values: &[(&str, &str)]) -> String {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let segment = |segment: &Segment| -> String {
            segment
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Variable(name) => percent::encode(value(name).unwrap_or_default()).into_owned(),
                })
                .collect()
        };
        let mut parts: Vec<String> = self.head.iter().map(segment).collect();
        if let Some(rest) = &self.rest {
            let path: Vec<_> = value(&rest.name).unwrap_or_default().split('/').map(percent::encode).collect();
            parts.push(format!("{}{}{}", rest.before, path.join("/"), rest.after));
        }
        parts.extend(self.tail.iter().map(segment));
        let mut uri = parts.join("/");
        let mut mark = '?';
        for name in &self.query {
            if let Some(value) = value(name) {
                uri.push_str(&format!("{mark}{name}={}", percent::encode(value)));
                mark = '&';
            }
        }
        uri
    }
}

/// Path and query; `None` for a URI with a fragment, which names no resource of ours.
pub(super) fn cut(uri: &str) -> Option<(&str, Option<&str>)> {
    if uri.contains('#') {
        return None;
    }
    Some(match uri.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (uri, None),
    })
}

/// Whether the case of the segment at this place does not matter: the scheme and, after `//`, the host.
pub(super) fn loose(at: usize, segments: &[&str]) -> bool {
    at == 0 || (at == 2 && segments.get(1).is_some_and(|s| s.is_empty()))
}

/// A URI with its scheme and host in small letters.
pub(super) fn folded(uri: &str) -> String {
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
pub(super) fn piecewise<'s, 'u>(
    segment: &'s Segment,
    text: &'u str,
    fold: bool,
) -> Option<Vec<(&'s Arc<str>, &'u str)>> {
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
                let value = before_end(left, want).filter(|v| !v.is_empty())?;
                found.push((name, value));
                (open, left) = (None, "");
            }
            (Piece::Text(want), Some(name)) => {
                let first = left.chars().next()?.len_utf8();
                let end = find(left, want, first)?;
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

/// Where a text is found first from some place on, other than within an encoded byte: the `2` of `%20` is none.
fn find(text: &str, want: &str, mut from: usize) -> Option<usize> {
    loop {
        let at = from + text.get(from..)?.find(want)?;
        if percent::is_between(text, at) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// What stands before the end, if that is `end`.
fn before_end<'u>(text: &'u str, end: &str) -> Option<&'u str> {
    text.strip_suffix(end).filter(|before| percent::is_between(text, before.len()))
}

fn within(rest: &Rest, middle: &[&str]) -> bool {
    match middle {
        [] => false,
        [one] => one
            .strip_prefix(&*rest.before)
            .and_then(|one| before_end(one, &rest.after))
            .is_some_and(|value| !value.is_empty()),
        [first, .., last] => first.starts_with(&*rest.before) && before_end(last, &rest.after).is_some(),
    }
}

/// Whether a subscription to one URI covers another: itself and what is below it (server/resources, "Subscriptions"). Both are
/// in their normal spelling.
pub(crate) fn covers(subscribed: &str, uri: &str) -> bool {
    uri.strip_prefix(subscribed)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || subscribed.ends_with('/'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(template: &str) -> UriTemplate {
        UriTemplate::parse(template).unwrap_or_else(|why| panic!("{template}: {why}"))
    }

    /// `None` for no match; else the values, those of the path as in the template and those of the query as they came.
    fn values(template: &str, uri: &str) -> Result<Option<Vec<String>>, BadUri> {
        let template = parse(template);
        let place = |name: &str| template.variables().take_while(|known| *known != name).count();
        let path = template.variables().count() - template.query_variables().count();
        Ok(template.matches(uri)?.map(|found| {
            let mut found: Vec<_> = found.iter().collect();
            found.sort_by_key(|(name, _)| place(name).min(path));
            found.into_iter().map(|(_, value)| value.to_owned()).collect()
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
        // No text of a template is found within an encoded byte.
        takes("a://{x}2{y}", "a://a%20b2c", &["a b", "c"]);
        takes("a://{x}0{y}", "a://%C3%A90%20", &["é", " "]);
        leaves("a://{x}2{y}", "a://a%20b");
        leaves("a://{x}F", "a://a%3F");
        takes("a://{x}F", "a://a%3FF", &["a?"]);
        leaves("f://{p*}F", "f://a/b%3F");
        takes("f://{p*}F", "f://a/b%3FF", &["a/b?"]);
        leaves("f://{p*}F", "f://b%3F");
        takes("a://{x}%25{y}", "a://1%252", &["1", "2"]);
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
    fn values_without_encoding_are_not_copied() {
        let template = parse("f://{a}/{p*}/{b}{?q}");
        let found = template.matches("f://1/2/3/4?q=5").unwrap().unwrap();
        assert!(found.0.iter().all(|(_, value)| matches!(value, Cow::Borrowed(_))), "{found:?}");
        takes("f://{a}/{p*}/{b}{?q}", "f://1/2/3/4?q=%35", &["1", "2/3", "4", "5"]);
    }

    #[test]
    fn texts_are_compared_however_they_are_encoded() {
        for template in ["docs://caf\u{e9}/{name}", "docs://caf%C3%A9/{name}", "docs://c%61f%c3%A9/{name}"] {
            for uri in ["docs://caf\u{e9}/x", "docs://caf%C3%A9/x", "docs://CAF%c3%a9/x", "docs://c%61f%c3%a9/%78"] {
                takes(template, uri, &["x"]);
            }
            leaves(template, "docs://cafe/x");
            leaves(template, "docs://caf%E9/x");
        }
        takes("d://h/a%20b-{x}.md", "d://h/a b-\u{4e2d}.md", &["\u{4e2d}"]);
        takes("d://h/{x}.md", "d://h/a%2Emd", &["a"]);
        takes("d://h/\u{4e2d}{p*}/b", "d://h/%e4%b8%ad1/2/b", &["1/2"]);
        leaves("d://h/a/{x}", "d://h%2Fa/b");
        leaves("d://h/100%25/{x}", "d://h/100%/b");
        assert!(parse("d://h/%7Ea").matches("d://h/~a").unwrap().is_some());
    }

    #[test]
    fn control_characters_and_direction_marks_are_refused() {
        for bad in [
            "\n",
            "\0",
            "%0a",
            "%0D",
            "%1B",
            "%7f",
            "%C2%85",
            "\u{202e}",
            "%E2%80%AE",
            "%e2%81%a6",
            "%D8%9C",
            "%E2%80%A8",
        ] {
            refuses("u://{id}", &format!("u://a{bad}b"), "`id` in the URI must not contain a control");
            refuses("u://{p*}", &format!("u://x/a{bad}b"), "`p` in the URI must not contain a control");
            refuses("u://x{?q}", &format!("u://x?q=a{bad}b"), "`q` in the URI must not contain a control");
        }
        // Joiners, which many scripts and emoji need, are none of them.
        takes("u://{id}", "u://\u{1f469}\u{200d}\u{1f680}", &["\u{1f469}\u{200d}\u{1f680}"]);
        takes("u://{id}", "u://%D9%85%DB%8C%E2%80%8C%D8%AE", &["\u{645}\u{6cc}\u{200c}\u{62e}"]);
    }

    #[test]
    fn query_values_stay_below_a_directory() {
        for bad in
            ["..", "../x", "a/../b", "a/..", "%2e%2e%2fx", "..%5Cx", "a%5c..", "/etc/passwd", "%2fetc", "%5c%5chost"]
        {
            refuses("s://x{?q}", &format!("s://x?q={bad}"), "`q` in the URI must not");
        }
        for (good, value) in [
            ("a/b", "a/b"),
            ("a..b", "a..b"),
            ("...", "..."),
            ("%252e%252e/", "%2e%2e/"),
            ("a%5Cd", "a\\d"),
            (".", "."),
        ] {
            takes("s://x{?q}", &format!("s://x?q={good}"), &[value]);
        }
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
}
