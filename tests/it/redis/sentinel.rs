//! Sentinels, which name the primary, and another one when that fails.

use fastmcp_rs_tests::{
    example::HttpServer,
    redis::{RedisServer, Watched, installed},
};

use super::{goes_over, recovered};
use crate::replicas::{Pair, Talker, replica};

#[tokio::test]
async fn replicas_follow_the_sentinels_to_another_primary() {
    if !installed() {
        return;
    }
    for paused in [false, true] {
        let mut watched = Watched::start("hunter2").await;
        let url = watched.url();
        let example = || replica(&url).env("FASTMCP_REDIS_PASSWORD", "hunter2");
        let servers = Pair { a: HttpServer::start(example()).await, b: HttpServer::start(example()).await };
        let mut talker = Talker::greet(&servers.a, &servers.b).await;
        let mut unasked = talker.get(&servers.b, None).await;
        unasked.next().await.unwrap();
        watched.servers[0].until(&["WAIT", "1", "1000"], |said| said.trim() == "1").await;
        if paused {
            watched.servers[0].pause().await;
        } else {
            watched.servers[0].kill().await;
        }
        goes_over(&mut talker, &servers, &mut unasked).await;
        // The old one comes back as a replica, and nobody is led astray.
        if paused {
            watched.servers[0].resume().await;
        } else {
            watched.servers[0].restart().await;
        }
        watched.servers[0].until(&["ROLE"], |role| role.contains("slave")).await;
        assert_eq!(recovered(&mut talker, &servers.a).await, 200);
        // Of three sentinels one may be gone.
        watched.sentinels[0].kill().await;
        let late = HttpServer::start(example()).await;
        assert_eq!(talker.status(&late).await, 200);
        for server in [servers.a, servers.b] {
            let log = server.log.text();
            assert!(!log.contains("hunter2") && log.matches("are refused until it does").count() <= 2, "{log}");
            assert!(server.terminate().await.success());
        }
    }
}

#[tokio::test]
async fn sentinels_that_cannot_help_are_said_at_the_start() {
    if !installed() {
        return;
    }
    let redis = RedisServer::start("").await;
    let sentinel = RedisServer::start("--sentinel").await;
    let asked = |of: &RedisServer| of.url().replace("redis://", "redis-sentinel://");
    for (url, why) in [
        (format!("{}?master=mymaster", asked(&sentinel)), "knows no primary of the name `mymaster`"),
        (format!("{}?master=mymaster", asked(&redis)), "no sentinel says"),
        (asked(&sentinel), "?master=NAME"),
        ("redis-sentinel://:hunter2@127.0.0.1:1?master=mymaster".to_owned(), "127.0.0.1:1 cannot be reached"),
    ] {
        let output = replica(&url).args(["--http", "127.0.0.1:0"]).output().await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why) && !said.contains("hunter2"), "{url}: {said}");
    }
}
