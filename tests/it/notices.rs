//! What a handler tells while it runs: progress and log lines.

use fastmcp_rs::{LogLevel, prelude::*};
use fastmcp_rs_tests::{Client, Revision, client::text_of, served, wherever};
use serde_json::{Value, json};

/// Reports progress.
#[tool]
async fn work(steps: Vec<f64>, ctx: Context) -> &'static str {
    for step in steps {
        ctx.report_progress(step, Some(10.0), Some("working")).await;
    }
    "done"
}

/// Reports after a pause, from a task of its own too.
#[tool]
async fn work_later(ctx: Context) -> &'static str {
    tokio::task::yield_now().await;
    ctx.progress(1.0, 2.0).await;
    let own = ctx.clone();
    tokio::spawn(async move { own.progress(2.0, 2.0).await }).await.unwrap();
    "done"
}

fn with_token(tool: &str, arguments: Value, token: Value) -> Value {
    json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": token } })
}

#[tokio::test]
async fn progress_comes_before_the_answer_to_whoever_gave_a_token() {
    wherever(
        &Revision::ALL,
        |_| Server::empty("work").tool(work).tool(work_later),
        async |client| {
            for token in [json!("token"), json!(7), json!("")] {
                let params = with_token("work", json!({ "steps": [0, 1, 2.5, 10] }), token.clone());
                assert_eq!(text_of(&client.result("tools/call", params).await), "done");
                for step in [0.0, 1.0, 2.5, 10.0] {
                    let notice = client.unasked.pop_front().expect("progress");
                    assert_eq!(notice["method"], "notifications/progress");
                    let params = &notice["params"];
                    assert_eq!((&params["progressToken"], params["progress"].as_f64()), (&token, Some(step)));
                    assert_eq!(params["total"].as_f64(), Some(10.0));
                    let message = (client.revision() >= Revision::V2025_03_26).then_some("working");
                    assert_eq!(params["message"].as_str(), message, "{}", client.revision());
                }
                assert!(client.unasked.is_empty());
            }
            client.result("tools/call", with_token("work_later", json!({}), json!(1))).await;
            assert_eq!(client.unasked.drain(..).count(), 2);
        },
    )
    .await;
}

#[tokio::test]
async fn progress_never_goes_back_and_nobody_hears_it_who_did_not_ask() {
    served(
        || Server::empty("work").tool(work),
        async |client| {
            let steps = json!({ "steps": [1, 1, 0.5, -3, 2, 2, 3] });
            client.result("tools/call", with_token("work", steps.clone(), json!(1))).await;
            let seen: Vec<_> = client.unasked.drain(..).map(|notice| notice["params"]["progress"].as_f64()).collect();
            assert_eq!(seen, [Some(1.0), Some(2.0), Some(3.0)]);
            for token in [json!(null), json!({}), json!(1.5), json!(true)] {
                client.result("tools/call", with_token("work", steps.clone(), token)).await;
            }
            client.call("work", steps).await;
            assert!(client.unasked.is_empty(), "{:?}", client.unasked);
        },
    )
    .await;
}

/// Says something on every level.
#[tool]
async fn log(ctx: Context) -> &'static str {
    for level in LogLevel::ALL {
        ctx.log(level, json!({ "level": level.as_str() })).await;
    }
    ctx.debug("plain").await;
    ctx.info("plain").await;
    ctx.warning("plain").await;
    ctx.error("plain").await;
    "done"
}

const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// The levels that were logged, and how many plain lines there were.
fn logged(client: &mut Client) -> (Vec<String>, usize) {
    let (mut levels, mut plain) = (Vec::new(), 0);
    for notice in client.unasked.drain(..) {
        assert_eq!(notice["method"], "notifications/message");
        let (level, data) = (notice["params"]["level"].as_str().unwrap(), &notice["params"]["data"]);
        if data == "plain" {
            plain += 1;
        } else {
            assert_eq!(data["level"], level);
            levels.push(level.to_owned());
        }
    }
    (levels, plain)
}

#[tokio::test]
async fn log_lines_come_from_the_level_that_was_asked_for() {
    let server = || Server::empty("log").tool(log);
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            for (place, level) in LEVELS.into_iter().enumerate() {
                let mut params = json!({ "name": "log", "arguments": {} });
                if client.revision().is_modern() {
                    params["_meta"] = json!({ "io.modelcontextprotocol/logLevel": level });
                } else {
                    client.result("logging/setLevel", json!({ "level": level })).await;
                }
                client.result("tools/call", params).await;
                let plain = ["debug", "info", "warning", "error"];
                let plain =
                    plain.iter().filter(|own| LEVELS.iter().position(|known| known == *own) >= Some(place)).count();
                assert_eq!(logged(client), (LEVELS[place..].iter().map(|&level| level.to_owned()).collect(), plain));
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_level_that_is_none_is_refused() {
    served(
        || Server::empty("log").tool(log),
        async |client| {
            for level in [json!("loud"), json!("INFO"), json!(3), json!({})] {
                let refusal = if client.revision().is_modern() {
                    let meta = json!({ "io.modelcontextprotocol/logLevel": level });
                    client.refusal("tools/call", json!({ "name": "log", "_meta": meta })).await
                } else {
                    client.refusal("logging/setLevel", json!({ "level": level })).await
                };
                assert_eq!(refusal.code, -32602, "{level}: {refusal}");
                assert!(matches!(refusal.status, None | Some(200)), "{refusal:?}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_modern_request_does_not_set_the_level_of_the_next() {
    let mut client = Client::of(Server::empty("log").tool(log), Revision::V2026_07_28).await;
    let meta = json!({ "io.modelcontextprotocol/logLevel": "debug" });
    client.result("tools/call", json!({ "name": "log", "_meta": meta })).await;
    assert_eq!(logged(&mut client).0.len(), 8);
    client.call("log", json!({})).await;
    assert!(client.unasked.is_empty());
    client.finish().await;
}
