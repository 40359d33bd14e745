//! Ids of requests and progress tokens: a string or an integer, compared by value, repeated as they were spelled.
//!
//! What JSON-RPC compares are values, so `"a"` and `"\u0061"` are one id, and so are `1`, `1.0` and `1e0`: MCP's schemas ask for
//! an integer, which all three are to JSON Schema, and a client whose language has only floats writes the second. `1.5` is none.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::jsonrpc::text;
use crate::bounds;

/// Whether a value can be an id.
pub(crate) fn is_id(raw: &RawValue) -> bool {
    raw.get().len() <= bounds::ID && key(raw).is_some()
}

/// The spelling that equal ids share; `None` for what is not an id.
pub(crate) fn key(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    if json.starts_with('"') {
        return match text(raw)? {
            Cow::Borrowed(_) => Some(Cow::Borrowed(json)),
            // The quote at the beginning keeps strings and numbers apart.
            Cow::Owned(text) => Some(Cow::Owned(format!("\"{text}\""))),
        };
    }
    let digits = json.strip_prefix('-').unwrap_or(json);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(if json == "-0" { "0" } else { json }));
    }
    /// Up to here every integer is a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number: f64 = json.parse().ok()?;
    (number.fract() == 0.0 && number.abs() <= EXACT).then(|| Cow::Owned((number as i64).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(json: &str) -> Option<String> {
        let raw: &RawValue = serde_json::from_str(json).expect("JSON");
        assert_eq!(is_id(raw), key(raw).is_some());
        key(raw).map(Cow::into_owned)
    }

    #[test]
    fn equal_values_have_one_key_and_others_do_not() {
        for (one, other) in [
            (r#""a""#, r#""\u0061""#),
            (r#""a/b""#, r#""a\/b""#),
            (r#""\u00e9""#, "\"\u{e9}\""),
            (r#""\ud83e\udd80""#, "\"\u{1f980}\""),
            (r#""\"""#, r#""\u0022""#),
            ("1", "1.0"),
            ("100", "1e2"),
            ("1", "10e-1"),
            ("-7", "-7.000"),
            ("0", "-0"),
            ("0", "-0.0"),
            ("9007199254740992", "9007199254740992.0"),
        ] {
            assert!(key_of(one).is_some() && key_of(one) == key_of(other), "{one} and {other}");
        }
        for (one, other) in [
            ("1", r#""1""#),
            (r#""a""#, r#""A""#),
            (r#""""#, r#"" ""#),
            ("9007199254740993", "9007199254740992"),
            ("1", "-1"),
        ] {
            assert_ne!(key_of(one), key_of(other), "{one} and {other}");
        }
        for none in ["null", "true", "1.5", "1e-1", "1e300", "1e400", "{}", "[1]", r#""\ud800""#, r#""\udc00a""#] {
            assert_eq!(key_of(none), None, "{none}");
        }
        assert_eq!(key_of("18446744073709551616").as_deref(), Some("18446744073709551616"));
    }

    #[test]
    fn an_id_has_an_end() {
        let of = |length: usize| {
            let raw = RawValue::from_string(format!("\"{}\"", "x".repeat(length - 2))).expect("JSON");
            is_id(&raw)
        };
        assert!(of(bounds::ID) && !of(bounds::ID + 1));
    }
}
