//! The headers of a 2026-07-28 request, which repeat what its body says, so that proxies can route without reading it
//! (basic/transports/streamable-http, "Request Metadata"). Here they are held against the body.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use crate::context::{Headers, ReadHeaders};
use crate::engine::request::MirroredHeaders;
use crate::protocol::jsonrpc::{HEADER_MISMATCH, text};
use crate::protocol::{Revision, RpcError};

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A request's headers.
pub(crate) struct Head<'a>(pub &'a HeaderMap);

impl Head<'_> {
    /// A header's only value, without surrounding white space.
    fn one(&self, name: &HeaderName) -> Result<&str, RpcError> {
        let mut values = self.0.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => {
                value.to_str().map(str::trim).map_err(|_| mismatch(format!("the `{name}` header cannot be read")))
            }
            (None, _) => Err(mismatch(format!("the `{name}` header is missing"))),
            _ => Err(mismatch(format!("the `{name}` header is given twice"))),
        }
    }

    pub(crate) fn version_header(&self) -> Option<&str> {
        self.0.get(PROTOCOL_VERSION)?.to_str().ok().map(str::trim)
    }
}

impl MirroredHeaders for Head<'_> {
    fn claims_modern(&self) -> bool {
        // Dates compare like text; a version after the newest known is still of its kind.
        self.version_header()
            .is_some_and(|version| version >= Revision::V2026_07_28.as_str() && version.starts_with("20"))
    }

    fn version(&self, body: &str) -> Result<(), RpcError> {
        same(&PROTOCOL_VERSION, self.one(&PROTOCOL_VERSION)?, body)
    }

    fn names(&self, method: &str, name: Option<&str>) -> Result<(), RpcError> {
        same(&METHOD, self.one(&METHOD)?, method)?;
        match name {
            Some(name) => same(&NAME, &decoded(&NAME, self.one(&NAME)?)?, name),
            None => Ok(()),
        }
    }

    fn param(&self, header: &str, argument: Option<&RawValue>) -> Result<(), RpcError> {
        let name = HeaderName::try_from(format!("mcp-param-{}", header.to_ascii_lowercase()))
            .map_err(|_| mismatch(format!("`Mcp-Param-{header}` is not a header name")))?;
        let Some(argument) = argument else {
            return if self.0.contains_key(&name) {
                Err(mismatch(format!("the `{name}` header repeats an argument that is not there")))
            } else {
                Ok(())
            };
        };
        let value = decoded(&name, self.one(&name)?)?;
        let equal = match argument.get().as_bytes().first() {
            Some(b'"') => text(argument).is_some_and(|text| text == value),
            Some(b't' | b'f') => argument.get() == value,
            Some(b'-' | b'0'..=b'9') => {
                let number = Decimal::of(argument.get());
                number.is_some() && number == Decimal::of(&value)
            }
            _ => false,
        };
        if equal { Ok(()) } else { Err(mismatch(format!("the `{name}` header and the argument differ"))) }
    }
}

/// A number by its value, whatever its size: `42`, `42.0` and `4.2e1` are the same.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    /// Without zeros at either end.
    digits: String,
    /// The power of ten of the last digit.
    exponent: i64,
}

impl Decimal {
    /// `None` for text that is not a JSON number.
    fn of(text: &str) -> Option<Self> {
        serde_json::from_str::<&RawValue>(text).ok().filter(|raw| raw.get() == text)?;
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i64 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let cut = digits.trim_end_matches('0').len();
        let zeros = i64::try_from(digits.len() - cut).ok()?;
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(zeros)?;
        let kept = digits[..cut].trim_start_matches('0').to_owned();
        if kept.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        Some(Self { negative, digits: kept, exponent })
    }
}

fn same(header: &HeaderName, value: &str, body: &str) -> Result<(), RpcError> {
    if value == body {
        return Ok(());
    }
    let shown = |text| crate::text::sanitize::bounded(text, 64).into_owned();
    Err(mismatch(format!("the `{header}` header says `{}` and the body `{}`", shown(value), shown(body))))
}

/// `=?base64?..?=` stands for text that a header cannot hold; without both marks a value means itself.
fn decoded<'v>(header: &HeaderName, value: &'v str) -> Result<Cow<'v, str>, RpcError> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Ok(Cow::Borrowed(value));
    };
    let bytes = STANDARD.decode(encoded).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Cow::Owned).ok_or_else(|| mismatch(format!("the `{header}` header is not base64 of UTF-8 text")))
}

fn mismatch(what: String) -> RpcError {
    RpcError::new(HEADER_MISMATCH, what)
}

impl ReadHeaders for Head<'_> {
    fn headers(&self) -> Headers {
        Headers::new(self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))))
    }
}
