//! Which URL leads where: one table, for our own listener and for an axum router.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::http::{Request, Response, StatusCode};
use hyper::body::Body;

use super::authentication::metadata;
use super::body::HttpBody;
#[cfg(feature = "metrics")]
use super::metrics;
#[cfg(feature = "page")]
use super::page;
use super::probes::{self, Probe};
use super::responses::{plain, status};
use super::service::McpService;
use crate::auth::metadata::WELL_KNOWN;

/// What a URL leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// Streamable HTTP.
    Endpoint,
    /// The older HTTP+SSE transport.
    #[cfg(feature = "sse")]
    Sse,
    /// The page for people, and what it is made of.
    #[cfg(feature = "page")]
    Page(page::PageFile),
    /// What Prometheus scrapes.
    #[cfg(feature = "metrics")]
    Metrics,
    /// Where clients find out how to get a token.
    Metadata,
    /// What orchestrators and load balancers ask.
    Probe(Probe),
}

/// The URLs that a server answers.
fn routes(service: &McpService) -> impl Iterator<Item = (Cow<'_, str>, Route)> {
    let settings = service.settings();
    #[cfg(feature = "metrics")]
    let shows_metrics = service.metrics().is_some();
    let endpoint = std::iter::once((Cow::from(&settings.path), Route::Endpoint));
    #[cfg(feature = "sse")]
    let endpoint = endpoint.chain(
        [(super::sse::STREAM.into(), Route::Sse), (super::sse::MESSAGES.into(), Route::Sse)]
            .into_iter()
            .filter(|_| settings.sse),
    );
    #[cfg(feature = "page")]
    let endpoint = endpoint.chain(page::urls(settings).map(|(url, part)| (url, Route::Page(part))));
    #[cfg(feature = "metrics")]
    let endpoint = endpoint.chain(shows_metrics.then_some((metrics::PATH.into(), Route::Metrics)));
    let endpoint = endpoint.chain(settings.metadata_paths.iter().map(|path| (path.into(), Route::Metadata)));
    endpoint.chain([
        (probes::HEALTH.into(), Route::Probe(Probe::Health)),
        (probes::READY.into(), Route::Probe(Probe::Ready)),
    ])
}

/// A path without the slash that it may end in.
fn trimmed(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

impl McpService {
    /// Answers a request to any URL.
    pub(super) async fn route<B>(&self, request: Request<B>, peer: Option<IpAddr>) -> Response<HttpBody>
    where
        B: Body<Error: std::fmt::Display>,
    {
        let path = trimmed(request.uri().path());
        match routes(self).find(|(known, _)| trimmed(known) == path) {
            Some((_, route)) => self.at(route, request, peer).await,
            // Some clients look at the root alone. In a router that belongs to a program, several servers may want it.
            None if path == WELL_KNOWN && self.settings().auth.metadata.is_some() => {
                self.at(Route::Metadata, request, peer).await
            }
            None => {
                let mut response = Response::new(HttpBody::empty());
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }
    }

    async fn at<B>(&self, route: Route, request: Request<B>, peer: Option<IpAddr>) -> Response<HttpBody>
    where
        B: Body<Error: std::fmt::Display>,
    {
        // Whoever probes comes from the same network, and through no proxy.
        if let Route::Probe(probe) = route {
            return self.probe(probe, request.method()).await;
        }
        let peer = match self.came_from(&request, peer) {
            Ok(peer) => peer,
            Err(why) => return plain(StatusCode::BAD_REQUEST, why.to_owned()),
        };
        match route {
            Route::Endpoint => self.handle(request, peer).await,
            #[cfg(feature = "sse")]
            Route::Sse => self.handle_sse(request, peer).await,
            #[cfg(feature = "page")]
            Route::Page(part) => self.page(&request, part),
            #[cfg(feature = "metrics")]
            Route::Metrics => self.show_metrics(&request, peer),
            Route::Metadata => metadata(&self.settings().auth, request.method()),
            Route::Probe(_) => status(StatusCode::NOT_FOUND),
        }
    }
}

/// The URLs of a server in an axum router.
pub(crate) fn router(service: &McpService) -> axum::Router {
    let mut taken = Vec::new();
    // The first of a path is the one that our own listener finds, and axum takes none twice. The program may have probes of its own.
    let probes = service.core().ready_checks.asked_for();
    let routes =
        routes(service).filter(|(_, route)| probes || !matches!(route, Route::Probe(_))).filter(|(path, _)| {
            let new = !taken.contains(path);
            taken.push(path.clone());
            new
        });
    routes.fold(axum::Router::new(), |router, (path, route)| {
        let service = service.clone();
        let answer = move |request: axum::extract::Request| {
            let service = service.clone();
            async move { service.at(route, request, None).await.map(axum::body::Body::new) }
        };
        router.route(&path, axum::routing::any(answer))
    })
}
