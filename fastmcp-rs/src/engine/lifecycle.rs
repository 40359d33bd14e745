//! How a conversation begins and what it settles: `initialize`, `server/discover`, the lists, log level, subscriptions.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::core::Core;
use super::encode::Body;
use super::request::Request;
use crate::bounds;
use crate::catalog::{ListKind, ListPage};
use crate::context::read_capabilities;
use crate::protocol::jsonrpc::{text, write_json};
use crate::protocol::shape::Shaped;
use crate::protocol::{CacheHints, CacheScope, LogLevel, Revision, RpcError};
use crate::session::Handshake;
use crate::text::sanitize;
use crate::wire::weight;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InitializeParams<'a> {
    protocol_version: String,
    #[serde(borrow, default)]
    capabilities: Option<&'a RawValue>,
    #[serde(borrow, default)]
    client_info: Option<&'a RawValue>,
}

impl Core {
    /// `server/discover` (2026-07-28): what is served, to whoever asks. Only stateless versions are named, because a
    /// client sends the one that it picks in `_meta`, which no older revision defines.
    pub(crate) fn discover(&self, revision: Revision) -> Body {
        let mut members = Vec::with_capacity(512);
        members.extend_from_slice(b"\"supportedVersions\":");
        write_json(&mut members, Revision::STATELESS);
        members.extend_from_slice(b",\"capabilities\":");
        write_json(&mut members, &Shaped(&self.capabilities(), revision));
        if let Some(instructions) = &self.instructions {
            members.extend_from_slice(b",\"instructions\":");
            write_json(&mut members, instructions);
        }
        Body::Cached { members, cache: CacheHints { scope: CacheScope::Private, ..self.settings.list_cache } }
    }
}

impl Request<'_> {
    /// The handshake of 2025-11-25 and before (basic/lifecycle, "Initialization"): the version that was asked for if it
    /// is known, the newest with a handshake otherwise.
    pub(crate) fn initialize(&self) -> Result<Body, RpcError> {
        let raw = self.params.raw().ok_or_else(|| RpcError::invalid_params("`params` is missing"))?;
        let params: InitializeParams<'_> = serde_json::from_str(raw.get()).map_err(|error| {
            RpcError::invalid_params(format!(
                "`initialize` needs `protocolVersion`, a string: {}",
                sanitize::error(&error)
            ))
        })?;
        bounded("clientInfo", params.client_info, bounds::CLIENT_INFO)?;
        bounded("capabilities", params.capabilities, bounds::CAPABILITIES)?;
        let session = self
            .origin
            .session
            .ok_or_else(|| RpcError::invalid_request("there is no conversation to initialize here"))?;
        let revision = Revision::parse(&params.protocol_version)
            .filter(|revision| revision.has_handshake())
            .unwrap_or(Revision::LATEST_WITH_HANDSHAKE);
        let bytes = [params.client_info, params.capabilities].into_iter().flatten().map(|raw| raw.get().len()).sum();
        let Some(kept) = session.kept().take(bytes) else {
            return Err(RpcError::internal("the server keeps too much for its clients already: try again later"));
        };
        let handshake = Handshake {
            revision,
            capabilities: read_capabilities(params.capabilities),
            client_info: params.client_info.map(ToOwned::to_owned),
            #[cfg(feature = "http")]
            declared: params.capabilities.map(ToOwned::to_owned),
        };
        session.greet(handshake, kept);
        let core = self.core;
        let mut members = Vec::with_capacity(512);
        members.extend_from_slice(b"\"protocolVersion\":");
        write_json(&mut members, revision.as_str());
        members.extend_from_slice(b",\"capabilities\":");
        write_json(&mut members, &Shaped(&core.capabilities(), revision));
        members.extend_from_slice(b",\"serverInfo\":");
        write_json(&mut members, &Shaped(&core.info, revision));
        if let Some(instructions) = &core.instructions {
            members.extend_from_slice(b",\"instructions\":");
            write_json(&mut members, instructions);
        }
        Ok(Body::Members(members))
    }

    /// `tools/list` and its siblings.
    pub(crate) fn list(&self, kind: ListKind) -> Result<Body, RpcError> {
        let core = self.core;
        let cursor = match self.params.members.cursor {
            None => None,
            Some(raw) => Some(text(raw).ok_or_else(|| RpcError::invalid_params("`cursor` must be a string"))?),
        };
        let catalog = core.catalog();
        if !self.revision().has_handshake() && !catalog.has(kind) {
            // Older clients often ask for what was not declared, and fail on anything but an empty list.
            return Err(RpcError::method_not_found(self.method));
        }
        let ListPage { items, next } =
            catalog.page(kind, self.revision(), cursor.as_deref(), core.settings.page_size, self.origin.caller)?;
        let mut cache = core.settings.list_cache;
        if catalog.is_restricted() {
            // It differs by caller.
            cache.scope = CacheScope::Private;
        }
        Ok(Body::List { kind, items, next, cache })
    }

    /// `logging/setLevel`.
    pub(crate) fn set_level(&self) -> Result<Body, RpcError> {
        #[derive(Deserialize)]
        struct SetLevel {
            level: LogLevel,
        }
        let params: Option<SetLevel> = self.params.raw().and_then(|raw| serde_json::from_str(raw.get()).ok());
        let level = params.ok_or_else(|| {
            RpcError::invalid_params(format!(
                "`level` must be one of {}",
                LogLevel::ALL.map(LogLevel::as_str).join(", ")
            ))
        })?;
        if let Some(session) = self.origin.session {
            session.set_log_level(level.level);
        }
        Ok(Body::Empty)
    }

    /// `resources/subscribe` and `resources/unsubscribe`.
    pub(crate) fn subscribe(&self, subscribe: bool) -> Result<Body, RpcError> {
        let uri = self.uri()?;
        let Some(session) = self.origin.session else { return Ok(Body::Empty) };
        if !subscribe {
            session.unsubscribe(&uri);
            return Ok(Body::Empty);
        }
        let catalog = self.core.catalog();
        let Ok(Some((resource, _))) = catalog.resource(&uri, self.origin.caller) else {
            return Err(super::run::not_found(self.revision(), &uri, "Resource not found"));
        };
        if let Some(denied) = catalog.denies(&resource.common, self.origin.caller) {
            return Err(self.forbidden(&resource.common, &denied));
        }
        session.subscribe(&uri, bounds::SUBSCRIPTIONS).map_err(RpcError::invalid_params)?;
        Ok(Body::Empty)
    }
}

/// Refuses a part of the handshake that is too much to be kept for as long as the conversation lasts.
fn bounded(name: &str, raw: Option<&RawValue>, most: usize) -> Result<(), RpcError> {
    let Some(json) = raw.map(RawValue::get) else { return Ok(()) };
    if json.len() > most {
        return Err(RpcError::invalid_params(format!("`{name}` may have at most {most} bytes")));
    }
    if weight::of(json) > most * bounds::TREE {
        return Err(RpcError::invalid_params(format!("`{name}` has too many values")));
    }
    Ok(())
}

/// The id in `notifications/cancelled`.
pub(crate) fn cancelled_id(params: Option<&RawValue>) -> Option<Box<RawValue>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Cancelled {
        request_id: Box<RawValue>,
    }
    params.and_then(|raw| serde_json::from_str::<Cancelled>(raw.get()).ok()).map(|cancelled| cancelled.request_id)
}

/// One member of a result that is a JSON value already.
pub(crate) fn member(name: &str, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_json(&mut out, name);
    out.push(b':');
    write_json(&mut out, value);
    out
}
