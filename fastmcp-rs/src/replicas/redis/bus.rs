//! Listening to the channel: for as long as somebody wants to hear, over a connection that is made again whenever it breaks.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_core::Stream;
use redis::aio::{PubSubSink, PubSubStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::failure::RedisFailure;
use super::flight::jittered;
use super::link::{Link, PATIENCE};
use super::slots::slot;
use super::topology::Topology;
use crate::future;
use crate::session::store::{BusEvent, BusListener, StoreError};

/// How long the channel may be silent before it is asked whether it lives.
const SILENCE: Duration = Duration::from_secs(10);
/// The pauses between attempts to connect, each a little more or less.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(2)];

struct Channel {
    sink: PubSubSink,
    stream: PubSubStream,
}

/// Subscribes, and goes on listening in a task.
pub(super) async fn subscribe(link: &Arc<Link>, channel: String, listener: BusListener) -> Result<(), StoreError> {
    let mut open = connect(&link.topology, &channel).await.map_err(StoreError::new)?;
    let mut doubts = link.topology.doubts();
    let link: Weak<Link> = Arc::downgrade(link);
    future::spawn(async move {
        loop {
            if !listen(&mut open, &listener, &link, &mut doubts).await {
                return;
            }
            tracing::warn!("the connection that brings messages from other replicas broke");
            let mut pauses = PAUSES.iter().chain(PAUSES.last().into_iter().cycle());
            open = loop {
                tokio::time::sleep(jittered(pauses.next().copied().unwrap_or_default())).await;
                let Some(topology) = link.upgrade().map(|link| Arc::clone(&link.topology)) else { return };
                match connect(&topology, &channel).await {
                    Ok(again) => break again,
                    Err(_) => topology.doubt(),
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

/// At the server that has the sessions: when it cannot be reached, they cannot either, and no client is told that its message came.
async fn connect(topology: &Arc<Topology>, channel: &str) -> Result<Channel, RedisFailure> {
    let node = topology.owner(if topology.is_cluster() { slot(channel) } else { 0 }).await?;
    let (sink, stream) = topology.dialer.subscribe(&node.address, channel).await?.split();
    Ok(Channel { sink, stream })
}

/// Hands on what comes; `true` when the connection broke, `false` when nobody listens any more.
async fn listen(
    open: &mut Channel,
    listener: &BusListener,
    link: &Weak<Link>,
    doubts: &mut watch::Receiver<u64>,
) -> bool {
    loop {
        let next = poll_fn(|task| Pin::new(&mut open.stream).poll_next(task));
        let heard = tokio::select! {
            heard = timeout(SILENCE, next) => heard.ok(),
            // Something failed elsewhere: a server that is gone is better found out now.
            _ = doubts.changed() => None,
        };
        match heard {
            Some(Some(message)) => {
                if !listener(BusEvent::Message(message.get_payload_bytes().to_vec())) {
                    return false;
                }
            }
            Some(None) => return true,
            None if link.strong_count() == 0 => return false,
            None => {
                let answer = timeout(PATIENCE, open.sink.ping::<redis::Value>()).await;
                if !matches!(answer, Ok(Ok(_))) {
                    return true;
                }
            }
        }
    }
}
