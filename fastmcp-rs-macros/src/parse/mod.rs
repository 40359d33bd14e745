//! How things are written: keys and their values, documentation, URIs, impl blocks. Nothing here knows what they are for.

pub(crate) mod docs;
mod entry;
pub(crate) mod impl_block;
mod keys;
pub(crate) mod time;
pub(crate) mod uri;

pub(crate) use entry::{Entry, Value};
pub(crate) use keys::Keys;
