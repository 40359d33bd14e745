//! Did-you-mean.

use std::cell::Cell;

/// Nobody misspells longer names; in characters.
const LONGEST: usize = 64;
/// Candidates that are looked at.
const CANDIDATES: usize = 4096;
/// Pairs of characters that are compared, for one name with all candidates: about a tenth of a millisecond.
const COMPARED: usize = 60_000;

/// The candidate that `name` was probably meant to be.
///
/// Letters that differ only in case are a match; otherwise one slip is forgiven in a short name, and one
/// more for every three letters. Of equally near candidates the first wins. However many there are, and however long
/// they are, the work is bounded: of very many the last ones are not compared.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = PlainName::of(name)?;
    let left = Cell::new(COMPARED);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates.take(CANDIDATES) {
        let Some(other) = PlainName::of(candidate) else { continue };
        if other.chars() == wanted.chars() {
            return Some(candidate);
        }
        let allowed = match wanted.len.min(other.len) {
            0 | 1 => continue,
            2..=4 => 1,
            n => (n / 3).max(2),
        };
        // Nearer than the best, or not at all.
        let allowed = best.map_or(allowed, |(least, _)| allowed.min(least.saturating_sub(1)));
        if allowed > 0
            && let Some(distance) = wanted.distance(&other, allowed, &left)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// A name without case and separators.
struct PlainName {
    chars: [char; LONGEST],
    len: usize,
    /// Which letters there are, roughly.
    letters: u32,
}

impl PlainName {
    fn of(name: &str) -> Option<Self> {
        if name.is_empty() || name.len() > 4 * LONGEST {
            return None;
        }
        let mut plain = Self { chars: ['\0'; LONGEST], len: 0, letters: 0 };
        for c in name.chars().filter(|c| !matches!(c, '_' | '-' | ' ' | '.')).flat_map(char::to_lowercase) {
            *plain.chars.get_mut(plain.len)? = c;
            plain.len += 1;
            plain.letters |= 1 << (u32::from(c) % 32);
        }
        (plain.len > 0).then_some(plain)
    }

    fn chars(&self) -> &[char] {
        &self.chars[..self.len]
    }

    /// How many letters have to be changed, left out, put in or exchanged with their neighbour, if no more than `most`.
    fn distance(&self, other: &PlainName, most: usize, left: &Cell<usize>) -> Option<usize> {
        let different = (self.letters ^ other.letters).count_ones() as usize;
        if self.len.abs_diff(other.len) > most || different > 2 * most {
            return None;
        }
        left.set(left.get().checked_sub(self.len * (2 * most + 1))?);
        // Three rows of the usual table; only what is near its diagonal can be small enough.
        let mut rows = [[usize::MAX / 2; LONGEST + 1]; 3];
        for (at, cell) in rows[0].iter_mut().enumerate().take(other.len + 1) {
            *cell = at;
        }
        for (i, &mine) in self.chars().iter().enumerate() {
            let [current, before, earlier] = [(i + 1) % 3, i % 3, (i + 2) % 3];
            rows[current] = [usize::MAX / 2; LONGEST + 1];
            rows[current][0] = i + 1;
            let mut least = i + 1;
            for j in i.saturating_sub(most)..other.len.min(i + most + 1) {
                let theirs = other.chars[j];
                let mut cell = rows[before][j] + usize::from(mine != theirs);
                cell = cell.min(rows[before][j + 1] + 1).min(rows[current][j] + 1);
                if i > 0 && j > 0 && mine == other.chars[j - 1] && self.chars[i - 1] == theirs {
                    cell = cell.min(rows[earlier][j - 1] + 1);
                }
                rows[current][j + 1] = cell;
                least = least.min(cell);
            }
            if least > most {
                return None;
            }
        }
        Some(rows[self.len % 3][other.len]).filter(|distance| *distance <= most)
    }
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
    fn the_work_is_bounded() {
        // Alike enough to be compared, and none of them meant: after enough of those nothing is looked for.
        let strangers: Vec<String> = (0..100_000).map(|_| "ytic_a_rof_tsacerof_rehtaew_eht_teg".to_owned()).collect();
        let with = |n: usize| strangers[..n].iter().map(String::as_str).chain(["get_the_weather_forecast_for_a_city"]);
        assert!(nearest("get_the_weather_forecats_for_a_citty", with(10)).is_some());
        assert!(nearest("get_the_weather_forecats_for_a_citty", with(100_000)).is_none());
        let long = "x".repeat(253);
        let names: Vec<String> = (0..500).map(|n| format!("{}{n}", "y".repeat(120))).collect();
        assert_eq!(nearest(&long, names.iter().map(String::as_str)), None);
        let many: Vec<String> = (0..500).map(|n| format!("tool_{n}")).collect();
        assert_eq!(nearest("tol_7", many.iter().map(String::as_str)), Some("tool_7"));
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
