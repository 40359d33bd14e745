//! The token of a request (RFC 6750, section 2.1), and what a client is told that has none, or a bad one (section 3).

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// The token that a request came with.
#[derive(PartialEq, Eq)]
pub(crate) struct Token<'h> {
    pub(crate) scheme: &'h str,
    pub(crate) text: &'h str,
}

impl std::fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A request whose token cannot be read, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl<'h> Token<'h> {
    /// The token in the `Authorization` header; `None` without one, and where it is of another scheme.
    pub(crate) fn of(uri: &Uri, headers: &'h HeaderMap) -> Result<Option<Self>, Malformed> {
        // It would be in logs and histories; it is not looked at (2026-07-28, basic/authorization, "Access Token Usage").
        if uri.query().is_some_and(|query| query.split('&').any(names_a_token)) {
            return Err(Malformed("a token belongs into the Authorization header, and never into the URL"));
        }
        let mut all = headers.get_all(AUTHORIZATION).iter();
        let header = match (all.next(), all.next()) {
            (None, _) => return Ok(None),
            (Some(header), None) => header,
            _ => return Err(Malformed("there is more than one Authorization header")),
        };
        let text =
            header.to_str().map_err(|_| Malformed("the Authorization header has characters that none may have"))?;
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Ok(None);
        }
        if !is_token(token) {
            return Err(Malformed("the Authorization header is not `Bearer`, one space and a token"));
        }
        Ok(Some(Self { scheme, text: token }))
    }
}

fn names_a_token(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or(pair);
    percent_decode_str(name).eq(*b"access_token")
}

/// Whether a text can be a token (RFC 9110, section 11.2, `token68`).
pub(crate) fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// What a client is told in `WWW-Authenticate`, member by member.
#[derive(Debug)]
pub(crate) struct Challenge(String);

impl Challenge {
    pub(crate) fn new() -> Self {
        Self("Bearer".to_owned())
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push_str(if self.0.len() > "Bearer".len() { ", " } else { " " });
        self.0.extend([name, "=\""]);
        // What may stand in `error_description` (RFC 6750, section 3), which is also quoted-string safe.
        self.0.extend(value.chars().map(|c| if matches!(c, ' '..='!' | '#'..='[' | ']'..='~') { c } else { '\'' }));
        self.0.push('"');
        self
    }

    pub(crate) fn error(self, error: &str) -> Self {
        self.with("error", error)
    }

    pub(crate) fn describe(self, why: &str) -> Self {
        self.with("error_description", why)
    }

    /// The scopes that are needed, all of them; nothing if there are none.
    pub(crate) fn scopes(self, scopes: &[String]) -> Self {
        if scopes.is_empty() { self } else { self.with("scope", &scopes.join(" ")) }
    }

    /// Where the metadata is, if there is any.
    pub(crate) fn metadata(self, url: Option<&str>) -> Self {
        match url {
            Some(url) => self.with("resource_metadata", url),
            None => self,
        }
    }

    pub(crate) fn header(self) -> HeaderValue {
        // Every character was looked at.
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }
}

/// Why a token is bad, in one word for metrics and logs, and in the words for its bearer.
pub(crate) const REASONS: [(&str, &str); 12] = [
    ("expired", "the token has expired"),
    ("not_yet_valid", "the token is not valid yet"),
    ("issuer", "the token is from another issuer"),
    ("audience", "the token is for another resource"),
    ("signature", "the signature of the token is wrong"),
    ("algorithm", "the token is signed in a way that is not taken here"),
    ("key", "the key of the token is not known"),
    ("type", "the token is not an access token"),
    ("subject", "the token names nobody"),
    ("binding", "the token belongs to a key that was not shown"),
    ("malformed", "the token cannot be read"),
    ("revoked", "the token was revoked"),
];

