//! What goes back over HTTP: responses of every kind, and which of them a client takes.

use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::value::RawValue;

use super::body::HttpBody;
use crate::protocol::RpcError;
use crate::protocol::jsonrpc::write_error;

pub(super) type HttpResponse = Response<HttpBody>;

/// The same response, of one piece if it is a stream that is over already: one write, and nothing is kept open for it.
pub(super) async fn settled(response: HttpResponse) -> HttpResponse {
    if !response.body().is_events() {
        return response;
    }
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, Box::pin(body.settled()).await)
}

/// What a client takes as an answer.
#[derive(Clone, Copy)]
pub(super) struct Accepts {
    pub(super) json: bool,
    pub(super) events: bool,
}

impl Accepts {
    /// Which answers a client takes. Much is accepted: no header, JSON alone, or everything.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut any = false;
        // For each kind, how close the closest range comes to it, and whether that range takes it.
        let (mut json, mut events) = ((0, false), (0, false));
        for value in headers.get_all(ACCEPT) {
            any = true;
            // What the official clients send.
            if value == "application/json, text/event-stream" {
                return Self { json: true, events: true };
            }
            for range in value.to_str().unwrap_or("").split(',').take(64) {
                let mut parts = range.split(';').map(str::trim);
                let kind = parts.next().unwrap_or("");
                let takes = !parts.filter_map(|part| part.split_once('=')).any(|(name, quality)| {
                    name.trim().eq_ignore_ascii_case("q") && quality.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
                });
                for (best, exact, family) in
                    [(&mut json, "application/json", "application/*"), (&mut events, "text/event-stream", "text/*")]
                {
                    let close = [exact, family, "*/*"].iter().position(|known| kind.eq_ignore_ascii_case(known));
                    let close = close.map_or(0, |position| 3 - position);
                    if close > best.0 {
                        *best = (close, takes);
                    }
                }
            }
        }
        if any { Self { json: json.1, events: events.1 } } else { Self { json: true, events: false } }
    }
}

pub(super) fn status(code: StatusCode) -> HttpResponse {
    let mut response = Response::new(HttpBody::empty());
    *response.status_mut() = code;
    response
}

/// A refusal of the transport: no JSON-RPC, since nothing of the message was looked at.
pub(super) fn plain(code: StatusCode, why: String) -> HttpResponse {
    let mut response = Response::new(HttpBody::full(why.into_bytes()));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

pub(super) fn not_allowed() -> HttpResponse {
    let mut response = plain(
        StatusCode::METHOD_NOT_ALLOWED,
        "send requests with POST; GET and DELETE need an Mcp-Session-Id".to_owned(),
    );
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE"));
    response
}

/// 2026-07-28 has one method.
pub(super) fn only_post() -> HttpResponse {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "2026-07-28 has only POST".to_owned());
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

/// The store of sessions does not answer, or not yet again.
pub(super) fn unavailable() -> HttpResponse {
    later("sessions cannot be looked up at the moment", "2")
}

pub(super) fn too_many() -> HttpResponse {
    later("there are too many sessions", "30")
}

pub(super) fn later(why: &str, seconds: &'static str) -> HttpResponse {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, why.to_owned());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    response
}

/// A session that does not exist (any more): the client begins a new one.
pub(super) fn gone() -> HttpResponse {
    plain(StatusCode::NOT_FOUND, "there is no such session: send `initialize`".to_owned())
}

pub(super) fn refused(code: u16, id: Option<&RawValue>, error: &RpcError) -> HttpResponse {
    let mut out = Vec::new();
    write_error(&mut out, id, error);
    json_response(StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST), out)
}

pub(super) fn json_response(code: StatusCode, json: Vec<u8>) -> HttpResponse {
    let mut response = Response::new(HttpBody::full(json));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn events(body: HttpBody) -> HttpResponse {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
