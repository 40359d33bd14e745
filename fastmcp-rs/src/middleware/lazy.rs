//! JSON that is read when somebody looks at it, and goes on byte by byte if nobody changes it.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::protocol::RpcError;

/// A value that the server has written as JSON: a list's items, a result's members. Looking at it reads it, once; changing it
/// has it written again.
///
/// ```
/// use fastmcp_rs::middleware::Listed;
///
/// fn shorten(listed: &mut Listed) {
///     listed.items.retain(|item| item["name"] != "secret");
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Lazy<T> {
    /// The JSON without its brackets, as long as it is the value.
    written: Option<Arc<[u8]>>,
    value: OnceLock<T>,
}

/// What is kept so: an array or an object.
pub trait Bracketed: Serialize + DeserializeOwned + Default {
    #[doc(hidden)]
    const BRACKETS: [u8; 2];
}

impl Bracketed for Vec<Value> {
    const BRACKETS: [u8; 2] = *b"[]";
}

impl Bracketed for Map<String, Value> {
    const BRACKETS: [u8; 2] = *b"{}";
}

impl<T: Bracketed> Lazy<T> {
    pub(crate) fn written(json: Arc<[u8]>) -> Self {
        Self { written: Some(json), value: OnceLock::new() }
    }

    pub(crate) fn is_written(&self) -> bool {
        self.written.is_some()
    }

    /// The JSON without its brackets.
    pub(crate) fn into_written(self) -> Result<Arc<[u8]>, RpcError> {
        match (self.written, self.value.into_inner()) {
            (Some(written), _) => Ok(written),
            (None, value) => {
                let json = serde_json::to_vec(&value.unwrap_or_default())
                    .map_err(|error| RpcError::internal(error.to_string()))?;
                Ok(json.get(1..json.len() - 1).unwrap_or_default().into())
            }
        }
    }

    fn read(&self) -> &T {
        self.value.get_or_init(|| {
            let Some(written) = &self.written else { return T::default() };
            let [open, close] = T::BRACKETS;
            let json: Vec<u8> = [&[open], &**written, &[close]].concat();
            serde_json::from_slice(&json).unwrap_or_default()
        })
    }

    /// The value itself.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.read();
        self.value.into_inner().unwrap_or_default()
    }
}

impl<T: Bracketed> Default for Lazy<T> {
    fn default() -> Self {
        Self { written: None, value: OnceLock::new() }
    }
}

impl<T: Bracketed> From<T> for Lazy<T> {
    fn from(value: T) -> Self {
        Self { written: None, value: value.into() }
    }
}

impl<T: Bracketed> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.read()
    }
}

impl<T: Bracketed> DerefMut for Lazy<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.read();
        self.written = None;
        self.value.get_mut().expect("it was just read")
    }
}
