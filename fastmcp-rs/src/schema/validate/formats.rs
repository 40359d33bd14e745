//! The `format`s that are held to: exact where a standard is exact, generous where the world is.

use std::net::{Ipv4Addr, Ipv6Addr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Email,
    Uri,
    Date,
    Time,
    DateTime,
    Uuid,
    Ipv4,
    Ipv6,
    Hostname,
}

impl Format {
    /// `None` for a format that stays an annotation.
    pub(super) fn named(name: &str) -> Option<Format> {
        Some(match name {
            "email" => Format::Email,
            "uri" => Format::Uri,
            "date" => Format::Date,
            "time" => Format::Time,
            "date-time" => Format::DateTime,
            "uuid" => Format::Uuid,
            "ipv4" => Format::Ipv4,
            "ipv6" => Format::Ipv6,
            "hostname" => Format::Hostname,
            _ => return None,
        })
    }

    /// What a text must be, with an example.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Format::Email => "an email address such as \"ada@example.com\"",
            Format::Uri => "a URI such as \"https://example.com/page\"",
            Format::Date => "a date such as \"2026-03-31\"",
            Format::Time => "a time with its offset such as \"14:30:00Z\"",
            Format::DateTime => "a date and time such as \"2026-03-31T14:30:00Z\"",
            Format::Uuid => "a UUID such as \"67e55044-10b1-426f-9247-bb680e5fe0c8\"",
            Format::Ipv4 => "an IPv4 address such as \"192.0.2.1\"",
            Format::Ipv6 => "an IPv6 address such as \"2001:db8::1\"",
            Format::Hostname => "a host name such as \"example.com\"",
        }
    }

    pub(super) fn accepts(self, text: &str) -> bool {
        match self {
            Format::Email => email(text),
            Format::Uri => uri(text),
            Format::Date => date(text),
            Format::Time => time(text),
            Format::DateTime => date_time(text),
            Format::Uuid => uuid(text),
            Format::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Format::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Format::Hostname => hostname(text),
        }
    }
}

fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let plain = !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
    let literal = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')).is_some_and(|ip| {
        ip.parse::<Ipv4Addr>().is_ok() || ip.strip_prefix("IPv6:").is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok())
    });
    !local.is_empty() && local.len() <= 64 && (quoted || plain) && (literal || hostname(domain))
}

fn hostname(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut bytes = scheme.bytes();
    let scheme = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let mut left = rest.bytes();
    while let Some(b) = left.next() {
        let is_valid = match b {
            b'%' => {
                left.next().is_some_and(|b| b.is_ascii_hexdigit()) && left.next().is_some_and(|b| b.is_ascii_hexdigit())
            }
            b if b.is_ascii_alphanumeric() => true,
            b => b"-._~:/?#[]@!$&'()*+,;=".contains(&b),
        };
        if !is_valid {
            return false;
        }
    }
    scheme && rest.bytes().filter(|b| *b == b'#').count() <= 1
}

/// Reads exactly `digits` digits off the front.
fn take(text: &str, digits: usize) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    if !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((head.parse().ok()?, rest))
}

fn date(text: &str) -> bool {
    let read = || {
        let (year, rest) = take(text, 4)?;
        let (month, rest) = take(rest.strip_prefix('-')?, 2)?;
        let (day, rest) = take(rest.strip_prefix('-')?, 2)?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        Some((1..=days).contains(&day) && rest.is_empty())
    };
    read().unwrap_or(false)
}

fn time(text: &str) -> bool {
    let read = || {
        let (hour, rest) = take(text, 2)?;
        let (minute, rest) = take(rest.strip_prefix(':')?, 2)?;
        let (second, mut rest) = take(rest.strip_prefix(':')?, 2)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if after.len() == fraction.len() {
                return None;
            }
            rest = after;
        }
        let offset = match rest {
            "Z" | "z" => true,
            rest => {
                let (hour, rest) = take(rest.strip_prefix(['+', '-'])?, 2)?;
                let (minute, rest) = take(rest.strip_prefix(':')?, 2)?;
                hour < 24 && minute < 60 && rest.is_empty()
            }
        };
        // 60 is the leap second.
        Some(hour < 24 && minute < 60 && second <= 60 && offset)
    };
    read().unwrap_or(false)
}

fn date_time(text: &str) -> bool {
    match (text.get(..10), text.get(10..11), text.get(11..)) {
        (Some(day), Some("T" | "t"), Some(clock)) => date(day) && time(clock),
        _ => false,
    }
}

fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, good: &[&str], bad: &[&str]) {
        let format = Format::named(format).expect("a known format");
        for text in good {
            assert!(format.accepts(text), "{format:?} should accept {text:?}");
        }
        for text in bad.iter().chain(&["", "é", "\u{0}", "::::::::::::::::"]) {
            assert!(!format.accepts(text), "{format:?} should refuse {text:?}");
        }
    }

    #[test]
    fn formats_accept_and_refuse() {
        check(
            "email",
            &["a@b.co", "first.last+tag@x-y.example", "\"odd one\"@b.co", "a@[192.0.2.1]"],
            &["a", "@b", "a@", "a b@c.d", ".a@b", "a..b@c", "a@-b"],
        );
        check(
            "uri",
            &["https://a.b/c?d=e#f", "urn:isbn:1", "a:", "x://%41"],
            &["a b", "/rel", "1a:b", "http://a b", "x:%zz", "x:%4"],
        );
        check(
            "date",
            &["2024-02-29", "1999-12-31"],
            &["2023-02-29", "2024-13-01", "2024-1-1", "2024-00-10", "2024-04-31"],
        );
        check(
            "time",
            &["00:00:00Z", "23:59:60z", "10:00:00.123+05:30"],
            &["24:00:00Z", "10:00:00", "10:00Z", "10:00:00.Z", "10:00:00+5"],
        );
        check(
            "date-time",
            &["2024-01-01T00:00:00Z", "2024-01-01t10:00:00.5-03:00"],
            &["2024-01-01", "2024-01-01 00:00:00Z", "2024-01-01Té"],
        );
        check(
            "uuid",
            &["67e55044-10b1-426f-9247-bb680e5fe0c8", "67E55044-10B1-426F-9247-BB680E5FE0C8"],
            &["67e5504410b1426f9247bb680e5fe0c8", "67e55044-10b1-426f-9247-bb680e5fe0cg"],
        );
        check("ipv4", &["192.0.2.1"], &["256.0.0.1", "1.2.3", "01.2.3.4"]);
        check("ipv6", &["::1", "2001:db8::"], &["1.2.3.4", ":::"]);
        check("hostname", &["localhost", "a.b-c.d"], &["-a", "a_b", "a..b", "a."]);
        assert_eq!(Format::named("int32"), None);
    }
}
