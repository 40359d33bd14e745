//! Listening: our own accept loop around hyper, so that a single answer leaves in one write without waiting for Nagle, and
//! slow or idle connections are bounded.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Method, Request, Response, Version};
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::body::HttpBody;
use super::origin::{Guard, shown};
use super::service::McpService;
use super::settings::Http;
use super::stall_timeout::StallTimeout;
use super::streaming;
use crate::engine::core::Core;
use crate::engine::ending;
use crate::error::{BoxError, Error};
use crate::session::lock;
use crate::transport::listener::{self, Listener};
use crate::{future, printing};

/// How long a client may take to send the head of a request, and how long if less than a tenth of the connections are left.
const HEAD_TIME: Duration = Duration::from_secs(30);
const HEAD_TIME_NEAR_FULL: Duration = Duration::from_secs(5);
/// Connections that are told at the same time that there is no room.
const TURNED_AWAY: usize = 64;
/// Headers of one request.
const HEADERS: usize = 100;
/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 64 * 1024;

/// How long a connection that is new when the server ends has for its first request.
const FIRST: Duration = Duration::from_millis(250);
/// For how long nobody may have come before a listener is closed, and for how long it takes in those who come one after another.
const QUEUED: Duration = Duration::from_millis(10);
const TAKEN_IN: Duration = Duration::from_millis(250);
/// How often is looked for calls whose clients are gone.
const LOOK: Duration = Duration::from_millis(20);
const CUT_OFF: &str = "the server ends, and does not wait any longer";

/// Takes an address.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| Error::new(format!("cannot listen at {address}")).caused_by(error))
}

/// Serves until the server shuts down.
pub(crate) async fn serve<L: Listener>(core: Arc<Core>, mut settings: Http, mut listener: L) -> Result<(), Error> {
    let address = listener.local_addr()?;
    from_environment(&mut settings.guard)?;
    crate::replicas::from_environment(&mut settings.replicas)?;
    if let Some(address) = address.filter(|address| !address.ip().is_loopback()) {
        if !settings.guard.is_open() {
            return Err(Error::new(format!(
                "{address} can be reached from other machines, and no host name is allowed: add `.http(Http::new().allowed_hosts([\"mcp.example.com\"]))` \
                 to the server or set FASTMCP_ALLOWED_HOSTS (`*` for any)"
            )));
        }
        if !settings.auth.asks() {
            printing::say(&format!(
                "fastmcp-rs: warning: {address} can be reached from other machines, and nobody is asked who they are"
            ));
        }
    }
    #[cfg(feature = "page")]
    let open = settings.page.decide(address, settings.guard.is_open())?;
    let connections = Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS)));
    let service = McpService::new(Arc::clone(&core), settings);
    service.join().await?;
    service.settings().auth.warm();
    if let Some(address) = address {
        printing::say(&format!("fastmcp-rs: serving http://{address}{}", service.settings().path));
        #[cfg(feature = "sse")]
        if service.settings().sse {
            printing::say(&format!("fastmcp-rs: serving http://{address}{} (HTTP+SSE)", super::sse::STREAM));
        }
        #[cfg(feature = "page")]
        if let Some(path) = service.settings().page.path() {
            super::page::announce(address, path, open);
        }
    }
    // Held by every connection: when the last is gone, so is the receiver's reason to wait.
    let (alive, mut gone) = tokio::sync::mpsc::channel::<Infallible>(1);
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    let plenty = connections.available_permits() / 10;
    let listening = core.listening();
    while let Some((stream, from)) = accept(&mut listener, &core).await {
        let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else {
            turn_away(stream, &turned_away);
            continue;
        };
        let (service, alive) = (service.clone(), alive.clone());
        let near_full = connections.available_permits() < plenty;
        let here = Here {
            service,
            peer: from.map(|from| from.ip()),
            head_time: if near_full { HEAD_TIME_NEAR_FULL } else { HEAD_TIME },
            stream: Mutex::default(),
            asked: AtomicBool::new(false),
            closing: AtomicBool::new(false),
        };
        let counted = core.observers.levels.more(|levels| &levels.connections);
        let core = Arc::clone(&core);
        future::spawn(async move {
            serve_connection(StallTimeout::new(stream), Arc::new(here), &core).await;
            drop((permit, alive, counted));
        });
    }
    drop((listener, alive, listening));
    ending::stage("listener", core.ending_for(), "the listener is closed, and nothing new is taken");
    service.wind_down();
    let begun = Instant::now();
    let calls = async {
        gone.recv().await;
        // A call of a session goes on when its client has lost the connection.
        while service.running() > 0 {
            tokio::time::sleep(LOOK).await;
        }
    };
    let ended = tokio::time::timeout(core.settings.shutdown_grace, calls).await.is_ok();
    let open = core.observers.levels.connections.load(Ordering::Relaxed);
    let left = service.running().max(usize::try_from(open).unwrap_or_default());
    ending::calls(begun.elapsed(), if ended { 0 } else { left.max(1) });
    service.close();
    if !ended {
        let begun = Instant::now();
        core.ending.cut().cancel();
        let _ = tokio::time::timeout(ending::LET_GO, gone.recv()).await;
        ending::stage("cancelled", begun.elapsed(), "calls that were cut off have let go, or were left");
    }
    Ok(())
}

