//! Nothing waits for ever, and what nobody waits for is cancelled.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastmcp_rs::Revision;
use fastmcp_rs::client::{ClientError, Era, Sent};
use serde_json::{Value, json};

use super::fake::{connect, greeted, pair, text};

const BOTH: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_told_when_the_time_is_up() {
    for revision in BOTH {
        let (client, mut fake) = greeted(revision, |builder| builder.timeout(Duration::from_secs(20))).await;
        let calling = tokio::spawn({
            let client = client.clone();
            async move { client.call_tool("slow", json!({})).await }
        });
        let call = fake.expect("tools/call").await;
        let began = tokio::time::Instant::now();
        let cancelled = fake.expect("notifications/cancelled").await;
        assert_eq!(cancelled["params"]["requestId"], call["id"]);
        assert_eq!(began.elapsed().as_secs(), 20);
        let error = calling.await.unwrap().unwrap_err();
        assert!(matches!(&error, ClientError::Timeout { method, cancelled: true, .. } if method == "tools/call"));
        assert_eq!((error.was_sent(), error.is_retryable()), (Sent::Maybe, true));
        assert_eq!(client.pending(), 0);
        // A late answer is passed over, and the conversation goes on.
        fake.answer(&call, text("late")).await;
        let (result, ()) = tokio::join!(client.call_tool("next", json!({})), async {
            let call = fake.expect("tools/call").await;
            fake.answer(&call, text("in time")).await;
        });
        assert_eq!(result.unwrap().to_text(), "in time");
    }
}

#[tokio::test]
async fn a_future_that_is_dropped_cancels_its_request() {
    for revision in BOTH {
        let (client, mut fake) = greeted(revision, |builder| builder).await;
        let calling = tokio::spawn({
            let client = client.clone();
            async move { client.call_tool("slow", json!({})).await }
        });
        let call = fake.expect("tools/call").await;
        calling.abort();
        let cancelled = fake.expect("notifications/cancelled").await;
        assert_eq!(cancelled["params"]["requestId"], call["id"]);
        assert_eq!(client.pending(), 0);
        // What was answered is not cancelled.
        let (result, ()) = tokio::join!(client.call_tool("fast", json!({})), async {
            let call = fake.expect("tools/call").await;
            fake.answer(&call, text("done")).await;
        });
        assert_eq!(result.unwrap().to_text(), "done");
        drop(client);
        assert_eq!(fake.line().await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_a_limit_and_is_never_cancelled() {
    let (builder, mut fake) = pair();
    let connecting = connect(builder.era(Era::Handshake).connect_timeout(Duration::from_secs(3)));
    fake.expect("initialize").await;
    let words = connecting.await.unwrap().unwrap_err().to_string();
    assert_eq!(words, "the handshake took longer than 3s");
    assert_eq!(fake.line().await, None);
}

#[tokio::test(start_paused = true)]
async fn progress_gives_more_time_up_to_a_limit() {
    for revision in BOTH {
        let (client, mut fake) = greeted(revision, |builder| builder).await;
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let request = client
            .request_tool("import", json!({}))
            .timeout(Duration::from_secs(10))
            .max_time(Duration::from_secs(25))
            .on_progress(move |progress| heard.lock().unwrap().push((progress.done, progress.total)));
        let calling = tokio::spawn(async move { request.await });
        let call = fake.expect("tools/call").await;
        let token = &call["params"]["_meta"]["progressToken"];
        assert!(token.is_u64(), "{call}");
        let began = tokio::time::Instant::now();
        for done in 1..=3 {
            tokio::time::sleep(Duration::from_secs(8)).await;
            let params = json!({ "progressToken": token, "progress": done, "total": 3 });
            fake.send(json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })).await;
        }
        fake.expect("notifications/cancelled").await;
        assert_eq!(began.elapsed().as_secs(), 25);
        assert!(matches!(calling.await.unwrap(), Err(ClientError::Timeout { .. })));
        let third = Some(3.0);
        assert_eq!(*told.lock().unwrap(), [(1.0, third), (2.0, third), (3.0, third)]);
    }
}

#[tokio::test]
async fn progress_is_asked_for_only_where_somebody_hears_it() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    let (_, call) = tokio::join!(client.call_tool("quick", json!({})), async {
        let call = fake.expect("tools/call").await;
        fake.answer(&call, text("")).await;
        call
    });
    assert_eq!(call["params"], json!({ "name": "quick", "arguments": {} }));
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error_and_not_a_short_list() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    let (tools, ()) = tokio::join!(client.tools(), async {
        for cursor in [Value::Null, json!(""), json!("b")] {
            let page = fake.expect("tools/list").await;
            assert_eq!(page["params"].get("cursor").cloned().unwrap_or_default(), cursor);
            let next = if cursor.is_null() { json!("") } else { json!("b") };
            let tool = json!({ "name": format!("tool{cursor}"), "inputSchema": { "type": "object" } });
            fake.answer(&page, json!({ "tools": [tool], "nextCursor": next })).await;
        }
    });
    let words = tools.unwrap_err().to_string();
    assert!(words.contains("comes back to a page"), "{words}");
}

#[tokio::test]
async fn what_waits_when_the_server_goes_is_told_at_once() {
    for revision in BOTH {
        let (client, mut fake) = greeted(revision, |builder| builder).await;
        let calls: Vec<_> = (0..3)
            .map(|number| {
                let client = client.clone();
                tokio::spawn(async move { client.call_tool("slow", json!({ "number": number })).await })
            })
            .collect();
        for _ in 0..3 {
            fake.expect("tools/call").await;
        }
        fake.hang_up();
        for call in calls {
            let error = call.await.unwrap().unwrap_err();
            let during = |during: &Option<String>| during.as_deref() == Some("tools/call");
            assert!(matches!(&error, ClientError::Disconnected { during: method, .. } if during(method)), "{error:?}");
            assert_eq!(error.was_sent(), Sent::Maybe);
        }
        assert!(client.is_closed() && client.pending() == 0);
        let after = client.call_tool("more", json!({})).await.unwrap_err();
        assert_eq!(after.was_sent(), Sent::No, "{after}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_written_is_not_sent() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    for arguments in [json!([1]), json!("a"), json!(7)] {
        let error = client.call_tool("t", arguments).await.unwrap_err();
        assert!(matches!(error, ClientError::Request { .. }) && error.was_sent() == Sent::No, "{error:?}");
    }
    #[derive(serde::Serialize)]
    struct Arguments {
        ratio: f64,
    }
    let error = client.call_tool("t", Arguments { ratio: f64::NAN }).await.unwrap_err();
    assert!(matches!(error, ClientError::Request { .. }), "{error:?}");
    fake.is_left_alone().await;
}
