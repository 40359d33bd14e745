//! `params._meta`: the envelope of a 2026-07-28 request, and the few keys that older ones carry.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::jsonrpc::{is_id, present, text};

pub(crate) const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
pub(crate) const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// The keys of `_meta` that the server reads; the whole object stays at hand in `raw` for handlers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Meta<'a> {
    pub raw: Option<&'a RawValue>,
    keys: Keys<'a>,
}

#[derive(Clone, Copy, Default, Deserialize)]
struct Keys<'a> {
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
    /// Reads `_meta`; an error says that it is not an object.
    pub(crate) fn read(raw: Option<&'a RawValue>) -> Result<Self, &'static str> {
        let Some(raw) = raw else { return Ok(Self::default()) };
        match serde_json::from_str(raw.get()) {
            Ok(keys) if raw.get().starts_with('{') => Ok(Self { raw: Some(raw), keys }),
            _ => Err("`_meta` must be an object with each key once"),
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
