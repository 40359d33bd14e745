//! Questions of a server's: answered by handlers, in place in the older revisions and by rounds in the newest.

use std::sync::{Arc, Mutex};

use fastmcp_rs::Revision;
use fastmcp_rs::client::{Client, ClientBuilder, ClientError, SamplingAnswer};
use fastmcp_rs::prelude::*;
use serde_json::{Value, json};

use super::fake::{Fake, greeted, text};

const ASKING: [Revision; 3] = [Revision::V2025_06_18, Revision::V2025_11_25, Revision::V2026_07_28];

#[model]
struct Booking {
    /// Who comes.
    #[serde(default = "somebody")]
    name: String,
    sure: bool,
}

fn somebody() -> String {
    "Ada".to_owned()
}

/// Books a table.
#[tool]
async fn book(ctx: Context) -> Result<String, ToolError> {
    match ctx.elicit::<Booking>("Book it?").await? {
        Elicited::Accepted(booking) if booking.sure => Ok(format!("booked for {}", booking.name)),
        Elicited::Accepted(_) => Ok("not booked".to_owned()),
        Elicited::Declined => Ok("Declined".to_owned()),
        Elicited::Cancelled => Ok("Cancelled".to_owned()),
    }
}

/// Asks the model, and then for the roots.
#[tool]
async fn research(ctx: Context) -> Result<String, ToolError> {
    let answer = ctx.sample(SamplingRequest::new("What is the capital?")).await?;
    let roots = ctx.roots().await?;
    let roots: Vec<String> = roots.into_iter().map(|root| root.uri).collect();
    Ok(format!("{} {}", answer.to_text(), roots.join(" ")))
}

fn server() -> Server {
    Server::empty("asking").tool(book).tool(research)
}

#[tokio::test]
async fn a_form_is_answered_by_the_same_handler_in_every_revision() {
    for revision in ASKING {
        let asked = Arc::new(Mutex::new(Vec::<(String, Vec<String>)>::new()));
        let seen = Arc::clone(&asked);
        let client = Client::memory(server()).era(revision).on_elicit(move |ask| {
            seen.lock().unwrap().push((ask.message.clone(), ask.fields().map(|(name, _)| name.to_owned()).collect()));
            async move { Ok::<_, std::io::Error>(ask.accept(json!({ "sure": true }))) }
        });
        let client = client.connect().await.unwrap();
        let booked: String = client.call("book", ()).await.unwrap();
        assert!(booked.starts_with("booked for "), "{booked}");
        let fields: Vec<String> = vec!["name".to_owned(), "sure".to_owned()];
        assert_eq!(*asked.lock().unwrap(), [("Book it?".to_owned(), fields)]);
        client.close().await.unwrap();
    }
}

#[tokio::test]
async fn declining_and_closing_are_answers_too() {
    for revision in ASKING {
        let client = Client::memory(server()).era(revision);
        let client =
            client.on_elicit(|ask| async move { Ok::<_, std::io::Error>(ask.decline()) }).connect().await.unwrap();
        assert_eq!(client.call::<String>("book", ()).await.unwrap(), "Declined");
        let client = Client::memory(server()).era(revision);
        let client =
            client.on_elicit(|ask| async move { Ok::<_, std::io::Error>(ask.cancel()) }).connect().await.unwrap();
        assert_eq!(client.call::<String>("book", ()).await.unwrap(), "Cancelled");
    }
}

#[tokio::test]
async fn the_model_and_the_roots_are_asked() {
    for revision in Revision::ALL {
        let client = Client::memory(server())
            .era(revision)
            .on_sample(|request| async move {
                assert_eq!(request.messages.len(), 1);
                Ok::<_, std::io::Error>(SamplingAnswer::text("Oslo"))
            })
            .roots(["file:///home/ada", "file:///tmp"]);
        let client = client.connect().await.unwrap();
        let text: String = client.call("research", ()).await.unwrap();
        assert_eq!(text, "Oslo file:///home/ada file:///tmp", "{revision}");
        client.close().await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_declared_that_nobody_answers() {
    for revision in ASKING {
        let client = Client::memory(server()).era(revision).connect().await.unwrap();
        let outcome = client.call_tool("book", ()).await;
        // As a failure of the tool's, or a protocol error, as the revision has it.
        let words = match outcome {
            Ok(result) => {
                assert!(result.is_error());
                result.to_text()
            }
            Err(error) => error.to_string(),
        };
        assert!(words.contains("elicitation"), "{words}");
    }
}

/// A client that accepts every form with these fields, over lines that the test writes.
async fn accepting(revision: Revision, fields: Value) -> (Client, Fake) {
    greeted(revision, move |builder| {
        builder.on_elicit(move |ask| {
            let fields = fields.clone();
            async move { Ok::<_, std::io::Error>(ask.accept(fields)) }
        })
    })
    .await
}

fn form() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": { "type": "string", "enum": ["active", "inactive"], "default": "active" },
            "verified": { "type": "boolean", "default": true }
        }
    })
}

