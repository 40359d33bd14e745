//! Streamable HTTP: one route, every answer one piece of JSON, but for one tool that reports a step before.

use std::collections::HashSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use axum::response::Response as AxumResponse;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::protocol::{EVENT, LEGACY, MODERN, Message, Server};

struct App {
    server: Server,
    sessions: Mutex<HashSet<String>>,
    next: AtomicU64,
}

impl App {
    fn new() -> Arc<Self> {
        Arc::new(Self { server: Server::new(), sessions: Mutex::default(), next: AtomicU64::new(1) })
    }

    /// The status, the body, and the id of a session that has begun.
    fn answer(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, Vec<u8>, Option<String>) {
        let one = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let refuse = |status| (status, Vec::new(), None);
        if one("origin")
            .is_some_and(|origin| !origin.starts_with("http://localhost") && !origin.starts_with("http://127.0.0.1"))
        {
            return refuse(StatusCode::FORBIDDEN);
        }
        let Some(message) = str::from_utf8(body).ok().and_then(|body| serde_json::from_str::<Message<'_>>(body).ok())
        else {
            return refuse(StatusCode::BAD_REQUEST);
        };
        let mut out = Vec::with_capacity(256);
        if message.modern().is_some() {
            let name = message.params.as_ref().map(|params| &*params.name);
            if one("mcp-protocol-version") != Some(MODERN)
                || one("mcp-method") != Some(&message.method)
                || (message.method == "tools/call" && one("mcp-name") != name)
            {
                return refuse(StatusCode::BAD_REQUEST);
            }
            self.server.reply(&message, true, &mut out);
            return (StatusCode::OK, out, None);
        }
        if message.method == "initialize" {
            let id = format!("session-{:016x}", self.next.fetch_add(1, Ordering::Relaxed));
            self.sessions.lock().expect("nobody panics").insert(id.clone());
            self.server.reply(&message, false, &mut out);
            return (StatusCode::OK, out, Some(id));
        }
        if one("mcp-protocol-version").is_some_and(|version| version != LEGACY) {
            return refuse(StatusCode::BAD_REQUEST);
        }
        let known = one("mcp-session-id").is_some_and(|id| self.sessions.lock().expect("nobody panics").contains(id));
        if !known {
            return refuse(StatusCode::NOT_FOUND);
        }
        if message.id.is_none() {
            return refuse(StatusCode::ACCEPTED);
        }
        self.server.reply(&message, false, &mut out);
        (StatusCode::OK, out, None)
    }
}

fn response<B>(status: StatusCode, body: B, session: Option<String>) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if let Some(id) = session.and_then(|id| id.parse().ok()) {
        response.headers_mut().insert("mcp-session-id", id);
    }
    response
}

/// A body of one piece whose length is not said before.
struct Stream(Option<Bytes>);

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|piece| Ok(Frame::data(piece))))
    }
}

#[tokio::main]
pub async fn axum(address: &str) -> std::io::Result<()> {
    async fn handle(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> AxumResponse {
        let (status, out, session) = app.answer(&headers, &body);
        if out.starts_with(EVENT) {
            let mut response = response(status, Body::new(Stream(Some(out.into()))), session);
            response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
            return response;
        }
        response(status, Body::from(out), session)
    }
    let router = axum::Router::new().route("/mcp", post(handle)).with_state(App::new());
    let listener = TcpListener::bind(address).await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

#[tokio::main]
pub async fn hyper(address: &str) -> std::io::Result<()> {
    let app = App::new();
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let app = Arc::clone(&app);
        tokio::spawn(async move {
            let service = service_fn(|request: hyper::Request<Incoming>| {
                let app = Arc::clone(&app);
                async move {
                    let (parts, body) = request.into_parts();
                    if parts.uri.path() != "/mcp" || parts.method != Method::POST {
                        return Ok(response(StatusCode::NOT_FOUND, Full::default(), None));
                    }
                    let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
                        return Ok(response(StatusCode::BAD_REQUEST, Full::default(), None));
                    };
                    let (status, out, session) = app.answer(&parts.headers, &body);
                    Ok::<_, Infallible>(response(status, Full::new(Bytes::from(out)), session))
                }
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
