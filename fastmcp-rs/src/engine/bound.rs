//! What a sealed state is bound to: the same caller, component and arguments, to the letter of every number.

use serde_json::value::RawValue;

/// What must be the same when a state comes back.
#[cfg_attr(not(feature = "interaction"), allow(dead_code, reason = "only a seal reads it"))]
pub(crate) struct Binding {
    pub subject: Option<String>,
    pub method: &'static str,
    /// The name or the URI that was asked for.
    pub name: String,
    pub arguments: Option<Box<RawValue>>,
    /// What the client declared, which a handler that asks by hand is held against. No part of the binding.
    pub declared: Option<Box<RawValue>>,
}
