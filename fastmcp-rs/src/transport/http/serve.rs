//! Listening: our own accept loop around hyper, so that a single answer leaves in one write without waiting for Nagle, and
//! slow or idle connections are bounded.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::body::Body;
use super::patient::Patient;
use super::service::McpService;
use super::{HttpSettings, guard::Guard};
use crate::error::Error;
use crate::server::core::Core;
use crate::tasks;

/// How long a client may take to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Headers of one request.
const HEADERS: usize = 100;
/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 64 * 1024;

/// Takes an address.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| Error::new(format!("cannot listen at {address}")).caused_by(error))
}

/// Serves until the server shuts down.
pub(crate) async fn serve(core: Arc<Core>, mut settings: HttpSettings, listener: TcpListener) -> Result<(), Error> {
    let address = listener.local_addr()?;
    from_environment(&mut settings.guard)?;
    super::replicas::from_environment(&mut settings.replicas)?;
    if !address.ip().is_loopback() {
        if !settings.guard.is_open() {
            return Err(Error::new(format!(
                "{address} can be reached from other machines, and no host name is allowed: add `.allowed_hosts([\"mcp.example.com\"])` to \
                 the server or set FASTMCP_ALLOWED_HOSTS (`*` for any)"
            )));
        }
        tracing::warn!(%address, "this address can be reached from other machines, and nobody is asked who they are");
        eprintln!(
            "fastmcp-rs: warning: {address} can be reached from other machines, and nobody is asked who they are"
        );
    }
    let connections = Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS)));
    let service = McpService::new(Arc::clone(&core), settings);
    service.join().await?;
    eprintln!("fastmcp-rs: serving http://{address}{}", service.path());
    #[cfg(feature = "sse")]
    if service.serves_sse() {
        eprintln!("fastmcp-rs: serving http://{address}{} (HTTP+SSE)", super::sse::STREAM);
    }
    // Held by every connection: when the last is gone, so is the receiver's reason to wait.
    let (alive, mut gone) = tokio::sync::mpsc::channel::<Infallible>(1);
    let shutdown = core.shutdown.clone();
    while let Some(accepted) = shutdown.run_until_cancelled(accept(&listener, &connections)).await {
        let (stream, permit) = accepted;
        let (service, shutdown, alive) = (service.clone(), shutdown.clone(), alive.clone());
        tasks::spawn(async move {
            serve_connection(stream, service, shutdown).await;
            drop((permit, alive));
        });
    }
    drop((listener, alive));
    service.wind_down();
    if tokio::time::timeout(core.settings.shutdown_grace, gone.recv()).await.is_err() {
        tracing::warn!("calls that did not end in time were cut off");
    }
    service.close();
    Ok(())
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    let permit = Arc::clone(connections).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of descriptors, most likely: trying again at once would only spin.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, service: McpService, shutdown: CancellationToken) {
    // A response is one write; waiting to fill a packet would cost its client the delay of an acknowledgement.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request: Request<Incoming>| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(route(&service, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES.max(8192))
        .serve_connection(TokioIo::new(Patient::new(stream)), answer);
    let mut connection = pin!(connection);
    let mut stopping = pin!(shutdown.cancelled());
    let mut stopped = false;
    let served = std::future::poll_fn(|task| {
        if !stopped && stopping.as_mut().poll(task).is_ready() {
            stopped = true;
            connection.as_mut().graceful_shutdown();
        }
        match connection.as_mut().poll(task) {
            Poll::Ready(served) => Poll::Ready(served),
            Poll::Pending => Poll::Pending,
        }
    })
    .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn route(service: &McpService, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path();
    let path = path.strip_suffix('/').unwrap_or(path);
    if path == service.path().strip_suffix('/').unwrap_or(service.path()) {
        return service.handle(request).await;
    }
    #[cfg(feature = "sse")]
    if service.serves_sse() && (path == super::sse::STREAM || path == super::sse::MESSAGES) {
        return service.handle_sse(request).await;
    }
    not_found()
}

fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Hosts and origins that the environment allows, separated by commas.
fn from_environment(guard: &mut Guard) -> Result<(), Error> {
    for (name, hosts) in [("FASTMCP_ALLOWED_HOSTS", true), ("FASTMCP_ALLOWED_ORIGINS", false)] {
        let Some(value) = std::env::var_os(name) else { continue };
        let value = value.into_string().map_err(|_| Error::new(format!("{name} is not UTF-8")))?;
        for entry in value.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match (entry, hosts) {
                ("*", true) => guard.allow_any_host(),
                (host, true) => guard.allow_host(host),
                (origin, false) => guard.allow_origin(origin),
            }
        }
    }
    Ok(())
}

/// The endpoint in a router of its own.
pub(crate) fn router(core: Arc<Core>, settings: HttpSettings) -> axum::Router {
    let path = settings.path.clone();
    let service = McpService::new(core, settings);
    let router = axum::Router::new().route_service(&path, service.clone());
    #[cfg(feature = "sse")]
    if service.serves_sse() {
        let sse = move |request: axum::extract::Request| {
            let service = service.clone();
            async move { service.handle_sse(request).await.map(axum::body::Body::new) }
        };
        return router
            .route(super::sse::STREAM, axum::routing::any(sse.clone()))
            .route(super::sse::MESSAGES, axum::routing::any(sse));
    }
    router
}
