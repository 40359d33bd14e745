//! What replicas of a server tell each other about a conversation over HTTP: enough for each of them to serve its next request.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::LogLevel;

/// A conversation of a revision with a handshake, as a [`SessionStore`](crate::replicas::SessionStore) keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionRecord {
    /// The revision that was negotiated.
    pub revision: String,
    /// What the client declared it can do, as JSON.
    pub capabilities: Option<String>,
    /// What the client says it is, as JSON.
    pub client_info: Option<String>,
    /// Who began the conversation, if somebody was authenticated. Nobody else may use it.
    pub subject: Option<String>,
    /// Whether the client has sent `notifications/initialized`.
    #[serde(default)]
    pub initialized: bool,
    /// The least level of log messages that the client wants to see, if it has said so.
    #[serde(default)]
    pub log_level: Option<LogLevel>,
    /// The resources that the client subscribed to.
    #[serde(default)]
    pub subscriptions: BTreeSet<String>,
    /// What handlers keep in `ctx.session()`.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
}

/// A change to a conversation. Each replica writes only what it changed, so that two that write at once lose nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SessionChange {
    /// The client sent `notifications/initialized`.
    Initialized,
    /// The client wants log messages of this level and above.
    LogLevel(LogLevel),
    /// The client subscribed to a resource.
    Subscribed(String),
    /// The client unsubscribed from a resource.
    Unsubscribed(String),
    /// A handler set a value.
    Value(String, Value),
    /// A handler removed a value.
    Removed(String),
}

impl SessionRecord {
    /// Carries out a change.
    pub fn apply(&mut self, change: &SessionChange) {
        match change {
            SessionChange::Initialized => self.initialized = true,
            SessionChange::LogLevel(level) => self.log_level = Some(*level),
            SessionChange::Subscribed(uri) => {
                self.subscriptions.insert(uri.clone());
            }
            SessionChange::Unsubscribed(uri) => {
                self.subscriptions.remove(uri);
            }
            SessionChange::Value(key, value) => {
                self.values.insert(key.clone(), value.clone());
            }
            SessionChange::Removed(key) => {
                self.values.remove(key);
            }
        }
    }
}
