//! One server that is there and cannot: full, with keys of somebody else's, demoted, one of a cluster after all.

use fastmcp_rs_tests::{
    example::HttpServer,
    redis::{RedisCluster, RedisServer, installed},
};
use serde_json::json;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::replicas::{Talker, replica};

#[tokio::test]
async fn a_full_redis_refuses_sessions_until_it_has_room() {
    if !installed() {
        return;
    }
    let redis = RedisServer::start("--maxmemory-policy noeviction").await;
    let server = HttpServer::start(replica(&redis.url())).await;
    let mut talker = Talker::greet(&server, &server).await;
    assert_eq!(redis.cli(&["CONFIG", "SET", "maxmemory", "1"]).await.trim(), "OK");
    for _ in 0..3 {
        assert_eq!(initialize(&server).await, 503);
    }
    assert_eq!(talker.status(&server).await, 200, "a session that is there needs no more room");
    let log = said(&server, "it is full").await;
    assert_eq!((log.matches("it is full").count(), log.matches("does not answer").count()), (1, 0), "{log}");
    assert_eq!(redis.cli(&["CONFIG", "SET", "maxmemory", "0"]).await.trim(), "OK");
    Talker::greet(&server, &server).await;
}

/// What a server has logged, once some of it is there.
async fn said(server: &HttpServer, what: &str) -> String {
    server.log.wait_for(what, |log| (log.contains(what) && log.ends_with('\n')).then(|| log.to_owned())).await
}

#[tokio::test]
async fn what_somebody_else_keeps_under_our_keys_is_said() {
    if !installed() {
        return;
    }
    let redis = RedisServer::start("").await;
    let server = HttpServer::start(replica(&redis.url())).await;
    let key = redis.cli(&["KEYS", "*:replicas"]).await.trim().replace(":replicas", ":sessions");
    assert!(key.starts_with("fastmcp:{"), "{key}");
    redis.cli(&["SET", &key, "somebody's"]).await;
    assert_eq!(initialize(&server).await, 503);
    said(&server, "another program keeps something else").await;
    redis.cli(&["DEL", &key]).await;
    Talker::greet(&server, &server).await;
}

#[tokio::test]
async fn a_name_that_leads_to_another_server_is_looked_up_again() {
    if !installed() {
        return;
    }
    // As with a managed Redis whose name is that of the primary: it fails over, and the old one keeps its connections.
    let (old, new) = (RedisServer::start("").await, RedisServer::start("").await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}/", listener.local_addr().unwrap());
    let (leads, to) = watch::channel(old.address());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let to = to.borrow().clone();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    let server = HttpServer::start(replica(&url)).await;
    Talker::greet(&server, &server).await;
    old.cli(&["REPLICAOF", "127.0.0.1", &new.port.to_string()]).await;
    old.until(&["INFO", "replication"], |info| info.contains("master_link_status:up")).await;
    leads.send(new.address()).unwrap();
    // Within the first request, and for its client nothing has happened.
    let mut talker = Talker::greet(&server, &server).await;
    assert_eq!(talker.status(&server).await, 200);
    assert!(new.cli(&["KEYS", "*:session:*"]).await.contains(&talker.session));

    // Where there is no other, that is said.
    old.cli(&["REPLICAOF", "NO", "ONE"]).await;
    new.cli(&["REPLICAOF", "127.0.0.1", &old.port.to_string()]).await;
    new.until(&["INFO", "replication"], |info| info.contains("master_link_status:up")).await;
    assert_eq!(initialize(&server).await, 503);
    said(&server, "it is a replica").await;
}

/// The status of a greeting, which has to be kept.
async fn initialize(server: &HttpServer) -> u16 {
    let mut nobody = Talker::nobody();
    let greeting =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "0" } });
    let request = nobody.request("initialize", greeting);
    nobody.send(server, "POST", &[], &request).await.0.status
}

#[tokio::test]
async fn a_node_of_a_cluster_is_not_taken_for_the_only_one() {
    if !installed() {
        return;
    }
    let cluster = RedisCluster::start(false).await;
    let mut refused = 0;
    for node in &cluster.nodes {
        // The node that happens to have the keys would do.
        let example = replica(&node.url()).args(["--http", "127.0.0.1:0"]);
        let mut child = example.spawn();
        let log = fastmcp_rs_tests::example::Log::collect(child.stderr.take().unwrap());
        let said =
            |log: &str| (log.contains("serving http://") || log.contains("redis-cluster://")).then(|| log.to_owned());
        let log = log.wait_for("the line that says what is served, or why not", said).await;
        refused += usize::from(log.contains("write `redis-cluster://`"));
    }
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn many_requests_make_one_connection() {
    if !installed() {
        return;
    }
    let mut redis = RedisServer::start("").await;
    let server = HttpServer::start(replica(&redis.url())).await;
    let mut talker = Talker::greet(&server, &server).await;
    redis.kill().await;
    assert_eq!(talker.status(&server).await, 503);
    redis.restart().await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (server, session) = (server.beside(), talker.session.clone());
        asked.spawn(async move {
            let mut talker = Talker::nobody();
            talker.session = session;
            talker.status(&server).await
        });
    }
    while let Some(status) = asked.join_next().await {
        // The session is gone with what Redis kept, and not for want of an answer.
        assert_eq!(status.unwrap(), 404);
    }
    let stats = redis.cli(&["CLIENT", "LIST"]).await;
    let ours = stats.lines().filter(|line| line.contains("name=fastmcp-rs")).count();
    assert!((1..=2).contains(&ours), "one for commands, one that listens: {stats}");
}
