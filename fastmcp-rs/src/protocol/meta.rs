//! `params._meta`: the envelope of a 2026-07-28 request, and the few keys that older ones carry.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::jsonrpc::{is_id, present, text};
use super::params::{Params, Source};

pub(crate) const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
pub(crate) const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// `_meta`: the keys that the server reads. The whole object is looked up again for handlers that want it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Meta<'a> {
    keys: Keys<'a>,
    whole: Whole<'a>,
}

/// Where the whole object is.
#[derive(Clone, Copy, Default)]
enum Whole<'a> {
    #[default]
    Nowhere,
    In(Source<'a>),
    Own(&'a RawValue),
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
}

impl<'a> Meta<'a> {
    /// The `_meta` of parameters.
    pub(crate) fn of(params: &Params<'a>) -> Self {
        match params.members.meta {
            Some(keys) => Self { keys, whole: Whole::In(params.source()) },
            None => Self::default(),
        }
    }

    /// A `_meta` by itself, which was read before.
    pub(crate) fn again(raw: Option<&'a RawValue>) -> Self {
        let Some(raw) = raw else { return Self::default() };
        Self { keys: serde_json::from_str(raw.get()).unwrap_or_default(), whole: Whole::Own(raw) }
    }

    /// The whole object.
    pub(crate) fn raw(&self) -> Option<&'a RawValue> {
        #[derive(Deserialize)]
        struct Only<'a> {
            #[serde(borrow, default, rename = "_meta")]
            meta: Option<&'a RawValue>,
        }
        match self.whole {
            Whole::Nowhere => None,
            Whole::In(source) => serde_json::from_str::<Only<'a>>(source.raw()?.get()).ok()?.meta,
            Whole::Own(raw) => Some(raw),
        }
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

    pub(crate) fn log_level(&self) -> Option<&'a RawValue> {
        self.keys.log_level
    }

    /// The progress token, which has the form of an id and is echoed like one.
    pub(crate) fn progress_token(&self) -> Option<&'a RawValue> {
        self.keys.progress_token.filter(|token| is_id(token))
    }
}
