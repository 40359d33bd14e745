//! Headers of a request: what repeats its body on 2026-07-28 (basic/transports/streamable-http, "Request Metadata"), and the
//! program's own.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::client::error::ClientError;
use crate::client::letter::{Letter, LetterKind};

/// Adds a header, by texts of anybody's.
pub(super) fn add(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), ClientError> {
    let unusable = |what: &str| ClientError::request(format!("a header {what} cannot be sent over HTTP"));
    let name = HeaderName::try_from(name).map_err(|_| unusable("name"))?;
    let mut value = HeaderValue::try_from(value).map_err(|_| unusable("value"))?;
    if name == hyper::header::AUTHORIZATION {
        value.set_sensitive(true);
    }
    headers.insert(name, value);
    Ok(())
}

/// What repeats the body of a request.
pub(super) fn repeat(headers: &mut HeaderMap, letter: &Letter) -> Result<(), ClientError> {
    let Some(revision) = letter.revision else { return Ok(()) };
    if revision.has_version_header() {
        add(headers, "mcp-protocol-version", revision.as_str())?;
    }
    if !revision.mirrors_headers() {
        return Ok(());
    }
    if let Some(method) = letter.method() {
        add(headers, "mcp-method", method)?;
    }
    if let LetterKind::Request { name, repeated, .. } = &letter.kind {
        if let Some(name) = name {
            add(headers, "mcp-name", &encoded(name))?;
        }
        for (header, value) in repeated {
            add(headers, &format!("mcp-param-{header}"), &encoded(value))?;
        }
    }
    Ok(())
}

/// Text as a header says it: itself, or base64 between markers where HTTP or the markers forbid that.
fn encoded(text: &str) -> Cow<'_, str> {
    let visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let padded = text.starts_with(' ') || text.ends_with(' ');
    let marked = text.starts_with("=?base64?") && text.ends_with("?=");
    if visible && !padded && !marked {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("=?base64?{}?=", STANDARD.encode(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_itself_unless_http_or_the_markers_forbid_that() {
        for plain in ["", "a", "file:///path/to/file%20name.txt", "a b", "=?x", "?=", "=?base64?", "~!\"#"] {
            assert_eq!(encoded(plain), plain);
        }
        for (text, base64) in [
            (" a", "=?base64?IGE=?="),
            ("a ", "=?base64?YSA=?="),
            ("\ta", "=?base64?CWE=?="),
            ("a\r\nb", "=?base64?YQ0KYg==?="),
            ("\u{e9}", "=?base64?w6k=?="),
            ("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="),
        ] {
            assert_eq!(encoded(text), base64);
        }
    }
}
