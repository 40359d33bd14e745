//! Any other stream of bytes: a socket, a pipe, a pair in memory.

use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes in both directions, which a server can talk over: any tokio `AsyncRead + AsyncWrite + Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a transport",
    label = "not a stream of bytes in both directions",
    note = "give `serve` a type that implements tokio's `AsyncRead + AsyncWrite + Send`: a socket, a pipe, one end of `tokio::io::duplex`",
    note = "two halves become one with `tokio::io::join(reader, writer)`"
)]
pub trait Transport: AsyncRead + AsyncWrite + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<S: AsyncRead + AsyncWrite + Send + 'static> Transport for S {}
