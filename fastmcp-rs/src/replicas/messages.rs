//! What replicas say to each other over the bus.

use std::sync::{Arc, Weak};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::{Conversations, Replicas};
use crate::context::Change;
use crate::engine::core::Core;
use crate::future;
use crate::session::store::{BusEvent, ReplicaStore};

/// One message. On the bus it stands after the number of the replica that it is from.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum BusMessage {
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

/// Sends messages in the order in which they came, until the server is gone.
pub(super) async fn send(store: Arc<dyn ReplicaStore>, number: u32, mut outgoing: mpsc::Receiver<BusMessage>) {
    while let Some(message) = outgoing.recv().await {
        // The store has said why, if it cannot.
        if let Ok(bytes) = serde_json::to_vec(&(number, &message)) {
            let _ = store.publish(bytes).await;
        }
    }
}

/// Takes the messages of the others.
pub(super) async fn receive(
    mut incoming: mpsc::Receiver<BusEvent>,
    replicas: Weak<Replicas>,
    conversations: Weak<dyn Conversations>,
    core: Weak<Core>,
) {
    while let Some(event) = incoming.recv().await {
        let (Some(replicas), Some(conversations), Some(core)) =
            (replicas.upgrade(), conversations.upgrade(), core.upgrade())
        else {
            return;
        };
        match event {
            BusEvent::Message(bytes) => match serde_json::from_slice::<(u32, BusMessage)>(&bytes) {
                Ok((from, _)) if from == replicas.number => {}
                Ok((_, message)) => take(message, &replicas, &conversations, &core),
                Err(error) => tracing::warn!(%error, "a message of another replica cannot be read"),
            },
            BusEvent::Missed => {
                core.changed_elsewhere(None);
                future::spawn(async move {
                    for id in conversations.ids() {
                        renew(&replicas, &*conversations, &id).await;
                    }
                });
            }
        }
    }
}

fn take(message: BusMessage, replicas: &Arc<Replicas>, conversations: &Arc<dyn Conversations>, core: &Core) {
    match message {
        BusMessage::Changed(change) => core.changed_elsewhere(Some(change)),
        BusMessage::Answer { session, id, result, error } => {
            if let (Some(session), Some(outcome)) = (conversations.find(&session), result.map(Ok).or(error.map(Err))) {
                session.answer_here(id, outcome);
            }
        }
        BusMessage::Cancel { session, id } => {
            if let Some(session) = conversations.find(&session) {
                session.cancel_here(&id);
            }
        }
        BusMessage::Ended(session) => {
            conversations.end(&session);
            replicas.stop_reading(&session);
        }
        BusMessage::Renewed(session) => {
            if conversations.find(&session).is_some() {
                let (replicas, conversations) = (Arc::clone(replicas), Arc::clone(conversations));
                future::spawn(async move { renew(&replicas, &*conversations, &session).await });
            }
        }
        BusMessage::Reading { session, stream } => {
            conversations.leave(&session, stream);
            replicas.left(session, stream);
        }
        BusMessage::Appended { session, stream } => replicas.wake(session, stream),
    }
}

/// Looks again at a session that is in use here.
async fn renew(replicas: &Replicas, conversations: &dyn Conversations, id: &str) {
    if let Some(session) = conversations.find(id)
        && !replicas.renew(&session).await
    {
        conversations.end(id);
    }
}
