//! Whatever a server writes, the client neither panics nor takes it for an answer to something else.

use std::sync::{Arc, Mutex};

use fastmcp_rs::Revision;
use fastmcp_rs::client::{ClientBuilder, ClientError, Sent};
use serde_json::{Value, json};

use super::fake::{greeted, text};

/// A client's problems, as they are told.
fn told(problems: &Arc<Mutex<Vec<String>>>) -> impl FnOnce(ClientBuilder) -> ClientBuilder + use<> {
    let problems = Arc::clone(problems);
    move |builder| builder.on_problem(move |what| problems.lock().unwrap().push(what.to_owned()))
}

#[tokio::test]
async fn noise_is_passed_over_and_told() {
    for revision in [Revision::V2025_03_26, Revision::V2025_11_25, Revision::V2026_07_28] {
        let problems = Arc::default();
        let (client, mut fake) = greeted(revision, told(&problems)).await;
        let (result, ()) = tokio::join!(client.call_tool("t", json!({})), async {
            let call = fake.expect("tools/call").await;
            let id = &call["id"];
            let noise: [&[u8]; 10] = [
                b"Listening on port 3000\r\n",
                b"\n \n\r\n",
                b"\xff\xfe broken\n",
                b"{\"jsonrpc\":\"2.0\"\n",
                b"[1, 2]\n",
                b"null\n",
                b"\"text\"\n",
                b"{}\n",
                b"\x1b[2J\x1b]0;title\x07\n",
                b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unheard_of\",\"params\":[]}\n",
            ];
            for line in noise {
                fake.write(line).await;
            }
            for id in [json!(id.to_string()), json!(999), json!(-1), Value::Null, json!(1.5), json!([]), json!({})] {
                fake.send(json!({ "jsonrpc": "2.0", "id": id, "result": text("for somebody else") })).await;
            }
            fake.send(json!({ "jsonrpc": "2.0", "error": { "code": -32700, "message": "whose?" } })).await;
            for method in ["notifications/progress", "notifications/message", "notifications/cancelled"] {
                fake.send(json!({ "jsonrpc": "2.0", "method": method, "params": { "level": 7, "progressToken": {} } }))
                    .await;
            }
            // The same number, spelled differently, with the spaces of a pretty printer and a line end of Windows.
            fake.write(format!("  {{ \"id\" : {id}.0 , \"result\":{} }}\r\n", text("mine"))).await;
            fake.answer(&call, text("twice")).await;
        });
        assert_eq!(result.unwrap().to_text(), "mine");
        let (result, ()) = tokio::join!(client.call_tool("t", json!({})), async {
            let call = fake.expect("tools/call").await;
            fake.answer(&call, text("still here")).await;
        });
        assert_eq!(result.unwrap().to_text(), "still here");
        let problems: Vec<String> = std::mem::take(&mut *problems.lock().unwrap());
        assert!(problems.iter().any(|problem| problem.contains("Listening on port 3000")), "{problems:#?}");
        assert!(problems.iter().all(|problem| !problem.chars().any(char::is_control)), "{problems:#?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_fails_its_request_alone() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    for broken in [
        json!({ "result": {}, "error": { "code": 1, "message": "both" } }),
        json!({}),
        json!({ "error": { "code": "x", "message": "no number" } }),
        json!({ "error": "text" }),
        json!({ "result": [1] }),
        json!({ "result": { "content": "text" } }),
        json!({ "result": { "content": [{ "type": "text" }] } }),
        json!({ "result": { "resultType": "task", "content": [] } }),
    ] {
        let (result, ()) = tokio::join!(client.call_tool("t", json!({})), async {
            let call = fake.expect("tools/call").await;
            let mut answer = broken.clone();
            answer["jsonrpc"] = json!("2.0");
            answer["id"] = call["id"].clone();
            fake.send(answer).await;
        });
        let error = result.expect_err(&broken.to_string());
        assert!(matches!(error, ClientError::Protocol { .. }), "{broken}: {error:?}");
        assert_eq!(error.was_sent(), Sent::Maybe);
    }
}

#[tokio::test]
async fn a_message_over_the_limit_fails_the_request_that_it_answers() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder.max_message_bytes(1000)).await;
    let (large, small, ()) = tokio::join!(client.call_tool("a", json!({})), client.call_tool("b", json!({})), async {
        let (one, other) = (fake.expect("tools/call").await, fake.expect("tools/call").await);
        let id = &one["id"];
        let long = "x".repeat(100_000);
        fake.write(format!("{{\"jsonrpc\":\"2.0\",\"id\": {id},\"result\":{{\"content\":\"{long}\"}}}}\n")).await;
        fake.answer(&other, text("small")).await;
    });
    assert_eq!(small.unwrap().to_text(), "small");
    assert!(large.unwrap_err().to_string().contains("more than 1000 bytes"));
}

