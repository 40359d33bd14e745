//! The arguments of a call on their way through middleware.

use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::protocol::RpcError;

/// More brackets than this, and the text may be nested too deeply to be read as a `Value`.
const BRACKETS: usize = 100;

/// The arguments of a call, as a map of JSON values.
///
/// They are read when a middleware first looks at them. Those that none has changed reach the component byte by byte, as they
/// would without middleware.
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
    raw: Option<Box<RawValue>>,
    read: OnceLock<Map<String, Value>>,
    changed: bool,
}

impl Arguments {
    /// Arguments as they came, if they are an object.
    pub(super) fn of(raw: Option<Box<RawValue>>) -> Result<Self, RpcError> {
        let none = || RpcError::invalid_params("`arguments` must be an object");
        let Some(raw) = raw.filter(|raw| raw.get() != "null") else { return Ok(Self::default()) };
        if !raw.get().starts_with('{') {
            return Err(none());
        }
        let arguments = Self { raw: Some(raw), ..Self::default() };
        let brackets = |raw: &RawValue| raw.get().bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
        // Whoever looks at them must see what the component will.
        if let Some(raw) = &arguments.raw
            && brackets(raw) > BRACKETS
        {
            let read = serde_json::from_str(raw.get()).map_err(|error| RpcError::invalid_params(error.to_string()))?;
            let _ = arguments.read.set(read);
        }
        Ok(arguments)
    }

    /// Whether a middleware may have changed them.
    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    fn map(&self) -> &Map<String, Value> {
        self.read.get_or_init(|| {
            let raw = self.raw.as_ref();
            raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
        })
    }

    /// The map itself.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.map();
        self.read.into_inner().unwrap_or_default()
    }
}

impl Deref for Arguments {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        self.map()
    }
}

impl DerefMut for Arguments {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.map();
        self.changed = true;
        match self.read.get_mut() {
            Some(read) => read,
            None => unreachable!("they have just been read"),
        }
    }
}

impl From<Map<String, Value>> for Arguments {
    fn from(map: Map<String, Value>) -> Self {
        Self { raw: None, read: map.into(), changed: true }
    }
}
