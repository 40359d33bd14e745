//! What a client may do with the state of a question on 2026-07-28, and what it may not: the state says what was asked, of whom and
//! with which arguments, and is good for one use.

use std::sync::atomic::{AtomicU32, Ordering};

use fastmcp_rs::{middleware::Logging, prelude::*, replicas::MemoryStore};
use fastmcp_rs_tests::{Client, Revision, Transport, client::text_of};
use serde_json::{Value, json};

#[derive(Default)]
struct Payments(AtomicU32);

/// Pays, after asking.
#[tool]
async fn pay(
    amount: u128,
    to: String,
    #[arg(header = "Region")] region: Option<String>,
    payments: State<Payments>,
    ctx: Context,
) -> Result<String, ToolError> {
    let number = ctx.once("number", async { payments.0.fetch_add(1, Ordering::SeqCst) + 1 }).await?;
    if !ctx.confirm(format!("Pay {amount} to {to}?")).await? {
        return Ok("not paid".to_owned());
    }
    drop(region);
    Ok(format!("payment {number}: {amount} to {to}"))
}

/// A cup.
#[model]
struct Cup {
    size: String,
    cups: u8,
}

/// Orders in two rounds: what, then for whom.
#[tool]
async fn order(ctx: Context) -> Result<String, ToolError> {
    let Elicited::Accepted(cup) = ctx.elicit::<Cup>("What?").await? else { return Ok("nothing".to_owned()) };
    let Elicited::Accepted(whom) = ctx.elicit_raw("Whom?", whom()).await? else { return Ok("nobody".to_owned()) };
    Ok(format!("{} × {} for {}", cup.cups, cup.size, whom["name"].as_str().unwrap_or("?")))
}

fn whom() -> Value {
    json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] })
}

/// Asks about a point.
#[tool]
async fn point(point: Value, ctx: Context) -> Result<String, ToolError> {
    Ok(format!("{} {}", point["x"], ctx.confirm("?").await?))
}

/// Asks although it could not see the answer.
#[tool]
async fn blind() -> Result<String, ToolError> {
    Err(InputRequired::new().ask("name", InputRequest::elicit("Name?", whom())).into())
}

fn server() -> Server {
    let server = Server::empty("state").tool(pay).tool(order).tool(point).tool(blind);
    server.state(Payments::default())
}

/// Runs `body` over both transports, with and without middleware.
async fn modern(body: impl AsyncFn(&mut Client)) {
    for transport in Transport::ALL {
        for layered in [false, true] {
            eprintln!("-- {transport:?}, middleware: {layered}");
            let server = if layered { server().middleware(Logging::new()) } else { server() };
            let mut client = connect(server, transport).await;
            body(&mut client).await;
            client.finish().await;
        }
    }
}

async fn connect(server: Server, transport: Transport) -> Client {
    let capabilities = json!({ "elicitation": { "form": {} } });
    Client::with_capabilities(server, transport, Revision::V2026_07_28, capabilities).await
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({ "name": tool, "arguments": arguments })
}

fn yes() -> Value {
    json!({ "action": "accept", "content": { "confirm": true } })
}

/// The one key that a result asks for.
fn key(asked: &Value) -> String {
    let keys: Vec<_> = asked["inputRequests"].as_object().expect("questions").keys().collect();
    assert_eq!(keys.len(), 1, "{asked}");
    keys[0].clone()
}

/// The request again, with answers and the state that came with the questions.
fn answered(mut params: Value, asked: &Value, answers: Value) -> Value {
    params["requestState"] = asked["requestState"].clone();
    params["inputResponses"] = answers;
    params
}

