//! What no client should send, and somebody will. After every one of them the server answers the next request, which
//! `Client::deliver` sees to.

use std::path::Path;

use fastmcp_rs_tests::{Client, Delivered, Example, Revision, Transport, everywhere, schema, stdio::Pipe, wherever};
use serde_json::{Value, json};

fn weather(_: &Path) -> Example {
    Example::named("weather")
}

/// On stdio what cannot be read is passed over, so that two confused peers do not shout at each other; HTTP has to answer.
fn refused_unread(delivered: &Delivered, code: i64, what: &str) {
    match delivered.status {
        None => assert!(delivered.messages.is_empty(), "{what}: {delivered:?}"),
        Some(status) => {
            assert_eq!((status, delivered.code()), (400, Some(code)), "{what}: {delivered:?}");
            assert_eq!(delivered.id(), None, "an id made up for {what}");
        }
    }
}

fn refused(delivered: &Delivered, code: i64, status: u16, id: Option<&Value>, what: &str) {
    assert_eq!(delivered.code(), Some(code), "{what}: {delivered:?}");
    assert_eq!(delivered.id(), id, "{what}: {delivered:?}");
    if let Some(seen) = delivered.status {
        assert_eq!(seen, status, "{what}: {delivered:?}");
    }
}

#[tokio::test]
async fn what_is_not_json_is_a_parse_error() {
    everywhere(weather, async |client| {
        let deep = "[".repeat(100_000);
        let request =
            |arguments: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{arguments}}}"#);
        for text in [
            "garbage",
            r#"{"jsonrpc":"2.0","id":1,"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}}"#,
            r#"{'jsonrpc':'2.0'}"#,
            &request(r#"{"a":NaN}"#),
            &request(r#"{"a":Infinity}"#),
            &request(r#"{"a":1,}"#),
            &deep,
            &request(&deep),
        ] {
            let delivered = client.deliver(text.as_bytes()).await;
            refused_unread(&delivered, -32700, &text[..text.len().min(80)]);
        }
        let broken = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"a\":\"\xff\"}}";
        refused_unread(&client.deliver(broken).await, -32700, "invalid UTF-8");
    })
    .await;
}

#[tokio::test]
async fn half_a_character_is_refused_wherever_it_is_read() {
    everywhere(weather, async |client| {
        let request =
            client.request("tools/call", json!({ "name": "get_temperature", "arguments": { "city": "Oslo" } }));
        let text = request.to_string().replace("\"Oslo\"", r#""\ud800""#);
        let answer = deliver_like(client, &request, &text).await.messages.remove(0);
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("/city"), "{answer}");

        let text = request.to_string().replace(&format!("\"id\":{}", request["id"]), r#""id":"\ud800""#);
        let delivered = deliver_like(client, &request, &text).await;
        refused(&delivered, -32600, 400, None, "an id that could not be repeated");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_json_rpc_is_an_invalid_request() {
    everywhere(weather, async |client| {
        for text in ["1", "true", "\"hello\"", "[]", "[1]", "{}", r#"{"jsonrpc":"2.0"}"#] {
            refused(&client.deliver(text.as_bytes()).await, -32600, 400, None, text);
        }
        let delivered = client.deliver(br#"[{"jsonrpc":"2.0","id":5,"method":"ping"}]"#).await;
        refused(&delivered, -32600, 400, None, "a batch in a revision without batches");
    })
    .await;
}

#[tokio::test]
async fn a_readable_id_is_answered_whatever_else_is_wrong() {
    everywhere(weather, async |client| {
        let good = client.request("tools/list", json!({}));
        for (member, wrong) in [
            ("jsonrpc", json!(null)),
            ("jsonrpc", json!("1.0")),
            ("jsonrpc", json!(2.0)),
            ("method", json!(null)),
            ("method", json!(5)),
            ("method", json!("")),
            ("method", json!({})),
        ] {
            for id in [json!(90), json!("ninety")] {
                let mut request = good.clone();
                request["id"] = id.clone();
                request[member] = wrong.clone();
                let what = request.to_string();
                refused(&client.deliver_json(&request).await, -32600, 400, Some(&id), &what);
                if wrong.is_null() {
                    request.as_object_mut().unwrap().remove(member);
                    let what = request.to_string();
                    refused(&client.deliver_json(&request).await, -32600, 400, Some(&id), &what);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_and_not_repeated() {
    everywhere(weather, async |client| {
        for id in [json!(null), json!(1.5), json!(true), json!({}), json!([1])] {
            let mut request = client.request("tools/list", json!({}));
            request["id"] = id;
            let what = request.to_string();
            refused(&client.deliver_json(&request).await, -32600, 400, None, &what);
        }
    })
    .await;
}

#[tokio::test]
async fn ids_come_back_as_they_were_sent() {
    everywhere(weather, async |client| {
        for id in [json!(0), json!(-7), json!("7"), json!(""), json!("ключ \" \\"), json!(9_007_199_254_740_993_u64)]
        {
            let mut request = client.request("tools/list", json!({}));
            request["id"] = id.clone();
            let delivered = client.deliver_json(&request).await;
            assert_eq!(delivered.id(), Some(&id));
            assert_eq!(delivered.code(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn params_that_are_no_object_are_invalid_params() {
    everywhere(weather, async |client| {
        let modern = client.revision().is_modern();
        for params in [json!([]), json!([1]), json!("text"), json!(5)] {
            let mut request = client.request("tools/call", json!({}));
            request["params"] = params;
            let (id, what) = (request["id"].clone(), request.to_string());
            let status = if modern { 400 } else { 200 };
            refused(&client.deliver_json(&request).await, -32602, status, Some(&id), &what);
        }
    })
    .await;
}

#[tokio::test]
async fn a_call_needs_a_name_that_is_text() {
    everywhere(weather, async |client| {
        for params in [json!({}), json!({ "name": 5 }), json!({ "name": null }), json!({ "name": ["a"] })] {
            // Over HTTP the newer era stops already at the header that cannot match.
            let refusal = client.refusal("tools/call", params.clone()).await;
            assert!(matches!(refusal.code, -32602 | -32020), "{params}: {refusal:?}");
        }
        assert_eq!(client.refusal("resources/read", json!({})).await.data.get("uri"), None);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_method_is_not_found() {
    everywhere(weather, async |client| {
        let modern = client.revision().is_modern();
        let mut unknown = vec!["tools/nothing", "Tools/List", "tools/list ", "rpc.discover", "tasks/list"];
        unknown.extend(if modern {
            ["ping", "logging/setLevel", "resources/subscribe", "initialize"].as_slice()
        } else {
            &["server/nothing"]
        });
        for method in unknown {
            let refusal = client.refusal(method, json!({})).await;
            // A header cannot end in a space, so over HTTP that one is a mismatch first.
            let mismatch = method.ends_with(' ') && refusal.code == -32020;
            assert!(refusal.code == -32601 || mismatch, "{method}: {refusal:?}");
            if let Some(status) = refusal.status
                && !mismatch
            {
                assert_eq!(status, if modern { 404 } else { 200 }, "{method}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_notification_is_never_answered() {
    everywhere(weather, async |client| {
        for notification in [
            json!({ "jsonrpc": "2.0", "method": "notifications/nothing" }),
            json!({ "jsonrpc": "2.0", "method": "tools/list" }),
            json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "nothing" } }),
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 4711 } }),
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled" }),
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": {} } }),
            json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": [] }),
        ] {
            let delivered = client.deliver_json(&notification).await;
            assert!(delivered.messages.is_empty(), "{notification}: {delivered:?}");
            assert!(matches!(delivered.status, None | Some(202)), "{notification}: {delivered:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_nobody_waits_for_is_passed_over() {
    everywhere(weather, async |client| {
        for answer in [
            json!({ "jsonrpc": "2.0", "id": 4711, "result": {} }),
            json!({ "jsonrpc": "2.0", "id": "x", "error": { "code": 1, "message": "no" } }),
        ] {
            let delivered = client.deliver_json(&answer).await;
            match (delivered.status, client.revision().is_modern()) {
                (None, _) => assert!(delivered.messages.is_empty(), "{answer}: {delivered:?}"),
                (Some(status), true) => {
                    assert_eq!((status, delivered.code()), (400, Some(-32600)), "{answer}");
                }
                (Some(status), false) => {
                    assert!(matches!(status, 202 | 400), "{answer}: {delivered:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_tool_is_named_with_the_nearest_one() {
    everywhere(weather, async |client| {
        for name in ["get_temprature", "GET_TEMPERATURE"] {
            let refusal = client.refusal("tools/call", json!({ "name": name, "arguments": { "city": "Oslo" } })).await;
            assert_eq!(refusal.code, -32602);
            assert!(refusal.message.contains(name) && refusal.message.contains("get_temperature"), "{refusal}");
            assert!(matches!(refusal.status, None | Some(200)), "{refusal:?}");
        }
        let refusal = client.refusal("tools/call", json!({ "name": "x".repeat(4000) })).await;
        assert_eq!(refusal.code, -32602);
        assert!(refusal.message.len() < 500, "the whole name comes back: {} bytes", refusal.message.len());
        let refusal = client.refusal("tools/call", json!({ "name": "a\u{1b}[31m\u{0}b\n" })).await;
        assert!(!refusal.message.contains(['\u{1b}', '\u{0}', '\n']), "{:?}", refusal.message);
    })
    .await;
}

#[tokio::test]
async fn missing_argument_names_it() {
    everywhere(weather, async |client| {
        for arguments in [json!({}), json!(null)] {
            let text = client.failure("get_temperature", arguments).await;
            assert!(text.contains("/city"), "{text}");
        }
        let result = client.result("tools/call", json!({ "name": "get_temperature" })).await;
        assert_eq!(result["isError"], true, "absent arguments are no arguments: {result}");
    })
    .await;
}

#[tokio::test]
async fn arguments_are_an_object_or_text_that_holds_one() {
    everywhere(weather, async |client| {
        let params = json!({ "name": "get_temperature", "arguments": "{\"city\": \"Oslo\"}" });
        assert_ne!(client.result("tools/call", params).await["isError"], true);
        for arguments in [json!([]), json!(["Oslo"]), json!("Oslo"), json!(5), json!(true)] {
            let params = json!({ "name": "get_temperature", "arguments": arguments });
            assert_eq!(client.refusal("tools/call", params).await.code, -32602, "{arguments}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_value_is_the_tools_error_and_says_where() {
    everywhere(weather, async |client| {
        for days in
            ["1e400", "1e300", "18446744073709551616", "-1", "2.5", "{}", "[]", "[2]", "\"two\"", "\"\"", "true"]
        {
            let mut request =
                client.request("tools/call", json!({ "name": "get_forecast", "arguments": { "city": "Oslo" } }));
            request["params"]["arguments"]["days"] = json!("DAYS");
            let text = request.to_string().replace("\"DAYS\"", days);
            // serde_json cannot hold 1e400, so the headers are those of the request before.
            let delivered = deliver_like(client, &request, &text).await;
            let [answer] = delivered.messages.as_slice() else { panic!("{days}: {delivered:?}") };
            assert_eq!(answer["result"]["isError"], true, "{days}: {answer}");
            assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("/days"), "{days}: {answer}");
        }
    })
    .await;
}

/// Delivers `text` with the HTTP headers of `request`.
async fn deliver_like(client: &mut Client, request: &Value, text: &str) -> Delivered {
    match client.transport() {
        Transport::Stdio => client.deliver(text.as_bytes()).await,
        Transport::Http => {
            let response = client.post(&client.headers(request), text.as_bytes()).await;
            client.alive().await;
            Delivered { status: Some(response.head.status), messages: response.messages() }
        }
    }
}

#[tokio::test]
async fn a_key_given_twice_is_named() {
    everywhere(weather, async |client| {
        let request =
            client.request("tools/call", json!({ "name": "get_temperature", "arguments": { "city": "Oslo" } }));
        let text = request.to_string().replace(r#""city":"Oslo""#, r#""city":"Oslo","city":"Rome""#);
        let delivered = deliver_like(client, &request, &text).await;
        let answer = &delivered.messages[0];
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("city"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_refusal_of_arguments_stays_short() {
    everywhere(weather, async |client| {
        let mut arguments = json!({ "city": "x".repeat(100_000) });
        for n in 0..2000 {
            arguments[format!("unknown_{n}")] = json!(n);
        }
        let text = client.failure("get_temperature", arguments).await;
        assert!(text.len() <= 8 * 1024, "{} bytes", text.len());
    })
    .await;
}

#[tokio::test]
async fn a_bad_cursor_is_invalid_params() {
    everywhere(weather, async |client| {
        for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
            for cursor in [json!("nonsense"), json!(5), json!("AAAA")] {
                let refusal = client.refusal(method, json!({ "cursor": cursor })).await;
                assert_eq!(refusal.code, -32602, "{method}, {cursor}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_members_are_passed_over() {
    everywhere(weather, async |client| {
        let mut request =
            client.request("tools/call", json!({ "name": "get_temperature", "arguments": { "city": "Oslo" } }));
        request["trace"] = json!({ "a": 1 });
        request["params"]["future"] = json!([1, 2]);
        if request["params"].get("_meta").is_none() {
            request["params"]["_meta"] = json!({});
        }
        request["params"]["_meta"]["com.example/own"] = json!("value");
        request["params"]["_meta"]["not a key"] = json!(null);
        let delivered = client.deliver_json(&request).await;
        assert_eq!(delivered.messages[0]["result"]["structuredContent"]["city"], "Oslo", "{delivered:?}");
    })
    .await;
}

#[tokio::test]
async fn the_envelope_of_the_newer_era_is_checked_member_by_member() {
    wherever(&[Revision::V2026_07_28], weather, async |client| {
        let key = |name: &str| format!("io.modelcontextprotocol/{name}");
        for (name, value) in [
            ("clientCapabilities", None),
            ("clientCapabilities", Some(json!([]))),
            ("clientCapabilities", Some(json!(null))),
            ("protocolVersion", Some(json!(20260728))),
            ("protocolVersion", Some(json!(null))),
        ] {
            let mut request = client.request("tools/list", json!({}));
            let meta = request["params"]["_meta"].as_object_mut().unwrap();
            match value {
                Some(value) => meta.insert(key(name), value),
                None => meta.remove(&key(name)),
            };
            let (id, what) = (request["id"].clone(), request.to_string());
            refused(&client.deliver_json(&request).await, -32602, 400, Some(&id), &what);
        }
        let mut request = client.request("tools/list", json!({}));
        request["params"]["_meta"] = json!("text");
        let id = request["id"].clone();
        refused(&client.deliver_json(&request).await, -32602, 400, Some(&id), "a _meta of text");

        let mut request = client.request("tools/list", json!({}));
        request["params"]["_meta"].as_object_mut().unwrap().remove(&key("clientInfo"));
        assert_eq!(client.deliver_json(&request).await.code(), None, "clientInfo is optional");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_version_is_answered_with_the_known_ones() {
    wherever(&[Revision::V2026_07_28], weather, async |client| {
        for version in ["2099-01-01", "1.0", ""] {
            let mut request = client.request("tools/list", json!({}));
            request["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
            let delivered = match client.transport() {
                Transport::Stdio => client.deliver_json(&request).await,
                Transport::Http => {
                    let mut headers = client.headers(&request);
                    headers
                        .iter_mut()
                        .filter(|(key, _)| key == "MCP-Protocol-Version")
                        .for_each(|(_, value)| *value = version.into());
                    let response = client.post(&headers, request.to_string().as_bytes()).await;
                    Delivered { status: Some(response.head.status), messages: response.messages() }
                }
            };
            refused(&delivered, -32022, 400, Some(&request["id"]), version);
            let data = &delivered.messages[0]["error"]["data"];
            assert_eq!(data["requested"], version);
            assert!(data["supported"].as_array().unwrap().contains(&json!("2026-07-28")), "{data}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_greeting_in_an_unknown_version_is_answered_with_the_last_that_greets() {
    for transport in Transport::ALL {
        for version in ["2026-07-28", "2099-01-01", "1.0"] {
            let mut client = Client::start(weather(Path::new("")), transport, Revision::V2025_11_25).await;
            let info = json!({ "name": "tests", "version": "0" });
            let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": info });
            // A second greeting, as far as stdio is concerned: it is answered like the first.
            let result = client.result("initialize", params).await;
            assert_eq!(result["protocolVersion"], "2025-11-25", "{version}");
            client.finish().await;
        }
    }
}

#[tokio::test]
async fn before_the_greeting_only_a_ping_is_served() {
    let mut pipe = Pipe::open(&weather(Path::new("")));
    pipe.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await;
    assert_eq!(pipe.receive().await["result"], json!({}));
    pipe.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {} })).await;
    let answer = pipe.receive().await;
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("2025-11-25"), "which versions there are: {answer}");
    assert!(pipe.close().await.0.success());
}

#[tokio::test]
async fn both_eras_share_a_pipe() {
    let mut pipe = Pipe::open(&weather(Path::new("")));
    let modern = |id: &str| {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list", "params": { "_meta": meta } })
    };
    let info = json!({ "name": "tests", "version": "0" });
    let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": info });
    let greeting = json!({ "jsonrpc": "2.0", "id": "greeting", "method": "initialize", "params": params });
    let params = json!({ "name": "get_temperature", "arguments": { "city": "Oslo" }, "_meta": { "progressToken": 5 } });
    let older = json!({ "jsonrpc": "2.0", "id": "older", "method": "tools/call", "params": params });

    for (message, revision) in [
        (modern("before"), Revision::V2026_07_28),
        (greeting, Revision::V2025_06_18),
        (older, Revision::V2025_06_18), // a progress token alone is not of the newer era
        (modern("after"), Revision::V2026_07_28),
    ] {
        pipe.send(&message).await;
        let answer = pipe.receive().await;
        assert_eq!(answer["id"], message["id"]);
        assert!(answer["result"].is_object(), "{answer}");
        schema::check(revision, message["method"].as_str(), &answer);
    }
    assert!(pipe.close().await.0.success());
}

#[tokio::test]
async fn lines_may_end_as_on_windows_or_begin_with_a_byte_order_mark() {
    let mut pipe = Pipe::open(&weather(Path::new("")));
    pipe.write(b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n").await;
    assert_eq!(pipe.receive().await["id"], 1);
    pipe.write(b"\r\n\n   \n\t\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n").await;
    assert_eq!(pipe.receive().await["id"], 2);
    assert!(pipe.close().await.0.success());
}

#[tokio::test]
async fn a_line_may_come_in_pieces_and_a_piece_may_hold_many_lines() {
    let mut pipe = Pipe::open(&weather(Path::new("")));
    for byte in b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n" {
        pipe.write(&[*byte]).await;
    }
    assert_eq!(pipe.receive().await["id"], 1);
    let many: String =
        (2..502).map(|id| format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n")).collect();
    pipe.write(many.as_bytes()).await;
    let mut ids = Vec::new();
    for _ in 2..502 {
        ids.push(pipe.receive().await["id"].as_u64().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, (2..502).collect::<Vec<_>>());
    assert!(pipe.close().await.0.success());
}

#[tokio::test]
async fn a_line_without_end_is_passed_over_and_the_next_one_is_served() {
    let mut client = Client::start(weather(Path::new("")), Transport::Stdio, Revision::V2026_07_28).await;
    let mut request = client.request("tools/call", json!({ "name": "get_temperature", "arguments": { "city": "x" } }));
    request["params"]["arguments"]["city"] = json!("x".repeat(5 << 20));
    let delivered = client.deliver_json(&request).await;
    assert!(delivered.messages.is_empty() || delivered.code() == Some(-32600), "{delivered:?}");
    client.finish().await;
}

#[tokio::test]
async fn the_end_of_input_ends_the_server_even_within_a_line() {
    for rest in [&b""[..], b"{\"jsonrpc\":\"2.0\",\"id\":1,", b"garbage"] {
        let mut pipe = Pipe::open(&weather(Path::new("")));
        pipe.write(rest).await;
        let (status, said) = pipe.close().await;
        assert!(status.success() && said.is_empty(), "{status}: {said:?}");
    }
}
