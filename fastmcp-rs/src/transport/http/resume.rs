//! Streams that can be read at any replica: each is kept in the store as it grows, where whoever the client comes back to
//! reads on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::body::{Events, HttpBody};
use super::events::{COMMENT, KEEP_ALIVE, KEPT_BYTES, KEPT_EVENTS, Log, LogReader, Tail, numbered_event};
use super::sessions::{Held, HttpSession};
use crate::engine::core::Core;
use crate::future;
use crate::replicas::{BusMessage, RemoteStream, Replicas};
use crate::session::store::{Append, EventLimits, EventPage, StoreError};

/// How long a stream is kept after its end.
const AGE: Duration = Duration::from_secs(5 * 60);
/// How long a stream that goes on may be silent before it counts as that of a replica that died.
const ALIVE: Duration = Duration::from_secs(60);
/// How often a silent stream says that it goes on.
const TOUCH: Duration = Duration::from_secs(20);
/// How long a failed write waits for its next attempt, and how many there are.
const AGAIN: Duration = Duration::from_millis(500);
const ATTEMPTS: usize = 60;
/// How often a stream of another replica is looked at, in case the news of it was lost.
const LOOK: Duration = Duration::from_secs(1);

impl Replicas {
    /// Keeps the beginning of a stream, before its client sees any of it: to a client that came back sooner, another replica
    /// would say that the stream is over. What cannot be kept now, [`keep`](Self::keep) tries again.
    pub(super) async fn begin(&self, session: &str, log: &Log) {
        let _ = self.write(session, log.number, &log.after(0)).await;
    }

    async fn write(&self, session: &str, stream: u64, tail: &Tail) -> Result<(), StoreError> {
        let age = if tail.done { AGE } else { ALIVE };
        let limits = EventLimits { events: KEPT_EVENTS, bytes: KEPT_BYTES, age };
        let what = Append { events: &tail.events, done: tail.done, closed: tail.closed, limits };
        self.append(session, stream, what).await
    }

    /// Keeps a stream in the store, from its beginning on, until it ends.
    pub(super) fn keep(self: &Arc<Self>, session: String, log: Arc<Log>) {
        let replicas = Arc::clone(self);
        future::spawn(async move {
            let (mut after, mut said, mut failures) = (0, None, 0);
            loop {
                let changed = log.changed();
                let tail = log.after(after);
                let state = Some((tail.closed, tail.done));
                if tail.events.is_empty() && said == state && timeout(TOUCH, changed).await.is_ok() {
                    continue;
                }
                if replicas.write(&session, log.number, &tail).await.is_err() {
                    failures += 1;
                    if failures > ATTEMPTS {
                        tracing::warn!("a stream could not be kept for other replicas");
                        return;
                    }
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
                failures = 0;
                after = tail.events.last().map_or(after, |(number, _)| *number);
                said = state;
                if tail.watched {
                    replicas.publish(BusMessage::Appended { session: session.clone(), stream: log.number });
                }
                if tail.done {
                    return;
                }
            }
        });
    }

    /// The rest of a stream, whichever replica writes it.
    pub(super) async fn resume(
        self: &Arc<Self>,
        core: &Arc<Core>,
        http: &Arc<HttpSession>,
        stream: u64,
        event: u64,
    ) -> Result<HttpBody, StoreError> {
        let session = http.session.id().unwrap_or_default().to_owned();
        let hold = http.hold();
        if stream & 1 == 1 {
            // Every replica writes one of what belongs to no request. The client goes on with ours, after what it missed.
            let ours = http.standalone(core);
            if ours.number == stream {
                return Ok(HttpBody::events(Held::new(ours.read(event, false), hold)));
            }
            let last = ours.last();
            let mut missed = VecDeque::new();
            let mut after = event;
            while let Some(page) = self.read(&session, stream, after).await? {
                let Some((number, _)) = page.events.last() else { break };
                after = *number;
                missed.extend(page.events.iter().map(|(number, event)| numbered_event(stream, *number, event)));
            }
            self.publish(BusMessage::Reading { session, stream });
            return Ok(HttpBody::events(Held::new(Behind { missed, reader: ours.read(last, false) }, hold)));
        }
        self.publish(BusMessage::Reading { session: session.clone(), stream });
        if let Some(log) = http.find(stream) {
            return Ok(HttpBody::events(Held::new(log.read(event, false), hold)));
        }
        // Found out now, while it can still be said with a status.
        let first = self.read(&session, stream, event).await?;
        let (sender, pieces) = mpsc::channel(16);
        if let Some(first) = first {
            let place = self.read_here(session, stream);
            future::spawn(read_on(Arc::clone(self), place, first, event, sender));
        }
        // A stream that is no longer kept has nothing left to say.
        Ok(HttpBody::events(Held::new(Pieces(pieces), hold)))
    }
}

/// Reads a stream of another replica for a client, until it ends, the client goes, or reads it elsewhere.
async fn read_on(
    replicas: Arc<Replicas>,
    place: RemoteStream,
    first: EventPage,
    mut after: u64,
    sender: mpsc::Sender<Bytes>,
) {
    let closed = first.closed;
    let mut page = Some(first);
    let mut silent_since = Instant::now();
    while !place.is_over() && !sender.is_closed() {
        let mut more = false;
        if let Some(page) = page {
            for (number, event) in page.events {
                more = true;
                after = number;
                if sender.send(numbered_event(place.stream, number, &event)).await.is_err() {
                    return;
                }
            }
            if page.done || page.closed > closed {
                return;
            }
        }
        if more {
            silent_since = Instant::now();
        } else {
            let _ = timeout(LOOK, place.changed()).await;
            if silent_since.elapsed() >= KEEP_ALIVE {
                silent_since = Instant::now();
                let _ = sender.send(Bytes::from_static(COMMENT)).await;
            }
        }
        page = match replicas.read(&place.session, place.stream, after).await {
            Ok(None) => return,
            Ok(page) => page,
            // It may come back; the client is told nothing wrong in the meantime.
            Err(_) => None,
        };
    }
}

/// What [`read_on`] reads.
struct Pieces(mpsc::Receiver<Bytes>);

impl Events for Pieces {
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Bytes>> {
        self.0.poll_recv(task)
    }
}

/// A stream of this replica, after what the client missed of another's.
struct Behind {
    missed: VecDeque<Bytes>,
    reader: LogReader,
}

impl Events for Behind {
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Bytes>> {
        match self.missed.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None => self.reader.poll_next(task),
        }
    }
}
