//! The endpoint: what its requests share, of either era.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::authentication::{later, step_up};
use super::mirrored_headers::SESSION_ID;
use super::responses::{HttpResponse, json_response};
use super::service::caller_of;
use super::sessions::{Known, Sessions};
use super::settings::Http;
use crate::bounds;
use crate::context::{Caller, Host};
use crate::engine::answered::Answered;
use crate::engine::core::Core;
use crate::error::ErrorKind;
use crate::observe::TurnedAway;
use crate::observe::record::Via;
use crate::protocol::Revision;
use crate::protocol::jsonrpc::INVALID_REQUEST;
use crate::replicas::Replicas;

pub(super) struct Endpoint {
    pub(super) core: Arc<Core>,
    pub(super) host: Arc<dyn Host>,
    pub(super) settings: Http,
    pub(super) sessions: Arc<Sessions>,
    /// What is left of the bytes for large bodies.
    pub(super) body_room: Semaphore,
    /// The other replicas, once this one has joined them.
    pub(super) replicas: tokio::sync::OnceCell<Arc<Replicas>>,
    #[cfg(feature = "sse")]
    pub(super) streams: super::sse::Streams,
}

impl Endpoint {
    pub(super) fn new(core: Arc<Core>, settings: Http) -> Self {
        let host: Arc<dyn Host> = Arc::clone(&core) as _;
        let sessions = Sessions::new(settings.max_sessions, settings.session_idle, Arc::clone(&core.kept));
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &core.observers.metrics {
            if settings.auth.asks() {
                metrics.expect_auth(crate::auth::words());
                let auth = Arc::downgrade(&settings.auth);
                let levels = move || auth.upgrade().map(|auth| auth.key_levels()).unwrap_or_default();
                core.observers.levels.watch_keys(levels);
            }
            let counted = Arc::downgrade(&sessions);
            core.observers.levels.count_sessions(move || counted.upgrade().map_or(0, |sessions| sessions.len()));
        }
        if settings.auth.has_issuers() {
            let auth = Arc::clone(&settings.auth);
            core.ready_checks.of_server("keys", true, move || {
                let there = auth.is_ready();
                Box::pin(
                    async move { if there { Ok(()) } else { Err("there are no keys to check tokens with".into()) } },
                )
            });
        }
        Self {
            core,
            host,
            settings,
            sessions,
            body_room: Semaphore::new(bounds::LARGE_BODIES),
            replicas: tokio::sync::OnceCell::new(),
            #[cfg(feature = "sse")]
            streams: super::sse::Streams::default(),
        }
    }

    /// The session that a request names.
    pub(super) async fn known(&self, headers: &HeaderMap, caller: &Caller) -> Known {
        match headers.get(SESSION_ID) {
            None => Known::None,
            // Boxed, so that a server alone does not carry the place for it around.
            Some(id) if !self.is_alone() => Box::pin(self.find_shared(id, caller)).await,
            Some(id) => match id.to_str().ok().and_then(|id| self.sessions.find(id, caller)) {
                Some(session) => Known::Session(session),
                None => Known::Gone,
            },
        }
    }

    /// A reply in one piece.
    pub(super) fn json(&self, id: &RawValue, revision: Revision, mut answered: Answered) -> HttpResponse {
        let code = match &answered.reply {
            Err(error) if revision.has_error_statuses() || error.code == INVALID_REQUEST => error.status,
            _ => 200,
        };
        let mut out = Vec::with_capacity(512);
        self.core.write_answer(&mut out, id, revision, &mut answered);
        let mut response = json_response(StatusCode::from_u16(code).unwrap_or(StatusCode::OK), out);
        if let (403, Err(error)) = (code, &answered.reply)
            && let Some(challenge) = step_up(&self.settings.auth, error)
        {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = answered.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }

    /// The answer to a request of somebody who sends too many, whatever they are.
    pub(super) fn at_the_edge<B>(&self, request: &Request<B>, peer: Option<IpAddr>) -> Option<HttpResponse> {
        let limits = self.core.limits.as_ref()?;
        let from = caller_of(request.extensions(), peer);
        let wait = limits.at_the_edge(&from).err()?;
        let (observers, why) = (&self.core.observers, "too many requests");
        observers.limited("edge");
        if limits.is_told() {
            let (via, kind) = (Via::Http, ErrorKind::RateLimited);
            observers.turned_away(&TurnedAway { caller: &from, via, kind, why });
        }
        Some(later(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", why, wait))
    }
}