#[tokio::test]
async fn a_last_line_without_its_end_counts_if_it_is_whole() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    let (result, ()) = tokio::join!(client.call_tool("t", json!({})), async {
        let call = fake.expect("tools/call").await;
        let answer = json!({ "jsonrpc": "2.0", "id": call["id"], "result": text("whole") });
        fake.write(answer.to_string()).await;
        fake.end_output().await;
    });
    assert_eq!(result.unwrap().to_text(), "whole");

    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    let (result, ()) = tokio::join!(client.call_tool("t", json!({})), async {
        let call = fake.expect("tools/call").await;
        fake.write(format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":", call["id"])).await;
        fake.end_output().await;
    });
    assert!(matches!(result, Err(ClientError::Disconnected { .. })));
}

#[tokio::test]
async fn batches_are_read_where_the_revision_has_them() {
    for (revision, read) in [(Revision::V2025_03_26, true), (Revision::V2025_06_18, false)] {
        let (client, mut fake) = greeted(revision, |builder| builder).await;
        let (result, ()) = tokio::join!(client.call_tool("t", json!({})), async {
            let call = fake.expect("tools/call").await;
            let answer = json!({ "jsonrpc": "2.0", "id": call["id"], "result": text("in a batch") });
            fake.send(json!([{ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }, answer])).await;
            fake.answer(&call, text("alone")).await;
        });
        assert_eq!(result.unwrap().to_text(), if read { "in a batch" } else { "alone" });
    }
}

#[tokio::test]
async fn a_flood_of_empty_lines_keeps_nobody_out() {
    let (client, mut fake) = greeted(Revision::V2025_11_25, |builder| builder).await;
    let (result, ()) = tokio::join!(client.call_tool("t", json!({})), async {
        let call = fake.expect("tools/call").await;
        let lines = vec![b'\n'; 10_000];
        for _ in 0..100 {
            fake.write(&lines).await;
        }
        fake.answer(&call, text("after a million lines")).await;
    });
    assert_eq!(result.unwrap().to_text(), "after a million lines");
}

#[tokio::test]
async fn an_entry_of_a_list_that_cannot_be_read_does_not_cost_the_others() {
    let problems = Arc::default();
    let (client, mut fake) = greeted(Revision::V2026_07_28, told(&problems)).await;
    let (tools, ()) = tokio::join!(client.tools(), async {
        let page = fake.expect("tools/list").await;
        let schema = json!({ "type": "object", "$defs": { "a": { "$anchor": "x" } }, "unevaluatedProperties": false });
        let good = json!({ "name": "good", "inputSchema": schema, "surprise": [1] });
        let tools = json!([good, { "name": "no schema" }, 7, { "inputSchema": {} }]);
        fake.answer(&page, json!({ "resultType": "complete", "tools": tools, "ttlMs": "soon" })).await;
    });
    let tools = tools.unwrap();
    assert_eq!(tools.len(), 1);
    assert_eq!(tools[0].input_schema["$defs"]["a"]["$anchor"], "x");
    assert_eq!(problems.lock().unwrap().len(), 3);
}
