//! One message of a server's, read leniently: what can be related to a request of ours is, however broken it is.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::error::ClientError;
use crate::error::ToolError;
use crate::protocol::message::present;
use crate::protocol::{RpcError, id, jsonrpc};
use crate::text::sanitize;

/// The most of a server's error text that is kept, in characters.
const ERROR_TEXT: usize = 8 * 1024;

/// A message by its members.
#[derive(Default, serde::Deserialize)]
pub(super) struct ServerMessage<'a> {
    #[serde(borrow, default)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// What became of a request.
pub(super) type Received = Result<Box<RawValue>, ClientError>;

impl<'a> ServerMessage<'a> {
    /// Reads a message; `None` for what is none.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        // A struct is also read from an array, which is a batch.
        if !text.trim_ascii_start().starts_with('{') {
            return None;
        }
        let message: Self = serde_json::from_str(text).ok()?;
        let is_message = message.method.is_some() || message.is_response();
        is_message.then_some(message)
    }

    /// Whether it is meant as an answer.
    pub(super) fn is_response(&self) -> bool {
        self.method.is_none() && (self.id.is_some() || self.result.is_some() || self.error.is_some())
    }

    /// Whether it is an error that names no request.
    pub(super) fn is_orphan(&self) -> bool {
        self.is_response() && self.id.is_none() && self.error.is_some()
    }

    /// The number of the request of ours that it answers. Ours are all numbers, so a string is none of them.
    pub(super) fn answers(&self) -> Option<u64> {
        id::key(self.id?)?.parse().ok()
    }

    /// What it says to that request.
    pub(super) fn outcome(&self) -> Received {
        match (self.result, self.error.filter(|error| error.get() != "null")) {
            (Some(result), None) => Ok(result.to_owned()),
            (None, Some(error)) => Err(refusal(error)),
            (Some(_), Some(_)) => Err(ClientError::protocol("an answer has both a result and an error")),
            (None, None) => Err(ClientError::protocol("an answer has neither a result nor an error")),
        }
    }
}

/// A JSON-RPC error as it came.
fn refusal(error: &RawValue) -> ClientError {
    #[derive(serde::Deserialize)]
    struct RefusalWire<'a> {
        code: i64,
        #[serde(default)]
        message: String,
        #[serde(borrow, default)]
        data: Option<&'a RawValue>,
    }
    match serde_json::from_str::<RefusalWire<'_>>(error.get()) {
        Ok(RefusalWire { code, message, data }) => {
            let known = i32::try_from(code).unwrap_or(jsonrpc::INTERNAL_ERROR);
            let mut rpc = RpcError::new(known, "");
            rpc.data = data.and_then(|data| serde_json::from_str(data.get()).ok());
            let kind = ToolError::rpc(rpc).kind();
            let message = sanitize::bounded_lines(&message, ERROR_TEXT).into_owned();
            ClientError::Rpc { code, kind, message, data: data.map(ToOwned::to_owned) }
        }
        Err(fault) => ClientError::protocol(format!("an error cannot be read: {}", sanitize::error(&fault))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(text: &str) -> Result<String, String> {
        let message = ServerMessage::read(text).expect("a message");
        message.outcome().map(|result| result.get().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_answer_is_read_however_it_is_broken() {
        assert_eq!(outcome(r#"{"jsonrpc":"2.0","id":1,"result":null}"#), Ok("null".into()));
        assert_eq!(outcome(r#"{"id":1,"result":{},"error":null}"#), Ok("{}".into()));
        assert_eq!(outcome(r#"{"id":1,"error":{"code":-32601,"message":"no"}}"#), Err("no (-32601)".into()));
        for broken in [
            r#"{"id":1,"result":{},"error":{"code":1,"message":""}}"#,
            r#"{"id":1}"#,
            r#"{"id":1,"error":{"code":"x","message":"no"}}"#,
            r#"{"id":1,"error":7}"#,
        ] {
            assert!(outcome(broken).unwrap_err().starts_with("the server does not keep to the protocol"), "{broken}");
        }
    }

    #[test]
    fn only_a_number_can_be_an_id_of_ours() {
        let answers =
            |id: &str| ServerMessage::read(&format!(r#"{{"id":{id},"result":{{}}}}"#)).expect("a message").answers();
        assert_eq!((answers("7"), answers("7.0")), (Some(7), Some(7)));
        for other in [r#""7""#, "-7", "7.5", "null", "[]", "{}", "true", "99999999999999999999999"] {
            assert_eq!(answers(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        for noise in ["", "hello", "7", "[]", "{}", r#"{"jsonrpc":"2.0"}"#, r#"{"method":7}"#, "{\"id\":1,\"result\":"]
        {
            assert!(ServerMessage::read(noise).is_none(), "{noise}");
        }
    }
}
