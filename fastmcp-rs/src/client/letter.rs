//! One message to a server, as text, with what a transport has to know of it; and what carries it there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::error::{ClientError, Sent};
use crate::future::BoxFuture;
use crate::protocol::Revision;
use crate::protocol::jsonrpc::write_json;

/// What takes messages to the server. What comes back is given to the [`Dialogue`](super::dialogue::Dialogue).
pub(super) trait Carrier: Send + Sync + 'static {
    /// Takes one message there. Dropping the future gives the message up, and the answer with it where that comes the same way.
    fn carry(&self, letter: Letter) -> BoxFuture<'_, Result<Carriage, ClientError>>;

    /// Tells the server that nobody waits for an answer any more. It must not block.
    fn cancel(&self, request: u64, reason: &'static str);

    /// Whether headers repeat arguments.
    fn repeats_headers(&self) -> bool {
        false
    }

    /// Ends the conversation politely, in bounded time.
    fn close(&self) -> BoxFuture<'_, crate::Result>;
}

/// What a carrier did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carriage {
    /// The message is on its way, and its answer will come by itself.
    Sent,
    /// All that there is for it has come.
    Answered,
}

/// One message.
#[derive(Debug)]
pub(super) struct Letter {
    /// One line of JSON.
    pub text: Vec<u8>,
    pub kind: LetterKind,
    /// The revision that it is written in; `None` for `initialize`, which is for all that have it.
    pub revision: Option<Revision>,
    /// Set when the first byte may have left.
    pub left: Departure,
}

#[derive(Debug)]
pub(super) enum LetterKind {
    Request {
        id: u64,
        method: &'static str,
        /// What `Mcp-Name` repeats.
        name: Option<String>,
        /// What `Mcp-Param-*` repeats: header and value, not yet encoded.
        repeated: Vec<(String, String)>,
    },
    Notification {
        method: &'static str,
    },
    /// The answer to a question of the server's.
    Answer,
}

/// Whether a message may have reached the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Departure(Arc<AtomicBool>);

impl Departure {
    pub(super) fn mark(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn sent(&self) -> Sent {
        if self.0.load(Ordering::Acquire) { Sent::Maybe } else { Sent::No }
    }
}

impl Letter {
    pub(super) fn new(text: Vec<u8>, kind: LetterKind, revision: Option<Revision>) -> Self {
        Self { text, kind, revision, left: Departure::default() }
    }

    pub(super) fn notification(method: &'static str, params: &ParamList, revision: Option<Revision>) -> Self {
        let mut text = Vec::with_capacity(96 + params.0.len());
        text.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"method\":");
        write_json(&mut text, method);
        params.write(&mut text);
        text.push(b'}');
        Self::new(text, LetterKind::Notification { method }, revision)
    }

    pub(super) fn method(&self) -> Option<&'static str> {
        match self.kind {
            LetterKind::Request { method, .. } | LetterKind::Notification { method } => Some(method),
            LetterKind::Answer => None,
        }
    }
}

/// Members of `params`, written one after another.
#[derive(Clone, Debug, Default)]
pub(super) struct ParamList(Vec<u8>);

impl ParamList {
    /// Adds a member.
    pub(super) fn with<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Result<Self, ClientError> {
        let unwritable = |error: serde_json::Error| ClientError::request(format!("`{name}` is no JSON: {error}"));
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        write_json(&mut self.0, name);
        self.0.push(b':');
        let json = crate::text::finite::to_json(value).map_err(unwritable)?;
        // A raw value may bring line ends along, and a message is one line. They stand between tokens: in a string they are escaped.
        self.0.extend(json.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
        Ok(self)
    }

    /// The members as an object.
    pub(super) fn to_object(&self) -> Vec<u8> {
        [b"{", &self.0[..], b"}"].concat()
    }

    /// Appends `,"params":{..}`, unless there is none.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if !self.0.is_empty() {
            out.extend_from_slice(b",\"params\":{");
            out.extend_from_slice(&self.0);
            out.push(b'}');
        }
    }

    /// Appends a request with these parameters.
    pub(super) fn request(&self, id: u64, method: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(96 + self.0.len());
        out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
        write_json(&mut out, &id);
        out.extend_from_slice(b",\"method\":");
        write_json(&mut out, method);
        self.write(&mut out);
        out.push(b'}');
        out
    }
}