#[tokio::test]
async fn defaults_are_filled_in_before_the_answer_is_sent() {
    let all = json!({ "name": "John Doe", "age": 30, "score": 95.5, "status": "active", "verified": true });
    let (client, mut fake) = accepting(Revision::V2025_11_25, json!({})).await;
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        let call = fake.expect("tools/call").await;
        let params = json!({ "message": "Who?", "requestedSchema": form() });
        fake.send(json!({ "jsonrpc": "2.0", "id": "q-1", "method": "elicitation/create", "params": params })).await;
        let answer = fake.receive().await;
        assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": "q-1", "result": { "action": "accept", "content": all } }));
        fake.answer(&call, text("done")).await;
    });
    result.unwrap();

    let (client, mut fake) = accepting(Revision::V2026_07_28, json!({ "age": 7 })).await;
    let (result, ()) = tokio::join!(client.call_tool("t", json!({ "a": 1 })), async {
        let call = fake.expect("tools/call").await;
        let question = json!({ "method": "elicitation/create", "params": { "mode": "form", "message": "Who?", "requestedSchema": form() } });
        // Bytes that a careless client would write differently.
        let state = r#""a\u0062\/c""#;
        fake.write(format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{\"resultType\":\"input_required\",\"inputRequests\":{{\"who\":{question}}},\"requestState\":{state}}}}}\n",
            call["id"]
        ))
        .await;
        let line = fake.line().await.unwrap();
        assert!(line.contains(&format!("\"requestState\":{state}")), "{line}");
        let again: Value = serde_json::from_str(&line).unwrap();
        assert_ne!(again["id"], call["id"]);
        assert_eq!(again["params"]["arguments"], json!({ "a": 1 }));
        let answer = &again["params"]["inputResponses"]["who"];
        assert_eq!((&answer["content"]["age"], &answer["content"]["name"]), (&json!(7), &json!("John Doe")));
        // A state is not invented, and one that was used is not sent again.
        let more = json!({ "resultType": "input_required", "inputRequests": { "again": question } });
        fake.answer(&again, more).await;
        let third = fake.expect("tools/call").await;
        assert!(third["params"].get("requestState").is_none(), "{third}");
        let keys: Vec<&String> = third["params"]["inputResponses"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["again"]);
        fake.answer(&third, text("done")).await;
    });
    assert_eq!(result.unwrap().to_text(), "done");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_the_form_is_not_sent() {
    let (client, mut fake) = accepting(Revision::V2025_11_25, json!({ "age": "old" })).await;
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        let call = fake.expect("tools/call").await;
        let params = json!({ "message": "Who?", "requestedSchema": form() });
        fake.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": params })).await;
        let answer = fake.receive().await;
        assert!(answer["error"]["message"].as_str().unwrap().contains("age"), "{answer}");
        fake.answer(&call, text("done")).await;
    });
    result.unwrap();
    let (client, mut fake) = accepting(Revision::V2026_07_28, json!({ "age": "old" })).await;
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        let call = fake.expect("tools/call").await;
        fake.answer(&call, asking("who", form())).await;
    });
    let error = result.unwrap_err();
    assert!(matches!(error, ClientError::Unanswered { asked: "elicitation/create", .. }), "{error:?}");
}

fn asking(key: &str, form: Value) -> Value {
    let question = json!({ "method": "elicitation/create", "params": { "message": "Who?", "requestedSchema": form } });
    json!({ "resultType": "input_required", "inputRequests": { key: question } })
}

#[tokio::test]
async fn a_server_that_asks_for_ever_is_left() {
    // The same question after the same answer.
    let (client, mut fake) = accepting(Revision::V2026_07_28, json!({})).await;
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        for _ in 0..2 {
            let call = fake.expect("tools/call").await;
            fake.answer(&call, asking("who", form())).await;
        }
    });
    let words = result.unwrap_err().to_string();
    assert!(words.contains("asks again what it was told") && words.contains("Who?"), "{words}");

    // Another question each time.
    let (client, mut fake) = accepting(Revision::V2026_07_28, json!({})).await;
    let (result, rounds) = tokio::join!(client.call_tool("t", ()), async {
        for round in 0..=10 {
            let call = fake.expect("tools/call").await;
            fake.answer(&call, asking(&format!("who{round}"), form())).await;
        }
        fake
    });
    assert!(matches!(result.unwrap_err(), ClientError::Rounds { limit: 10, .. }));
    drop(rounds);
}

