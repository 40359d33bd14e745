//! What replicas say to each other over the bus.

use std::sync::{Arc, Weak};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::super::sessions::Sessions;
use super::super::store::{BusEvent, Loaded, ReplicaStore};
use super::{Here, Replicas};
use crate::context::Change;
use crate::engine::core::Core;
use crate::future;

/// One piece of news. On the bus it stands behind the number of the replica that it is from.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum News {
    /// Clients may want to hear of a change.
    Changed(Change),
    /// A client answered a question.
    Answer { session: String, id: u64, result: Option<Box<RawValue>>, error: Option<Box<RawValue>> },
    /// A client cancelled a request.
    Cancel { session: String, id: Box<RawValue> },
    /// A client ended its session.
    Ended(String),
    /// Something of a session changed; the store has it.
    Renewed(String),
    /// A client reads a stream at the replica that says so, and no longer anywhere else.
    Reading { session: String, stream: u64 },
    /// Something came on a stream that is read elsewhere; the store has it.
    Appended { session: String, stream: u64 },
}

/// Sends news in the order in which it came, until the server is gone.
pub(super) async fn send(store: Arc<dyn ReplicaStore>, number: u32, mut outgoing: mpsc::Receiver<News>) {
    while let Some(news) = outgoing.recv().await {
        // The store has said why, if it cannot.
        if let Ok(message) = serde_json::to_vec(&(number, &news)) {
            let _ = store.publish(message).await;
        }
    }
}

/// Takes the news of the others.
pub(super) async fn receive(
    mut incoming: mpsc::Receiver<BusEvent>,
    replicas: Here,
    sessions: Weak<Sessions>,
    core: Weak<Core>,
) {
    while let Some(event) = incoming.recv().await {
        let (Some(replicas), Some(sessions), Some(core)) = (replicas.upgrade(), sessions.upgrade(), core.upgrade())
        else {
            return;
        };
        match event {
            BusEvent::Message(message) => match serde_json::from_slice::<(u32, News)>(&message) {
                Ok((from, _)) if from == replicas.number => {}
                Ok((_, news)) => take(news, &replicas, &sessions, &core),
                Err(error) => tracing::warn!(%error, "news of another replica cannot be read"),
            },
            BusEvent::Missed => {
                core.changed_elsewhere(None);
                future::spawn(async move {
                    for id in sessions.ids() {
                        replicas.renew(&sessions, &id).await;
                    }
                });
            }
        }
    }
}

fn take(news: News, replicas: &Arc<Replicas>, sessions: &Arc<Sessions>, core: &Core) {
    match news {
        News::Changed(change) => core.changed_elsewhere(Some(change)),
        News::Answer { session, id, result, error } => {
            if let (Some(http), Some(outcome)) = (sessions.peek(&session), result.map(Ok).or(error.map(Err))) {
                http.session.answer_here(id, outcome);
            }
        }
        News::Cancel { session, id } => {
            if let Some(http) = sessions.peek(&session) {
                http.session.cancel_here(&id);
            }
        }
        News::Ended(session) => {
            sessions.remove(&session);
            replicas.stop_reading(&session);
        }
        News::Renewed(session) => {
            if sessions.peek(&session).is_some() {
                let (replicas, sessions) = (Arc::clone(replicas), Arc::clone(sessions));
                future::spawn(async move { replicas.renew(&sessions, &session).await });
            }
        }
        News::Reading { session, stream } => {
            if let Some(log) = sessions.peek(&session).and_then(|http| http.find(stream)) {
                log.leave();
            }
            replicas.left(session, stream);
        }
        News::Appended { session, stream } => replicas.wake(session, stream),
    }
}

impl Replicas {
    /// Looks again at a session that is in use here.
    async fn renew(&self, sessions: &Arc<Sessions>, id: &str) {
        let Some(http) = sessions.peek(id) else { return };
        match self.store.load(id, http.session.seen(), self.idle).await {
            Ok(Loaded::Session { version, record }) => http.session.renew(version, &record),
            Ok(Loaded::Gone) => sessions.remove(id),
            Ok(Loaded::Unchanged) | Err(_) => {}
        }
    }
}
