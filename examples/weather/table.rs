//! The built-in weather: a handful of cities on a typical day, so that the example needs no network and tests need no luck.

use fastmcp_rs::prelude::Completing;

use crate::service::{Day, Report, WeatherError};

struct City {
    name: &'static str,
    now: f64,
    high: f64,
    low: f64,
    rain: f64,
}

#[rustfmt::skip]
const CITIES: [City; 14] = [
    City { name: "Amsterdam",     now: 10.2, high: 13.1, low:  6.8, rain: 2.4 },
    City { name: "Berlin",        now:  9.6, high: 13.4, low:  5.1, rain: 1.6 },
    City { name: "Cairo",         now: 24.8, high: 29.3, low: 17.2, rain: 0.0 },
    City { name: "Lisbon",        now: 17.4, high: 21.0, low: 13.2, rain: 1.1 },
    City { name: "London",        now: 11.3, high: 14.2, low:  7.9, rain: 1.9 },
    City { name: "Mumbai",        now: 29.1, high: 32.4, low: 25.0, rain: 5.8 },
    City { name: "Nairobi",       now: 20.5, high: 25.2, low: 13.9, rain: 2.7 },
    City { name: "New York",      now: 13.0, high: 17.1, low:  8.8, rain: 3.2 },
    City { name: "Oslo",          now:  4.3, high:  8.0, low:  0.6, rain: 2.2 },
    City { name: "Paris",         now: 12.1, high: 16.0, low:  8.2, rain: 1.7 },
    City { name: "San Francisco", now: 14.6, high: 18.3, low: 11.0, rain: 1.4 },
    City { name: "Santiago",      now: 15.2, high: 22.9, low:  8.1, rain: 0.9 },
    City { name: "Sydney",        now: 18.7, high: 22.6, low: 14.5, rain: 3.5 },
    City { name: "Tokyo",         now: 16.4, high: 20.2, low: 12.3, rain: 4.1 },
];

/// How the coming days differ from the typical one, over and over. Days that are colder are wetter.
const MOODS: [f64; 7] = [0.0, 0.8, 1.5, 0.4, -0.9, -1.6, -0.5];

pub(crate) fn report(city: &str, days: u8) -> Result<Report, WeatherError> {
    let asked = city.trim().to_lowercase();
    let known = CITIES.iter().find(|city| city.name.to_lowercase() == asked);
    let city = known.ok_or_else(|| WeatherError::unknown(city))?;
    let day = |mood: &f64| Day {
        date: None,
        high: tenths(city.high + mood),
        low: tenths(city.low + mood),
        rain: tenths(city.rain * (1.0 - mood / 2.0)),
    };
    let days = MOODS.iter().cycle().take(days.into()).map(day).collect();
    Ok(Report { city: city.name.to_owned(), now: city.now, days })
}

/// The cities whose names begin as typed.
pub(crate) fn names(typed: Completing) -> Vec<&'static str> {
    let mut typed = typed.value;
    typed.make_ascii_lowercase();
    CITIES.iter().map(|city| city.name).filter(|name| name.to_lowercase().starts_with(typed.trim_start())).collect()
}

/// The name in the table that takes the fewest changes to become.
pub(crate) fn nearest(city: &str) -> &'static str {
    let asked = city.trim().to_lowercase();
    CITIES.iter().map(|city| city.name).min_by_key(|name| changes(&asked, &name.to_lowercase())).unwrap_or_default()
}

fn tenths(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}

/// How many letters must be added, removed or replaced to make `b` of `a` (Levenshtein's distance, one row at a time).
fn changes(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted() {
        let cases = [("", "abc", 3), ("kitten", "sitting", 3), ("oslo", "oslo", 0), ("berln", "berlin", 1)];
        for (a, b, count) in cases {
            assert_eq!(changes(a, b), count, "{a} to {b}");
        }
    }
}
