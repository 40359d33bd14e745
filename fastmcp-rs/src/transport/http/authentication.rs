//! Who makes a request, asked before anything of its body is read, and the answers to whoever may not go on.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use serde_json::json;

use super::body::HttpBody;
use super::endpoint::Endpoint;
use super::responses::{HttpResponse, json_response, status};
use super::service::caller_of;
use crate::auth::bearer::{Challenge, described};
use crate::auth::{self, Auth, TokenRefusal};
use crate::error::ErrorKind;
use crate::observe::TurnedAway;
use crate::observe::record::Via;
use crate::protocol::RpcError;

impl Endpoint {
    /// Lets a request on with its caller, if it may go on; otherwise the answer.
    pub(super) async fn authenticate<B>(&self, request: &mut Request<B>, peer: Option<IpAddr>) -> Option<HttpResponse> {
        let settings = &*self.settings.auth;
        let somebody = caller_of(request.extensions(), peer);
        let admitted = settings.admit(request.method(), request.uri(), request.headers(), somebody.network()).await;
        self.core.observers.authenticated(auth::word(&admitted));
        match admitted {
            Ok(caller) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                None
            }
            Err(refusal) => {
                if let TokenRefusal::TooMany(_) = refusal {
                    self.core.observers.limited("auth");
                }
                if let Some((kind, why)) = noted(&refusal) {
                    self.core.observers.turned_away(&TurnedAway { caller: &somebody, via: Via::Http, kind, why });
                }
                Some(answer(settings, refusal))
            }
        }
    }
}

/// What those who watch the server are told of a refusal, if it is about who calls.
fn noted(refusal: &TokenRefusal) -> Option<(ErrorKind, &str)> {
    match refusal {
        TokenRefusal::NoToken => Some((ErrorKind::Unauthorized, "no token")),
        TokenRefusal::Invalid(reason) => Some((ErrorKind::Unauthorized, reason)),
        TokenRefusal::Scopes(_) => Some((ErrorKind::Forbidden, "a scope that every request needs is missing")),
        TokenRefusal::TooMany(_) => Some((ErrorKind::RateLimited, "too many bad tokens")),
        TokenRefusal::Malformed(_) | TokenRefusal::Unavailable(_) => None,
    }
}

/// The answer to a request that does not go on (2026-07-28, basic/authorization; RFC 6750, section 3.1).
fn answer(auth: &Auth, refusal: TokenRefusal) -> HttpResponse {
    let metadata = auth.metadata.as_ref().map(|metadata| metadata.url.as_str());
    let challenge = Challenge::new();
    let (code, error, why, challenge) = match refusal {
        TokenRefusal::NoToken => {
            let why = "a token is needed: send `Authorization: Bearer <token>`";
            (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                why.to_owned(),
                challenge.metadata(metadata).scopes(&auth.required),
            )
        }
        TokenRefusal::Invalid(reason) => {
            tracing::info!(reason, "a bad token was refused");
            let why = described(reason);
            let challenge = challenge.error("invalid_token").describe(why).metadata(metadata).scopes(&auth.required);
            (StatusCode::UNAUTHORIZED, "invalid_token", why.to_owned(), challenge)
        }
        TokenRefusal::Malformed(malformed) => {
            let why = malformed.0;
            (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                why.to_owned(),
                challenge.error("invalid_request").describe(why),
            )
        }
        TokenRefusal::Scopes(scopes) => {
            let why = format!("every request needs {}", scopes.join(" "));
            let challenge = challenge.error("insufficient_scope").scopes(&scopes).describe(&why).metadata(metadata);
            (StatusCode::FORBIDDEN, "insufficient_scope", why, challenge)
        }
        TokenRefusal::TooMany(wait) => {
            return later(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "too many bad tokens came from there",
                wait,
            );
        }
        TokenRefusal::Unavailable(wait) => {
            return later(
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "nobody can check tokens now",
                wait,
            );
        }
    };
    let mut response = said(code, error, &why);
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge.header());
    response
}

/// An error in the form of OAuth's (RFC 6749, section 5.2).
fn said(code: StatusCode, error: &str, why: &str) -> HttpResponse {
    let body = json!({ "error": error, "error_description": why });
    let mut response = json_response(code, body.to_string().into_bytes());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A refusal that says when to come back.
pub(super) fn later(code: StatusCode, error: &str, why: &str, wait: Duration) -> HttpResponse {
    let mut response = said(code, error, why);
    // Rounded up: whoever comes back then is not told once more.
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds as u64));
    response
}

/// What a client is to ask for whose scopes are too few for what it wants; nothing where a role is missing.
pub(super) fn step_up(auth: &Auth, error: &RpcError) -> Option<HeaderValue> {
    let needed = error.data.as_ref()?.pointer("/details/required_scopes")?.as_array()?;
    let mut scopes = auth.required.clone();
    for scope in needed.iter().filter_map(serde_json::Value::as_str) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    let metadata = auth.metadata.as_ref().map(|metadata| metadata.url.as_str());
    let challenge = Challenge::new().error("insufficient_scope").scopes(&scopes).describe(&error.message);
    Some(challenge.metadata(metadata).header())
}

/// The metadata for clients, to everybody and to every page (RFC 9728, section 3).
pub(super) fn metadata(auth: &Auth, method: &Method) -> HttpResponse {
    let Some(metadata) = &auth.metadata else { return status(StatusCode::NOT_FOUND) };
    let mut response = match *method {
        Method::GET => json_response(StatusCode::OK, metadata.document.clone()),
        Method::HEAD => {
            let mut response = status(StatusCode::OK);
            *response.body_mut() = HttpBody::empty();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Method::OPTIONS => status(StatusCode::NO_CONTENT),
        _ => status(StatusCode::METHOD_NOT_ALLOWED),
    };
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    response
}
