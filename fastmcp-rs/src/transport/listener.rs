//! Where connections come from.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// A source of connections, as axum has it: a TCP socket, a Unix socket, or one of the user's own.
///
/// ```no_run
/// # use fastmcp_rs::prelude::*;
/// # #[cfg(unix)]
/// # async fn serve() -> fastmcp_rs::Result {
/// let server = Server::new("greeter").start().await?;
/// server.serve_each(tokio::net::UnixListener::bind("/run/greeter.sock")?).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a listener",
    note = "give tokio's `TcpListener` or `UnixListener`, or implement `fastmcp_rs::Listener` for it"
)]
pub trait Listener: Send + 'static {
    /// One connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection, and says where it comes from, where that is an address.
    ///
    /// # Errors
    /// When this connection could not be accepted. The next may be, so the server tries again after a moment.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Option<SocketAddr>)>> + Send;

    /// The address that others reach it by, where there is one. A listener without an address is taken to be guarded by other
    /// means, as a Unix socket is by the rights of its file.
    ///
    /// # Errors
    /// When the system cannot say.
    fn local_addr(&self) -> io::Result<Option<SocketAddr>>;
}

impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (stream, from) = Self::accept(self).await?;
        // A response is one write; waiting to fill a packet would cost its client the delay of an acknowledgement.
        let _ = stream.set_nodelay(true);
        Ok((stream, Some(from)))
    }

    fn local_addr(&self) -> io::Result<Option<SocketAddr>> {
        Self::local_addr(self).map(Some)
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Io = tokio::net::UnixStream;

    async fn accept(&mut self) -> io::Result<(Self::Io, Option<SocketAddr>)> {
        Ok((Self::accept(self).await?.0, None))
    }

    fn local_addr(&self) -> io::Result<Option<SocketAddr>> {
        Ok(None)
    }
}

/// The next connection, after however many that could not be accepted.
pub(crate) async fn next<L: Listener>(listener: &mut L) -> (L::Io, Option<SocketAddr>) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of descriptors, most likely: trying again at once would only spin.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}
