//! How a message is read: by what its names and ids mean, with an end to everything, and repeated to nobody as it came.

use std::path::Path;

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{
    Client, Delivered, Example, Revision, Transport, client::text_of, everywhere, served, wherever,
};
use serde_json::{Value, json};

fn weather(_: &Path) -> Example {
    Example::named("weather")
}

/// Says the message again.
#[tool(inline)]
fn echo(message: String) -> String {
    message
}

/// Any JSON.
#[tool(inline)]
fn measure(value: Value) -> usize {
    value.to_string().len()
}

#[model]
enum Colour {
    Red,
}

/// Paints.
#[prompt(inline)]
fn paint(colour: Colour) -> String {
    match colour {
        Colour::Red => "red".to_owned(),
    }
}

/// A shade.
#[resource("shade://{colour}", inline)]
fn shade(colour: Colour) -> String {
    paint(colour)
}

fn server() -> Server {
    Server::empty("messages").tool(echo).tool(measure).prompt(paint).resource(shade)
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
async fn names_are_compared_by_value_however_they_are_spelled() {
    wherever(&Revision::ALL, |_| server(), async |client| {
        let request = client.request("tools/call", json!({ "name": "echo", "arguments": { "message": "a/b" } })).to_string();
        for (from, to) in [
            // As PHP escapes by default.
            ("/", r"\/"),
            ("tools/call", r"\u0074ools\u002fcall"),
            (r#""jsonrpc""#, r#""jsonrp\u0063""#),
            (r#""2.0""#, r#""\u0032.\u0030""#),
            (r#""method""#, r#""m\u0065thod""#),
            (r#""params""#, r#""\u0070arams""#),
            (r#""name""#, r#""n\u0061me""#),
            (r#""echo""#, r#""\u0065cho""#),
            (r#""arguments""#, r#""argument\u0073""#),
            (r#""message""#, r#""\u006dessage""#),
            ("_meta", r"\u005fmeta"),
            ("io.modelcontextprotocol/protocolVersion", r"io.modelcontextprotocol\/protocol\u0056ersion"),
            ("clientCapabilities", r"client\u0043apabilities"),
            ("2026-07-28", r"2026\u002d07-28"),
        ] {
            let text = request.replace(from, to);
            let answer = client.deliver(text.as_bytes()).await;
            let [answer] = answer.messages.as_slice() else { panic!("{text}: {answer:?}") };
            assert_eq!(text_of(&answer["result"]), "a/b", "{text}: {answer}");
        }
        for (method, params) in [
            (r"tools\/list", json!({})),
            (r"resources\/\u0072ead", json!({ "uri": "shade://Red" })),
            (r"prompts\/get", json!({ "name": "paint", "arguments": { "colour": "Red" } })),
            (r"completion\/complete", json!({
                "ref": { "type": "ref/prompt", "name": "paint" }, "argument": { "name": "colour", "value": "r" },
            })),
        ] {
            let name: String = serde_json::from_str(&format!("\"{method}\"")).unwrap();
            let text = client.request(&name, params).to_string().replace(&name, method);
            let answer = client.deliver(text.as_bytes()).await;
            assert!(answer.messages[0]["result"].is_object(), "{text}: {answer:?}");
        }
        let unknown = client.request("tools/nothing", json!({})).to_string().replace('/', r"\/");
        let answer = client.deliver(unknown.as_bytes()).await;
        assert_eq!(answer.messages[0]["error"]["message"], "Method not found: tools/nothing", "{answer:?}");
    })
    .await;
}

#[tokio::test]
async fn a_member_given_twice_is_found_under_any_spelling() {
    everywhere(weather, async |client| {
        let request = client.request("tools/list", json!({}));
        let (id, text) = (request["id"].clone(), request.to_string());
        for twice in
            [r#""id":7,"#, r#""\u0069d":7,"#, r#""m\u0065thod":"ping","#, r#""jsonrp\u0063":"2.0","#, r#""params":{},"#]
        {
            let text = text.replacen('{', &format!("{{{twice}"), 1);
            let delivered = deliver_like(client, &request, &text).await;
            assert_eq!((delivered.code(), delivered.id()), (Some(-32600), Some(&id)), "{text}: {delivered:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_broken_response_is_passed_over() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            for text in [
                r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":"no"}}"#,
                r#"{"jsonrpc":"1.0","id":7,"result":{}}"#,
                r#"{"id":7,"result":{}}"#,
                r#"{"id":"7","error":{"code":1,"message":"no"}}"#,
                r#"{"jsonrpc":2.0,"id":7,"error":null}"#,
                r#"{"jsonrpc":"2.0","result":{}}"#,
                r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"}}"#,
                r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#,
                r#"{"jsonrpc":"2.0","id":1.5,"result":{}}"#,
                r#"{"jsonrpc":"2.0","id":{},"result":{}}"#,
                r#"{"jsonrpc":"2.0","id":7,"result":1,"result":2}"#,
                r#"{"jsonrpc":"2.0","id":7,"r\u0065sult":1,"error":2}"#,
                r#"{"jsonrpc":"2.0","id":7,"id":8,"result":1,"params":[]}"#,
            ] {
                let delivered = client.deliver(text.as_bytes()).await;
                match delivered.status {
                    None => assert!(delivered.messages.is_empty(), "{text}: {delivered:?}"),
                    // HTTP has to say something; the id would make it an answer to an answer.
                    Some(status) => {
                        assert_eq!((status, delivered.code(), delivered.id()), (400, Some(-32600), None), "{text}")
                    }
                }
            }
        },
    )
    .await;
}

#[tokio::test]
async fn broken_responses_in_a_batch_are_passed_over() {
    wherever(
        &[Revision::V2025_03_26],
        |_| server(),
        async |client| {
            let ping = json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" });
            let broken =
                [json!({ "jsonrpc": "2.0", "id": 7, "result": {}, "error": {} }), json!({ "id": 8, "result": 1 })];
            let delivered = client.deliver_json(&json!([broken[0], ping, broken[1]])).await;
            assert_eq!(delivered.messages, [json!([{ "jsonrpc": "2.0", "id": "p", "result": {} }])]);
            assert!(client.deliver_json(&json!(broken)).await.messages.is_empty());
        },
    )
    .await;
}

#[tokio::test]
async fn a_whole_number_is_an_id_however_it_is_written() {
    served(server, async |client| {
        let request = client.request("tools/list", json!({}));
        for (id, valid) in [
            ("1.0", true),
            ("1e0", true),
            ("-2.50e1", true),
            ("9007199254740992.0", true),
            ("123456789012345678901234567890", true),
            ("1.5", false),
            ("1e-1", false),
            ("1e300", false),
            ("1e400", false),
        ] {
            let text = request.to_string().replace(&format!("\"id\":{}", request["id"]), &format!("\"id\":{id}"));
            let headers = client.headers(&request);
            let answer = match client.transport() {
                Transport::Http => client.post(&headers, text.as_bytes()).await.text(),
                Transport::Stdio => {
                    client.pipe().write(format!("{text}\n").as_bytes()).await;
                    client.receive().await.to_string()
                }
            };
            assert_eq!(answer.contains("\"result\""), valid, "{id}: {answer}");
            if valid && client.transport() == Transport::Http {
                assert!(answer.contains(&format!("\"id\":{id},")), "it is repeated as it was spelled: {answer}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_has_an_end() {
    everywhere(weather, async |client| {
        for (length, valid) in [(200, true), (254, true), (255, false), (1 << 20, false)] {
            for text in ["x".repeat(length), "é".repeat(length / 2)] {
                let valid = valid || text.len() <= 254;
                let mut request = client.request("tools/list", json!({}));
                request["id"] = json!(text);
                let delivered = client.deliver_json(&request).await;
                if valid {
                    assert_eq!((delivered.code(), delivered.id()), (None, Some(&request["id"])), "{length}");
                } else {
                    assert_eq!((delivered.code(), delivered.id()), (Some(-32600), None), "{length}");
                    let message = delivered.messages[0]["error"]["message"].as_str().unwrap();
                    assert!(message.contains("256") && message.len() < 100, "{message}");
                }
            }
        }
        let digits = client
            .request("tools/list", json!({}))
            .to_string()
            .replace("\"id\":", &format!("\"id\":{}", "1".repeat(300)));
        assert!(
            client.deliver(digits.as_bytes()).await.messages.iter().all(|message| message["error"]["code"] == -32600)
        );
    })
    .await;
}

/// A text that would move the cursor, turn the text around and begin lines of its own.
fn nasty() -> String {
    "\u{1b}[2J\r\n2026-01-01 ERROR forged\u{202e}\u{2066}\u{0}\u{9b}1m".repeat(2_000)
}

#[track_caller]
fn harmless(message: &Value, what: &str) {
    let error = &message["error"];
    assert!(error["code"].is_i64(), "{what}: {message:.300}");
    assert!(message.to_string().len() < 16 * 1024, "{what}: {} bytes come back", message.to_string().len());
    every_text(error, &mut |text| {
        assert!(!text.contains("\n2026"), "{what}: a line of the client's own");
        let raw =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!text.contains(raw), "{what}: {:?}", text.chars().take(300).collect::<String>());
    });
}

fn every_text(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| every_text(item, visit)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            visit(name);
            every_text(member, visit);
        }),
        _ => {}
    }
}

#[tokio::test]
async fn nothing_is_repeated_at_length_or_as_it_came() {
    wherever(&Revision::ALL, |_| server(), async |client| {
        let nasty = nasty();
        let prompt = json!({ "type": "ref/prompt", "name": "paint" });
        let version = "io.modelcontextprotocol/protocolVersion";
        let mut asked = vec![
            ("tools/call", json!({ "name": nasty })),
            ("tools/call", json!({ "name": "echo", "arguments": nasty })),
            ("prompts/get", json!({ "name": nasty })),
            ("prompts/get", json!({ "name": "paint", "arguments": { (nasty.as_str()): {} } })),
            ("prompts/get", json!({ "name": "paint", "arguments": { (nasty.as_str()): "x" } })),
            ("prompts/get", json!({ "name": "paint", "arguments": { "colour": nasty } })),
            ("prompts/get", json!({ "name": "paint", "arguments": { "colour": [nasty] } })),
            ("prompts/get", json!({ "name": "paint", "arguments": [nasty] })),
            ("resources/read", json!({ "uri": nasty })),
            ("resources/read", json!({ "uri": format!("shade://{}", &nasty[..500]) })),
            ("resources/read", json!({ "uri": format!("shade://{}", "%1b%0a".repeat(500)) })),
            ("tools/list", json!({ "cursor": nasty })),
            ("resources/list", json!({ "cursor": [nasty] })),
            ("completion/complete", json!({})),
            ("completion/complete", json!({ "ref": nasty, "argument": nasty })),
            ("completion/complete", json!({ "ref": { "type": nasty }, "argument": { "name": "colour", "value": "" } })),
            ("completion/complete", json!({ "ref": { "type": "ref/prompt", "name": nasty }, "argument": { "name": "colour", "value": "" } })),
            ("completion/complete", json!({ "ref": { "type": "ref/resource", "uri": nasty }, "argument": { "name": "colour", "value": "" } })),
            ("completion/complete", json!({ "ref": prompt, "argument": { "name": nasty, "value": "" } })),
            ("completion/complete", json!({ "ref": prompt, "argument": { "name": "colour", "value": [nasty] } })),
            ("completion/complete", json!({ "ref": prompt, "argument": nasty })),
            ("completion/complete", json!({ "ref": prompt, "argument": { "name": "colour", "value": 5, (nasty.as_str()): 5 } })),
            (nasty.as_str(), json!({})),
        ];
        if client.revision().is_modern() {
            asked.extend([
                ("tools/list", json!({ "_meta": { (version): nasty } })),
                ("tools/list", json!({ "_meta": { "io.modelcontextprotocol/logLevel": nasty } })),
                ("tools/list", json!({ "_meta": { "io.modelcontextprotocol/clientCapabilities": nasty } })),
                ("tools/call", json!({ "name": "echo", "arguments": { "message": "" }, "requestState": nasty })),
                ("tools/call", json!({ "name": "echo", "arguments": { "message": "" }, "inputResponses": nasty })),
                ("subscriptions/listen", json!({ "notifications": nasty })),
            ]);
        } else {
            asked.extend([
                ("logging/setLevel", json!({ "level": nasty })),
                ("logging/setLevel", json!({ (nasty.as_str()): nasty })),
                ("resources/subscribe", json!({ "uri": nasty })),
                ("initialize", json!({ "protocolVersion": [nasty] })),
                ("initialize", json!({ "protocolVersion": { (nasty.as_str()): nasty } })),
                ("initialize", json!({ (nasty.as_str()): nasty })),
            ]);
        }
        for (method, params) in asked {
            let request = client.request(method, params);
            let what = format!("{:.60} {:.200}", method.escape_debug().to_string(), request["params"].to_string());
            // A modern head repeats names, and a head has an end of its own.
            let headers = client.headers(&json!({ "method": "tools/list" }));
            let messages = match client.transport() {
                Transport::Stdio => client.deliver_json(&request).await.messages,
                Transport::Http => {
                    let response = client.post(&headers, request.to_string().as_bytes()).await;
                    client.alive().await;
                    response.messages()
                }
            };
            let [message] = messages.as_slice() else { panic!("{what}: {} messages", messages.len()) };
            if message["result"]["isError"] == true {
                assert!(text_of(&message["result"]).len() < 16 * 1024, "{what}");
            } else {
                harmless(message, &what);
            }
        }
        for broken in [format!("\"{}\"", "x".repeat(1 << 20)), format!("{{\"{}\"", "x".repeat(1 << 20)), "\u{1b}\u{202e}".repeat(1000)] {
            for message in client.deliver(broken.as_bytes()).await.messages {
                harmless(&message, "what is not a message");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_introduces_itself_in_few_words() {
    for transport in Transport::ALL {
        for revision in Revision::ALL.into_iter().filter(|revision| !revision.is_modern()) {
            let mut client = Client::start(server(), transport, revision).await;
            let own = |capabilities: Value, info: Value| json!({ "protocolVersion": revision.name(), "capabilities": capabilities, "clientInfo": info });
            let info = |length: usize| json!({ "name": "tests", "version": "0", "title": "x".repeat(length) });
            let many = |count: usize| {
                (0..count).map(|n| (format!("{n}"), json!({ "": 0 }))).collect::<serde_json::Map<_, _>>()
            };
            for (params, word) in [
                (own(json!({}), info(16 * 1024)), "`clientInfo`"),
                (own(json!({}), info(3 << 20)), "`clientInfo`"),
                (own(json!({ "experimental": { "x": { "y": "x".repeat(8 * 1024) } } }), info(1)), "`capabilities`"),
                (own(json!({ "experimental": { "x": { "y": vec![0; 1_000_000] } } }), info(1)), "`capabilities`"),
                (own(json!({ "experimental": many(400) }), info(1)), "`capabilities`"),
            ] {
                let refusal = client.refusal("initialize", params).await;
                assert!(refusal.code == -32602 && refusal.message.contains(word), "{word}: {refusal}");
                assert!(refusal.message.len() < 200, "{refusal}");
            }
            // What honest clients say fits many times over.
            let capabilities = json!({
                "roots": { "listChanged": true }, "sampling": {}, "elicitation": {}, "experimental": many(30),
            });
            assert!(client.result("initialize", own(capabilities, info(8000))).await["serverInfo"].is_object());
            client.finish().await;
        }
    }
}

#[tokio::test]
async fn a_flood_of_small_values_is_refused_with_the_id() {
    wherever(
        &[Revision::V2025_11_25, Revision::V2026_07_28],
        |_| server(),
        async |client| {
            let flood = |part: &str, bytes: usize| format!("[{}0]", part.repeat(bytes / part.len()));
            let request = client.request("tools/call", json!({ "name": "measure", "arguments": { "value": "FLOOD" } }));
            let refused = |delivered: &Delivered, id: Option<&Value>, what: &str| {
                assert_eq!((delivered.code(), delivered.id()), (Some(-32600), id), "{what}: {delivered:?}");
                assert!(matches!(delivered.status, None | Some(400)), "{what}: {delivered:?}");
            };
            for part in [r#"{"":0},"#, r#"[{"a":[]}],"#] {
                let flood = flood(part, (4 << 20) - 4096);
                for (wanted, id) in
                    [(r#""FLOOD""#, Some(&request["id"])), (r#"{"value":"FLOOD"}"#, Some(&request["id"]))]
                {
                    let text = request.to_string().replace(wanted, &flood);
                    refused(&deliver_like(client, &request, &text).await, id, part);
                }
                refused(&deliver_like(client, &request, &flood).await, None, part);
            }
            // A notification is not answered, but HTTP has to say something.
            let notification =
                format!(r#"{{"jsonrpc":"2.0","method":"notifications/x","params":{}}}"#, flood("[0],", 3 << 20));
            let delivered = deliver_like(client, &json!({}), &notification).await;
            assert!(delivered.messages.is_empty() || delivered.status == Some(400), "{delivered:?}");
            // What is large for another reason comes through.
            for part in [
                "0.125,",
                r#""a text of some length, as texts are","#,
                r#"{"id":1,"title":"a record as they are, with a title and more","n":[1,2]},"#,
            ] {
                let large = flood(part, 1 << 20);
                let answer = deliver_like(client, &request, &request.to_string().replace(r#""FLOOD""#, &large)).await;
                assert_eq!(text_of(&answer.messages[0]["result"]), large.len().to_string(), "{part}: {answer:?}");
            }
        },
    )
    .await;
}
