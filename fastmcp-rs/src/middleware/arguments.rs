//! The arguments of a call on their way through middleware.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::protocol::RpcError;

/// The arguments of a call, as a map of JSON values, which is made when somebody looks at it. Those that no middleware has changed
/// reach the component byte by byte, as they would without middleware.
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
    /// As they came; gone as soon as somebody may change the map.
    raw: Option<Box<RawValue>>,
    map: OnceLock<Map<String, Value>>,
}

impl Arguments {
    /// Arguments as they came. What cannot be read as a map is refused: a hook must not be shown less than the component will see.
    pub(crate) fn of(raw: Option<Cow<'_, RawValue>>) -> Result<Self, RpcError> {
        let Some(raw) = raw.filter(|raw| raw.get() != "null") else { return Ok(Self::default()) };
        if !raw.get().starts_with('{') {
            return Err(RpcError::invalid_params("`arguments` must be an object"));
        }
        let map = OnceLock::new();
        if !surely_readable(raw.get()) {
            let read = serde_json::from_str(raw.get()).map_err(|error| RpcError::invalid_params(error.to_string()))?;
            let _ = map.set(read);
        }
        Ok(Self { raw: Some(raw.into_owned()), map })
    }

    /// What the component is given: the text that came, or that of the changed map; `None` if there is neither.
    pub(crate) fn raw(&self) -> Result<Option<Cow<'_, RawValue>>, RpcError> {
        match (&self.raw, self.map.get()) {
            (Some(raw), _) => Ok(Some(Cow::Borrowed(raw))),
            (None, None) => Ok(None),
            (None, Some(map)) => to_raw_value(map)
                .map(|raw| Some(Cow::Owned(raw)))
                .map_err(|error| RpcError::internal(error.to_string())),
        }
    }

    fn read(&self) -> &Map<String, Value> {
        self.map.get_or_init(|| {
            let read = self.raw.as_ref().map(|raw| serde_json::from_str(raw.get()));
            read.and_then(Result::ok).unwrap_or_default()
        })
    }

    /// The map itself.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.read();
        self.map.into_inner().unwrap_or_default()
    }
}

/// Whether JSON text can be read into values for certain. What may fail although it is JSON: half of a surrogate pair, a number
/// too large for an `f64`, values nested too deeply. The last two need an exponent, or more than this many bytes.
fn surely_readable(json: &str) -> bool {
    const SHORT: usize = 256;
    let json = json.as_bytes();
    let mut before = 0;
    json.len() <= SHORT
        && json.iter().all(|&byte| {
            let digit = std::mem::replace(&mut before, byte).is_ascii_digit();
            byte != b'\\' && !(digit && matches!(byte, b'e' | b'E'))
        })
}

impl Deref for Arguments {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        self.read()
    }
}

impl DerefMut for Arguments {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.read();
        self.raw = None;
        self.map.get_mut().expect("it was just read")
    }
}

impl From<Map<String, Value>> for Arguments {
    fn from(map: Map<String, Value>) -> Self {
        Self { raw: None, map: map.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is thought to be readable is: held against the reading itself.
    #[test]
    fn what_is_surely_readable_can_be_read() {
        for json in [
            r#"{"a":1,"b":[1.5,{"c":"text with e9 in it"}],"d":-12}"#,
            r#"{"n":1e999}"#,
            r#"{"n":1E5}"#,
            r#"{"s":"\ud800"}"#,
            r#"{"s":"a\nb"}"#,
            &format!(r#"{{"n":{}}}"#, "9".repeat(240)),
            &format!(r#"{{"n":{}}}"#, "9".repeat(400)),
            &format!("{}1{}", r#"{"":"#.repeat(42), "}".repeat(42)),
            &format!(r#"{{"n":{}1{}}}"#, "[".repeat(124), "]".repeat(124)),
            &format!(r#"{{"n":{}1{}}}"#, "[".repeat(127), "]".repeat(127)),
        ] {
            let read = serde_json::from_str::<Map<String, Value>>(json);
            assert!(!surely_readable(json) || read.is_ok(), "{json}");
        }
        assert!(surely_readable(r#"{"message":"hello, this is message 1000","b":[1.5,true]}"#));
    }
}
