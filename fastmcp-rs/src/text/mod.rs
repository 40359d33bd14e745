//! Text that others will read: escaped for JSON and for URIs, made harmless for people and terminals, and the nearest word to
//! a misspelt one.

pub(crate) mod doc_comment;
pub(crate) mod escape;
pub(crate) mod finite;
pub(crate) mod percent;
pub(crate) mod sanitize;
#[cfg(feature = "auth")]
pub(crate) mod strict_json;
pub(crate) mod suggest;
