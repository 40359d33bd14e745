//! `/health` and `/ready`: what orchestrators and load balancers ask. They come by address and without a token, so neither is asked
//! for.

use axum::http::header::{ALLOW, CACHE_CONTROL};
use axum::http::{HeaderValue, Method, StatusCode};

use super::responses::{HttpResponse, json_response, plain};
use super::service::McpService;

/// Answers while the process does.
pub(super) const HEALTH: &str = "/health";
/// Whether calls should come.
pub(super) const READY: &str = "/ready";

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    Health,
    Ready,
}

impl McpService {
    /// Answers a probe.
    pub(super) async fn probe(&self, probe: Probe, method: &Method) -> HttpResponse {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "probes ask with GET".to_owned());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let mut response = match probe {
            Probe::Health => json_response(StatusCode::OK, b"{\"status\":\"ok\"}".to_vec()),
            Probe::Ready => {
                let readiness = self.core().readiness().await;
                let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                json_response(status, readiness.to_json().to_string().into_bytes())
            }
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
