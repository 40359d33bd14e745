//! Bytes and connections. A transport knows no method name.

#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "http")]
pub(crate) mod listener;
#[cfg(feature = "stdio")]
pub(crate) mod stdio;
pub(crate) mod stream;
pub(crate) mod stream_loop;
