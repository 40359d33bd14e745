//! HTTP+SSE, the transport of 2024-11-05, for clients that know nothing newer: one long GET carries everything from the
//! server, and a second URL, told in its first event, takes what the client sends (2024-11-05, basic/transports).

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use axum::http::{Method, Request, StatusCode};
use hyper::body::{Body, Bytes};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use super::body::{Events, HttpBody};
use super::endpoint::Endpoint;
use super::events::{COMMENT, KEEP_ALIVE, event};
use super::responses::{HttpResponse, events, not_allowed, plain, status};
use super::service::{caller_of, read_body};
use super::session_table::Owner;
use super::sessions::new_id;
use crate::bounds;
use crate::context::Caller;
use crate::engine::connection::Connection;
use crate::future::{self, BoxFuture};
use crate::observe::record::Via;
use crate::session::{Notifier, Outgoing, Session, lock};

/// Where the stream is.
pub(crate) const STREAM: &str = "/sse";
/// Where messages go.
pub(crate) const MESSAGES: &str = "/messages";
/// How long a message may wait for a client that does not read its stream.
const PATIENCE: Duration = Duration::from_secs(30);

/// The open streams, by the unguessable id in the URL for messages.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<String, Arc<SseConversation>>>);

struct SseConversation {
    session: Arc<Session>,
    notifier: Notifier,
    owner: Owner,
    opened: Instant,
    /// Who sent the last message, with the rights that it had then.
    used_by: Arc<Mutex<Caller>>,
}

/// The stream that makes room for a new one: the oldest of whoever has the most, if that is more than the newcomer would have.
fn first_to_go(streams: &HashMap<String, Arc<SseConversation>>, new: &SseConversation) -> Option<String> {
    let mut count: HashMap<_, usize> = HashMap::new();
    for stream in streams.values() {
        *count.entry(&stream.owner).or_default() += 1;
    }
    let own = count.get(&new.owner).map_or(1, |count| count + 1);
    let most = count.values().copied().max().filter(|most| *most > own)?;
    let theirs = streams.iter().filter(|(_, stream)| count[&stream.owner] == most);
    theirs.min_by_key(|(_, stream)| stream.opened).map(|(id, _)| id.clone())
}

impl Endpoint {
    /// Answers a request to one of the two URLs.
    pub(crate) async fn sse<B>(self: &Arc<Self>, request: Request<B>, peer: Option<IpAddr>) -> HttpResponse
    where
        B: Body<Error: std::fmt::Display>,
    {
        let (parts, body) = request.into_parts();
        let caller = caller_of(&parts.extensions, peer);
        match (&parts.method, parts.uri.path().ends_with(STREAM)) {
            (&Method::GET, true) => self.open(&caller),
            (&Method::POST, false) => {
                let id = parts.uri.query().unwrap_or("").split('&').find_map(|pair| pair.strip_prefix("session_id="));
                let conversation = id.and_then(|id| lock(&self.streams.0).get(id).cloned());
                let Some(conversation) = conversation.filter(|conversation| conversation.owner.is(&caller)) else {
                    return plain(StatusCode::NOT_FOUND, "there is no such stream: open one with GET /sse".to_owned());
                };
                match read_body(&parts.headers, body, self.core.settings.message_bytes, &self.body_room).await {
                    Ok(bytes) => {
                        lock(&conversation.used_by).clone_from(&caller);
                        // With the rights that the caller has now, which need not be those of when the stream was opened.
                        let (session, notifier) = (Arc::clone(&conversation.session), conversation.notifier.clone());
                        let connection =
                            Connection::new(Arc::clone(&self.core), session, Some(notifier), caller).over(Via::Sse);
                        take(&connection, &conversation.notifier, &bytes).await
                    }
                    Err(response) => response,
                }
            }
            _ => not_allowed(),
        }
    }

