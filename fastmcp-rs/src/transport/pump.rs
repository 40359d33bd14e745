//! The loop of a connection over a stream of lines: bytes come in chunks, answers leave in batches, and nothing here knows
//! where they come from or go to.
//!
//! Two buffers go round between this loop and whoever writes. While both are away the answers of the meantime gather in
//! a third, so a slow reader costs no system call a message, and no memory without a bound.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::mpsc;
use tokio::time::Sleep;

use super::lines::{Line, Lines};
use crate::context::Caller;
use crate::limits;
use crate::peer::{Outgoing, Outlet, Session};
use crate::server::connection::Connection;
use crate::server::core::Core;

/// Answers that may wait for a slow reader before nothing more is read from it, in bytes.
const HIGH_WATER: usize = 1024 * 1024;

/// Buffers on their way to the writer and back.
pub(crate) const BUFFERS: usize = 2;

/// The ends of a stream, as channels.
pub(crate) struct Ends {
    /// Bytes from the client; closed at the end of its input.
    pub chunks: mpsc::Receiver<Vec<u8>>,
    /// Batches for the client.
    pub batches: mpsc::Sender<Vec<u8>>,
    /// Written batches, to be filled again. At the beginning it holds [`BUFFERS`] empty ones.
    pub spare: mpsc::Receiver<Vec<u8>>,
}

enum Event {
    Chunk(Vec<u8>),
    InputEnded,
    Message(Vec<u8>),
    Quiet,
    Spare(Vec<u8>),
    WriterGone,
}

/// Serves one conversation until its input ends and what it began is done, or the server shuts down.
pub(crate) async fn run(core: Arc<Core>, mut ends: Ends, caller: Caller) {
    let session = Arc::new(Session::new(None));
    let (sender, mut outgoing) = mpsc::channel(limits::OUTGOING);
    let outlet = Outlet::new(sender);
    let (alive, mut running) = mpsc::channel(1);
    let notices = tokio::spawn(crate::server::tell_session(Arc::clone(&core), Arc::clone(&session), outlet.clone()));
    let mut connection = Connection::new(Arc::clone(&core), Arc::clone(&session), Some(outlet), caller).tracked(alive);
    let mut lines = Lines::new(core.settings.message_bytes);
    let mut out = Vec::new();
    let mut spare: Vec<Vec<u8>> = Vec::new();
    let mut reading = true;
    let mut quiet = false;
    // Armed when the input has ended: how long the rest may take.
    let mut grace: Option<Pin<Box<Sleep>>> = None;
    let mut shutdown = Box::pin(core.shutdown.cancelled());
    loop {
        if !out.is_empty()
            && let Some(empty) = spare.pop()
        {
            let batch = std::mem::replace(&mut out, empty);
            if ends.batches.send(batch).await.is_err() {
                break;
            }
        }
        if quiet && out.is_empty() {
            break;
        }
        let full = out.len() >= HIGH_WATER;
        let event = std::future::poll_fn(|task| {
            if let Poll::Ready(buffer) = ends.spare.poll_recv(task) {
                return Poll::Ready(buffer.map_or(Event::WriterGone, Event::Spare));
            }
            if !full
                && !quiet
                && let Poll::Ready(message) = outgoing.poll_recv(task)
            {
                return Poll::Ready(match message {
                    Some(Outgoing::Message(message)) => Event::Message(message),
                    Some(Outgoing::CloseStream) => Event::Message(Vec::new()),
                    None => Event::Quiet,
                });
            }
            if reading && shutdown.as_mut().poll(task).is_ready() {
                return Poll::Ready(Event::InputEnded);
            }
            if reading
                && !full
                && let Poll::Ready(chunk) = ends.chunks.poll_recv(task)
            {
                return Poll::Ready(chunk.map_or(Event::InputEnded, Event::Chunk));
            }
            // A handler may have left its context to a task that lives on; the requests themselves are what is waited for.
            if !reading && !quiet && running.poll_recv(task).is_ready() {
                return Poll::Ready(Event::Quiet);
            }
            if let Some(grace) = &mut grace
                && grace.as_mut().poll(task).is_ready()
            {
                return Poll::Ready(Event::WriterGone);
            }
            Poll::Pending
        })
        .await;
        match event {
            Event::Chunk(chunk) => lines.push(&chunk, |line| match line {
                Line::Text(text) => connection.receive(text, &mut outgoing, &mut out),
                Line::TooLong => connection.too_long(&mut out),
                Line::NotText => tracing::debug!("a line that is not UTF-8 was ignored"),
            }),
            Event::Message(message) => {
                if !message.is_empty() {
                    out.extend_from_slice(&message);
                    out.push(b'\n');
                }
            }
            Event::Spare(mut buffer) => {
                buffer.clear();
                buffer.shrink_to(HIGH_WATER);
                spare.push(buffer);
            }
            Event::InputEnded => {
                reading = false;
                // Nobody answers questions any more; calls may finish what needs no answer.
                connection.close_outlet();
                session.stop_asking();
                notices.abort();
                grace = Some(Box::pin(tokio::time::sleep(core.settings.shutdown_grace)));
            }
            Event::Quiet => {
                quiet = true;
                crate::server::connection::take_sent(&mut outgoing, &mut out);
            }
            Event::WriterGone => break,
        }
    }
    notices.abort();
    connection.session().close();
}