#[tokio::test]
async fn answers_without_the_state_that_asked_for_them_are_refused() {
    modern(async |client| {
        let asked = client.result("tools/call", call("pay", json!({ "amount": 1, "to": "ada" }))).await;
        // The key is the same for every call of the tool, so whoever has asked once knows it.
        for answers in [json!({ key(&asked): yes() }), json!({ key(&asked): yes(), "other": yes() })] {
            let mut params = call("pay", json!({ "amount": 1_000_000, "to": "eve" }));
            params["inputResponses"] = answers;
            let refusal = client.refusal("tools/call", params).await;
            assert_eq!(refusal.code, -32602, "{refusal}");
            assert!(refusal.message.contains("requestState"), "{refusal}");
        }
        // Answers under other keys answer nothing that the handler asked: it asks.
        for answers in [json!({ "confirm": yes() }), json!({})] {
            let mut params = call("pay", json!({ "amount": 1_000_000, "to": "eve" }));
            params["inputResponses"] = answers;
            let again = client.result("tools/call", params).await;
            assert_eq!(again["resultType"], "input_required", "{again}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_given_stays_as_it_was_given() {
    modern(async |client| {
        let first = client.result("tools/call", call("order", json!({}))).await;
        let what = key(&first);
        let small = json!({ "action": "accept", "content": { "size": "Small", "cups": 1 } });
        let second = client
            .result("tools/call", answered(call("order", json!({})), &first, json!({ what.clone(): small })))
            .await;
        let large = json!({ "action": "accept", "content": { "size": "Large", "cups": 12 } });
        let ada = json!({ "action": "accept", "content": { "name": "Ada" } });
        let answers = json!({ what: large, key(&second): ada, "other": yes() });
        let done = client.result("tools/call", answered(call("order", json!({})), &second, answers)).await;
        assert_eq!(text_of(&done), "1 × Small for Ada");
    })
    .await;
}

#[tokio::test]
async fn a_state_is_used_once_and_its_effects_happen_once() {
    modern(async |client| {
        let params = call("pay", json!({ "amount": 5, "to": "ada" }));
        let asked = client.result("tools/call", params.clone()).await;
        let again = answered(params.clone(), &asked, json!({ key(&asked): yes() }));
        let done = client.result("tools/call", again.clone()).await;
        assert_eq!(text_of(&done), "payment 1: 5 to ada");
        for _ in 0..2 {
            let refusal = client.refusal("tools/call", again.clone()).await;
            assert_eq!(refusal.code, -32602, "{refusal}");
            assert!(refusal.message.contains("was used before"), "{refusal}");
        }
        // A new request is a new payment; the effect of the first round of each ran once.
        let asked = client.result("tools/call", params.clone()).await;
        let done = client.result("tools/call", answered(params, &asked, json!({ key(&asked): yes() }))).await;
        assert_eq!(text_of(&done), "payment 2: 5 to ada");
    })
    .await;
}

#[tokio::test]
async fn a_state_that_was_not_taken_up_can_still_be_used() {
    modern(async |client| {
        let params = call("pay", json!({ "amount": 5, "to": "ada" }));
        let asked = client.result("tools/call", params.clone()).await;
        let key = key(&asked);
        for bad in [json!(null), json!([]), json!("yes")] {
            assert_eq!(client.refusal("tools/call", answered(params.clone(), &asked, bad)).await.code, -32602);
        }
        let mut other = answered(params.clone(), &asked, json!({ key.clone(): yes() }));
        other["arguments"]["to"] = json!("eve");
        assert_eq!(client.refusal("tools/call", other).await.code, -32602);
        let done = client.result("tools/call", answered(params, &asked, json!({ key: yes() }))).await;
        assert!(text_of(&done).ends_with("5 to ada"), "{done}");
    })
    .await;
}

/// Sends a request with these very arguments.
async fn with_raw(client: &mut Client, mut params: Value, arguments: &str) -> Value {
    params["arguments"] = json!("ARGUMENTS");
    let request = client.request("tools/call", params);
    let text = request.to_string().replace("\"ARGUMENTS\"", arguments);
    client.pipe().write(format!("{text}\n").as_bytes()).await;
    client.receive().await
}

#[tokio::test]
async fn arguments_are_bound_to_the_last_digit() {
    for layered in [false, true] {
        let server = if layered { server().middleware(Logging::new()) } else { server() };
        let mut client = connect(server, Transport::Stdio).await;
        let asked = r#"{"amount":18446744073709551616,"to":"ada"}"#;
        for other in [
            r#"{"amount":18446744073709551617,"to":"ada"}"#,
            r#"{"amount":18446744073709551615,"to":"ada"}"#,
            r#"{"amount":18446744073709551616,"to":"eve"}"#,
            r#"{"amount":18446744073709551616,"to":"ada","region":"eu"}"#,
            r#"{"amount":18446744073709551616,"to":"ada","to":"eve"}"#,
        ] {
            let first = with_raw(&mut client, call("pay", Value::Null), asked).await["result"].take();
            let params = answered(call("pay", Value::Null), &first, json!({ key(&first): yes() }));
            assert_eq!(with_raw(&mut client, params.clone(), other).await["error"]["code"], -32602, "{other}");
            let done = with_raw(&mut client, params, asked).await["result"].take();
            assert!(text_of(&done).ends_with("18446744073709551616 to ada"), "{done}");
        }
        // The same value in other words is the same.
        let first = with_raw(&mut client, call("pay", Value::Null), asked).await["result"].take();
        let params = answered(call("pay", Value::Null), &first, json!({ key(&first): yes() }));
        let same = r#"{ "to" : "\u0061da" , "amount" : 18446744073709551616 }"#;
        let done = with_raw(&mut client, params, same).await["result"].take();
        assert!(text_of(&done).ends_with("18446744073709551616 to ada"), "{done}");
        client.finish().await;
    }
}

#[tokio::test]
async fn what_no_value_holds_is_bound_all_the_same() {
    let mut client = connect(server(), Transport::Stdio).await;
    for rest in [r#""zz":1e400"#, r#""zz":"\ud800""#, r#""zz":1,"zz":1e400"#] {
        let first =
            with_raw(&mut client, call("point", Value::Null), &format!(r#"{{"point":{{"x":1,{rest}}}}}"#)).await;
        if first["result"]["resultType"] != "input_required" {
            // It is refused as an argument; then there is no state that could be carried over.
            assert_eq!(first["result"]["isError"], true, "{first}");
            continue;
        }
        let params = answered(call("point", Value::Null), &first["result"], json!({ key(&first["result"]): yes() }));
        let other = with_raw(&mut client, params, &format!(r#"{{"point":{{"x":999999,{rest}}}}}"#)).await;
        assert_eq!(other["error"]["code"], -32602, "{other}");
    }
    client.finish().await;
}

#[tokio::test]
async fn a_header_is_held_against_the_argument_even_where_others_cannot_be_read() {
    let mut client = connect(server(), Transport::Http).await;
    for (arguments, region, granted) in [
        (r#"{"amount":1,"to":"ada","region":"eu"}"#, Some("eu"), true),
        (r#"{"amount":1,"to":"ada","region":"\u0065u"}"#, Some("eu"), true),
        (r#"{"amount":1,"to":"ada"}"#, None, true),
        (r#"{"amount":1,"to":"ada"}"#, Some("eu"), false),
        (r#"{"amount":1,"to":"ada","region":"us"}"#, Some("eu"), false),
        (r#"{"amount":1,"to":"ada","region":"us"}"#, None, false),
        // Unreadable as a value: the check must not take it for absent.
        (r#"{"amount":1e400,"to":"ada","region":"us"}"#, Some("eu"), false),
        (r#"{"amount":1e400,"to":"ada","region":"us"}"#, None, false),
        (r#"{"amount":1,"to":"\ud800","region":"us"}"#, None, false),
        (r#"{"amount":1,"to":"ada","region":"eu","region":"us"}"#, Some("eu"), false),
        (r#"{"amount":1,"to":"ada","region":"\ud800"}"#, Some("eu"), false),
    ] {
        let request = client.request("tools/call", call("pay", json!("ARGUMENTS")));
        let mut headers = client.headers(&request);
        headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("mcp-param-"));
        headers.extend(region.map(|region| ("Mcp-Param-Region".to_owned(), region.to_owned())));
        let body = request.to_string().replace("\"ARGUMENTS\"", arguments);
        let response = client.post(&headers, body.as_bytes()).await;
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(answer["error"].is_null(), granted, "{arguments} {region:?}: {answer}");
    }
    client.finish().await;
}

#[tokio::test]
async fn a_handler_that_could_not_see_the_answer_does_not_ask() {
    modern(async |client| {
        let refusal = client.refusal("tools/call", call("blind", json!({}))).await;
        assert_eq!(refusal.code, -32603, "{refusal}");
        assert!(refusal.message.contains("needs a `Context`"), "{refusal}");
    })
    .await;
}

#[tokio::test]
async fn an_integer_may_be_answered_as_a_float() {
    modern(async |client| {
        let first = client.result("tools/call", call("order", json!({}))).await;
        let answers = json!({ key(&first): { "action": "accept", "content": { "size": "Small", "cups": 2.0 } } });
        let second = client.result("tools/call", answered(call("order", json!({})), &first, answers)).await;
        let answers = json!({ key(&second): { "action": "accept", "content": { "name": "Ada" } } });
        let done = client.result("tools/call", answered(call("order", json!({})), &second, answers)).await;
        assert_eq!(text_of(&done), "2 × Small for Ada");
    })
    .await;
}

#[tokio::test]
async fn a_state_is_used_once_among_all_replicas() {
    let store = std::sync::Arc::new(MemoryStore::new());
    let replica = || {
        let http = Http::new().replicas(std::sync::Arc::clone(&store) as _);
        server().request_state_keys([[7; 32]]).http(http)
    };
    let mut one = connect(replica(), Transport::Http).await;
    let mut other = connect(replica(), Transport::Http).await;
    let params = call("pay", json!({ "amount": 5, "to": "ada" }));
    let asked = one.result("tools/call", params.clone()).await;
    let again = answered(params, &asked, json!({ key(&asked): yes() }));
    assert!(text_of(&other.result("tools/call", again.clone()).await).ends_with("5 to ada"));
    for client in [&mut one, &mut other] {
        let refusal = client.refusal("tools/call", again.clone()).await;
        assert!(refusal.code == -32602 && refusal.message.contains("was used before"), "{refusal}");
    }
    one.finish().await;
    other.finish().await;
}
