//! Standard input and output with a thread for each: the form that works for everything.

use std::io::{self, Read as _};
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;

use super::spawn;
use crate::error::Error;
use crate::transport::stream_loop::CHUNK;

/// Chunks on their way from or to a thread.
const UNDER_WAY: usize = 2;

/// Both ends, as one stream.
pub(super) struct Threads {
    chunks: mpsc::Receiver<Vec<u8>>,
    chunk: Vec<u8>,
    /// How much of the chunk has been handed out.
    taken: usize,
    batches: PollSender<Vec<u8>>,
    /// Says that the writing thread has ended.
    written: oneshot::Receiver<()>,
}

impl Threads {
    pub(super) fn start(output: impl io::Write + Send + 'static) -> Result<Self, Error> {
        let (to_us, chunks) = mpsc::channel(UNDER_WAY);
        let (batches, to_write) = mpsc::channel(UNDER_WAY);
        let (done, written) = oneshot::channel();
        // The reading thread may sit in a read for ever; the process does not wait for it.
        spawn("mcp-stdin", move || read(&to_us))?;
        spawn("mcp-stdout", move || {
            write(output, to_write);
            let _ = done.send(());
        })?;
        Ok(Self { chunks, chunk: Vec::new(), taken: 0, batches: PollSender::new(batches), written })
    }
}

impl AsyncRead for Threads {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Task<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.taken == self.chunk.len() {
            // None is the end of the input, which a read of nothing says.
            self.chunk = ready!(self.chunks.poll_recv(task)).unwrap_or_default();
            self.taken = 0;
        }
        let length = into.remaining().min(self.chunk.len() - self.taken);
        into.put_slice(&self.chunk[self.taken..self.taken + length]);
        self.taken += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Threads {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        ready!(self.batches.poll_reserve(task)).map_err(gone)?;
        let length = bytes.len().min(CHUNK);
        self.batches.send_item(bytes[..length].to_vec()).map_err(gone)?;
        Poll::Ready(Ok(length))
    }

    /// The thread flushes by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        self.batches.close();
        Pin::new(&mut self.written).poll(task).map(|_| Ok(()))
    }
}

fn read(chunks: &mpsc::Sender<Vec<u8>>) {
    let mut stdin = io::stdin().lock();
    let mut chunk = vec![0; CHUNK];
    loop {
        match stdin.read(&mut chunk) {
            Ok(0) => return,
            Ok(length) => {
                if chunks.blocking_send(chunk[..length].to_vec()).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Standard input that was made non-blocking by a parent: there is no reactor here, so wait a moment.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(5)),
            Err(error) => {
                tracing::debug!(%error, "standard input cannot be read any more");
                return;
            }
        }
    }
}

fn write(mut output: impl io::Write, mut batches: mpsc::Receiver<Vec<u8>>) {
    while let Some(batch) = batches.blocking_recv() {
        if let Err(error) = write_all(&mut output, &batch) {
            tracing::debug!(%error, "standard output cannot be written any more");
            return;
        }
    }
}

fn write_all(output: &mut impl io::Write, mut batch: &[u8]) -> io::Result<()> {
    while !batch.is_empty() {
        match output.write(batch) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => batch = &batch[length..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(1)),
            Err(error) => return Err(error),
        }
    }
    output.flush()
}
