//! The arguments of a call on their way through middleware.

use std::ops::{Deref, DerefMut};

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::protocol::RpcError;

/// The arguments of a call, as a map of JSON values. Those that no middleware has changed reach the component byte by byte, as
/// they would without middleware.
///
/// ```
/// use fastmcp_rs::middleware::CallTool;
///
/// fn double(call: &mut CallTool) {
///     if let Some(n) = call.arguments.get("n").and_then(|n| n.as_i64()) {
///         call.arguments.insert("n".to_owned(), (2 * n).into());
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    map: Map<String, Value>,
    changed: bool,
}

impl Arguments {
    /// Arguments as they came. What cannot be read is refused: a hook must not be shown less than the component will see.
    pub(super) fn of(raw: Option<&RawValue>) -> Result<Self, RpcError> {
        let Some(raw) = raw.filter(|raw| raw.get() != "null") else { return Ok(Self::default()) };
        if !raw.get().starts_with('{') {
            return Err(RpcError::invalid_params("`arguments` must be an object"));
        }
        match serde_json::from_str(raw.get()) {
            Ok(map) => Ok(Self { map, changed: false }),
            Err(error) => Err(RpcError::invalid_params(error.to_string())),
        }
    }

    /// Whether a middleware may have changed them.
    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    /// The map itself.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.map
    }
}

impl Deref for Arguments {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl DerefMut for Arguments {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.changed = true;
        &mut self.map
    }
}

impl From<Map<String, Value>> for Arguments {
    fn from(map: Map<String, Value>) -> Self {
        Self { map, changed: true }
    }
}
