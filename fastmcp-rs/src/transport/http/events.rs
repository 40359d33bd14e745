//! Server-sent events: the stream of one 2026-07-28 response, and the kept, resumable streams of older sessions.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Bytes;
use serde_json::value::RawValue;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, Sleep};

use super::body::Events;
use crate::engine::answered::Answered;
use crate::engine::core::Core;
use crate::engine::run::Running;
use crate::protocol::Revision;
use crate::session::{KeptBytes, KeptRoom, Outgoing, lock};

/// Proxies close streams on which nothing moves; a comment every so often keeps them open.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);
pub(super) const COMMENT: &[u8] = b":\n\n";

/// How long a client that lost its stream, or was sent away, is asked to wait before it comes back, in milliseconds.
const RETRY_MS: u32 = 500;

/// One event. A message is JSON on one line, so nothing in it can end the event or begin another.
pub(super) fn event(message: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(message.len() + 24);
    out.extend_from_slice(b"event: message\ndata: ");
    out.extend_from_slice(message);
    out.extend_from_slice(b"\n\n");
    out.into()
}

/// One event with an id to come back with.
pub(super) fn numbered_event(stream: u64, number: u64, message: &[u8]) -> Bytes {
    let mut out = format!("id: {stream}-{number}\nevent: message\ndata: ").into_bytes();
    out.extend_from_slice(message);
    out.extend_from_slice(b"\n\n");
    out.into()
}

/// The stream of one 2026-07-28 response: its notifications, then the response. Dropping it drops the handler, which is
/// how a client that goes away cancels its call.
pub(crate) struct Response {
    pub core: Arc<Core>,
    pub id: Box<RawValue>,
    pub revision: Revision,
    /// The handler, or what it came to.
    pub work: ResponseWork,
    pub messages: mpsc::Receiver<Outgoing>,
    pub first: Option<Vec<u8>>,
    pub keep_alive: Pin<Box<Sleep>>,
}

pub(crate) enum ResponseWork {
    Running(Running),
    Done(Answered),
    Sent,
}

impl Events for Response {
    fn poll_next(&mut self, task: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(event(&first)));
        }
        loop {
            if let Poll::Ready(Some(message)) = self.messages.poll_recv(task) {
                match message {
                    Outgoing::Message(message, _) => return Poll::Ready(Some(event(&message))),
                    Outgoing::CloseStream => continue,
                }
            }
            match &mut self.work {
                ResponseWork::Sent => return Poll::Ready(None),
                ResponseWork::Done(answered) => {
                    let mut out = Vec::new();
                    self.core.write_answer(&mut out, &self.id, self.revision, answered);
                    self.work = ResponseWork::Sent;
                    return Poll::Ready(Some(event(&out)));
                }
                ResponseWork::Running(running) => match Pin::new(running).poll(task) {
                    // What it sent in its last step goes first.
                    Poll::Ready(answered) => self.work = ResponseWork::Done(answered),
                    Poll::Pending => break,
                },
            }
        }
        if self.keep_alive.as_mut().poll(task).is_ready() {
            self.keep_alive.as_mut().reset(Instant::now() + KEEP_ALIVE);
            // The timer has to be polled again to be armed.
            let _ = self.keep_alive.as_mut().poll(task);
            return Poll::Ready(Some(Bytes::from_static(COMMENT)));
        }
        Poll::Pending
    }
}

/// Events that one stream keeps for a client that comes back.
pub(super) const KEPT_EVENTS: usize = 1024;
pub(super) const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// A stream of an older session: written by the handler, read by whichever connection holds it at the moment
/// (2025-11-25, basic/transports, "Resumability and Redelivery").
pub(crate) struct Log {
    pub number: u64,
    kept: Arc<KeptRoom>,
    state: Mutex<LogState>,
    changed: Notify,
}

#[derive(Default)]
struct LogState {
    events: VecDeque<(u64, Bytes, KeptBytes)>,
    bytes: usize,
    /// The number of the last event; the priming event is 0.
    last: u64,
    done: bool,
    /// How often the reader was sent away.
    closed: u64,
    /// Which reader is the current one.
    reader: u64,
    /// The first event is the response itself.
    only_response: bool,
    /// It is read at another replica, which wants to know when something comes.
    watched: bool,
}

/// What is to be told of a stream.
pub(super) struct Tail {
    pub events: Vec<(u64, Vec<u8>)>,
    pub done: bool,
    pub closed: u64,
    pub watched: bool,
}

/// What a waiting POST finds out about its stream.
pub(crate) enum Opening {
    /// The response came with nothing before it.
    Response(Bytes),
    /// Something else came first.
    Stream,
    /// The request was cancelled.
    Nothing,
}

impl Log {
    /// A stream of a conversation for which `kept` is kept.
    pub(crate) fn new(number: u64, kept: &Arc<KeptRoom>) -> Arc<Self> {
        Arc::new(Self { number, kept: Arc::clone(kept), state: Mutex::default(), changed: Notify::new() })
    }

