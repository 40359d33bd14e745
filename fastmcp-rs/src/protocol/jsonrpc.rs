//! JSON-RPC 2.0 messages: read borrowed from the transport's bytes, written straight into its buffer.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::params::{Members, Params, object_or_null};

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
        Self::new(METHOD_NOT_FOUND, format!("Method not found: {}", crate::text::sanitize::bounded(method, 64)))
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
        write_json(out, &self.message);
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

/// One incoming message.
pub(crate) enum Message<'a> {
    Request { id: &'a RawValue, method: &'a str, params: Result<Params<'a>, &'static str> },
    Notification { method: &'a str, params: Option<&'a RawValue> },
    Response { id: &'a RawValue, outcome: Result<&'a RawValue, &'a RawValue> },
}

/// Why a message could not be read, with its id if that much was readable.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub id: Option<Box<RawValue>>,
    pub error: RpcError,
}

/// A message in one pass, of the form that nearly all have. What does not fit is read again as an [`Envelope`], which
/// knows what is wrong with it.
#[derive(Deserialize)]
struct Usual<'a> {
    #[serde(borrow)]
    jsonrpc: &'a str,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: &'a str,
    #[serde(borrow, default, deserialize_with = "object_or_null")]
    params: Option<Members<'a>>,
    #[serde(default)]
    result: Option<Nothing>,
    #[serde(default)]
    error: Option<Nothing>,
}

/// Can be read from nothing: a request has neither result nor error.
#[derive(Deserialize)]
enum Nothing {}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// A member that is there, even when it is `null`: `"id": null` is a mistake, not a notification.
pub(crate) fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Message<'a> {
    /// Reads one message. The text has been checked to be UTF-8 by the transport.
    pub(crate) fn read(text: &'a str) -> Result<Self, Unreadable> {
        // A struct also reads from an array, which is a batch and no message.
        let array = text.trim_ascii_start().starts_with('[');
        if let Ok(Usual { jsonrpc: "2.0", id: Some(id), method, params, result: None, error: None }) =
            serde_json::from_str(text)
            && is_id(id)
            && !method.is_empty()
            && !array
        {
            return Ok(Message::Request { id, method, params: Ok(Params::of_message(params, text)) });
        }
        let envelope: Envelope<'a> = match serde_json::from_str(text) {
            Ok(envelope) if !array => envelope,
            _ => return Err(Unreadable::from_text(text)),
        };
        envelope.classify().map_err(|message| Unreadable {
            id: envelope.id.filter(|id| is_id(id)).map(ToOwned::to_owned),
            error: RpcError::invalid_request(message),
        })
    }
}

impl<'a> Envelope<'a> {
    fn classify(&self) -> Result<Message<'a>, &'static str> {
        if self.jsonrpc.is_none_or(|version| version.get() != "\"2.0\"") {
            return Err("`jsonrpc` must be \"2.0\"");
        }
        if self.id.is_some_and(|id| !is_id(id)) {
            return Err("`id` must be a string or an integer");
        }
        match (self.method, self.id, self.result, self.error) {
            (Some(method), id, None, None) => {
                // No method that MCP knows has a character that JSON escapes, so the raw slice is enough to compare.
                let method = method
                    .get()
                    .strip_prefix('"')
                    .and_then(|rest| rest.strip_suffix('"'))
                    .ok_or("`method` must be a string")?;
                if method.is_empty() {
                    return Err("`method` must not be empty");
                }
                Ok(match id {
                    Some(id) => Message::Request { id, method, params: Params::read(self.params) },
                    None => Message::Notification { method, params: self.params },
                })
            }
            (None, Some(id), Some(result), None) => Ok(Message::Response { id, outcome: Ok(result) }),
            (None, Some(id), None, Some(error)) => Ok(Message::Response { id, outcome: Err(error) }),
            (None, _, None, None) => Err("`method` is missing"),
            _ => Err("a message is a request, a notification, or a response with either `result` or `error`"),
        }
    }
}

impl Unreadable {
    /// The slow path: the text is no envelope; find out what it is, and whom to answer.
    fn from_text(text: &str) -> Self {
        match serde_json::from_str::<Value>(text) {
            Err(error) => Self { id: None, error: RpcError::new(PARSE_ERROR, format!("Parse error: {error}")) },
            Ok(Value::Array(_)) => Self {
                id: None,
                error: RpcError::invalid_request("a batch is not accepted here: send one message at a time"),
            },
            Ok(Value::Object(members)) => Self {
                id: members.get("id").and_then(|id| serde_json::value::to_raw_value(id).ok()).filter(|id| is_id(id)),
                error: RpcError::invalid_request("Invalid request: a member is given twice"),
            },
            Ok(_) => Self { id: None, error: RpcError::invalid_request("Invalid request: a message is a JSON object") },
        }
    }
}

/// An id is a string or an integer (2026-07-28, basic, requests); it is echoed with its own spelling.
pub(crate) fn is_id(raw: &RawValue) -> bool {
    let digits = raw.get().strip_prefix('-').unwrap_or(raw.get());
    text(raw).is_some() || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The string in `raw`, borrowed when nothing in it is escaped; `None` if it is no string.
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
        tracing::error!(%error, "a value could not be written as JSON");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (Option<String>, i32) {
        let unreadable = Message::read(text).err().expect("must be refused");
        (unreadable.id.map(|id| id.get().to_owned()), unreadable.error.code)
    }

    #[test]
    fn a_request_keeps_the_spelling_of_its_id() {
        let Ok(Message::Request { id, method, params }) =
            Message::read(r#"{"jsonrpc":"2.0","id":"a\u0062","method":"ping"}"#)
        else {
            panic!("a request");
        };
        assert!(params.is_ok_and(|params| params.raw().is_none()));
        assert_eq!((id.get(), method), (r#""a\u0062""#, "ping"));
    }

    #[test]
    fn what_is_no_message_is_refused_with_the_id_that_could_be_read() {
        assert_eq!(refused("{"), (None, PARSE_ERROR));
        assert_eq!(refused("5"), (None, INVALID_REQUEST));
        assert_eq!(refused("[]"), (None, INVALID_REQUEST));
        assert_eq!(refused(r#"["2.0",1,"ping"]"#), (None, INVALID_REQUEST));
        assert_eq!(refused(r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#), (Some("1".into()), INVALID_REQUEST));
        assert_eq!(refused(r#"{"id":1,"method":"ping"}"#), (Some("1".into()), INVALID_REQUEST));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#), (None, INVALID_REQUEST));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#), (None, INVALID_REQUEST));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":7,"method":5}"#), (Some("7".into()), INVALID_REQUEST));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":7,"method":""}"#), (Some("7".into()), INVALID_REQUEST));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":"\ud800","method":"ping"}"#), (None, INVALID_REQUEST));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":7,"id":7,"method":"ping"}"#), (Some("7".into()), INVALID_REQUEST));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{}}"#), (Some("7".into()), INVALID_REQUEST));
    }
}
