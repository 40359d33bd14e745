//! A connection whose client has to read what it asked for: one that takes nothing for a while is cut off, because the
//! handler behind its response, and everything that the handler holds, would wait with it.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How long a client may take no byte of what is written to it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection, whichever listener it came from: with one type, what serves it is compiled once.
trait AnyConnection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AnyConnection for S {}

pub(crate) struct StallTimeout {
    stream: Box<dyn AnyConnection>,
    /// Armed while a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
    /// Whether a write waits, for whoever cannot reach this one.
    stuck: Arc<AtomicBool>,
    /// What was read already by somebody who had no use for it.
    ahead: Vec<u8>,
}

impl StallTimeout {
    pub(crate) fn new(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        Self { stream: Box::new(stream), waiting: None, stuck: Arc::default(), ahead: Vec::new() }
    }

    /// Whether a write waits; to be asked while somebody else has the connection.
    pub(super) fn stuck(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stuck)
    }

    /// Gives bytes back, to be read again before any others.
    pub(super) fn put_back(&mut self, bytes: &[u8]) {
        self.ahead.splice(..0, bytes.iter().copied());
    }

    fn watched<T>(&mut self, task: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            if self.waiting.take().is_some() {
                self.stuck.store(false, Ordering::Relaxed);
            }
            return polled;
        }
        let waiting = self.waiting.get_or_insert_with(|| {
            self.stuck.store(true, Ordering::Relaxed);
            Box::pin(tokio::time::sleep(PATIENCE))
        });
        match waiting.as_mut().poll(task) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for StallTimeout {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let some = buffer.remaining().min(self.ahead.len());
            buffer.put_slice(&self.ahead[..some]);
            self.ahead.drain(..some);
            if self.ahead.is_empty() {
                self.ahead = Vec::new();
            }
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(task, buffer)
    }
}

impl AsyncWrite for StallTimeout {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.watched(task, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(task, slices);
        self.watched(task, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}
