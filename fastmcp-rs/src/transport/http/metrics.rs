//! `/metrics`: what Prometheus scrapes, for those who are near.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::body::HttpBody;
use super::responses::{HttpResponse, plain, status};
use crate::engine::core::Core;
use crate::error::Error;
use crate::observe::metrics::Metrics;
use crate::{future, printing};

/// Where they are.
pub(super) const PATH: &str = "/metrics";
/// Scrapers at the same time.
const SCRAPERS: usize = 32;
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long one connection may last.
const CONNECTION: Duration = Duration::from_secs(600);

/// Answers a request on the listener that clients use: those who are not on the same machine or network, or come through a proxy,
/// find nothing.
pub(super) fn answer(metrics: &Metrics, method: &Method, headers: &HeaderMap, peer: Option<IpAddr>) -> HttpResponse {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name));
    if forwarded || !peer.is_some_and(is_near) {
        return status(StatusCode::NOT_FOUND);
    }
    scraped(metrics, method, headers)
}

fn scraped(metrics: &Metrics, method: &Method, headers: &HeaderMap) -> HttpResponse {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "metrics are asked for with GET".to_owned());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let accepts = headers.get_all(ACCEPT).iter();
    let open =
        accepts.filter_map(|accept| accept.to_str().ok()).any(|accept| accept.contains("application/openmetrics-text"));
    let kind = if open {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    let mut response = axum::http::Response::new(HttpBody::full(metrics.text(open).into_bytes()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// Serves the metrics alone at an address of their own, until the server shuts down.
pub(crate) async fn serve_at(core: &Arc<Core>, address: SocketAddr) -> Result<(), Error> {
    let mut listener = TcpListener::bind(address)
        .await
        .map_err(|error| Error::new(format!("metrics cannot be served at {address}")).caused_by(error))?;
    let address = listener.local_addr()?;
    printing::say(&format!("fastmcp-rs: metrics at http://{address}{PATH}"));
    let core = Arc::clone(core);
    let scrapers = Arc::new(Semaphore::new(SCRAPERS));
    future::spawn(async move {
        while let Some((stream, _)) =
            core.shutdown.run_until_cancelled(crate::transport::listener::next(&mut listener)).await
        {
            let Ok(permit) = Arc::clone(&scrapers).try_acquire_owned() else { continue };
            let core = Arc::clone(&core);
            future::spawn(async move {
                let shutdown = core.shutdown.clone();
                let answer = service_fn(move |request: Request<Incoming>| {
                    let core = Arc::clone(&core);
                    async move {
                        let path = request.uri().path();
                        Ok::<_, Infallible>(match &core.observers.metrics {
                            Some(metrics) if path == PATH => scraped(metrics, request.method(), request.headers()),
                            _ => status(StatusCode::NOT_FOUND),
                        })
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_TIME)
                    .serve_connection(TokioIo::new(stream), answer);
                let _ = shutdown.run_until_cancelled(tokio::time::timeout(CONNECTION, connection)).await;
                drop(permit);
            });
        }
    });
    Ok(())
}
