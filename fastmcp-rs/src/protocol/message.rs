//! A JSON-RPC 2.0 message, read borrowed from the transport's bytes. Nothing is built of what is refused, and names and ids mean
//! what they say however they are spelled: `"tools\/list"` is `tools/list`, and `"jsonrp\u0063"` is `jsonrpc`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::id::is_id;
use super::jsonrpc::{PARSE_ERROR, RpcError, text};
use super::params::{Members, Params, object_or_null};
use crate::bounds;
use crate::text::sanitize;

/// One incoming message.
#[expect(clippy::large_enum_variant, reason = "nearly all are requests, and none goes to the heap")]
pub(crate) enum JsonRpc<'a> {
    Request { id: &'a RawValue, method: Cow<'a, str>, params: Result<Params<'a>, &'static str> },
    Notification { method: Cow<'a, str>, params: Option<&'a RawValue> },
    Response { id: &'a RawValue, outcome: Result<&'a RawValue, &'a RawValue> },
}

/// Why a message could not be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// Its id, if that much was readable and it can be answered.
    pub id: Option<Box<RawValue>>,
    pub error: RpcError,
    /// Whether an answer would be to nobody: the text is not JSON, so that nobody could relate one to it, or it is a response or a
    /// notification itself. Answering could feed a loop of two programs.
    pub silent: bool,
}

/// A message in one pass, of the form that nearly all have. What does not fit is read again as an [`Envelope`], which
/// knows what is wrong with it.
#[derive(serde::Deserialize)]
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
#[derive(serde::Deserialize)]
enum Nothing {}

/// A member that is there, even when it is `null`: `"id": null` is a mistake, not a notification.
pub(crate) fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> JsonRpc<'a> {
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
            let params = Ok(Params::of_message(params, text));
            return Ok(Self::Request { id, method: Cow::Borrowed(method), params });
        }
        let envelope = Envelope::read(text)?;
        envelope.classify().map_err(|why| Unreadable {
            id: envelope.id_to_answer(),
            error: RpcError::invalid_request(why),
            silent: envelope.is_response(),
        })
    }
}

/// The members of a message, whatever they are. Of one that is given twice the last counts.
#[derive(Default)]
struct Envelope<'a> {
    jsonrpc: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    twice: bool,
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Member {
    JsonRpc,
    Id,
    Method,
    Params,
    Result,
    Error,
    #[serde(other)]
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(member) = map.next_key()? {
            let place = match member {
                Member::JsonRpc => &mut envelope.jsonrpc,
                Member::Id => &mut envelope.id,
                Member::Method => &mut envelope.method,
                Member::Params => &mut envelope.params,
                Member::Result => &mut envelope.result,
                Member::Error => &mut envelope.error,
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            envelope.twice |= place.replace(map.next_value()?).is_some();
        }
        Ok(envelope)
    }
}

impl<'a> Envelope<'a> {
    fn read(text: &'a str) -> Result<Self, Unreadable> {
        let error = match serde_json::from_str(text) {
            Ok(envelope) => return Ok(envelope),
            Err(error) => error,
        };
        // JSON of another kind is not read to its end before that is noticed.
        let broken =
            if error.classify() == Category::Data { serde_json::from_str::<Checked>(text).err() } else { Some(error) };
        Err(match broken {
            Some(error) => {
                let error = format!("Parse error: {}", sanitize::error(&error));
                Unreadable { id: None, error: RpcError::new(PARSE_ERROR, error), silent: true }
            }
            None => Unreadable { id: None, error: RpcError::invalid_request(not_an_object(text)), silent: false },
        })
    }

    fn classify(&self) -> Result<JsonRpc<'a>, &'static str> {
        if self.twice {
            return Err("Invalid request: a member is given twice");
        }
        if self.jsonrpc.and_then(text).is_none_or(|version| version != "2.0") {
            return Err("`jsonrpc` must be \"2.0\"");
        }
        if self.id.is_some_and(|id| !is_id(id)) {
            return Err("`id` must be a string or an integer, of at most 256 bytes");
        }
        match (self.method, self.id, self.result, self.error) {
            (Some(method), id, None, None) => {
                let method = text(method).ok_or("`method` must be a string")?;
                if method.is_empty() {
                    return Err("`method` must not be empty");
                }
                let params = self.params.filter(|params| params.get() != "null");
                Ok(match id {
                    Some(id) => JsonRpc::Request { id, method, params: Params::read(params) },
                    None => JsonRpc::Notification { method, params },
                })
            }
            (None, Some(id), Some(result), None) => Ok(JsonRpc::Response { id, outcome: Ok(result) }),
            (None, Some(id), None, Some(error)) => Ok(JsonRpc::Response { id, outcome: Err(error) }),
            (None, _, None, None) => Err("`method` is missing"),
            _ => Err("a message is a request, a notification, or a response with either `result` or `error`"),
        }
    }

    /// Whether it is meant as a response, however broken.
    fn is_response(&self) -> bool {
        self.method.is_none() && (self.result.is_some() || self.error.is_some())
    }

    fn id_to_answer(&self) -> Option<Box<RawValue>> {
        self.id.filter(|id| is_id(id) && !self.is_response()).map(ToOwned::to_owned)
    }
}