    pub(crate) fn push(&self, message: Vec<u8>, response: bool) {
        let mut state = lock(&self.state);
        state.last += 1;
        let number = state.last;
        state.bytes += message.len();
        state.only_response = response && number == 1 && state.closed == 0;
        let kept = self.kept.keep(message.len());
        state.events.push_back((number, message.into(), kept));
        while state.events.len() > KEPT_EVENTS
            || ((state.bytes > KEPT_BYTES || self.kept.is_over()) && state.events.len() > 1)
        {
            if let Some((_, dropped, _)) = state.events.pop_front() {
                state.bytes -= dropped.len();
            }
        }
        state.done |= response;
        drop(state);
        self.changed.notify_waiters();
    }

    pub(crate) fn finish(&self) {
        lock(&self.state).done = true;
        self.changed.notify_waiters();
    }

    pub(crate) fn send_away(&self) {
        lock(&self.state).closed += 1;
        self.changed.notify_waiters();
    }

    /// The number of the last event.
    pub(crate) fn last(&self) -> u64 {
        lock(&self.state).last
    }

    pub(crate) fn is_done(&self) -> bool {
        lock(&self.state).done
    }

    /// What comes after an event, for keeping it where other replicas find it.
    pub(super) fn after(&self, after: u64) -> Tail {
        let state = lock(&self.state);
        let events = state.events.iter().filter(|(number, ..)| *number > after);
        Tail {
            events: events.map(|(number, message, _)| (*number, message.to_vec())).collect(),
            done: state.done,
            closed: state.closed,
            watched: state.watched,
        }
    }

    /// Is notified of the next change.
    pub(super) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    /// Ends its reader: the client reads on at another replica.
    pub(super) fn leave(&self) {
        let mut state = lock(&self.state);
        state.reader += 1;
        state.watched = true;
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits for the first thing to happen, at most until a stream has to show that it lives.
    pub(crate) async fn opening(&self, may_stream: bool) -> Opening {
        let deadline = Instant::now() + KEEP_ALIVE;
        loop {
            let changed = self.changed.notified();
            {
                let state = lock(&self.state);
                if state.only_response || (state.done && !may_stream) {
                    return state
                        .events
                        .back()
                        .map_or(Opening::Nothing, |(_, response, _)| Opening::Response(response.clone()));
                }
                if may_stream && (state.last > 0 || state.closed > 0) {
                    return Opening::Stream;
                }
                if state.done {
                    return Opening::Nothing;
                }
            }
            if !may_stream {
                changed.await;
            } else if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return Opening::Stream;
            }
        }
    }

    /// Reads the stream from after an event. An earlier reader ends: every message goes to one connection only.
    pub(crate) fn read(self: &Arc<Self>, after: u64, primed: bool) -> LogReader {
        let (reader, closed) = {
            let mut state = lock(&self.state);
            state.reader += 1;
            state.watched = false;
            // Whoever opens the stream is not sent away by what was asked before, unless it has yet to be told so.
            (state.reader, if after == 0 && primed { 0 } else { state.closed })
        };
        self.changed.notify_waiters();
        LogReader { log: Arc::clone(self), after, reader, closed, prime: primed, step: None }
    }
}

/// One connection's reading of a [`Log`].
pub(crate) struct LogReader {
    log: Arc<Log>,
    after: u64,
    reader: u64,
    closed: u64,
    /// Send the priming event: an id to come back with, and no data.
    prime: bool,
    step: Option<Pin<Box<dyn Future<Output = ReadStep> + Send>>>,
}

enum ReadStep {
    Event(u64, Bytes),
    KeepAlive,
    SentAway,
    End,
}

/// Waits for the next event of a stream.
async fn step(log: Arc<Log>, after: u64, reader: u64, closed: u64) -> ReadStep {
    let deadline = Instant::now() + KEEP_ALIVE;
    loop {
        let changed = log.changed.notified();
        {
            let state = lock(&log.state);
            if state.reader != reader {
                return ReadStep::End;
            }
            if let Some((number, message, _)) = state.events.iter().find(|(number, ..)| *number > after) {
                return ReadStep::Event(*number, message.clone());
            }
            if state.done {
                return ReadStep::End;
            }
            if state.closed > closed {
                return ReadStep::SentAway;
            }
        }
        if tokio::time::timeout_at(deadline, changed).await.is_err() {
            return ReadStep::KeepAlive;
        }
    }
}

impl Events for LogReader {
    fn poll_next(&mut self, task: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if std::mem::take(&mut self.prime) {
            let number = self.log.number;
            return Poll::Ready(Some(format!("id: {number}-{}\nretry: {RETRY_MS}\ndata: \n\n", self.after).into()));
        }
        let (log, after, reader, closed) = (&self.log, self.after, self.reader, self.closed);
        let step = self.step.get_or_insert_with(|| Box::pin(step(Arc::clone(log), after, reader, closed)));
        let Poll::Ready(next) = step.as_mut().poll(task) else { return Poll::Pending };
        self.step = None;
        Poll::Ready(match next {
            ReadStep::Event(number, message) => {
                self.after = number;
                Some(numbered_event(self.log.number, number, &message))
            }
            ReadStep::KeepAlive => Some(Bytes::from_static(COMMENT)),
            ReadStep::SentAway | ReadStep::End => None,
        })
    }
}
