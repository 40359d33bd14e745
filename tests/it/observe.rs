//! What is known of calls: each has one line, however it ends, and nothing in it that does not belong there.

use fastmcp_rs_tests::{Client, Example, Revision, Transport, client::text_of};
use serde_json::{Value, json};

/// The lines of the call log so far.
fn lines(client: &Client) -> Vec<Value> {
    let is_call = |line: &&str| line.starts_with('{') && line.contains("fastmcp_rs::call");
    client.output_or_log().text().lines().filter(is_call).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines of the call log once there are so many.
async fn lines_once(client: &Client, count: usize) -> Vec<Value> {
    let enough = |text: &str| {
        (text.matches("\"target\":\"fastmcp_rs::call\"").count() >= count && text.ends_with('\n')).then_some(())
    };
    client.output_or_log().wait_for(&format!("{count} lines"), enough).await;
    lines(client)
}

async fn everywhere(body: impl AsyncFn(&mut Client)) {
    for transport in [Transport::Stdio, Transport::Http] {
        for revision in [Revision::V2025_06_18, Revision::V2026_07_28] {
            let mut client = Client::start(Example::named("observed"), transport, revision).await;
            body(&mut client).await;
            client.finish().await;
        }
    }
}

#[tokio::test]
async fn every_call_has_one_line_that_says_how_it_ended() {
    everywhere(async |client| {
        for how in ["ok", "conflict", "masked", "panic"] {
            client.call("end", json!({ "how": how, "secret": "hunter2" })).await;
        }
        client.failure("late", json!({})).await;
        client.refusal("tools/call", json!({ "name": "no\u{1b}such", "arguments": {} })).await;
        client.failure("end", json!({})).await;
        client.failure("plainly", json!({})).await;
        client.result("resources/read", json!({ "uri": "note://7" })).await;
        client.refusal("resources/read", json!({ "uri": "note://0" })).await;
        client.result("prompts/get", json!({ "name": "greet", "arguments": { "name": "Ada" } })).await;
        let all = lines_once(client, 11).await;
        let ends: Vec<_> = all.iter().map(|line| line["outcome"].as_str().unwrap()).collect();
        assert_eq!(
            ends,
            [
                "ok",
                "conflict",
                "internal",
                "panic",
                "timeout",
                "invalid_params",
                "invalid_params",
                "panic",
                "ok",
                "not_found",
                "ok"
            ]
        );
        for (line, level) in all.iter().zip(["info", "info", "warn", "warn", "warn", "info", "info", "warn"]) {
            assert_eq!(line["level"], level, "{line}");
            assert!(line["execution_time_ms"].is_number() && line["tool_name"].is_string(), "{line}");
            assert_eq!(line["message"], "tool call");
        }
        assert_eq!(all[5]["tool_name"], "no\\u{1b}such");
        assert_eq!((&all[8]["resource_uri"], &all[8]["message"]), (&json!("note://{id}"), &json!("resource read")));
        assert_eq!((&all[10]["prompt_name"], &all[10]["message"]), (&json!("greet"), &json!("prompt get")));
        let mut ids: Vec<_> = all.iter().map(|line| line["invocation_id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 26), "{ids:?}");
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        let (transport, caller) = match client.transport() {
            Transport::Stdio => ("stdio", "local"),
            Transport::Http => ("http", "anonymous"),
        };
        for line in &all {
            assert_eq!((&line["transport"], &line["caller"]), (&json!(transport), &json!(caller)), "{line}");
            assert_eq!(line["revision"], client.revision().name());
            assert!(line["request_bytes"].as_u64() > Some(60) && line["response_bytes"].as_u64() > Some(50), "{line}");
            assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
            let session = line.get("session").and_then(Value::as_str).map(str::len);
            let has_one = transport == "http" && !client.revision().is_modern();
            assert_eq!(session, has_one.then_some(8), "{line}");
        }
        assert_eq!(all[0]["arguments"], json!({ "how": "ok", "secret": "[redacted]" }));
        assert_eq!(all[0].get("error"), None);
        assert_eq!(all[1]["error"].as_str().unwrap(), "it is in use (conflict)");
    })
    .await;
}

#[tokio::test]
async fn the_cause_of_a_masked_error_is_in_the_line_whose_id_the_client_sees() {
    everywhere(async |client| {
        for (tool, how, cause) in
            [("end", "masked", "the disk is"), ("end", "panic", "nothing is left"), ("plainly", "", "a plain function")]
        {
            let arguments = if how.is_empty() { json!({}) } else { json!({ "how": how }) };
            let before = lines(client).len();
            let text = client.failure(tool, arguments).await;
            let incident =
                text.strip_prefix("internal error (incident ").and_then(|rest| rest.strip_suffix(')')).unwrap();
            let lines = lines_once(client, before + 1).await;
            assert_eq!(lines[before]["invocation_id"], incident);
            let error = lines[before]["error"].as_str().unwrap();
            assert!(error.contains(cause) && !error.contains(['\u{1b}', '\n']), "{error:?}");
        }
        assert!(!client.output_or_log().text().contains('\u{1b}'));
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_cancelled_has_one_line() {
    for revision in [Revision::V2025_06_18, Revision::V2026_07_28] {
        let mut client = Client::start(Example::named("observed"), Transport::Stdio, revision).await;
        let params = json!({ "name": "wait", "arguments": {}, "_meta": { "progressToken": 1 } });
        let id = client.begin("tools/call", params).await;
        assert_eq!(client.receive().await["method"], "notifications/progress");
        client.notify("notifications/cancelled", json!({ "requestId": id })).await;
        let lines = lines_once(&client, 1).await;
        assert_eq!((lines.len(), &lines[0]["outcome"], &lines[0]["request_id"]), (1, &json!("cancelled"), &id));
        assert_eq!(lines[0]["response_bytes"], 0);
        client.finish().await;
    }
}

#[tokio::test]
async fn a_call_whose_client_is_gone_has_one_line() {
    let mut client = Client::start(Example::named("observed"), Transport::Http, Revision::V2026_07_28).await;
    let params = json!({ "name": "wait", "arguments": {}, "_meta": { "progressToken": 1 } });
    let request = client.request("tools/call", params);
    let headers = client.headers(&request);
    let (_, mut events) = client.open("POST", &headers, request.to_string().as_bytes()).await;
    assert_eq!(events.message().await.unwrap()["method"], "notifications/progress");
    drop(events);
    let lines = lines_once(&client, 1).await;
    assert_eq!((lines.len(), &lines[0]["outcome"]), (1, &json!("cancelled")));
    client.finish().await;
}

#[tokio::test]
async fn a_question_and_a_trace_are_in_the_line() {
    let capabilities = json!({ "elicitation": {} });
    let mut client =
        Client::with_capabilities(Example::named("observed"), Transport::Stdio, Revision::V2026_07_28, capabilities)
            .await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let params = json!({ "name": "end", "arguments": { "how": "ask" }, "_meta": { "traceparent": trace } });
    let asked = client.result("tools/call", params).await;
    assert_eq!(asked["resultType"], "input_required");
    let lines = lines_once(&client, 1).await;
    assert_eq!(lines[0]["outcome"], "input_required");
    assert_eq!(lines[0]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(lines[0]["span_id"], "b7ad6b7169203331");
    for wrong in ["00-0af7", "", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"] {
        let before = lines_once(&client, 1).await.len();
        let params = json!({ "name": "end", "arguments": { "how": "ok" }, "_meta": { "traceparent": wrong } });
        assert!(!text_of(&client.result("tools/call", params).await).is_empty());
        assert_eq!(lines_once(&client, before + 1).await[before].get("trace_id"), None, "{wrong}");
    }
    client.finish().await;
}

#[tokio::test]
async fn warnings_of_the_server_are_lines_of_json_where_the_call_log_is() {
    let mut client = Client::start(Example::named("observed"), Transport::Stdio, Revision::V2026_07_28).await;
    client.failure("end", json!({ "how": "masked" })).await;
    let find = |text: &str| {
        let line = text.lines().find(|line| line.contains("\"level\":\"error\"") && line.contains("the disk is"))?;
        text.ends_with('\n').then(|| serde_json::from_str::<Value>(line).unwrap())
    };
    let line = client.log().wait_for("the error", find).await;
    assert_eq!((&line["component"], line["incident"].as_str().map(str::len)), (&json!("end"), Some(26)));
    client.finish().await;
}
