//! `params._meta`: the envelope of a 2026-07-28 request, and the few keys that older ones carry.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::id::is_id;
use super::jsonrpc::text;
use super::message::present;
use super::params::{Params, ParamsText};

pub(crate) const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
#[cfg(feature = "client")]
pub(crate) const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
#[cfg(feature = "client")]
pub(crate) const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
pub(crate) const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// `_meta`: the keys that the server reads. The whole object is looked up again for handlers that want it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Meta<'a> {
    keys: Keys<'a>,
    whole: Whole<'a>,
}

/// A `_meta` that outlives its message. Few handlers look at it, so it is found in the message when one does.
#[derive(Default)]
pub(crate) struct KeptMeta(Kept);

#[derive(Default)]
enum Kept {
    #[default]
    Nothing,
    /// In this message, which is a small one.
    In(Box<str>),
    Alone(Box<RawValue>),
}

/// The longest message that is kept for its `_meta`, in bytes; of a longer one the object alone is kept.
const KEPT: usize = 2048;

impl KeptMeta {
    /// The object.
    pub(crate) fn raw(&self) -> Option<&RawValue> {
        match &self.0 {
            Kept::Nothing => None,
            Kept::In(message) => Whole::In(ParamsText::Message(message)).raw(),
            Kept::Alone(raw) => Some(raw),
        }
    }

    /// The keys that the server reads, once more.
    pub(crate) fn read(&self) -> Meta<'_> {
        match self.raw() {
            Some(raw) => Meta { keys: serde_json::from_str(raw.get()).unwrap_or_default(), whole: Whole::Alone(raw) },
            None => Meta::default(),
        }
    }
}

/// Where the whole object is.
#[derive(Clone, Copy, Default)]
enum Whole<'a> {
    #[default]
    Nowhere,
    In(ParamsText<'a>),
    Alone(&'a RawValue),
}

impl<'a> Whole<'a> {
    fn raw(self) -> Option<&'a RawValue> {
        #[derive(Deserialize)]
        struct Only<'a> {
            #[serde(borrow, default, rename = "_meta")]
            meta: Option<&'a RawValue>,
        }
        match self {
            Self::Nowhere => None,
            Self::In(source) => serde_json::from_str::<Only<'a>>(source.raw()?.get()).ok()?.meta,
            Self::Alone(raw) => Some(raw),
        }
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
pub(crate) struct Keys<'a> {
    #[serde(borrow, default, deserialize_with = "present", rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/clientCapabilities")]
    client_capabilities: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/clientInfo")]
    client_info: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/logLevel")]
    log_level: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "progressToken")]
    progress_token: Option<&'a RawValue>,
    #[serde(borrow, default)]
    traceparent: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "fastmcp-rs/timeoutMs")]
    timeout_ms: Option<&'a RawValue>,
}

impl<'a> Meta<'a> {
    /// The `_meta` of parameters.
    pub(crate) fn of(params: &Params<'a>) -> Self {
        match params.members.meta {
            Some(keys) => Self { keys, whole: Whole::In(params.source()) },
            None => Self::default(),
        }
    }

    /// A copy that outlives the message.
    pub(crate) fn keep(&self) -> KeptMeta {
        KeptMeta(match self.whole {
            Whole::Nowhere => Kept::Nothing,
            Whole::In(ParamsText::Message(message)) if message.len() <= KEPT => Kept::In(message.into()),
            whole => whole.raw().map_or(Kept::Nothing, |raw| Kept::Alone(raw.to_owned())),
        })
    }

    /// Whether the request claims a stateless revision, which its body alone decides.
    pub(crate) fn claims_modern(&self) -> bool {
        self.keys.protocol_version.is_some()
    }

    /// The claimed version, if it is a string.
    pub(crate) fn protocol_version(&self) -> Option<Cow<'a, str>> {
        self.keys.protocol_version.and_then(text)
    }

    pub(crate) fn client_capabilities(&self) -> Option<&'a RawValue> {
        self.keys.client_capabilities
    }

    pub(crate) fn client_info(&self) -> Option<&'a RawValue> {
        self.keys.client_info
    }

    /// The trace that the request belongs to (2026-07-28, basic, `_meta`).
    pub(crate) fn traceparent(&self) -> Option<Cow<'a, str>> {
        self.keys.traceparent.and_then(text)
    }

    /// How long the client waits for the answer, in whole milliseconds; anything else is nothing.
    pub(crate) fn time_limit(&self) -> Option<Duration> {
        let milliseconds: u64 = self.keys.timeout_ms?.get().parse().ok()?;
        (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
    }

    pub(crate) fn log_level(&self) -> Option<&'a RawValue> {
        self.keys.log_level
    }

    /// The progress token, which has the form of an id and is echoed like one.
    pub(crate) fn progress_token(&self) -> Option<&'a RawValue> {
        self.keys.progress_token.filter(|token| is_id(token))
    }
}
