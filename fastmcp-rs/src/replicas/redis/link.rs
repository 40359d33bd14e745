//! Every operation, on its way to whoever has its key: never for longer than it may take, wherever that is, and again where that
//! helps.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value};

use super::complaints::Complaints;
use super::dial::Dialed;
use super::failure::{RedisFailure, Remedy};
use super::flight::jittered;
use super::node::{Operation, RedisNode};
use super::scripts::ScriptCall;
use super::settings::Redis;
use super::slots::slot;
use super::topology::Topology;
use crate::session::store::StoreError;

/// How long one operation may take, connecting included.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// The same for one that counts a call, a little less than whoever counts waits for it, so that its end is seen here.
const BRIEF: Duration = Duration::from_millis(45);
/// How often one is sent, at the most.
const TRIES: u32 = 6;
/// The first pause before it is sent again where that needs one.
const PAUSE: Duration = Duration::from_millis(40);

/// Whether an operation may be done twice, if it is not known whether it was done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Allowed,
    Never,
}

pub(super) struct Link {
    pub topology: Arc<Topology>,
    complaints: Complaints,
}

impl Link {
    pub(super) fn new(settings: &Redis) -> Result<Self, StoreError> {
        let topology = Topology::new(settings).map_err(StoreError::new)?;
        Ok(Self { topology: Arc::new(topology), complaints: Complaints::default() })
    }

    /// Runs a command that concerns the slot of `key`.
    pub(super) async fn command(&self, key: &str, command: &Cmd) -> Result<Value, StoreError> {
        self.run(key, Operation::Command(command)).await
    }

    pub(super) async fn script(&self, call: &ScriptCall<'_>) -> Result<Value, StoreError> {
        self.run(call.first_key(), Operation::Script(call)).await
    }

    /// Runs a script that counts: not twice, and in a time for which a call may be held up by it. Its failures are the caller's to
    /// tell of.
    pub(super) async fn count(&self, call: &ScriptCall<'_>) -> Result<Value, RedisFailure> {
        let slot = if self.topology.is_cluster() { slot(call.first_key()) } else { 0 };
        self.within(BRIEF, slot, Operation::Script(call), Repeat::Never).await
    }

    async fn run(&self, key: &str, operation: Operation<'_>) -> Result<Value, StoreError> {
        let slot = if self.topology.is_cluster() { slot(key) } else { 0 };
        match self.within(PATIENCE, slot, operation, Repeat::Allowed).await {
            Ok(value) => {
                self.complaints.works(slot);
                Ok(value)
            }
            Err(failure) => {
                self.complaints.fails(slot, &failure);
                Err(StoreError::new(failure))
            }
        }
    }

    /// Runs an operation within a time.
    pub(super) async fn within(
        &self,
        patience: Duration,
        slot: u16,
        operation: Operation<'_>,
        again: Repeat,
    ) -> Result<Value, RedisFailure> {
        let mut used = None;
        let done = tokio::time::timeout(patience, self.try_often(slot, operation, again, &mut used)).await;
        if let Ok(done) = done {
            return done;
        }
        self.topology.doubt();
        let Some((node, over)) = used else {
            return Err(RedisFailure::new(Remedy::Reconnect, "", format!("Redis gave no answer within {patience:?}")));
        };
        // It may be slow, and it may be dead: a time as short as some says nothing of that.
        if patience < PATIENCE {
            node.probe(&over, PATIENCE);
        } else {
            node.forget(&over);
        }
        Err(RedisFailure::broken(&node.address, format_args!("gave no answer within {patience:?}")))
    }

    async fn try_often(
        &self,
        slot: u16,
        operation: Operation<'_>,
        again: Repeat,
        used: &mut Option<(Arc<RedisNode>, Arc<Dialed>)>,
    ) -> Result<Value, RedisFailure> {
        let topology = &self.topology;
        let mut asked: Option<Arc<RedisNode>> = None;
        let mut pause = PAUSE;
        for tried in 1.. {
            *used = None;
            let asking = asked.is_some();
            let attempt = async {
                let node = match asked.take() {
                    Some(node) => node,
                    None => topology.owner(slot).await?,
                };
                let over = node.connection().await?;
                *used = Some((Arc::clone(&node), Arc::clone(&over)));
                node.run(&over, operation, asking).await
            };
            let failure = match attempt.await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            // One that was demoted keeps its connections, and its name may be another's by now.
            if let Some((node, over)) = used
                && (failure.remedy == Remedy::Reconnect || failure.code == "READONLY")
            {
                node.forget(over);
            }
            let at_once = match &failure.remedy {
                Remedy::Moved(slot, to) if topology.is_cluster() => {
                    topology.moved(*slot, to.clone());
                    true
                }
                Remedy::Ask(to) if topology.is_cluster() => {
                    asked = Some(topology.node(to.clone()));
                    true
                }
                // A connection that broke while nobody used it is found out only by using it.
                Remedy::Reconnect if used.is_some() && again == Repeat::Allowed => {
                    topology.doubt();
                    tried == 1
                }
                Remedy::Reconnect | Remedy::Wait if used.is_none() && !topology.is_single() => {
                    topology.doubt();
                    false
                }
                Remedy::Wait if !topology.is_single() || failure.code == "READONLY" => {
                    topology.doubt();
                    false
                }
                _ => return Err(failure),
            };
            if tried == TRIES || (tried == 2 && topology.is_single()) {
                return Err(failure);
            }
            if !at_once {
                tokio::time::sleep(jittered(pause)).await;
                pause *= 2;
            }
        }
        unreachable!("the last try returns")
    }
}