fn not_an_object(text: &str) -> &'static str {
    if text.trim_ascii_start().starts_with('[') {
        "a batch is not accepted here: send one message at a time"
    } else {
        "Invalid request: a message is a JSON object"
    }
}

impl Unreadable {
    /// A message that is [too heavy](crate::wire::weight) to be looked at.
    pub(crate) fn too_heavy(text: &str, message_bytes: usize) -> Self {
        let most = message_bytes.saturating_mul(bounds::TREE);
        let what = format!("the values of a message may take at most {most} bytes of memory: send fewer at a time");
        let (id, silent) = match Envelope::read(text) {
            Ok(envelope) => (envelope.id_to_answer(), envelope.is_response() || envelope.id.is_none()),
            Err(unreadable) => (None, unreadable.silent),
        };
        Self { id, error: RpcError::invalid_request(what), silent }
    }
}

/// The messages of a batch, one more than it [may have](bounds::BATCH) at most.
pub(crate) struct Batch<'a>(pub Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Batch<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(BatchVisitor)
    }
}

struct BatchVisitor;

impl<'de> Visitor<'de> for BatchVisitor {
    type Value = Batch<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Batch<'de>, A::Error> {
        let mut batch = Vec::new();
        while batch.len() <= bounds::BATCH {
            let Some(entry) = entries.next_element()? else { return Ok(Batch(batch)) };
            batch.push(entry);
        }
        while entries.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Batch(batch))
    }
}

/// JSON that was looked at to the last value, and of which nothing is kept. Unlike what serde ignores, it may be nested only as
/// deeply as what is read.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Checked)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::jsonrpc::INVALID_REQUEST;
    use super::*;

    fn refused(text: &str) -> (Option<String>, i32) {
        let unreadable = JsonRpc::read(text).err().expect("must be refused");
        (unreadable.id.map(|id| id.get().to_owned()), unreadable.error.code)
    }

    #[test]
    fn a_request_keeps_the_spelling_of_its_id() {
        let Ok(JsonRpc::Request { id, method, params }) =
            JsonRpc::read(r#"{"jsonrpc":"2.0","id":"a\u0062","method":"ping"}"#)
        else {
            panic!("a request");
        };
        assert!(params.is_ok_and(|params| params.raw().is_none()));
        assert_eq!((id.get(), &*method), (r#""a\u0062""#, "ping"));
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
    }

    fn request(text: &str) -> (String, String) {
        match JsonRpc::read(text) {
            Ok(JsonRpc::Request { id, method, .. }) => (id.get().to_owned(), method.into_owned()),
            Ok(_) => panic!("not a request: {text}"),
            Err(unreadable) => panic!("{text}: {unreadable:?}"),
        }
    }

    #[test]
    fn names_mean_what_they_say_however_they_are_spelled() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools\/list"}"#,
            r#"{"jsonrpc":"2\u002e0","id":1,"method":"tools/list"}"#,
            r#"{"jsonrp\u0063":"2.0","\u0069d":1,"m\u0065thod":"\u0074ools\u002Flist"}"#,
            r#" { "method" : "tools\/list" , "id" : 1 , "params" : null , "jsonrpc" : "2.0" } "#,
        ] {
            assert_eq!(request(text), ("1".into(), "tools/list".into()), "{text}");
        }
        assert_eq!(request(r#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#).0, "1.0");
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":7,"method":"\ud800"}"#), (Some("7".into()), INVALID_REQUEST));
        assert_eq!(
            refused(r#"{"jsonrpc":"2.0","id":7,"\u0069d":7,"method":"ping"}"#),
            (Some("7".into()), INVALID_REQUEST)
        );
    }

    #[test]
    fn a_broken_response_is_answered_by_nobody() {
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{}}"#,
            r#"{"jsonrpc":"1.0","id":7,"result":{}}"#,
            r#"{"id":7,"error":{}}"#,
            r#"{"jsonrpc":"2.0","result":null}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"no"}}"#,
            r#"{"jsonrpc":"2.0","id":{},"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":1,"result":2}"#,
            r#"{"jsonrpc":"2.0","id":7,"r\u0065sult":1,"error":2,"params":[]}"#,
        ] {
            let unreadable = JsonRpc::read(text).err().expect("must be refused");
            assert!(unreadable.silent && unreadable.id.is_none(), "{text}: {unreadable:?}");
        }
        let both =
            JsonRpc::read(r#"{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}"#).err().expect("must be refused");
        assert!(!both.silent && both.id.is_some(), "who names a method wants an answer");
    }

    #[test]
    fn what_is_refused_was_looked_at_to_its_end() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        for text in
            ["[1,", "[1]]", "[1e400]", r#"["\ud800"]"#, "{\"a\":1,}", "[{\"a\":NaN}]", &deep(100_000), "\u{b}1", ""]
        {
            let unreadable = JsonRpc::read(text).err().expect("must be refused");
            assert!(unreadable.silent && unreadable.error.code == PARSE_ERROR, "{text:.20}: {unreadable:?}");
        }
        for text in [" [ ] ", "[1]", "[{\"jsonrpc\":\"2.0\"}]", "null", "true", "-1.5e3", "\"text\"", &deep(100)] {
            let unreadable = JsonRpc::read(text).err().expect("must be refused");
            assert!(!unreadable.silent && unreadable.error.code == INVALID_REQUEST, "{text:.20}: {unreadable:?}");
        }
    }
}
