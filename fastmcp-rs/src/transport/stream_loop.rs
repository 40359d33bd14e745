//! The loop of a connection over a stream of lines: it reads what is there, answers every line of it, and writes once. Nothing
//! here knows where the bytes come from or go to.

use std::future::{Future as _, poll_fn};
use std::io;
use std::ops::Range;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use crate::bounds;
use crate::context::Caller;
use crate::engine::connection::{Connection, take_sent};
use crate::engine::core::Core;
use crate::engine::ending;
use crate::future;
use crate::observe::record::Via;
use crate::session::{Notifier, Outgoing, Session};
use crate::wire::lines::{Line, Lines};

/// Bytes read at once, at most.
pub(crate) const CHUNK: usize = 64 * 1024;

/// Bytes read at once, as long as no more come: most clients wait for each answer.
const SMALL_CHUNK: usize = 4 * 1024;

/// Answers that may wait for a slow reader before nothing more is answered, in bytes.
const HIGH_WATER: usize = 1024 * 1024;

enum Event {
    Read(usize),
    Written,
    InputEnded,
    Message(Vec<u8>),
    Quiet,
    /// The client is gone, or does not read in the time that it has.
    OutputEnded,
}

/// Serves one conversation until its input ends and what it began is done, or the server shuts down.
pub(crate) async fn run(core: Arc<Core>, stream: impl AsyncRead + AsyncWrite, caller: Caller, way: Via) {
    let mut stream = pin!(stream);
    let session = Arc::new(Session::new(None, &core.kept));
    let (sender, mut outgoing) = mpsc::channel(bounds::OUTGOING);
    let notifier = Notifier::new(sender);
    let (alive, mut running) = mpsc::channel(1);
    let who = caller.clone();
    let notices = future::spawn(crate::engine::tell_session(
        Arc::clone(&core),
        Arc::clone(&session),
        notifier.clone(),
        move || who.clone(),
    ));
    let mut connection =
        Connection::new(Arc::clone(&core), Arc::clone(&session), Some(notifier), caller).over(way).tracked(alive);
    let mut lines = Lines::new(core.settings.message_bytes);
    let mut chunk = vec![0; SMALL_CHUNK];
    // What of the chunk is still to be answered.
    let mut unread = Range::default();
    let mut out = Out::default();
    let mut reading = true;
    let mut quiet = false;
    // Armed when the input has ended: how long the rest may take.
    let mut grace: Option<Pin<Box<Sleep>>> = None;
    let mut shutdown = Box::pin(core.shutdown.cancelled());
    loop {
        let mut bytes = &chunk[unread.clone()];
        while !out.is_full()
            && let Some(line) = lines.next(&mut bytes)
        {
            match line {
                Line::Text(text) => connection.receive(text, &mut outgoing, &mut out.bytes),
                Line::TooLong(_) => connection.too_long(&mut out.bytes),
                Line::NotText => tracing::debug!("a line that is not UTF-8 was ignored"),
            }
        }
        unread.start = unread.end - bytes.len();
        let event = poll_fn(|task| {
            let waiting = !out.is_empty();
            match out.poll_write(task, stream.as_mut()) {
                Poll::Ready(Err(_)) => return Poll::Ready(Event::OutputEnded),
                Poll::Ready(Ok(())) if quiet => return Poll::Ready(Event::OutputEnded),
                Poll::Ready(Ok(())) if waiting && !unread.is_empty() => return Poll::Ready(Event::Written),
                Poll::Ready(Ok(())) | Poll::Pending => {}
            }
            if !out.is_full()
                && !quiet
                && let Poll::Ready(message) = outgoing.poll_recv(task)
            {
                return Poll::Ready(match message {
                    Some(Outgoing::Message(message, kept)) => {
                        drop(kept);
                        Event::Message(message)
                    }
                    Some(Outgoing::CloseStream) => Event::Message(Vec::new()),
                    None => Event::Quiet,
                });
            }
            if reading && shutdown.as_mut().poll(task).is_ready() {
                return Poll::Ready(Event::InputEnded);
            }
            if reading && !out.is_full() && unread.is_empty() {
                let mut into = ReadBuf::new(&mut chunk);
                match stream.as_mut().poll_read(task, &mut into) {
                    Poll::Ready(Ok(())) if !into.filled().is_empty() => {
                        return Poll::Ready(Event::Read(into.filled().len()));
                    }
                    Poll::Ready(_) => return Poll::Ready(Event::InputEnded),
                    Poll::Pending => {}
                }
            }
            // A handler may have left its context to a task that lives on; the requests themselves are what is waited for.
            if !reading && !quiet && running.poll_recv(task).is_ready() {
                return Poll::Ready(Event::Quiet);
            }
            if let Some(grace) = &mut grace
                && grace.as_mut().poll(task).is_ready()
            {
                return Poll::Ready(Event::OutputEnded);
            }
            Poll::Pending
        })
        .await;
        match event {
            Event::Read(length) => {
                unread = 0..length;
                if length == chunk.len() && length < CHUNK {
                    chunk.resize(4 * length, 0);
                }
            }
            Event::Written => {}
            Event::Message(message) => {
                out.push(&message);
                // What else has been sent by now leaves in the same write.
                while !out.is_full()
                    && let Ok(sent) = outgoing.try_recv()
                {
                    if let Outgoing::Message(message, _) = sent {
                        out.push(&message);
                    }
                }
            }
            Event::InputEnded => {
                reading = false;
                unread = Range::default();
                // Nobody answers questions any more; calls may finish what needs no answer.
                connection.close_notifier();
                session.stop_asking();
                notices.abort();
                grace = Some(Box::pin(tokio::time::sleep(core.settings.shutdown_grace)));
            }
            Event::Quiet => {
                quiet = true;
                take_sent(&mut outgoing, &mut out.bytes);
            }
            Event::OutputEnded => break,
        }
    }
    notices.abort();
    if let Some(grace) = grace {
        let waited = core.settings.shutdown_grace.saturating_sub(grace.deadline() - Instant::now());
        let left = if grace.is_elapsed() { session.running_count() } else { 0 };
        if left > 0 || (way == Via::Stdio && core.ending.is_told()) {
            ending::calls(waited, left);
        }
    }
    connection.close_notifier();
    session.close();
    // What was cancelled lets go before all else ends.
    let _ = tokio::time::timeout(ending::LET_GO, running.recv()).await;
    let _ = tokio::time::timeout(bounds::SHUTDOWN_GRACE, stream.shutdown()).await;
}

/// What waits to be written.
#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
    written: usize,
    unflushed: bool,
}

impl Out {
    fn push(&mut self, message: &[u8]) {
        if !message.is_empty() {
            self.bytes.extend_from_slice(message);
            self.bytes.push(b'\n');
        }
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && !self.unflushed
    }

    fn is_full(&self) -> bool {
        self.bytes.len() - self.written >= HIGH_WATER
    }

    /// Writes what the stream takes; ready when nothing is left.
    fn poll_write(&mut self, task: &mut Task<'_>, mut stream: Pin<&mut impl AsyncWrite>) -> Poll<io::Result<()>> {
        while self.written < self.bytes.len() {
            match stream.as_mut().poll_write(task, &self.bytes[self.written..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(length)) => {
                    self.written += length;
                    self.unflushed = true;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    // A reader that is slow for ever must not let what it has read pile up.
                    if self.written >= HIGH_WATER {
                        self.bytes.drain(..self.written);
                        self.written = 0;
                    }
                    return Poll::Pending;
                }
            }
        }
        if self.unflushed {
            self.bytes.clear();
            self.bytes.shrink_to(HIGH_WATER);
            self.written = 0;
            ready!(stream.poll_flush(task))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}
