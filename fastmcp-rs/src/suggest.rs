//! Did-you-mean, and the safe echoing of what a client sent.

use std::borrow::Cow;

/// The candidate that `name` was probably meant to be.
///
/// Letters that differ only in case are a match; otherwise one slip is forgiven in a short name, and one
/// more for every three letters. Of equally near candidates the first wins.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody misspells at this length, and the distance is quadratic.
    if name.is_empty() || name.len() > 256 {
        return None;
    }
    let plain = |s: &str| -> String {
        s.chars().filter(|c| !matches!(c, '_' | '-' | ' ' | '.')).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(name);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        if candidate.len() > 256 {
            continue;
        }
        let other = plain(candidate);
        if other == wanted && !other.is_empty() {
            return Some(candidate);
        }
        let shorter = wanted.chars().count().min(other.chars().count());
        let allowed = match shorter {
            0 | 1 => continue,
            2..=4 => 1,
            n => (n / 3).max(2),
        };
        let distance = strsim::damerau_levenshtein(&wanted, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// At most `n` characters of `text`, with control and direction-changing characters made visible.
///
/// For everything of a client's that goes into a message or a log: it cannot move the cursor, start a line or
/// reorder what stands around it.
pub(crate) fn bounded(text: &str, n: usize) -> Cow<'_, str> {
    made_visible(text, n, disturbs)
}

/// The same for what an author wrote, in lines of his own.
pub(crate) fn bounded_lines(text: &str, n: usize) -> Cow<'_, str> {
    made_visible(text, n, |c| !matches!(c, '\n' | '\t') && disturbs(c))
}

fn made_visible(text: &str, n: usize, disturbs: fn(char) -> bool) -> Cow<'_, str> {
    let cut = text.char_indices().nth(n).map(|(at, _)| at);
    let head = cut.map_or(text, |at| text.get(..at).unwrap_or_default());
    if cut.is_none() && !head.chars().any(disturbs) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(head.len() + 8);
    for c in head.chars() {
        if disturbs(c) {
            match c {
                '\n' | '\r' | '\t' => out.extend(c.escape_default()),
                c => out.extend(c.escape_unicode()),
            }
        } else {
            out.push(c);
        }
    }
    if cut.is_some() {
        out.push('…');
    }
    Cow::Owned(out)
}

fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(name: &str, candidates: &[&'static str]) -> Option<&'static str> {
        nearest(name, candidates.iter().copied())
    }

    #[test]
    fn slips_are_forgiven() {
        assert_eq!(near("titel", &["text", "title"]), Some("title"));
        assert_eq!(near("ctiy", &["days", "city"]), Some("city"));
        assert_eq!(near("kelvn", &["celsius", "kelvin"]), Some("kelvin"));
    }

    #[test]
    fn case_and_separators_come_first() {
        assert_eq!(near("maxResults", &["max_result", "max_results"]), Some("max_results"));
        assert_eq!(near("CITY", &["cite", "city"]), Some("city"));
    }

    #[test]
    fn strangers_are_not_suggested() {
        assert_eq!(near("colour", &["days", "city"]), None);
        assert_eq!(near("a", &["b"]), None);
        assert_eq!(near("", &["b"]), None);
        assert_eq!(near("_", &["-"]), None);
        assert_eq!(near(&"x".repeat(1 << 20), &["b"]), None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(bounded("héllo", 2), "hé…");
        assert_eq!(bounded("héllo", 5), "héllo");
        assert!(matches!(bounded("plain", 10), Cow::Borrowed(_)));
    }

    #[test]
    fn control_and_bidi_characters_are_shown() {
        assert_eq!(bounded("a\nb", 10), "a\\nb");
        assert_eq!(bounded_lines("a\n\tb\r\u{1b}", 10), "a\n\tb\\r\\u{1b}");
        assert_eq!(bounded("a\u{1b}[31m", 10), "a\\u{1b}[31m");
        assert_eq!(bounded("a\u{202e}b", 10), "a\\u{202e}b");
    }
}
