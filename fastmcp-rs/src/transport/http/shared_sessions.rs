//! What the endpoint does differently when it is one of several replicas.

use std::sync::Arc;

use axum::http::HeaderValue;

use super::endpoint::Endpoint;
use super::session_table::Owner;
use super::sessions::{HttpSession, Known, Sessions};
use crate::context::Caller;
use crate::error::Error;
use crate::replicas::{BusMessage, Conversations, ReplicaConfig, Replicas, open};
use crate::session::store::Loaded;
use crate::session::{ReplicaLink, Session};

/// Characters of a session's id, so that nothing else becomes the key of anything.
const ID: usize = 32;

impl Endpoint {
    /// There is one process, and nobody to be told anything.
    pub(super) fn is_alone(&self) -> bool {
        self.settings.replicas.is_none()
    }

    /// Joins the other replicas, once.
    pub(super) async fn join(&self) -> Result<(), Error> {
        let Some(sharing) = &self.settings.replicas else { return Ok(()) };
        let join = || async {
            let store = open(sharing, &self.core.info.name)?;
            let (limit, idle) = (self.settings.max_sessions, self.settings.session_idle);
            let sessions: Arc<dyn Conversations> = Arc::clone(&self.sessions) as _;
            let joined = Replicas::join(store, &self.core, Arc::downgrade(&sessions), limit, idle).await;
            let replicas = joined.map_err(|error| {
                Error::new("the store that replicas share (Redis, unless the program says otherwise) cannot be reached")
                    .caused_by(error)
            })?;
            self.sessions.share(Arc::clone(&replicas));
            let checked = Arc::clone(&replicas);
            // Requests without a session go on when it is away.
            self.core.ready_checks.of_server(name_of(sharing), false, move || {
                let replicas = Arc::clone(&checked);
                Box::pin(async move { Ok(replicas.answers().await?) })
            });
            Ok(replicas)
        };
        self.replicas.get_or_try_init(join).await.map(drop)
    }

    /// A session that is about to begin.
    pub(super) fn new_session(&self, id: String) -> Session {
        match self.replicas.get() {
            None => Session::new(Some(id), &self.core.kept),
            Some(replicas) => Session::shared(id, Arc::clone(replicas) as Arc<dyn ReplicaLink>, &self.core.kept),
        }
    }

    /// Lets the other replicas know of a session that has begun.
    pub(super) async fn create_shared(&self, session: &Session, caller: &Caller) -> bool {
        match self.replicas.get() {
            Some(replicas) => replicas.create_shared(session, caller.identity()).await,
            None => false,
        }
    }

    /// The session of an id, wherever it began.
    pub(super) async fn find_shared(&self, id: &HeaderValue, caller: &Caller) -> Known {
        let Some(replicas) = self.replicas.get() else { return Known::Unavailable };
        let well_formed = |id: &&str| id.len() == ID && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let Some(id) = id.to_str().ok().filter(well_formed) else { return Known::Gone };
        let here = self.sessions.peek(id);
        let seen = here.as_ref().and_then(|http| http.session.seen());
        let http = match (replicas.store.load(id, seen, replicas.idle).await, here) {
            (Err(_), _) => return Known::Unavailable,
            (Ok(Loaded::Gone), _) => {
                self.sessions.remove(id);
                replicas.stop_reading(id);
                return Known::Gone;
            }
            (Ok(Loaded::Unchanged), Some(http)) => http,
            // It was asked for without a version, so this cannot be.
            (Ok(Loaded::Unchanged), None) => return Known::Unavailable,
            (Ok(Loaded::Session { version, record }), Some(http)) => {
                http.session.renew(version, &record);
                http
            }
            (Ok(Loaded::Session { version, record }), None) => {
                let others = Arc::clone(replicas) as Arc<dyn ReplicaLink>;
                let Some(session) = Session::restored(id.to_owned(), others, version, &record, &self.core.kept) else {
                    tracing::warn!("a session of another replica has a revision that is not known here");
                    return Known::Gone;
                };
                if record.subject.as_deref() != caller.identity() {
                    return Known::Gone;
                }
                match self.sessions.insert(Arc::new(session), Owner::new(record.subject.as_deref(), None)) {
                    Ok(http) => http,
                    Err(_) => return Known::Unavailable,
                }
            }
        };
        // Also notes that it is in use.
        match self.sessions.find(id, caller) {
            Some(http) => Known::Session(http),
            None if http.is_of(caller) => Known::Session(http),
            None => Known::Gone,
        }
    }

    /// Tells the others what a request changed of its session.
    pub(super) async fn save_changes(&self, http: &HttpSession) -> bool {
        match self.replicas.get() {
            Some(replicas) => replicas.save_changes(&http.session).await,
            None => true,
        }
    }

    /// Ends a session at its client's wish.
    pub(super) async fn end_everywhere(&self, id: &str) -> bool {
        let Some(replicas) = self.replicas.get() else { return false };
        if replicas.store.remove(id).await.is_err() {
            return false;
        }
        replicas.stop_reading(id);
        replicas.publish(BusMessage::Ended(id.to_owned()));
        true
    }
}

/// What readiness calls it.
fn name_of(sharing: &ReplicaConfig) -> &'static str {
    match sharing {
        #[cfg(feature = "redis")]
        ReplicaConfig::Redis(_) => "redis",
        ReplicaConfig::Through(_) => "store",
    }
}

impl Conversations for Sessions {
    fn ids(&self) -> Vec<String> {
        Sessions::ids(self)
    }

    fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.peek(id).map(|http| Arc::clone(&http.session))
    }

    fn end(&self, id: &str) {
        self.remove(id);
    }

    fn leave(&self, id: &str, stream: u64) {
        if let Some(log) = self.peek(id).and_then(|http| http.find(stream)) {
            log.leave();
        }
    }
}
