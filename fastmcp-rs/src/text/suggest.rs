//! Did-you-mean.

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
}