    fn open(self: &Arc<Self>, caller: &Caller) -> HttpResponse {
        let Some(id) = new_id() else {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "no randomness for a session id".to_owned());
        };
        let (sender, messages) = mpsc::channel(bounds::OUTGOING);
        let notifier = Notifier::new(sender);
        let session = Arc::new(Session::new(Some(id.clone()), &self.core.kept));
        let used_by = Arc::new(Mutex::new(caller.clone()));
        let who = Arc::clone(&used_by);
        let who = move || lock(&who).clone();
        let notices = crate::engine::tell_session(Arc::clone(&self.core), Arc::clone(&session), notifier.clone(), who);
        let owner = Owner::of(caller);
        let conversation =
            SseConversation { session: Arc::clone(&session), notifier, owner, opened: Instant::now(), used_by };
        let evicted = {
            let mut streams = lock(&self.streams.0);
            let mut evicted = None;
            if streams.len() >= self.settings.max_sessions {
                let Some(goes) = first_to_go(&streams, &conversation) else {
                    return plain(StatusCode::SERVICE_UNAVAILABLE, "there are too many streams".to_owned());
                };
                evicted = streams.remove(&goes);
            }
            streams.insert(id.clone(), Arc::new(conversation));
            evicted
        };
        if let Some(evicted) = evicted {
            evicted.session.close();
        }
        let (endpoint, own) = (Arc::clone(self), id.clone());
        future::spawn(async move {
            notices.await;
            // The server shuts down, or the stream is gone: nothing new is taken, and the stream ends after what still runs.
            lock(&endpoint.streams.0).remove(&own);
        });
        let first = format!("event: endpoint\ndata: {MESSAGES}?session_id={id}\n\n");
        events(HttpBody::events(SseStream {
            endpoint: Arc::clone(self),
            id,
            session,
            first: Some(first.into()),
            messages,
            keep_alive: Box::pin(tokio::time::sleep(KEEP_ALIVE)),
            expiry: caller.expiry(),
        }))
    }

    pub(crate) fn close_streams(&self) {
        for (_, conversation) in std::mem::take(&mut *lock(&self.streams.0)) {
            conversation.session.close();
        }
    }
}

/// Takes one message; its answer goes into the stream.
async fn take(connection: &Connection, notifier: &Notifier, bytes: &[u8]) -> HttpResponse {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return plain(StatusCode::BAD_REQUEST, "the body is not UTF-8".to_owned());
    };
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return plain(StatusCode::BAD_REQUEST, "the body is not JSON".to_owned());
    }
    let mut out = Vec::new();
    // Nothing waits in this channel: what handlers send goes into the stream by itself, ahead of the answer.
    connection.receive(text, &mut mpsc::channel(1).1, &mut out);
    for message in out.split(|byte| *byte == b'\n').filter(|message| !message.is_empty()) {
        let unread = || plain(StatusCode::SERVICE_UNAVAILABLE, "the stream is not read".to_owned());
        let kept = match message.len() {
            small if small < bounds::COUNTED => None,
            large => match connection.session().kept().take(large) {
                None => return unread(),
                kept => kept,
            },
        };
        let sent = notifier.send(Outgoing::Message(message.to_vec(), kept));
        if !tokio::time::timeout(PATIENCE, sent).await.unwrap_or(false) {
            return unread();
        }
    }
    status(StatusCode::ACCEPTED)
}

/// The stream of one client; with it the conversation ends.
struct SseStream {
    endpoint: Arc<Endpoint>,
    id: String,
    session: Arc<Session>,
    first: Option<Bytes>,
    messages: mpsc::Receiver<Outgoing>,
    keep_alive: Pin<Box<Sleep>>,
    /// Until then its client is known; then it comes back with a new token.
    expiry: Option<BoxFuture<'static, ()>>,
}

impl Events for SseStream {
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        if self.expiry.as_mut().is_some_and(|expiry| expiry.as_mut().poll(task).is_ready()) {
            return Poll::Ready(None);
        }
        while let Poll::Ready(message) = self.messages.poll_recv(task) {
            match message {
                Some(Outgoing::Message(message, kept)) => {
                    drop(kept);
                    return Poll::Ready(Some(event(&message)));
                }
                Some(Outgoing::CloseStream) => {}
                None => return Poll::Ready(None),
            }
        }
        if self.keep_alive.as_mut().poll(task).is_ready() {
            self.keep_alive.as_mut().reset(Instant::now() + KEEP_ALIVE);
            let _ = self.keep_alive.as_mut().poll(task);
            return Poll::Ready(Some(Bytes::from_static(COMMENT)));
        }
        Poll::Pending
    }
}

impl Drop for SseStream {
    fn drop(&mut self) {
        lock(&self.endpoint.streams.0).remove(&self.id);
        self.session.close();
    }
}
