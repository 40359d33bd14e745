//! Bytes and connections. A transport knows no method name.

#[cfg(feature = "http")]
pub(crate) mod http;
pub(crate) mod lines;
pub(crate) mod pump;
#[cfg(feature = "stdio")]
pub(crate) mod stdio;
pub(crate) mod stream;
