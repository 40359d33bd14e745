//! A conversation of which other replicas of the server know too: what changes is noted for them, and what is about a request
//! that runs there is handed on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::value::RawValue;

use super::{Handshake, KeptRoom, Session, UNSET, lock};
use crate::protocol::{ClientCapabilities, Revision};
use crate::session::record::{SessionChange, SessionRecord};

/// The other replicas, as a conversation sees them.
pub(crate) trait ReplicaLink: Send + Sync {
    /// Hands the client's answer to whichever replica asked.
    fn answer(&self, session: &str, id: u64, outcome: Result<&RawValue, &RawValue>);
    /// Cancels a request wherever it runs.
    fn cancel(&self, session: &str, id: &RawValue);
    /// The id for a question, which no other replica uses.
    fn request_id(&self) -> u64;
}

/// What belongs to a conversation that is known to several replicas.
pub(crate) struct SharedSession {
    pub elsewhere: Arc<dyn ReplicaLink>,
    /// What the others are still to be told.
    changes: Mutex<Vec<SessionChange>>,
    /// The version of the record that this is the like of.
    seen: AtomicU64,
}

impl Session {
    /// A conversation that other replicas will know of.
    pub(crate) fn shared(id: String, elsewhere: Arc<dyn ReplicaLink>, all: &Arc<KeptRoom>) -> Self {
        let shared = SharedSession { elsewhere, changes: Mutex::default(), seen: AtomicU64::new(0) };
        Self { shared: Some(shared), ..Self::new(Some(id), all) }
    }

    /// A conversation that began at another replica; `None` if the record makes no sense here.
    pub(crate) fn restored(
        id: String,
        elsewhere: Arc<dyn ReplicaLink>,
        version: u64,
        record: &SessionRecord,
        all: &Arc<KeptRoom>,
    ) -> Option<Self> {
        let raw = |json: &Option<String>| json.clone().and_then(|json| RawValue::from_string(json).ok());
        let declared = raw(&record.capabilities);
        let capabilities: Option<ClientCapabilities> =
            declared.as_ref().and_then(|declared| serde_json::from_str(declared.get()).ok());
        let session = Self::shared(id, elsewhere, all);
        let bytes = [&record.client_info, &record.capabilities].into_iter().flatten().map(String::len).sum();
        let handshake = Handshake {
            revision: Revision::parse(&record.revision)?,
            capabilities: capabilities.unwrap_or_default(),
            client_info: raw(&record.client_info),
            declared,
        };
        // Another replica had room for it.
        session.greet(handshake, session.kept().keep(bytes));
        session.renew(version, record);
        Some(session)
    }

    /// What other replicas need to know of it.
    pub(crate) fn record(&self, subject: Option<&str>) -> Option<SessionRecord> {
        let handshake = self.handshake()?;
        let text = |raw: &Option<Box<RawValue>>| raw.as_ref().map(|raw| raw.get().to_owned());
        Some(SessionRecord {
            revision: handshake.revision.as_str().to_owned(),
            capabilities: text(&handshake.declared),
            client_info: text(&handshake.client_info),
            subject: subject.map(ToOwned::to_owned),
            ..SessionRecord::default()
        })
    }

    /// The version of the record that was last seen.
    pub(crate) fn seen(&self) -> Option<u64> {
        self.shared.as_ref().map(|shared| shared.seen.load(Ordering::Acquire))
    }

    /// Takes over what another replica changed. What was changed here and not told yet stays.
    pub(crate) fn renew(&self, version: u64, record: &SessionRecord) {
        let Some(shared) = &self.shared else { return };
        let changes = lock(&shared.changes);
        if shared.seen.fetch_max(version, Ordering::AcqRel) > version {
            return;
        }
        let mut record = record.clone();
        changes.iter().for_each(|change| record.apply(change));
        self.initialized.store(record.initialized, Ordering::Release);
        self.log_level.store(record.log_level.map_or(UNSET, |level| level as u8), Ordering::Relaxed);
        *lock(&self.subscriptions) =
            record.subscriptions.into_iter().map(|uri| (uri.clone(), self.kept.keep(uri.len()))).collect();
        *lock(&self.values) = record.values.into_iter().collect();
    }

    /// Remembers a change for the other replicas, if there are any.
    pub(super) fn note(&self, change: impl FnOnce() -> SessionChange) {
        if let Some(shared) = &self.shared {
            lock(&shared.changes).push(change());
        }
    }

    /// What the other replicas are still to be told.
    pub(crate) fn take_changes(&self) -> Vec<SessionChange> {
        self.shared.as_ref().map(|shared| std::mem::take(&mut *lock(&shared.changes))).unwrap_or_default()
    }

    /// Changes that could not be told: for the next time.
    pub(crate) fn put_back(&self, mut untold: Vec<SessionChange>) {
        if let Some(shared) = &self.shared {
            let mut changes = lock(&shared.changes);
            untold.append(&mut changes);
            *changes = untold;
        }
    }

    pub(super) fn forward_answer(&self, id: u64, outcome: Result<&RawValue, &RawValue>) {
        if let (Some(shared), Some(session)) = (&self.shared, self.id()) {
            shared.elsewhere.answer(session, id, outcome);
        }
    }

    pub(super) fn forward_cancel(&self, id: &RawValue) {
        if let (Some(shared), Some(session)) = (&self.shared, self.id()) {
            shared.elsewhere.cancel(session, id);
        }
    }

    /// Hands an answer that came to another replica to whoever asked here.
    pub(crate) fn answer_here(&self, id: u64, outcome: Result<Box<RawValue>, Box<RawValue>>) {
        if let Some(waiting) = lock(&self.waiting).remove(&id) {
            let _ = waiting.send(outcome.map_err(|raw| super::read_error(&raw)));
        }
    }
}
