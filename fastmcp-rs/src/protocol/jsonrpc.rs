//! JSON-RPC 2.0: errors, and messages written straight into the transport's buffer. They are read in [`message`](super::message).

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::bounds;
use crate::text::sanitize::{self, bounded, bounded_lines};

/// The body was not JSON.
pub(crate) const PARSE_ERROR: i32 = -32700;
/// The body was JSON, but no request or notification.
pub(crate) const INVALID_REQUEST: i32 = -32600;
/// The method does not exist, or not in this revision.
pub(crate) const METHOD_NOT_FOUND: i32 = -32601;
/// The parameters don't fit the method.
pub(crate) const INVALID_PARAMS: i32 = -32602;
/// The server failed.
pub(crate) const INTERNAL_ERROR: i32 = -32603;
/// A resource was not found, in revisions before 2026-07-28.
pub(crate) const RESOURCE_NOT_FOUND: i32 = -32002;
/// A header is missing or contradicts the body (2026-07-28).
pub(crate) const HEADER_MISMATCH: i32 = -32020;
/// The request needs a capability that the client did not declare (2026-07-28).
pub(crate) const MISSING_CAPABILITY: i32 = -32021;
/// The version that the request claims is not served (2026-07-28).
pub(crate) const UNSUPPORTED_VERSION: i32 = -32022;

/// A JSON-RPC error, as a client sees it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RpcError {
    /// The code, as in JSON-RPC 2.0 and MCP's error table.
    pub code: i32,
    /// One sentence for a developer.
    pub message: Cow<'static, str>,
    /// Machine-readable details.
    pub data: Option<Value>,
    /// The HTTP status where this goes out as a response of its own.
    pub(crate) status: u16,
}

impl RpcError {
    /// An error with any code. Codes of your own belong outside -32768..=-32000, which JSON-RPC and MCP reserve.
    pub fn new(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        let status = match code {
            PARSE_ERROR | INVALID_REQUEST | HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION => 400,
            METHOD_NOT_FOUND => 404,
            _ => 200,
        };
        Self { code, message: message.into(), data: None, status }
    }

    /// -32600: not a request.
    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(INVALID_REQUEST, message)
    }

    /// -32602: the parameters don't fit.
    pub fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// -32603: the server's fault.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(INTERNAL_ERROR, message)
    }

    /// -32602 in the envelope itself, which HTTP answers with 400 (2026-07-28, basic, `_meta`).
    pub(crate) fn bad_envelope(message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: 400, ..Self::invalid_params(message) }
    }

    pub(crate) fn method_not_found(method: &str) -> Self {
        Self::new(METHOD_NOT_FOUND, format!("Method not found: {}", bounded(method, 64)))
    }

    /// Adds machine-readable details.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }

    /// Appends `{"code":..,"message":..,"data":..}`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"code\":");
        write_json(out, &self.code);
        out.extend_from_slice(b",\"message\":");
        // Whoever made the message has bounded what it repeats; this holds where somebody forgot.
        write_json(out, &bounded_lines(&self.message, bounds::ERROR_TEXT));
        if let Some(data) = &self.data {
            out.extend_from_slice(b",\"data\":");
            write_json(out, data);
        }
        out.push(b'}');
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for RpcError {}

/// The string in `raw`, borrowed when nothing in it is escaped; `None` if it is not a string.
pub(crate) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw.get()).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Appends a value as compact JSON.
pub(crate) fn write_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    if let Err(error) = serde_json::to_writer(&mut *out, value) {
        // Only a foreign `Serialize` can fail here; a half-written value must not reach the wire.
        out.truncate(start);
        out.extend_from_slice(b"null");
        tracing::error!(error = sanitize::error(&error), "a value could not be written as JSON");
    }
}

/// Begins a response: `{"jsonrpc":"2.0","id":ID,"result":`. The caller closes the brace.
pub(crate) fn begin_result(out: &mut Vec<u8>, id: &RawValue) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(id.get().as_bytes());
    out.extend_from_slice(b",\"result\":");
}

/// Appends an error response; without a readable id the member is left out, as the newer schemas ask.
pub(crate) fn write_error(out: &mut Vec<u8>, id: Option<&RawValue>, error: &RpcError) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\"");
    if let Some(id) = id {
        out.extend_from_slice(b",\"id\":");
        out.extend_from_slice(id.get().as_bytes());
    }
    out.extend_from_slice(b",\"error\":");
    error.write(out);
    out.push(b'}');
}

/// A notification as one message.
pub(crate) fn notification(method: &str, params: Option<&RawValue>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + method.len() + params.map_or(0, |params| params.get().len()));
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"method\":");
    write_json(&mut out, method);
    if let Some(params) = params {
        out.extend_from_slice(b",\"params\":");
        out.extend_from_slice(params.get().as_bytes());
    }
    out.push(b'}');
    out
}

/// A request to the client as one message.
pub(crate) fn request(id: u64, method: &str, params: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    write_json(&mut out, &id);
    out.extend_from_slice(b",\"method\":");
    write_json(&mut out, method);
    out.extend_from_slice(b",\"params\":");
    write_json(&mut out, params);
    out.push(b'}');
    out
}
