//! Conversations that were written down once, and are played again: a real server's answers in a test without the server.
//!
//! A recording has one message per line: `{"from":"client","message":{..}}` or `{"from":"server","message":{..}}`.

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Task, Poll};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, ReadBuf};

use crate::client::{Client, ClientBuilder};
use crate::future;
use crate::session::lock;
use crate::wire::lines::{Line, Lines};

/// Room for what one side has written and the other not yet read, in bytes.
const PIPE: usize = 64 * 1024;
/// The longest message that is written down, in bytes.
const MESSAGE: usize = 64 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct RecordedMessage {
    from: String,
    message: Value,
}

/// A server that answers as one did that was [recorded](Recorder).
pub struct Recorded(());

impl Recorded {
    /// A client of such a server, for [`TestClient::with`](super::TestClient::with). Requests are answered in the order in which they
    /// were recorded; one with another method than was recorded gets an error that says so. Ids and progress tokens are those of the
    /// new conversation.
    ///
    /// # Errors
    /// When the recording cannot be read.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn play(recording: impl AsRef<Path>) -> io::Result<ClientBuilder> {
        let text = std::fs::read_to_string(recording)?;
        let entries = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
        let entries = entries.collect::<Result<Vec<RecordedMessage>, _>>().map_err(io::Error::from)?;
        let (near, far) = tokio::io::duplex(PIPE);
        future::spawn(async move {
            // Whoever hangs up first ends it.
            let _ = play(far, entries).await;
        });
        Ok(Client::stream(near))
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorded")
    }
}

async fn play(stream: impl AsyncRead + AsyncWrite, entries: Vec<RecordedMessage>) -> io::Result<()> {
    let (reader, mut writer) = tokio::io::split(stream);
    let mut lines = BufReader::new(reader).lines();
    // Ids as they were recorded, and as they are now.
    let mut ids: Vec<(Value, Value)> = Vec::new();
    let mut entries = entries.into_iter().peekable();
    loop {
        while let Some(entry) = entries.next_if(|entry| entry.from == "server") {
            let mut message = entry.message;
            let now = |then: &Value| ids.iter().rev().find(|(known, _)| known == then).map(|(_, now)| now.clone());
            if message.get("method").is_none()
                && let Some(id) = now(&message["id"])
            {
                message["id"] = id;
            }
            for place in ["/params/progressToken", "/params/requestId"] {
                if let Some(token) = message.pointer_mut(place)
                    && let Some(id) = now(token)
                {
                    *token = id;
                }
            }
            if let Some(meta) = message.pointer_mut("/params/_meta").and_then(Value::as_object_mut)
                && let Some(subscription) = meta.get_mut(crate::protocol::meta::SUBSCRIPTION_ID)
                && let Some(id) = now(subscription)
            {
                *subscription = id;
            }
            writer.write_all(format!("{message}\n").as_bytes()).await?;
        }
        let Some(line) = lines.next_line().await? else { return Ok(()) };
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        let recorded = entries.next().map(|entry| entry.message).unwrap_or_default();
        if message["method"] == recorded["method"] {
            ids.push((recorded["id"].clone(), message["id"].clone()));
        } else if message.get("id").is_some() && message.get("method").is_some() {
            let what = format!("the recording goes on with {}, and not with {}", recorded["method"], message["method"]);
            let error = json!({ "jsonrpc": "2.0", "id": message["id"], "error": { "code": -32603, "message": what } });
            writer.write_all(format!("{error}\n").as_bytes()).await?;
        }
    }
}

/// A stream whose messages are written down as they pass, for [`Client::stream`].
pub struct Recorder<S> {
    stream: S,
    heard: Lines,
    said: Lines,
    file: Arc<Mutex<std::fs::File>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Recorder<S> {
    /// Writes down what passes a client's end of a stream. A file that is there is replaced.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(stream: S, recording: impl AsRef<Path>) -> io::Result<Self> {
        let file = Arc::new(Mutex::new(std::fs::File::create(recording)?));
        Ok(Self { stream, heard: Lines::new(MESSAGE), said: Lines::new(MESSAGE), file })
    }
}

fn write_down(file: &Mutex<std::fs::File>, lines: &mut Lines, from: &str, mut bytes: &[u8]) {
    while let Some(line) = lines.next(&mut bytes) {
        let Line::Text(text) = line else { continue };
        let Ok(message) = serde_json::from_str::<&RawValue>(text) else { continue };
        // A recording with a gap is better than a conversation that fails for it.
        let _ = writeln!(lock(file), "{{\"from\":\"{from}\",\"message\":{}}}", message.get());
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Recorder<S> {
    fn poll_read(self: Pin<&mut Self>, task: &mut Task<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(task, into);
        if let Poll::Ready(Ok(())) = &read {
            write_down(&this.file, &mut this.heard, "server", into.filled().get(before..).unwrap_or_default());
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recorder<S> {
    fn poll_write(self: Pin<&mut Self>, task: &mut Task<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(task, bytes);
        if let Poll::Ready(Ok(length)) = &written {
            write_down(&this.file, &mut this.said, "client", bytes.get(..*length).unwrap_or_default());
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}

impl<S> fmt::Debug for Recorder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
