//! A cluster of three primaries: every key at its place, wherever that is by now.

use std::sync::Arc;

use fastmcp_rs::replicas::{BusEvent, Loaded, RedisStore, ReplicaBus, SessionChange, SessionRecord, SessionStore};
use fastmcp_rs_tests::{
    example::HttpServer,
    redis::{RedisCluster, installed},
    within,
};
use serde_json::json;
use tokio::{sync::mpsc, time::Duration};

use super::{goes_over, recovered};
use crate::replicas::{Pair, Talker, answered, elicitation, replica, text};

/// The key by which the node is found that has the sessions.
const SESSIONS: &str = "fastmcp:{tests}:sessions";
const IDLE: Duration = Duration::from_secs(60);

async fn pair(cluster: &RedisCluster) -> Pair {
    let replica = || HttpServer::start(replica(&cluster.url()));
    Pair { a: replica().await, b: replica().await }
}

#[tokio::test]
async fn replicas_share_a_cluster() {
    if !installed() {
        return;
    }
    let cluster = RedisCluster::start(false).await;
    let pair = pair(&cluster).await;
    let mut talker = Talker::greet(&pair.a, &pair.b).await;
    let mut unasked = talker.get(&pair.b, None).await;
    unasked.next().await.unwrap();
    talker.call(&pair.a, "test_trigger_tool_change", json!({})).await;
    assert_eq!(unasked.message().await.unwrap()["method"], "notifications/tools/list_changed");

    // A stream that breaks is read on at the other, and a question is answered there, wherever the events of the session are.
    let mut everywhere = false;
    for _ in 0..40 {
        let mut talker = Talker::greet(&pair.a, &pair.b).await;
        let mut stream = talker.stream(&pair.a, "tools/call", elicitation()).await;
        let begun = stream.next().await.unwrap().id.unwrap();
        stream.message().await.unwrap();
        drop(stream);
        let mut stream = talker.get(&pair.b, Some(&begun)).await;
        let question = stream.message().await.unwrap();
        talker.post(&pair.b, &answered(&question)).await;
        assert!(text(&stream.message().await.unwrap()).starts_with("User response"));
        let mut with_events = 0;
        for node in &cluster.nodes {
            with_events += usize::from(node.cli(&["KEYS", "*:events:*"]).await.contains(":events:"));
        }
        everywhere = with_events == 3;
        if everywhere {
            break;
        }
    }
    assert!(everywhere, "the events of forty sessions are not at all three nodes");
    assert!(pair.a.terminate().await.success());
    assert!(pair.b.terminate().await.success());
}

fn record() -> SessionRecord {
    let mut record = SessionRecord::default();
    "2025-11-25".clone_into(&mut record.revision);
    record
}

#[tokio::test]
async fn keys_are_found_while_their_slot_moves_and_after() {
    if !installed() {
        return;
    }
    let cluster = RedisCluster::start(false).await;
    let store = RedisStore::new(cluster.url(), "fastmcp:tests").unwrap();
    let there = async |id: &str| store.load(id, None, IDLE).await.expect("an answer") != Loaded::Gone;
    store.create("a", &record(), 10, IDLE).await.expect("an answer");
    let from = cluster.owner(SESSIONS).await;
    let to = (from + 1) % 3;

    // Half of the keys are there already, and the rest is asked for here.
    cluster.begin_moving(SESSIONS, from, to).await;
    let port = cluster.nodes[to].port.to_string();
    for key in ["fastmcp:{tests}:session:a", SESSIONS] {
        let moved = cluster.nodes[from].cli(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]).await;
        assert!(moved.contains("OK"), "{moved}");
    }
    assert!(there("a").await, "ASK leads to it");
    store.update("a", &[SessionChange::Initialized]).await.expect("an answer");
    cluster.move_slot(SESSIONS, from, to).await;
    assert!(there("a").await, "MOVED leads to it");
    store.create("b", &record(), 10, IDLE).await.expect("an answer");
    assert!(there("b").await);
    store.remove("a").await.expect("an answer");
    assert!(!there("a").await);
    let keys = cluster.nodes[to].cli(&["KEYS", "fastmcp:*"]).await;
    assert!(keys.contains(SESSIONS), "{keys}");
}

#[tokio::test]
async fn everybody_hears_at_whichever_node_they_listen() {
    if !installed() {
        return;
    }
    let cluster = RedisCluster::start(false).await;
    let (sender, mut heard) = mpsc::unbounded_channel();
    let listening = RedisStore::new(cluster.url(), "fastmcp:tests").unwrap();
    listening.join(Arc::new(move |event| sender.send(event).is_ok())).await.expect("an answer");
    // The slot moves, and so does whoever publishes; who listens need not.
    let from = cluster.owner(SESSIONS).await;
    cluster.move_slot(SESSIONS, from, (from + 1) % 3).await;
    let speaking = RedisStore::new(cluster.url(), "fastmcp:tests").unwrap();
    speaking.publish(b"news".to_vec()).await.expect("an answer");
    assert_eq!(within("the news", heard.recv()).await, Some(BusEvent::Message(b"news".to_vec())));
}

#[tokio::test]
async fn a_killed_primary_has_a_replica_that_goes_on() {
    if !installed() {
        return;
    }
    for paused in [false, true] {
        let mut cluster = RedisCluster::start(true).await;
        // The one with the replica gets the sessions.
        let servers = pair(&cluster).await;
        let mut talker = Talker::greet(&servers.a, &servers.b).await;
        let key = sessions_key(&cluster).await;
        let owner = cluster.owner(&key).await;
        if owner != 0 {
            cluster.move_slot(&key, owner, 0).await;
        }
        assert_eq!(talker.status(&servers.a).await, 200);
        let mut unasked = talker.get(&servers.b, None).await;
        unasked.next().await.unwrap();
        // What is promised is what was written before the replica lost its primary.
        cluster.nodes[0].until(&["WAIT", "1", "1000"], |said| said.trim() == "1").await;
        if paused {
            cluster.nodes[0].pause().await;
        } else {
            cluster.nodes[0].kill().await;
        }
        goes_over(&mut talker, &servers, &mut unasked).await;
        if paused {
            cluster.nodes[0].resume().await;
            assert_eq!(recovered(&mut talker, &servers.a).await, 200);
        }
        for server in [servers.a, servers.b] {
            let log = server.log.text();
            assert!(log.matches("are refused until it does").count() <= 2, "{log}");
            assert!(server.terminate().await.success());
        }
    }
}

async fn sessions_key(cluster: &RedisCluster) -> String {
    for node in &cluster.nodes {
        let keys = node.cli(&["KEYS", "fastmcp:*:sessions"]).await;
        if let Some(key) = keys.lines().find(|key| key.ends_with(":sessions")) {
            return key.to_owned();
        }
    }
    panic!("no node has the sessions");
}

#[tokio::test]
async fn a_cluster_that_cannot_be_used_is_said_at_the_start() {
    if !installed() {
        return;
    }
    let redis = fastmcp_rs_tests::redis::RedisServer::start("").await;
    for (url, why) in [
        (redis.url().replace("redis://", "redis-cluster://:hunter2@"), "has no password"),
        (redis.url().replace("redis://", "redis-cluster://"), "no node of the cluster"),
        ("redis-cluster://127.0.0.1:1,127.0.0.1:2".to_owned(), "127.0.0.1:2 cannot be reached"),
    ] {
        let output = replica(&url).args(["--http", "127.0.0.1:0"]).output().await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why) && !said.contains("hunter2"), "{url}: {said}");
    }
}