/// The next connection. Once nothing new is to be taken, what the system has taken in by then is still ours to answer.
async fn accept<L: Listener>(listener: &mut L, core: &Core) -> Option<(L::Io, Option<SocketAddr>)> {
    if let Some(accepted) = core.shutdown.run_until_cancelled(listener::next(listener)).await {
        return Some(accepted);
    }
    let late = core.ending_for() > core.drain_time() + TAKEN_IN;
    if late { None } else { tokio::time::timeout(QUEUED, listener::next(listener)).await.ok() }
}

/// Says that there is no room, and closes; quietly if that is being said to many already.
fn turn_away(mut stream: impl AsyncWrite + Unpin + Send + 'static, turned_away: &Arc<Semaphore>) {
    let Ok(permit) = Arc::clone(turned_away).try_acquire_owned() else { return };
    future::spawn(async move {
        const FULL: &[u8] =
            b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n";
        let say = async {
            let _ = stream.write_all(FULL).await;
            let _ = stream.shutdown().await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), say).await;
        drop(permit);
    });
}

/// What the requests of one connection share.
struct Here {
    service: McpService,
    peer: Option<IpAddr>,
    /// How long a client may take to send the head of a request.
    head_time: Duration,
    /// The stream that answers the request at hand.
    stream: Mutex<Option<Stream>>,
    /// There was a request.
    asked: AtomicBool,
    /// There is to be no other.
    closing: AtomicBool,
}

struct Stream {
    response: Response<HttpBody>,
    /// The connection ends with it.
    close: bool,
}

