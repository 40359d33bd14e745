//! Listening to the channel: for as long as somebody wants to hear, over a connection that is made again whenever it breaks.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_core::Stream;
use redis::aio::{PubSubSink, PubSubStream};

use super::link::{Link, PATIENCE};
use crate::future;
use crate::session::store::{BusEvent, BusListener, StoreError};

/// How long the channel may be silent before it is asked whether it lives.
const SILENCE: Duration = Duration::from_secs(10);
/// The pauses between attempts to connect.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(2)];

struct Channel {
    sink: PubSubSink,
    stream: PubSubStream,
}

/// Subscribes, and goes on listening in a task.
pub(super) async fn subscribe(link: &Arc<Link>, channel: String, listener: BusListener) -> Result<(), StoreError> {
    let mut open = connect(link, &channel).await?;
    let link: Weak<Link> = Arc::downgrade(link);
    future::spawn(async move {
        loop {
            if !listen(&mut open, &listener, &link).await {
                return;
            }
            tracing::warn!("the connection that brings messages from other replicas broke");
            let mut pauses = PAUSES.iter().chain(PAUSES.last().into_iter().cycle());
            open = loop {
                tokio::time::sleep(pauses.next().copied().unwrap_or_default()).await;
                let Some(link) = link.upgrade() else { return };
                if let Ok(again) = connect(&link, &channel).await {
                    break again;
                }
            };
            tracing::info!("messages from other replicas arrive again");
            if !listener(BusEvent::Missed) {
                return;
            }
        }
    });
    Ok(())
}

async fn connect(link: &Link, channel: &str) -> Result<Channel, StoreError> {
    let connecting = async {
        let (mut sink, stream) = link.client.get_async_pubsub().await?.split();
        sink.subscribe(channel).await?;
        Ok(Channel { sink, stream })
    };
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(connected) => connected.map_err(|error: redis::RedisError| StoreError::new(error)),
        Err(_) => Err(StoreError::new(format!("no answer within {PATIENCE:?}"))),
    }
}

/// Hands on what comes; `true` when the connection broke, `false` when nobody listens any more.
async fn listen(open: &mut Channel, listener: &BusListener, link: &Weak<Link>) -> bool {
    loop {
        let next = poll_fn(|task| Pin::new(&mut open.stream).poll_next(task));
        match tokio::time::timeout(SILENCE, next).await {
            Ok(Some(message)) => {
                if !listener(BusEvent::Message(message.get_payload_bytes().to_vec())) {
                    return false;
                }
            }
            Ok(None) => return true,
            Err(_) if link.strong_count() == 0 => return false,
            Err(_) => {
                let answer = tokio::time::timeout(PATIENCE, open.sink.ping::<redis::Value>()).await;
                if !matches!(answer, Ok(Ok(_))) {
                    return true;
                }
            }
        }
    }
}
