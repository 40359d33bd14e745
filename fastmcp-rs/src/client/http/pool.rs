//! Connections to one server, over HTTP/1.1: one for each request under way, and the idle ones for those to come.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::address::Address;
use crate::client::error::{ClientError, ConnectError, Sent};
use crate::client::letter::Departure;
use crate::future;
use crate::session::lock;
use crate::text::sanitize;

/// How long it may take to reach the server.
const CONNECT: Duration = Duration::from_secs(10);
/// Idle connections that are kept.
const IDLE: usize = 32;
/// How long an idle connection is kept. Servers and what stands between commonly end them after a minute.
const IDLE_TIME: Duration = Duration::from_secs(30);

/// The body of a request: all of it at once.
pub(super) struct WholeBody(Option<Bytes>);

impl WholeBody {
    pub(super) fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self((!bytes.is_empty()).then_some(bytes))
    }
}

impl Body for WholeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

type Sender = SendRequest<WholeBody>;

/// Connections to one server.
pub(super) struct Connections {
    address: Address,
    idle: Arc<Mutex<Vec<(Sender, Instant)>>>,
    #[cfg(feature = "client-tls")]
    tls: super::tls::Tls,
}

/// A response whose body is still to be read. Dropping it closes its connection, unless it was read to its end.
pub(super) struct HttpReply {
    pub head: hyper::http::response::Parts,
    body: Incoming,
    sender: Option<Sender>,
    idle: Arc<Mutex<Vec<(Sender, Instant)>>>,
}

impl Connections {
    pub(super) fn new(address: Address, #[cfg(feature = "client-tls")] tls: super::tls::Tls) -> Self {
        Self {
            address,
            idle: Arc::default(),
            #[cfg(feature = "client-tls")]
            tls,
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request and waits for the head of its response. `left` is marked when the first byte may have left.
    pub(super) async fn send(
        &self,
        mut request: Request<WholeBody>,
        left: &Departure,
    ) -> Result<HttpReply, ClientError> {
        loop {
            let (mut sender, fresh) = match self.take_idle() {
                Some(sender) => (sender, false),
                None => (self.connect().await?, true),
            };
            left.mark();
            match sender.try_send_request(request).await {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    return Ok(HttpReply { head, body, sender: Some(sender), idle: Arc::clone(&self.idle) });
                }
                Err(mut failed) => match failed.take_message() {
                    // The server ended the connection while it was idle, and nothing of the request has left.
                    Some(unsent) if !fresh => request = unsent,
                    unsent => {
                        let sent = if unsent.is_some() { Sent::No } else { Sent::Maybe };
                        let during = sanitize::error(failed.error());
                        tracing::debug!(during, "an HTTP request ended before its response");
                        return Err(ClientError::Disconnected {
                            during: None,
                            exit: None,
                            stderr_tail: String::new(),
                            sent,
                        });
                    }
                },
            }
        }
    }

    fn take_idle(&self) -> Option<Sender> {
        let mut idle = lock(&self.idle);
        let now = Instant::now();
        idle.retain(|(sender, since)| !sender.is_closed() && now.duration_since(*since) < IDLE_TIME);
        // The last that was used is the likeliest to be alive.
        let at = idle.iter().rposition(|(sender, _)| sender.is_ready())?;
        Some(idle.remove(at).0)
    }

    async fn connect(&self) -> Result<Sender, ClientError> {
        let address = &self.address;
        let refused = |source: io::Error| ConnectError::Refused { url: address.origin(), source: source.into() };
        let stream = tokio::time::timeout(CONNECT, self.reach())
            .await
            .unwrap_or_else(|_| Err(refused(io::ErrorKind::TimedOut.into()).into()))?;
        // A request is written at once, and its answer waited for.
        let _ = stream.set_nodelay(true);
        #[cfg(feature = "client-tls")]
        if address.is_secure() {
            let stream = tokio::time::timeout(CONNECT, self.tls.secure(address, stream))
                .await
                .unwrap_or_else(|_| Err(refused(io::ErrorKind::TimedOut.into()).into()))?;
            return self.speak(stream).await;
        }
        self.speak(stream).await
    }

    async fn reach(&self) -> Result<TcpStream, ClientError> {
        let address = &self.address;
        let found = tokio::net::lookup_host((address.host(), address.port())).await;
        let found =
            found.map_err(|error| ConnectError::Dns { host: address.host().to_owned(), source: error.into() })?;
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for place in found {
            match TcpStream::connect(place).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(ConnectError::Refused { url: address.origin(), source: last.into() }.into())
    }

    async fn speak<S>(&self, stream: S) -> Result<Sender, ClientError>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let refused =
            |source: hyper::Error| ConnectError::Refused { url: self.address.origin(), source: source.into() };
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(refused)?;
        future::spawn(async move {
            // Whoever sent a request on it is told.
            let _ = connection.await;
        });
        Ok(sender)
    }
}

impl HttpReply {
    /// The next piece of the body; `None` at its end, after which the connection is free for others.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        loop {
            let frame = std::future::poll_fn(|task| Pin::new(&mut self.body).poll_frame(task)).await;
            match frame {
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                Some(Err(error)) => return Err(error),
                None => {
                    self.free();
                    return Ok(None);
                }
            }
        }
    }

    fn free(&mut self) {
        let Some(mut sender) = self.sender.take() else { return };
        let idle = Arc::clone(&self.idle);
        let keep = move |sender: Sender| {
            let mut idle = lock(&idle);
            if idle.len() < IDLE {
                idle.push((sender, Instant::now()));
            }
        };
        if sender.is_ready() {
            keep(sender);
        } else if !sender.is_closed() {
            // The connection has yet to notice that it is free.
            future::spawn(async move {
                if let Ok(Ok(())) = tokio::time::timeout(Duration::from_secs(1), sender.ready()).await {
                    keep(sender);
                }
            });
        }
    }

    /// Reads what is left, for the sake of the connection, as far as that goes quickly.
    pub(super) fn drain(mut self) {
        future::spawn(async move {
            let rest = async { while let Ok(Some(_)) = self.chunk().await {} };
            let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
        });
    }

    /// The whole body, unless it has more bytes than `most`.
    pub(super) async fn whole(&mut self, most: usize) -> Result<Vec<u8>, ClientError> {
        let mut all = Vec::new();
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) if all.len() + chunk.len() > most => {
                    return Err(ClientError::protocol(format!("a message has more than {most} bytes")));
                }
                Ok(Some(chunk)) => all.extend_from_slice(&chunk),
                Ok(None) => return Ok(all),
                Err(error) => {
                    let during = sanitize::error(&error);
                    tracing::debug!(during, "an HTTP response ended within its body");
                    let (during, exit, stderr_tail) = (None, None, String::new());
                    return Err(ClientError::Disconnected { during, exit, stderr_tail, sent: Sent::Maybe });
                }
            }
        }
    }

    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    pub(super) fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// The media type, without its parameters, in lower case.
    pub(super) fn media_type(&self) -> String {
        let whole = self.header("content-type").unwrap_or_default();
        whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}
