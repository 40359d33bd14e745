//! Over TLS, with an authority of one's own, as a user who may do no more than is needed.

use std::time::Duration;

use fastmcp_rs::replicas::{Redis, RedisStore, ReplicaBus};
use fastmcp_rs_tests::{
    example::{Example, HttpServer},
    redis::{RedisServer, certificate, installed},
};
use serde_json::json;

use super::{modern, recovered};
use crate::replicas::{Pair, Talker, replica};

/// What docs/scaling.md lets a user do.
const RULES: &str = "on >hunter2 resetkeys ~fastmcp:* resetchannels &fastmcp:* -@all +@read +@write -@dangerous +eval +evalsha +publish +subscribe +ping \
                     +time";

#[test]
fn the_documentation_says_what_a_user_needs() {
    let documented = include_str!("../../../docs/scaling.md");
    assert!(documented.contains(&RULES.replace(">hunter2", ">password")), "{RULES}");
}

/// A server with TLS, which knows a user `mcp` and nobody else.
async fn guarded() -> RedisServer {
    let server = RedisServer::over_tls("--requirepass admin").await.known_by("admin");
    let rules: Vec<&str> = ["ACL", "SETUSER", "mcp"].into_iter().chain(RULES.split_whitespace()).collect();
    assert_eq!(server.cli(&rules).await.trim(), "OK");
    server
}

fn trusting(example: Example) -> Example {
    example.env("FASTMCP_REDIS_CA_FILE", certificate("ca.pem"))
}

async fn refusal(example: Example) -> String {
    let output = example.args(["--http", "127.0.0.1:0"]).output().await;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success() && !said.contains("serving"), "{said}");
    assert!(!said.contains("hunter"), "a secret is shown: {said}");
    said
}

#[tokio::test]
async fn replicas_share_over_tls_as_a_user() {
    if !installed() {
        return;
    }
    let mut redis = guarded().await;
    // The secret in the URL, and apart from it.
    let one = trusting(replica(&redis.url().replace("rediss://", "rediss://mcp:hunter2@")));
    let other = trusting(replica(&redis.url()));
    let other = other.env("FASTMCP_REDIS_USER", "mcp").env("FASTMCP_REDIS_PASSWORD", "hunter2");
    let pair = Pair { a: HttpServer::start(one).await, b: HttpServer::start(other).await };
    let mut talker = Talker::greet(&pair.a, &pair.b).await;
    let mut unasked = talker.get(&pair.b, None).await;
    unasked.next().await.unwrap();
    talker.call(&pair.a, "test_trigger_tool_change", json!({})).await;
    assert_eq!(unasked.message().await.unwrap()["method"], "notifications/tools/list_changed");

    redis.kill().await;
    assert_eq!(talker.status(&pair.a).await, 503);
    assert_eq!(modern(&pair.a).await, 200);
    redis.restart().await;
    let rules: Vec<&str> = ["ACL", "SETUSER", "mcp"].into_iter().chain(RULES.split_whitespace()).collect();
    redis.cli(&rules).await;
    // It kept nothing, and so the session is gone and another begins.
    assert_eq!(recovered(&mut talker, &pair.a).await, 404);
    assert_eq!(recovered(&mut talker, &pair.b).await, 404);
    Talker::greet(&pair.b, &pair.a).await;
    for server in [&pair.a, &pair.b] {
        let log = server.log.text();
        assert!(!log.contains("hunter2") && !log.contains("NOPERM"), "{log}");
    }
    // All keys begin as they should, or the user could not have written them.
    let keys = redis.cli(&["KEYS", "*"]).await;
    assert!(keys.lines().all(|key| key.starts_with("fastmcp:")) && keys.contains(":session:"), "{keys}");
}

