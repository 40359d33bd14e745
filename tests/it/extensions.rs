//! Extensions of the protocol: declared, answered for clients that declare them too, and unknown to all others.

use std::time::Duration;

use fastmcp_rs::{Extension, RpcError, prelude::*};
use fastmcp_rs_tests::{Client, Revision, Transport, client::text_of};
use serde_json::{Map, Value, json};

/// Says hello.
#[tool(inline)]
fn hello() -> &'static str {
    "hello"
}

/// Answers what day it is, and misbehaves when it is told to.
struct Weekday(&'static str, &'static [&'static str]);

impl Extension for Weekday {
    fn id(&self) -> &str {
        self.0
    }

    fn settings(&self) -> Map<String, Value> {
        Map::from_iter([("week".to_owned(), json!("ISO"))])
    }

    fn methods(&self) -> &[&str] {
        self.1
    }

    async fn call(&self, method: &str, params: Value, ctx: Context) -> Result<Value, RpcError> {
        match params["how"].as_str() {
            Some("refuse") => Err(RpcError::new(-32000, "it is Sunday")),
            Some("panic") => panic!("no calendar"),
            Some("hang") => std::future::pending().await,
            Some("text") => Ok(json!("Friday")),
            _ => Ok(json!({
                "weekday": "Friday",
                "method": method,
                "revision": ctx.revision().as_str(),
                "_meta": { "com.example/seen": true },
            })),
        }
    }
}

const ID: &str = "com.example/weekday";

fn server() -> Server {
    let server = Server::empty("calendar").tool(hello).timeout(Duration::from_secs(5));
    server.extension(Weekday(ID, &["weekday/get", "weekday/set"]))
}

fn declared() -> Value {
    json!({ "extensions": { ID: {} } })
}

#[tokio::test]
async fn a_client_that_declares_it_is_answered() {
    for transport in [Transport::Stdio, Transport::Http] {
        for revision in Revision::ALL {
            let mut client = Client::with_capabilities(server(), transport, revision, declared()).await;
            let result = client.result("weekday/get", json!({})).await;
            assert_eq!(
                (&result["weekday"], &result["method"]),
                (&json!("Friday"), &json!("weekday/get")),
                "{revision}"
            );
            assert_eq!(
                (&result["revision"], &result["_meta"]["com.example/seen"]),
                (&json!(revision.to_string()), &json!(true))
            );
            if revision == Revision::V2026_07_28 {
                assert_eq!(result["resultType"], "complete");
                let discovered = client.result("server/discover", json!({})).await;
                assert_eq!(discovered["capabilities"]["extensions"], json!({ ID: { "week": "ISO" } }));
            }
            assert_eq!(client.refusal("weekday/get", json!({ "how": "refuse" })).await.message, "it is Sunday");
            assert_eq!(client.refusal("weekday/get", json!({ "how": "panic" })).await.code, -32603);
            assert_eq!(client.refusal("weekday/get", json!({ "how": "text" })).await.code, -32603);
            assert_eq!(client.refusal("weekday/forget", json!({})).await.code, -32601);
            assert_eq!(text_of(&client.call("hello", json!({})).await), "hello");
            client.unasked.clear();
            client.finish().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_is_told_what_it_would_need() {
    for transport in [Transport::Stdio, Transport::Http] {
        for revision in Revision::ALL {
            let mut client = Client::start(server(), transport, revision).await;
            let refused = client.refusal("weekday/get", json!({})).await;
            assert_eq!(refused.code, -32021, "{revision}");
            assert_eq!(refused.data["requiredCapabilities"], json!({ "extensions": { ID: {} } }));
            client.finish().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_has_the_time_limit_of_the_server() {
    let mut client = Client::with_capabilities(server(), Transport::Stdio, Revision::V2026_07_28, declared()).await;
    let refused = client.refusal("weekday/get", json!({ "how": "hang" })).await;
    assert_eq!((refused.code, refused.message.as_str()), (-32603, "no answer within 5s"));
    client.finish().await;
}

#[test]
fn extensions_that_cannot_be_told_apart_keep_the_server_from_starting() {
    let error = server()
        .extension(Weekday(ID, &[]))
        .extension(Weekday("weekday", &[]))
        .extension(Weekday("com.example/other", &["weekday/set", "tools/list"]))
        .build()
        .unwrap_err()
        .to_string();
    for what in [
        "the extension `com.example/weekday` is given twice",
        "the extension `weekday` needs an identifier of a prefix, a slash and a name",
        "the extensions `com.example/weekday` and `com.example/other` both answer `weekday/set`",
        "the extension `com.example/other` answers `tools/list`, which is a method of the protocol",
    ] {
        assert!(error.contains(what), "{what}: {error}");
    }
}