async fn serve_connection(mut io: StallTimeout, here: Arc<Here>, core: &Core) {
    let shutdown = &core.shutdown;
    let served = loop {
        let (taken, stream) = match serve_requests(io, &here, core).await {
            Ok(Some(taken)) => taken,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        io = taken;
        let close = stream.close || shutdown.is_cancelled();
        let counted = core.observers.levels.more(|levels| &levels.streams);
        let writing = streaming::write(&mut io, stream.response, close);
        let written = match core.ending.cut().run_until_cancelled(writing).await {
            Some(written) => written.map_err(BoxError::from),
            None => break Err(CUT_OFF.into()),
        };
        drop(counted);
        if close || written.is_err() || shutdown.is_cancelled() {
            let _ = io.shutdown().await;
            break written;
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Serves requests until the connection ends, or is to go on with a stream.
async fn serve_requests(
    io: StallTimeout,
    here: &Arc<Here>,
    core: &Core,
) -> Result<Option<(StallTimeout, Stream)>, BoxError> {
    let stuck = io.stuck();
    let shared = Arc::clone(here);
    let answer = service_fn(move |request: Request<Incoming>| {
        let here = Arc::clone(&shared);
        async move {
            // Before HTTP/1.1, a body without a length can only be ended by the end of the connection.
            let chunks = request.version() == Version::HTTP_11;
            // A body that nobody reads must not be taken for the next request.
            let unread = request.method() != Method::POST && !request.body().is_end_stream();
            let close = unread || streaming::closes(request.headers());
            here.asked.store(true, Ordering::Relaxed);
            let mut response = here.service.route(request, here.peer).await;
            if here.closing.load(Ordering::Relaxed) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            if chunks && response.body().is_events() {
                *lock(&here.stream) = Some(Stream { response, close });
                // Who polls this connection takes the stream, and drops this with all else of the request.
                return std::future::pending().await;
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(here.head_time)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES.max(8192))
        .serve_connection(TokioIo::new(io), answer);
    let (mut stopping, mut cut) = (pin!(core.shutdown.cancelled()), pin!(core.ending.cut().cancelled()));
    let (mut stopped, mut patience) = (false, None);
    let stream = std::future::poll_fn(|task| {
        if !stopped && (patience.is_some() || stopping.as_mut().poll(task).is_ready()) {
            here.closing.store(true, Ordering::Relaxed);
            // The first request may be on its way: whoever sends it knows of no end.
            let patience = patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(FIRST)));
            if here.asked.load(Ordering::Relaxed) || patience.as_mut().poll(task).is_ready() {
                stopped = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
        if here.closing.load(Ordering::Relaxed) && cut.as_mut().poll(task).is_ready() {
            return Poll::Ready(Err(CUT_OFF.into()));
        }
        if let Poll::Ready(served) = Pin::new(&mut connection).poll(task) {
            return Poll::Ready(served.map(|()| None).map_err(BoxError::from));
        }
        // What still waits to be written is the answer before, to a client that did not wait for it.
        if !stuck.load(Ordering::Relaxed)
            && let Some(stream) = lock(&here.stream).take()
        {
            return Poll::Ready(Ok(Some(stream)));
        }
        Poll::Pending
    })
    .await?;
    Ok(stream.map(|stream| {
        let parts = connection.into_parts();
        let mut io = parts.io.into_inner();
        io.put_back(&parts.read_buf);
        (io, stream)
    }))
}

/// Hosts and origins that the environment allows, separated by commas.
fn from_environment(guard: &mut Guard) -> Result<(), Error> {
    for (name, hosts) in [("FASTMCP_ALLOWED_HOSTS", true), ("FASTMCP_ALLOWED_ORIGINS", false)] {
        let Some(value) = std::env::var_os(name) else { continue };
        let value = value.into_string().map_err(|_| Error::new(format!("{name} is not UTF-8")))?;
        for entry in value.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match (entry, hosts) {
                ("*", true) => {
                    guard.allow_any_host();
                    Ok(())
                }
                (host, true) => guard.allow_host(host),
                (origin, false) => guard.allow_origin(origin),
            }
            .map_err(|wrong| Error::new(format!("{name}: `{}` {wrong}", shown(entry))))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::mpsc;
    use tokio::time::advance;

    use super::*;
    use crate::{Context, DynamicTool, Server, ToolError};

    /// More than the sockets of both ends take.
    const LARGE: usize = 64 * 1024 * 1024;

    /// A request of 2026-07-28 on a connection of its own, which is closed after the answer.
    fn post(method: &str, more: &str) -> String {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({ "name": "large", "arguments": {}, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        format!(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_cut_off_and_others_are_turned_away_meanwhile() {
        let (called, mut calls) = mpsc::unbounded_channel();
        let large = DynamicTool::new("large", json!({ "type": "object" }), move |_: Value, _: Context| {
            let _ = called.send(());
            async { Ok::<_, ToolError>("x".repeat(LARGE)) }
        });
        // With room for one connection, the next is turned away until the first is gone.
        let server =
            Server::empty("patient").add_tool(large).max_result_bytes(2 * LARGE).http(Http::new().max_connections(1));
        let settings = server.http.clone();
        let core = Arc::clone(server.build().unwrap().core());
        core.start().await.unwrap();
        let listener = listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut idler = TcpStream::connect(address).await.unwrap();
        idler.write_all(post("tools/call", "Mcp-Name: large\r\n").as_bytes()).await.unwrap();

        tokio::spawn(serve(Arc::clone(&core), settings, listener));
        // The clock goes on by itself where everybody waits, so this does not wait.
        let waiting = std::time::Instant::now();
        while calls.try_recv().is_err() {
            assert!(waiting.elapsed() < Duration::from_secs(30), "it is not called");
            tokio::task::yield_now().await;
        }
        let begun = Instant::now();
        let ask = async || {
            let mut next = TcpStream::connect(address).await.unwrap();
            let _ = next.write_all(post("server/discover", "").as_bytes()).await;
            let mut answer = String::new();
            let _ = next.read_to_string(&mut answer).await;
            answer
        };
        assert!(ask().await.starts_with("HTTP/1.1 503"), "there is no room");
        let mut answer = String::new();
        for _ in 0..300 {
            advance(Duration::from_secs(1)).await;
            // Time for what is not on this clock: the sockets.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            answer = ask().await;
            if answer.starts_with("HTTP/1.1 200") {
                break;
            }
        }
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(begun.elapsed() >= Duration::from_secs(30), "after {:?}", begun.elapsed());
        core.shutdown.cancel();
    }
}