#[tokio::test]
async fn a_start_that_fails_names_the_cause_without_the_secret() {
    if !installed() {
        return;
    }
    let redis = guarded().await;
    let plain = RedisServer::start("").await;
    let with = |login: &str| redis.url().replace("rediss://", &format!("rediss://{login}"));
    let known = with("mcp:hunter2@");
    let file = |name: &str| certificate(name).to_str().unwrap().to_owned();
    for (example, why) in [
        (trusting(replica(&with("mcp:hunter3@"))), "does not take the user and the password"),
        (trusting(replica(&with(":hunter2@"))), "does not take the user and the password"),
        (trusting(replica(&with("hunter:hunter2@"))), "does not take the user and the password"),
        (trusting(replica(&with(""))), "asks for a password"),
        (trusting(replica(&with(""))).env("FASTMCP_REDIS_USER", "mcp"), "no password"),
        (replica(&known), "FASTMCP_REDIS_CA_FILE"),
        (replica(&known).env("FASTMCP_REDIS_CA_FILE", file("other-ca.pem")), "by TLS"),
        (replica(&known).env("FASTMCP_REDIS_CA_FILE", file("server.key")), "there is no certificate"),
        (replica(&known).env("FASTMCP_REDIS_CA_FILE", "/nowhere/ca.pem"), "/nowhere/ca.pem"),
        (trusting(replica(&known)).env("FASTMCP_REDIS_KEY_FILE", file("client.key")), "name both"),
        (
            trusting(replica(&known))
                .env("FASTMCP_REDIS_KEY_FILE", file("client.pem"))
                .env("FASTMCP_REDIS_CERTIFICATE_FILE", file("client.pem")),
            "there is no key",
        ),
        (trusting(replica(&known.replace("localhost", "127.0.0.2"))), "not valid for name"),
        (replica(&known.replace("rediss", "redis")), "one that speaks TLS is `rediss://`"),
        (replica(&plain.url().replace("redis://", "rediss://:hunter2@")), "one that does not speak TLS is `redis://`"),
        (replica(&plain.url().replace("redis://", "redis://:hunter2@")), "has no password"),
        (trusting(replica(&plain.url())), "says nothing of TLS"),
        (replica("redis://:hunter2@"), "names no host"),
        (replica("rediss://:hunter2@h#insecure"), "always checked"),
    ] {
        let said = refusal(example).await;
        assert!(said.contains(why) && said.contains("Redis"), "{why}: {said}");
    }
    let said = refusal(trusting(replica(&format!("{known}99")))).await;
    assert!(said.contains("its database be selected"), "{said}");
}

#[tokio::test]
async fn a_user_who_may_too_little_is_told_of_once() {
    if !installed() {
        return;
    }
    let redis = guarded().await;
    redis.cli(&["ACL", "SETUSER", "mcp", "-evalsha", "-eval"]).await;
    let server = HttpServer::start(trusting(replica(&redis.url().replace("rediss://", "rediss://mcp:hunter2@")))).await;
    let mut nobody = Talker::nobody();
    for _ in 0..3 {
        let greeting = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "0" } });
        let request = nobody.request("initialize", greeting);
        assert_eq!(nobody.send(&server, "POST", &[], &request).await.0.status, 503);
    }
    let find = |log: &str| (log.contains("docs/scaling.md") && log.ends_with('\n')).then(|| log.to_owned());
    let log = server.log.wait_for("the line about it", find).await;
    assert_eq!((log.matches("NOPERM").count(), log.matches("docs/scaling.md").count()), (1, 1), "{log}");
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn a_server_may_ask_for_a_certificate() {
    if !installed() {
        return;
    }
    let redis = RedisServer::over_tls("").await;
    redis.cli(&["CONFIG", "SET", "tls-auth-clients", "yes"]).await;
    let settings = || Redis::at(redis.url()).ca_file(certificate("ca.pem"));
    let joined = async |settings: Redis| {
        let store = RedisStore::new(settings, "fastmcp:tests").unwrap();
        store.join(std::sync::Arc::new(|_| true)).await
    };
    let refused = joined(settings()).await.expect_err("no certificate");
    assert!(refused.to_string().to_lowercase().contains("certificate"), "{refused}");
    let known = settings().client_certificate(certificate("client.pem"), certificate("client.key"));
    joined(known).await.expect("one of the same authority");
}

#[tokio::test]
async fn a_paused_server_is_waited_for_no_longer_than_promised() {
    if !installed() {
        return;
    }
    let redis = guarded().await;
    let server = HttpServer::start(trusting(replica(&redis.url().replace("rediss://", "rediss://mcp:hunter2@")))).await;
    let mut talker = Talker::greet(&server, &server).await;
    redis.pause().await;
    let asked = std::time::Instant::now();
    assert_eq!(talker.status(&server).await, 503);
    assert_eq!(modern(&server).await, 200);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    redis.resume().await;
    // Nothing was lost: it is the same session.
    assert_eq!(recovered(&mut talker, &server).await, 200);
}