/// The words for a reason: of a fixed list, so that nothing of a token's is ever repeated.
pub(crate) fn described(reason: &str) -> &'static str {
    REASONS.iter().find(|(word, _)| *word == reason).map_or("the token is not valid here", |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token<'h>(target: &str, headers: &'h HeaderMap) -> Result<Option<&'h str>, &'static str> {
        let uri: Uri = target.parse().unwrap();
        Token::of(&uri, headers).map(|token| token.map(|token| token.text)).map_err(|malformed| malformed.0)
    }

    #[test]
    fn a_token_is_read_from_one_header_of_the_scheme() {
        let headers = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
            }
            headers
        };
        for (value, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer a-._~+/b==", Some("a-._~+/b==")),
            ("BEARER 1", Some("1")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic YTpi", None),
            ("DPoP abc", None),
            ("Bearerabc", None),
        ] {
            assert_eq!(token("/mcp", &headers(&[value.as_bytes()])), Ok(expected), "{value}");
        }
        for wrong in [
            &["Bearer  abc"][..],
            &["Bearer a b"],
            &["Bearer a,b"],
            &["Bearer =a"],
            &["Bearer a\u{e9}"],
            &["Bearer a\tb"],
        ] {
            let wrong: Vec<_> = wrong.iter().map(|text| text.as_bytes()).collect();
            token("/mcp", &headers(&wrong)).unwrap_err();
        }
        token("/mcp", &headers(&[b"Bearer abc", b"Bearer abc"])).unwrap_err();
        assert_eq!(token("/mcp", &HeaderMap::new()), Ok(None));
        for target in ["/mcp?access_token=secret", "/mcp?a=1&access_token", "/mcp?access%5Ftoken=secret"] {
            let why = token(target, &headers(&[b"Bearer abc"])).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
        assert_eq!(token("/mcp?my_access_token=1", &headers(&[b"Bearer abc"])), Ok(Some("abc")));
    }

    #[test]
    fn a_challenge_is_one_quoted_string_a_member() {
        let challenge = Challenge::new().error("insufficient_scope").scopes(&["a:b".to_owned(), "c".to_owned()]);
        let challenge = challenge.describe("needs \"a\\b\"\r\né").metadata(Some("https://a/b"));
        assert_eq!(
            challenge.header(),
            "Bearer error=\"insufficient_scope\", scope=\"a:b c\", error_description=\"needs 'a'b''''\", \
             resource_metadata=\"https://a/b\""
        );
        assert_eq!(Challenge::new().scopes(&[]).metadata(None).header(), "Bearer");
    }

    /// The members of a challenge, read strictly (RFC 9110, section 11.2): names, and quoted strings without escapes.
    fn members(challenge: &str) -> Option<Vec<(&str, &str)>> {
        let mut members = Vec::new();
        let mut rest = challenge.strip_prefix("Bearer")?;
        for separator in std::iter::once(" ").chain(std::iter::repeat(", ")) {
            if rest.is_empty() {
                break;
            }
            let (name, after) = rest.strip_prefix(separator)?.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if !plain || value.bytes().any(|byte| !matches!(byte, b' '..=b'~') || byte == b'\\') {
                return None;
            }
            members.push((name, value));
            rest = after;
        }
        Some(members)
    }

    #[test]
    fn whatever_is_said_in_a_challenge_stays_in_its_quotes() {
        let mut dice = 0x2545_f491_4f6c_dd1d_u64;
        let mut text = || {
            let length = dice % 12;
            (0..length)
                .map(|_| {
                    dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    b"\"\\,= a\r\n\t\0;\x7f\xc3\xa9"[(dice >> 40) as usize % 14] as char
                })
                .collect::<String>()
        };
        for _ in 0..20_000 {
            let (error, why, scope, url) = (text(), text(), text(), text());
            let challenge =
                Challenge::new().error(&error).describe(&why).scopes(&[scope]).metadata(Some(&url)).header();
            let read = members(challenge.to_str().expect("a header of visible characters"));
            let names: Vec<_> = read.iter().flatten().map(|(name, _)| *name).collect();
            assert_eq!(names, ["error", "error_description", "scope", "resource_metadata"], "{challenge:?}");
            let lengths = [error, why].map(|text| text.chars().count());
            let shown = read.iter().flatten().map(|(_, value)| value.len());
            assert!(shown.take(2).eq(lengths), "{challenge:?}");
        }
        let words = ["expired", "audience", "signature", "no such word \"", ""].map(described);
        assert!(words.iter().all(|words| words.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ')));
    }
}
