//! Percent-coding of URIs (RFC 3986, section 2), in one place.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode_byte, utf8_percent_encode};

/// All but the unreserved characters, which mean the same encoded and not.
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What may not stand in a URI at all.
const NOT_IN_URIS: &AsciiSet = &NOT_UNRESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'%');

/// The bytes that are their own normal spelling: what may stand in a URI, but for `%`.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        plain[byte as usize] = !matches!(byte, b'%' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
        byte += 1;
    }
    plain
};

/// A text as one value within a URI: only unreserved characters stay.
pub(crate) fn encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, NOT_UNRESERVED).into()
}

/// A client's URI as it may stand in an answer: what no URI can contain is encoded, the rest is as it was sent.
pub(crate) fn encode_foreign(uri: &str) -> Cow<'_, str> {
    utf8_percent_encode(uri, NOT_IN_URIS).into()
}

/// Decodes once. The error continues a sentence that names the value.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    if !is_well_encoded(text) {
        return Err("has a `%` without two hexadecimal digits after it");
    }
    percent_decode_str(text).decode_utf8().map_err(|_| "is not UTF-8 after percent-decoding")
}

/// Whether each `%` begins an encoded byte.
pub(crate) fn is_well_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| encoded_byte(after).is_some())
}

/// Whether a place in a text is not within an encoded byte, so that what begins there means what it says.
pub(crate) fn is_between(text: &str, place: usize) -> bool {
    let encoded_at = |back: usize| {
        let after = place.checked_sub(back).and_then(|at| text.get(at..)).and_then(|rest| rest.strip_prefix('%'));
        after.is_some_and(|after| encoded_byte(after).is_some())
    };
    !encoded_at(1) && !encoded_at(2)
}

/// Decodes once what can be decoded, and keeps the rest.
pub(crate) fn decode_lossy(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// The one spelling that equivalent URIs share (RFC 3986, section 6.2.2; RFC 3987, section 3.1, for characters beyond ASCII):
/// encoded is what must be, in capitals, and nothing else. A reserved character stays apart from its encoded form, since
/// a slash parts segments and `%2F` does not.
pub(crate) fn normal(uri: &str) -> Cow<'_, str> {
    if uri.bytes().all(|byte| PLAIN[usize::from(byte)]) {
        return Cow::Borrowed(uri);
    }
    let mut parts = uri.split('%');
    let mut out = String::with_capacity(uri.len() + 16);
    out.extend(parts.next().map(encode_foreign));
    for part in parts {
        let (byte, rest) = match encoded_byte(part) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                (None, part.get(2..))
            }
            Some(byte) => (Some(percent_encode_byte(byte)), part.get(2..)),
            None => (Some("%"), Some(part)),
        };
        out.push_str(byte.unwrap_or_default());
        out.extend(rest.map(encode_foreign));
    }
    Cow::Owned(out)
}

/// The byte that the two hexadecimal digits after a `%` stand for.
fn encoded_byte(after: &str) -> Option<u8> {
    let digits = after.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equivalent_uris_have_one_spelling() {
        for (uri, spelling) in [
            ("docs://caf\u{e9}/a", "docs://caf%C3%A9/a"),
            ("docs://caf%c3%a9/a", "docs://caf%C3%A9/a"),
            ("docs://c%61f%C3%A9/%41", "docs://caf%C3%A9/A"),
            ("a://b%7e%2D/c d", "a://b~-/c%20d"),
            ("a://%2f%3F%25", "a://%2F%3F%25"),
            ("a://%2541", "a://%2541"),
            ("a://%zz%4", "a://%zz%4"),
            ("a://%\u{e9}", "a://%%C3%A9"),
            ("a://\n\u{202e}", "a://%0A%E2%80%AE"),
            ("a://%F0%9F\u{1f980}", "a://%F0%9F%F0%9F%A6%80"),
            ("", ""),
        ] {
            assert_eq!(normal(uri), spelling, "{uri}");
            assert_eq!(normal(spelling), spelling);
        }
        let plain = "users://host:8/a-b_c~d.e/!$&'()*+,;=@[]?q=1&r#f";
        assert!(matches!(normal(plain), Cow::Borrowed(same) if same == plain));
    }

    #[test]
    fn decoding_is_strict_and_encoding_its_opposite() {
        for text in ["", "a b%\u{e9}?#&=+/", "\u{1f980}\0\n"] {
            assert_eq!(decode(&encode(text)), Ok(Cow::Borrowed(text)));
            assert_eq!(decode_lossy(&encode(text)), text);
        }
        for (bad, words) in
            [("%", "two hex"), ("%4", "two hex"), ("a%+1", "two hex"), ("%\u{e9}", "two hex"), ("%ff", "UTF-8")]
        {
            assert!(decode(bad).is_err_and(|why| why.contains(words)), "{bad}");
        }
        assert_eq!(decode_lossy("%zz%41"), "%zzA");
        assert_eq!(encode_foreign("a://b c/%41\u{e9}\"?d=e#f"), "a://b%20c/%41%C3%A9%22?d=e#f");
    }
}
