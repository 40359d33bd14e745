//! Many templates, and the one that a URI leads to.

use std::borrow::Cow;
use std::collections::HashMap;

use super::matching::{Captures, cut, folded, loose, piecewise};
use super::screening::{self, BadUri};
use super::template::{Piece, Segment, UriTemplate, outline, shape, weight};
use crate::text::percent::normal;

/// Many URIs and templates, each with something that belongs to it.
///
/// Fixed URIs are found by hash. Templates are in a tree of segments, where a text is tried before a pattern, a
/// pattern with more text before one with less, and `{path*}` last, so that the most literal template wins.
#[derive(Clone, Debug)]
pub(crate) struct Router<T> {
    entries: Vec<(UriTemplate, T)>,
    /// As they are written.
    fixed: HashMap<String, usize>,
    /// The same in their normal spelling, scheme and host in small letters.
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
                self.folded.entry(folded(&normal(template.as_str()))).or_insert(at);
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

    /// What belongs to `uri` among what is `shown`, with the values of the template's variables. All else is as if it was not
    /// there.
    pub(crate) fn find<'u>(
        &self,
        uri: &'u str,
        shown: &dyn Fn(&T) -> bool,
    ) -> Result<Option<(&T, Captures<'u>)>, BadUri> {
        screening::length(uri)?;
        let fixed = self.fixed.get(uri).and_then(|at| self.entries.get(*at));
        if let Some((_, value)) = fixed.filter(|(_, value)| shown(value)) {
            return Ok(Some((value, Captures::default())));
        }
        match normal(uri) {
            Cow::Borrowed(uri) => self.find_normal(uri, shown),
            Cow::Owned(uri) => Ok(self.find_normal(&uri, shown)?.map(|(value, found)| (value, found.into_owned()))),
        }
    }

    fn find_normal<'u>(&self, uri: &'u str, shown: &dyn Fn(&T) -> bool) -> Result<Option<(&T, Captures<'u>)>, BadUri> {
        let fixed = if self.folded.is_empty() { None } else { self.folded.get(&folded(uri)) };
        let fixed = fixed.and_then(|at| self.entries.get(*at));
        if let Some((_, value)) = fixed.filter(|(_, value)| shown(value)) {
            return Ok(Some((value, Captures::default())));
        }
        let Some((path, query)) = cut(uri) else {
            return Ok(None);
        };
        let segments: Vec<&str> = path.split('/').collect();
        let answers =
            |template: &UriTemplate, value: &T| (query.is_none() || !template.query.is_empty()) && shown(value);
        let Some((template, value)) = self.descend(0, 0, &segments, &answers).and_then(|at| self.entries.get(at))
        else {
            return Ok(None);
        };
        Ok(template.capture(path, query)?.map(|found| (value, found)))
    }

    /// Visits each node of the tree at most once, and goes no deeper than the longest template.
    fn descend(
        &self,
        node: usize,
        depth: usize,
        segments: &[&str],
        fits: &dyn Fn(&UriTemplate, &T) -> bool,
    ) -> Option<usize> {
        let branch = self.nodes.get(node)?;
        let answers = |at: &usize| self.entries.get(*at).is_some_and(|(template, value)| fits(template, value));
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
        if let Some(found) = branch.texts.get(key).and_then(|next| self.descend(*next, depth + 1, segments, fits)) {
            return Some(found);
        }
        for (segment, next) in &branch.patterns {
            if piecewise(segment, text, false).is_some()
                && let Some(found) = self.descend(*next, depth + 1, segments, fits)
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(template: &str) -> UriTemplate {
        UriTemplate::parse(template).unwrap_or_else(|why| panic!("{template}: {why}"))
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
        assert_eq!(router.find(uri, &|_| true).unwrap().map(|(value, _)| *value), want, "{uri}");
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
        assert!(router.find("a://x/%zz", &|_| true).is_err());
        assert!(router.find("a://../x", &|_| true).is_err());
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
            assert_eq!(router.find(&uri, &|_| true).unwrap().map(|(value, _)| *value), Some(n));
            let uri = format!("svc{n}://a/b");
            assert_eq!(router.find(&uri, &|_| true).unwrap().map(|(value, _)| *value), Some(n));
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
        assert_eq!(router.find(&miss, &|_| true), Ok(None));
    }
}
