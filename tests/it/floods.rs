//! Clients that ask for more than one client should have: each bound, and that what is refused has no effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Client, Revision, Transport, client::text_of, served, within};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

/// A text.
#[resource("files://{name}")]
fn file(name: String) -> String {
    name
}

/// Takes anything.
#[tool(inline)]
fn take(value: Value) -> usize {
    value.to_string().len()
}

fn server() -> Server {
    Server::empty("floods").resource(file).tool(take)
}

#[tokio::test]
async fn a_conversation_has_a_bounded_number_of_subscriptions() {
    let mut client = Client::of(server(), Revision::V2025_11_25).await;
    for n in 0..1024 {
        client.result("resources/subscribe", json!({ "uri": format!("files://{n}") })).await;
    }
    let refusal = client.refusal("resources/subscribe", json!({ "uri": "files://one-more" })).await;
    assert_eq!(
        (refusal.code, refusal.message.as_str()),
        (-32602, "a conversation may have at most 1024 subscriptions")
    );
    // One that there is already is none more, and one that is given up makes room.
    client.result("resources/subscribe", json!({ "uri": "files://7" })).await;
    client.result("resources/unsubscribe", json!({ "uri": "files://7" })).await;
    client.result("resources/subscribe", json!({ "uri": "files://one-more" })).await;
    client.finish().await;

    let mut client = Client::of(server(), Revision::V2026_07_28).await;
    let uris: Vec<String> = (0..1025).map(|n| format!("files://{n}")).collect();
    let filter = json!({ "notifications": { "resourceSubscriptions": uris } });
    let refusal = client.refusal("subscriptions/listen", filter).await;
    assert_eq!((refusal.code, refusal.message.as_str()), (-32602, "a stream may have at most 1024 subscriptions"));
    client.finish().await;
}

#[tokio::test]
async fn subscriptions_take_no_more_room_than_a_conversation_has() {
    // An eighth of it is for one conversation: 64 KiB, eight of these.
    let mut client = Client::of(server().max_kept_bytes(512 << 10), Revision::V2025_11_25).await;
    let uri = |n: usize| format!("files://{n}{}", "a".repeat(7500));
    let mut granted = 0;
    let refusal = loop {
        match client.ask("resources/subscribe", json!({ "uri": uri(granted) })).await {
            Ok(_) => granted += 1,
            Err(refusal) => break refusal,
        }
        assert!(granted < 9, "more than there is room for");
    };
    assert_eq!(granted, 8);
    let message = "there is no room for this subscription: give up others, or read the answers that wait";
    assert_eq!((refusal.code, &*refusal.message), (-32602, message));
    client.result("resources/unsubscribe", json!({ "uri": uri(0) })).await;
    client.result("resources/subscribe", json!({ "uri": uri(8) })).await;
    client.finish().await;
}

#[tokio::test]
async fn a_uri_has_an_end() {
    served(server, async |client| {
        for (length, fits) in [(8000, true), (8200, false), (20_000, false)] {
            let uri = format!("files://{}", "a".repeat(length));
            if fits {
                let read = client.result("resources/read", json!({ "uri": uri })).await;
                assert_eq!(read["contents"][0]["text"].as_str().unwrap().len(), length);
            } else {
                let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
                assert!(refusal.message.contains("longer than 8192 bytes"), "{}", refusal.message);
                assert!(refusal.message.len() < 300);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_nested_without_end_is_refused_and_the_next_message_is_served() {
    for transport in Transport::ALL {
        for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
            let mut client = Client::start(server(), transport, revision).await;
            for depth in [200, 100_000, 1_000_000] {
                let request = client.request("tools/call", json!({ "name": "take", "arguments": { "value": "DEEP" } }));
                let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
                let text = request.to_string().replace("\"DEEP\"", &deep);
                let delivered = client.deliver(text.as_bytes()).await;
                let [answer] = delivered.messages.as_slice() else { panic!("{delivered:?}") };
                assert!(answer["error"].is_object() || answer["result"]["isError"] == true, "{depth}: {answer}");
                assert!(answer.to_string().len() < 1000);
            }
            assert_eq!(text_of(&client.call("take", json!({ "value": [[1]] })).await), "5");
            client.finish().await;
        }
    }
}

/// What calls wait at.
#[derive(Clone)]
struct Gate {
    begun: watch::Sender<usize>,
    go: Arc<Semaphore>,
}

static EFFECTS: AtomicUsize = AtomicUsize::new(0);

/// Waits to be let go.
#[tool(timeout = "none")]
async fn wait(gate: State<Gate>) -> &'static str {
    EFFECTS.fetch_add(1, Ordering::Relaxed);
    gate.begun.send_modify(|begun| *begun += 1);
    gate.go.acquire().await.unwrap().forget();
    "done"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_the_bound_is_refused_before_it_has_an_effect() {
    let (begun, mut count) = watch::channel(0);
    let gate = Gate { begun, go: Arc::new(Semaphore::new(0)) };
    let server = Server::empty("floods").tool(wait).state(gate.clone());
    let mut client = Client::of(server, Revision::V2025_11_25).await;
    for _ in 0..1024 {
        client.begin("tools/call", json!({ "name": "wait" })).await;
    }
    within("as many calls as may run", count.wait_for(|begun| *begun == 1024)).await.unwrap();
    for _ in 0..200 {
        let refusal = client.refusal("tools/call", json!({ "name": "wait" })).await;
        assert_eq!(
            (refusal.code, refusal.message.as_str()),
            (-32603, "more than 1024 requests are running: wait for one of them")
        );
    }
    assert_eq!(EFFECTS.load(Ordering::Relaxed), 1024, "none of the refused ones began");
    client.alive().await;
    gate.go.add_permits(1024);
    for _ in 0..1024 {
        assert_eq!(text_of(&client.receive().await["result"]), "done");
    }
    client.finish().await;
}
