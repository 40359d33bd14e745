//! A conversation over lines: any stream of bytes, a pair in memory, the pipes of a process. One task reads and one writes, so that
//! neither ever waits for the other.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::dialogue::{Dialogue, Farewell};
use super::error::{ClientError, Sent};
use super::letter::{Carriage, Carrier, Letter, ParamList};
use crate::future::{self, BoxFuture};
use crate::protocol::{Revision, method};
use crate::session::lock;
use crate::wire::lines::{Line, Lines};

/// Messages that may wait for a server that does not read.
const OUTGOING: usize = 64;
/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;
/// What is written at once, where several messages wait, in bytes.
const BATCH: usize = 256 * 1024;
/// How long the other end has to close its side once ours is closed.
const GRACE: Duration = Duration::from_secs(2);

/// How a stream ended, asked once nothing more comes: a process has a status and last words.
pub(super) type Epilogue = Box<dyn FnOnce() -> BoxFuture<'static, Farewell> + Send>;

type Outbox = mpsc::Sender<Vec<u8>>;

/// Lines in both directions.
pub(super) struct StreamCarrier {
    outbox: Mutex<Option<Outbox>>,
    conversation: Arc<Dialogue>,
    tasks: OnceLock<[AbortHandle; 2]>,
}

impl StreamCarrier {
    /// Begins to read and to write.
    pub(super) fn start(
        conversation: &Arc<Dialogue>,
        reader: impl AsyncRead + Send + Unpin + 'static,
        writer: impl AsyncWrite + Send + Unpin + 'static,
        most: usize,
        epilogue: Epilogue,
    ) -> Arc<Self> {
        let (outbox, outgoing) = mpsc::channel(OUTGOING);
        let this = Arc::new(Self {
            outbox: Mutex::new(Some(outbox)),
            conversation: Arc::clone(conversation),
            tasks: OnceLock::new(),
        });
        let (weak, heard) = (Arc::downgrade(&this), Arc::clone(conversation));
        let writing = future::spawn(write(writer, outgoing));
        let reading = future::spawn(async move {
            // Weak, so that a client that is dropped ends both tasks.
            read(reader, &heard, most, || weak.upgrade().map(|this| this as Arc<dyn Carrier>)).await;
            heard.end(epilogue().await);
        });
        let _ = this.tasks.set([reading.abort_handle(), writing.abort_handle()]);
        this
    }

    /// Lets what waits be written, and closes our side.
    pub(super) fn hang_up(&self) {
        drop(lock(&self.outbox).take());
    }

    fn stop(&self) {
        self.tasks.get().into_iter().flatten().for_each(AbortHandle::abort);
        self.conversation.end(Farewell::default());
    }

    fn outbox(&self) -> Option<Outbox> {
        lock(&self.outbox).clone()
    }

    fn gone(&self, method: Option<&str>, sent: Sent) -> ClientError {
        self.conversation.ending().cloned().unwrap_or_default().error(method, sent)
    }
}

impl Carrier for StreamCarrier {
    fn carry(&self, letter: Letter) -> BoxFuture<'_, Result<Carriage, ClientError>> {
        Box::pin(async move {
            let method = letter.method();
            let Some(outbox) = self.outbox() else { return Err(self.gone(method, Sent::No)) };
            let mut text = letter.text;
            text.push(b'\n');
            let room = outbox.reserve().await;
            match room {
                // From here on it leaves in any case, and what takes it back leaves after it.
                Ok(room) => {
                    letter.left.mark();
                    room.send(text);
                }
                // The writer is done. The reader will know more, in a moment.
                Err(_) => {
                    let _ = tokio::time::timeout(GRACE, self.conversation.closed().cancelled()).await;
                    return Err(self.gone(method, Sent::No));
                }
            }
            Ok(Carriage::Sent)
        })
    }

    fn cancel(&self, request: u64, reason: &'static str) {
        let Some(outbox) = self.outbox() else { return };
        let Some(Letter { mut text, .. }) = cancellation(request, reason, None) else { return };
        text.push(b'\n');
        if let Err(mpsc::error::TrySendError::Full(message)) = outbox.try_send(text)
            && tokio::runtime::Handle::try_current().is_ok()
        {
            future::spawn(async move {
                let _ = outbox.send(message).await;
            });
        }
    }

    fn close(&self) -> BoxFuture<'_, crate::Result> {
        Box::pin(async move {
            // The writer writes what waits, and closes; the other end then closes its own.
            self.hang_up();
            let _ = tokio::time::timeout(GRACE, self.conversation.closed().cancelled()).await;
            self.stop();
            Ok(())
        })
    }
}

impl Drop for StreamCarrier {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Writes what is to go out, as much at once as waits.
async fn write(mut writer: impl AsyncWrite + Unpin, mut outgoing: mpsc::Receiver<Vec<u8>>) {
    let mut batch = Vec::new();
    while let Some(text) = outgoing.recv().await {
        batch.clear();
        batch.extend_from_slice(&text);
        while batch.len() < BATCH
            && let Ok(text) = outgoing.try_recv()
        {
            batch.extend_from_slice(&text);
        }
        if writer.write_all(&batch).await.is_err() || writer.flush().await.is_err() {
            return;
        }
        batch.shrink_to(BATCH);
    }
    let _ = writer.shutdown().await;
}

/// Reads lines until there are no more.
async fn read(
    mut reader: impl AsyncRead + Unpin,
    conversation: &Arc<Dialogue>,
    most: usize,
    carrier: impl Fn() -> Option<Arc<dyn Carrier>>,
) {
    let mut lines = Lines::new(most);
    let mut chunk = vec![0; CHUNK];
    while let Ok(length @ 1..) = reader.read(&mut chunk).await {
        let Some(carrier) = carrier() else { return };
        let mut bytes = &chunk[..length];
        let mut seen = 0;
        while let Some(line) = lines.next(&mut bytes) {
            match line {
                Line::Text(text) => conversation.receive(text, &carrier, None),
                Line::NotText => conversation.noise_came("bytes that are not UTF-8"),
                Line::TooLong(beginning) => {
                    let error = || ClientError::protocol(format!("a message has more than {most} bytes"));
                    match answered_by(beginning) {
                        Some(id) => conversation.fail(id, error()),
                        None => conversation.problem(&error().to_string()),
                    }
                }
            }
            seen += 1;
            // A flood of lines must not keep everybody else on this thread from running.
            if seen % 256 == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
    // A last line without its end may be whole all the same; half of one is no message.
    if let (Some(text), Some(carrier)) = (lines.last(), carrier()) {
        conversation.receive(text, &carrier, None);
    }
}

/// The id in the beginning of a message.
fn answered_by(beginning: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(beginning, b"\"id\":")? + 5;
    let digits: String = beginning[at..]
        .iter()
        .map(|&byte| char::from(byte))
        .skip_while(|c| *c == ' ')
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// Nothing is known of how a stream ends that is only a stream.
pub(super) fn no_epilogue() -> Epilogue {
    Box::new(|| Box::pin(async { Farewell::default() }))
}

/// What tells a server that an answer is no longer wanted.
pub(super) fn cancellation(request: u64, reason: &'static str, revision: Option<Revision>) -> Option<Letter> {
    let params = ParamList::default().with("requestId", &request).and_then(|it| it.with("reason", reason)).ok()?;
    Some(Letter::notification(method::CANCELLED, &params, revision))
}
