//! Any other stream of bytes: a socket, a pipe, a pair in memory.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::pump::{BUFFERS, Ends, run};
use crate::context::Caller;
use crate::server::core::Core;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// Bytes in both directions, which a server can talk over: any tokio `AsyncRead + AsyncWrite + Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no transport",
    label = "no stream of bytes in both directions",
    note = "give `serve` what implements tokio's `AsyncRead + AsyncWrite + Send`: a socket, a pipe, one end of `tokio::io::duplex`",
    note = "two halves become one with `tokio::io::join(reader, writer)`"
)]
pub trait Transport: AsyncRead + AsyncWrite + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<S: AsyncRead + AsyncWrite + Send + 'static> Transport for S {}

/// Serves one conversation over a stream.
pub(crate) async fn serve<S: Transport>(core: Arc<Core>, stream: S, caller: Caller) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (to_us, chunks) = mpsc::channel(BUFFERS);
    let (batches, mut to_write) = mpsc::channel::<Vec<u8>>(BUFFERS);
    let (written, spare) = mpsc::channel(BUFFERS);
    for _ in 0..BUFFERS {
        let _ = written.try_send(Vec::new());
    }
    let reading = tokio::spawn(async move {
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            match reader.read_buf(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(_) if to_us.send(chunk).await.is_err() => return,
                Ok(_) => {}
            }
        }
    });
    let mut writing = tokio::spawn(async move {
        while let Some(batch) = to_write.recv().await {
            if writer.write_all(&batch).await.is_err() || writer.flush().await.is_err() {
                break;
            }
            // Nobody may be there to fill it again, and there may still be batches to write.
            let _ = written.send(batch).await;
        }
        let _ = writer.shutdown().await;
    });
    run(core, Ends { chunks, batches, spare }, caller).await;
    reading.abort();
    // What was batched is still written; whoever does not read it is not waited for.
    if tokio::time::timeout(crate::limits::SHUTDOWN_GRACE, &mut writing).await.is_err() {
        writing.abort();
    }
}
