//! Documents from other servers: small, soon, over TLS beyond this machine, and from nowhere but where they were said to be.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Uri;
use rustls::crypto::ring;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::text::sanitize;
use crate::uri::is_loopback;

/// How long a document may take in all, and how large it may be.
const TIME: Duration = Duration::from_secs(5);
const BYTES: u64 = 256 * 1024;

/// Asks other servers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher(Agent);

/// A document that came.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// For how long it may be kept, if that was said.
    pub(crate) max_age: Option<Duration>,
}

/// Why a URL is not asked, if so.
pub(crate) fn problem_of(url: &str) -> Option<&'static str> {
    let Ok(uri) = url.parse::<Uri>() else { return Some("is not a URL") };
    match (uri.scheme_str(), uri.authority()) {
        (_, Some(authority)) if authority.as_str().contains('@') => Some("has a name or a password in it"),
        (Some("https"), Some(_)) => None,
        (Some("http"), Some(authority)) if is_loopback(authority.host()) => None,
        (Some("http"), _) => Some("is not encrypted: write `https://`"),
        _ => Some("is not a URL that begins with `https://`"),
    }
}

impl Fetcher {
    /// `authorities` is a file of certificates (PEM) to trust instead of those that browsers do; without one `FASTMCP_CA_FILE` names it.
    pub(crate) fn new(authorities: Option<&Path>) -> Result<Self, String> {
        let from_environment = std::env::var_os("FASTMCP_CA_FILE");
        let file = authorities.or(from_environment.as_deref().map(Path::new));
        let roots = match file {
            None => RootCerts::WebPki,
            Some(file) => RootCerts::Specific(Arc::new(certificates(file)?)),
        };
        // Given here, since the one of the process is the program's to choose.
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(roots)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(TIME))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("fastmcp-rs/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self(config.new_agent()))
    }

    /// Until when an answer is waited for that is asked for now.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + TIME
    }

    /// Fetches a JSON document, on the blocking pool, until some time at the latest.
    pub(crate) async fn get(&self, url: &str, until: Instant) -> Result<Fetched, String> {
        let (agent, url) = (self.0.clone(), checked(url)?);
        blocking(move || {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("there is no time left".to_owned());
            }
            let request = agent.get(&url).config().timeout_global(Some(left)).build();
            read(request.header("Accept", "application/json").call())
        })
        .await
    }

    /// Sends a form, with the name and the password of whoever asks.
    pub(crate) async fn post(&self, url: &str, authorization: String, form: String) -> Result<Fetched, String> {
        let (agent, url) = (self.0.clone(), checked(url)?);
        blocking(move || {
            let request = agent.post(&url).header("Accept", "application/json").header("Authorization", authorization);
            read(request.header("Content-Type", "application/x-www-form-urlencoded").send(form))
        })
        .await
    }
}

fn checked(url: &str) -> Result<String, String> {
    match problem_of(url) {
        None => Ok(url.to_owned()),
        Some(problem) => Err(format!("{} {problem}", sanitize::bounded(url, 256))),
    }
}

async fn blocking(work: impl FnOnce() -> Result<Fetched, String> + Send + 'static) -> Result<Fetched, String> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err("it could not be asked".to_owned()))
}

fn read(answer: Result<axum::http::Response<ureq::Body>, ureq::Error>) -> Result<Fetched, String> {
    let mut answer = answer.map_err(|error| sanitize::error(&error))?;
    let status = answer.status().as_u16();
    let max_age = answer.headers().get("cache-control").and_then(|value| value.to_str().ok()).and_then(max_age);
    let body = answer.body_mut().with_config().limit(BYTES).read_to_vec().map_err(|error| sanitize::error(&error))?;
    Ok(Fetched { status, body, max_age })
}

fn max_age(cache_control: &str) -> Option<Duration> {
    let directives = cache_control.split(',').map(str::trim);
    directives.filter_map(|directive| directive.strip_prefix("max-age=")?.parse().ok()).next().map(Duration::from_secs)
}

fn certificates(file: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let name = file.display();
    let text = std::fs::read(file).map_err(|error| format!("the certificates in {name} cannot be read: {error}"))?;
    let mut all = Vec::new();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(certificate)) => all.push(certificate.to_owned()),
            Ok(_) => {}
            Err(error) => {
                return Err(format!("the certificates in {name} cannot be read: {}", sanitize::error(&error)));
            }
        }
    }
    if all.is_empty() { Err(format!("there is no certificate in {name}")) } else { Ok(all) }
}
