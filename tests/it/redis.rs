//! What becomes of replicas when Redis is not there. What they do when it is, is in [`replicas`](crate::replicas).

mod cluster;
mod faults;
mod limiter;
mod secure;
mod sentinel;

use std::time::{Duration, Instant};

use fastmcp_rs_tests::{Client, Example, Revision, Transport, example::HttpServer, http::Events, within};
use serde_json::json;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::replicas::{Pair, Talker, redis_url, replica};

/// What stands between a replica and its Redis, and can be made to fail.
struct Between {
    url: String,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    /// Connections break.
    Down,
    /// Nothing comes back, and nothing breaks.
    Silent,
}

impl Between {
    async fn redis(url: &str) -> Self {
        let rest = url.strip_prefix("redis://").expect("a URL of Redis without TLS");
        let (host, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let upstream = host.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/{rest}", listener.local_addr().unwrap());
        let (state, watched) = watch::channel(State::Open);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (upstream, mut state) = (upstream.clone(), watched.clone());
                tokio::spawn(async move {
                    if *state.borrow_and_update() == State::Open {
                        let mut server = TcpStream::connect(upstream).await.unwrap();
                        tokio::select! {
                            _ = copy_bidirectional(&mut client, &mut server) => return,
                            // Also if it is open again by now: this connection is from before.
                            _ = state.changed() => {}
                        }
                    }
                    // A silent connection stays open until everything is over.
                    let _ = state.wait_for(|state| *state != State::Silent).await;
                });
            }
        });
        Self { url, state }
    }
}

/// A primary has just failed, and another takes its place: what needs it is refused at once until then, and the rest goes on. It is
/// the same session afterwards, at both replicas; whoever listens is told that something may have been missed, and hears what comes
/// next.
async fn goes_over(talker: &mut Talker, servers: &Pair, unasked: &mut Events) {
    let asked = Instant::now();
    assert_eq!(talker.status(&servers.a).await, 503);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(modern(&servers.a).await, 200);
    assert_eq!(recovered(talker, &servers.a).await, 200, "{}", servers.a.log.text());
    assert_eq!(recovered(talker, &servers.b).await, 200, "{}", servers.b.log.text());
    let mut told = 0;
    while told < 3 {
        let method = unasked.message().await.unwrap()["method"].clone();
        told += usize::from(method.as_str().unwrap().ends_with("list_changed"));
    }
    talker.call(&servers.a, "test_trigger_tool_change", json!({})).await;
    while unasked.message().await.unwrap()["method"] != "notifications/tools/list_changed" {}
}

#[tokio::test]
async fn a_server_without_its_redis_does_not_start() {
    for (url, why) in [("redis://127.0.0.1:1/", "cannot be reached"), ("memcached://127.0.0.1", "cannot be used")] {
        let output = replica(url).args(["--http", "127.0.0.1:0"]).output().await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("Redis") && said.contains(why), "{url}: {said}");
        assert!(!said.contains("serving"), "{said}");
    }
}

#[tokio::test]
async fn stdio_needs_no_redis() {
    let example = Example::named("hello").env("FASTMCP_REDIS_URL", "redis://127.0.0.1:1/");
    let client = Client::start(example, Transport::Stdio, Revision::V2025_11_25).await;
    client.finish().await;
}

#[tokio::test]
async fn without_redis_sessions_wait_and_everything_else_goes_on() {
    let Some(url) = redis_url() else { return };
    for state in [State::Down, State::Silent] {
        let between = Between::redis(&url).await;
        let server = HttpServer::start(replica(&between.url)).await;
        let mut talker = Talker::greet(&server, &server).await;

        between.state.send(state).unwrap();
        for _ in 0..3 {
            let asked = Instant::now();
            let request = talker.request("ping", json!({}));
            let (head, _) = talker.send(&server, "POST", &[], &request).await;
            assert_eq!(head.status, 503);
            assert!(head.header("retry-after").is_some());
            assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        }
        let greeting = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "0" } });
        let mut newcomer = Talker::nobody();
        let request = newcomer.request("initialize", greeting);
        assert_eq!(newcomer.send(&server, "POST", &[], &request).await.0.status, 503);
        assert_eq!(modern(&server).await, 200);
        let logged = server.log.text().matches("Redis does not answer").count();
        assert!(logged <= 1, "{}", server.log.text());

        between.state.send(State::Open).unwrap();
        // The first request may meet what is left of the broken connection.
        let mut status = 503;
        for _ in 0..10 {
            status = talker.status(&server).await;
            if status == 200 {
                break;
            }
        }
        assert_eq!(status, 200, "{}", server.log.text());
        assert!(server.terminate().await.success());
    }
}

#[tokio::test]
async fn news_come_again_when_redis_does() {
    let Some(url) = redis_url() else { return };
    let between = Between::redis(&url).await;
    let near = HttpServer::start(replica(&url)).await;
    let far = HttpServer::start(replica(&between.url)).await;
    let mut talker = Talker::greet(&near, &far).await;
    let mut unasked = talker.get(&far, None).await;
    unasked.next().await.unwrap();
    between.state.send(State::Down).unwrap();
    between.state.send(State::Open).unwrap();
    // What was missed in between may have been anything, so everything is said to have changed.
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(unasked.message().await.unwrap()["method"].as_str().unwrap().to_owned());
    }
    assert_eq!(told.len(), 3, "{told:?}");
    talker.call(&near, "test_trigger_prompt_change", json!({})).await;
    loop {
        if unasked.message().await.unwrap()["method"] == "notifications/prompts/list_changed" {
            break;
        }
    }
}

/// The status of a request once it is another than 503.
async fn recovered(talker: &mut Talker, server: &HttpServer) -> u16 {
    within("an answer other than 503", async {
        loop {
            match talker.status(server).await {
                503 => {}
                status => return status,
            }
        }
    })
    .await
}

async fn modern(server: &HttpServer) -> u16 {
    let mut nobody = Talker::nobody();
    let request = nobody.request(
        "tools/list",
        json!({ "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        } }),
    );
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")];
    nobody.send(server, "POST", &headers, &request).await.0.status
}