#[tokio::test]
async fn questions_that_may_not_be_asked_are_errors() {
    let (client, mut fake) = accepting(Revision::V2026_07_28, json!({})).await;
    // Not declared, not known, nothing, not where it may be.
    for (result, is_right) in [
        (json!({ "resultType": "input_required", "inputRequests": { "a": { "method": "roots/list" } } }), "unanswered"),
        (json!({ "resultType": "input_required", "inputRequests": { "a": { "method": "tools/call" } } }), "protocol"),
        (json!({ "resultType": "input_required" }), "protocol"),
        (json!({ "resultType": "input_required", "inputRequests": [] }), "protocol"),
        (json!({ "resultType": "maybe" }), "protocol"),
    ] {
        let (outcome, ()) = tokio::join!(client.call_tool("t", ()), async {
            let call = fake.expect("tools/call").await;
            fake.answer(&call, result.clone()).await;
        });
        match outcome.unwrap_err() {
            ClientError::Unanswered { asked: "roots/list", .. } => assert_eq!(is_right, "unanswered"),
            ClientError::Protocol { .. } => assert_eq!(is_right, "protocol", "{result}"),
            other => panic!("{result}: {other:?}"),
        }
    }
    let (outcome, ()) = tokio::join!(client.tools(), async {
        let call = fake.expect("tools/list").await;
        fake.answer(&call, asking("who", form())).await;
    });
    assert!(matches!(outcome.unwrap_err(), ClientError::Protocol { .. }));
}

#[tokio::test]
async fn an_older_server_gets_an_answer_to_everything_it_asks() {
    let (_client, mut fake) =
        greeted(Revision::V2025_11_25, |builder: ClientBuilder| builder.roots(["file:///a"])).await;
    for (method, params, answer) in [
        ("ping", json!({}), json!({ "result": {} })),
        ("roots/list", json!({}), json!({ "result": { "roots": [{ "uri": "file:///a" }] } })),
        ("sampling/createMessage", json!({ "messages": [], "maxTokens": 1 }), json!({ "code": -32601 })),
        ("elicitation/create", json!({ "message": "m", "requestedSchema": {} }), json!({ "code": -32601 })),
        ("sampling/createMessage", json!(null), json!({ "code": -32602 })),
        ("files/delete", json!({ "all": true }), json!({ "code": -32601 })),
    ] {
        fake.send(json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params })).await;
        let said = fake.receive().await;
        assert_eq!(said["id"], method);
        match answer.get("result") {
            Some(result) => assert_eq!(&said["result"], result),
            None => assert_eq!(said["error"]["code"], answer["code"], "{said}"),
        }
    }
}

#[tokio::test]
async fn a_server_of_the_newest_is_not_answered_since_it_may_not_ask() {
    let (_client, mut fake) = greeted(Revision::V2026_07_28, |builder| builder.roots(["file:///a"])).await;
    for method in ["ping", "roots/list"] {
        fake.send(json!({ "jsonrpc": "2.0", "id": 1, "method": method })).await;
    }
    fake.is_left_alone().await;
}

#[tokio::test]
async fn a_question_that_is_taken_back_is_not_answered() {
    let (asked, mut was_asked) = tokio::sync::mpsc::unbounded_channel();
    let (_client, mut fake) = greeted(Revision::V2025_11_25, |builder| {
        builder.on_elicit(move |ask| {
            let _ = asked.send(());
            async move {
                std::future::pending::<()>().await;
                Ok::<_, std::io::Error>(ask.decline())
            }
        })
    })
    .await;
    let params = json!({ "message": "m", "requestedSchema": { "type": "object", "properties": {} } });
    fake.send(json!({ "jsonrpc": "2.0", "id": 5, "method": "elicitation/create", "params": params })).await;
    was_asked.recv().await.unwrap();
    let cancelled = json!({ "requestId": 5, "reason": "never mind" });
    fake.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled })).await;
    // The next question is not held up by the one before.
    fake.send(json!({ "jsonrpc": "2.0", "id": 6, "method": "elicitation/create", "params": params })).await;
    was_asked.recv().await.unwrap();
    fake.is_left_alone().await;
}
