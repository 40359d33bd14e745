//! Questions from a handler to the client's side: the same function on every revision.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use fastmcp_rs::{InteractionError, middleware::Logging, prelude::*};
use fastmcp_rs_tests::{
    Client, Revision, Transport,
    client::{error_of, text_of},
    within,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

#[model]
#[derive(Debug)]
#[serde(rename_all = "lowercase")]
enum Size {
    Small,
    Large,
}

#[model]
#[derive(Debug)]
struct Order {
    /// How big.
    size: Size,
    #[schemars(range(min = 1, max = 12))]
    cups: u8,
    note: Option<String>,
}

#[derive(Default)]
struct Counter(AtomicU32);

/// Orders something.
#[tool]
async fn order(drink: String, counter: State<Counter>, ctx: Context) -> Result<String, ToolError> {
    let number = ctx.once("number", async { counter.0.fetch_add(1, Ordering::SeqCst) + 1 }).await?;
    let Order { size, cups, note } = match ctx.elicit::<Order>(format!("How would you like your {drink}?")).await? {
        Elicited::Accepted(order) => order,
        Elicited::Declined => return Ok("declined".to_owned()),
        Elicited::Cancelled => return Ok("cancelled".to_owned()),
    };
    if !ctx.confirm(format!("{cups} × {size:?} {drink}?")).await? {
        return Ok("not confirmed".to_owned());
    }
    Ok(format!("order {number}: {cups} × {size:?} {drink} {note:?}"))
}

fn server() -> Server {
    let server = Server::empty("asking").tool(order).tool(adding).tool(both).tool(model).tool(places);
    let server = server.tool(either_way).tool(log_in).tool(by_hand).tool(unaskable);
    let server = server.tool(step_by_step).resource(resource_step_by_step).prompt(prompt_step_by_step);
    server.resource(asking_resource).prompt(asking_prompt).state(Counter::default())
}

fn everything() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": {}, "roots": {} })
}

const ASKING: [Revision; 3] = [Revision::V2025_06_18, Revision::V2025_11_25, Revision::V2026_07_28];

/// Runs `body` over both transports in every revision that can ask.
async fn asked(capabilities: Value, body: impl AsyncFn(&mut Client)) {
    for transport in Transport::ALL {
        for revision in ASKING {
            eprintln!("-- {transport:?}, {revision}");
            let mut client = Client::with_capabilities(server(), transport, revision, capabilities.clone()).await;
            body(&mut client).await;
            client.finish().await;
        }
    }
}

fn accept(content: Value) -> Result<Value, Value> {
    Ok(json!({ "action": "accept", "content": content }))
}

/// Answers in turn, and keeps what was asked.
fn in_turn(client: &mut Client, answers: Vec<Result<Value, Value>>) -> Arc<Mutex<Vec<(String, Value)>>> {
    let seen: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let keep = Arc::clone(&seen);
    let mut answers = answers.into_iter();
    client.answering(move |method, params| {
        keep.lock().unwrap().push((method.to_owned(), params.clone()));
        answers.next().expect("no more than was expected is asked")
    });
    seen
}

#[tokio::test]
async fn one_function_asks_on_every_revision() {
    asked(everything(), async |client| {
        for turn in 1..=2 {
            let asked = in_turn(
                client,
                vec![accept(json!({ "size": "large", "cups": 2 })), accept(json!({ "confirm": true }))],
            );
            let result = client.call("order", json!({ "drink": "tea" })).await;
            assert_eq!(text_of(&result), format!("order {turn}: 2 × Large tea None"), "once is once");
            let asked = asked.lock().unwrap();
            assert_eq!(asked.len(), 2);
            assert!(asked.iter().all(|(method, _)| method == "elicitation/create"));
            let form = &asked[0].1;
            assert_eq!(form["message"], "How would you like your tea?");
            let schema = &form["requestedSchema"];
            assert_eq!(schema["type"], "object");
            let mut required: Vec<_> = schema["required"].as_array().unwrap().clone();
            required.sort_by_key(Value::to_string);
            assert_eq!(required, ["cups", "size"]);
            let size = &schema["properties"]["size"];
            assert_eq!((&size["type"], &size["enum"]), (&json!("string"), &json!(["small", "large"])));
            assert_eq!(size["description"], "How big.");
            let cups = &schema["properties"]["cups"];
            assert_eq!((&cups["minimum"], &cups["maximum"]), (&json!(1), &json!(12)));
            let mode = (client.revision() >= Revision::V2025_11_25).then_some("form");
            assert_eq!(form["mode"].as_str(), mode);
        }
    })
    .await;
}

#[tokio::test]
async fn declining_and_cancelling_are_answers() {
    asked(everything(), async |client| {
        for (action, text) in [("decline", "declined"), ("cancel", "cancelled")] {
            in_turn(client, vec![Ok(json!({ "action": action }))]);
            assert_eq!(text_of(&client.call("order", json!({ "drink": "tea" })).await), text);
        }
        let order = accept(json!({ "size": "small", "cups": 1, "note": "hot" }));
        for refusal in [json!({ "action": "decline" }), json!({ "action": "accept", "content": { "confirm": false } })]
        {
            in_turn(client, vec![order.clone(), Ok(refusal)]);
            assert_eq!(text_of(&client.call("order", json!({ "drink": "tea" })).await), "not confirmed");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_the_wrong_form_is_asked_for_again_or_is_an_error() {
    asked(everything(), async |client| {
        for wrong in [
            json!({ "action": "accept", "content": { "size": "large", "cups": 13 } }),
            json!({ "action": "accept", "content": { "size": "huge", "cups": 1 } }),
            json!({ "action": "accept", "content": {} }),
            json!({ "action": "accept" }),
            json!({ "action": "perhaps" }),
            json!({}),
            json!("yes"),
            json!(null),
        ] {
            if client.revision().is_modern() {
                let order = accept(json!({ "size": "large", "cups": 2 }));
                let asked = in_turn(client, vec![Ok(wrong.clone()), order, accept(json!({ "confirm": true }))]);
                let text = text_of(&client.call("order", json!({ "drink": "tea" })).await);
                assert!(text.ends_with("2 × Large tea None"), "{wrong}: {text}");
                let asked = asked.lock().unwrap();
                assert_eq!(asked[0], asked[1], "the same is asked again after {wrong}");
            } else {
                in_turn(client, vec![Ok(wrong.clone())]);
                let result = client.call("order", json!({ "drink": "tea" })).await;
                assert_eq!(result["isError"], true, "{wrong}: {result}");
                assert_eq!(error_of(&result)["code"], "invalid_params", "{wrong}: {result}");
            }
        }
    })
    .await;
}

/// Adds up what it is told, question by question.
#[tool]
async fn adding(ctx: Context) -> Result<String, ToolError> {
    #[model]
    struct Number {
        n: i64,
    }
    let mut sum = 0;
    let mut seen = Vec::new();
    for turn in 1..=4 {
        let Elicited::Accepted(Number { n }) = ctx.elicit::<Number>(format!("Number {turn}?")).await? else {
            break;
        };
        sum += n;
        seen.push(n);
    }
    Ok(format!("{seen:?} make {sum}"))
}

#[tokio::test]
async fn a_question_in_a_loop_gets_an_answer_each_time() {
    asked(everything(), async |client| {
        let answers = [5, 6, 7, 8].map(|n| accept(json!({ "n": n }))).to_vec();
        let asked = in_turn(client, answers);
        assert_eq!(text_of(&client.call("adding", json!({})).await), "[5, 6, 7, 8] make 26");
        let messages: Vec<_> = asked.lock().unwrap().iter().map(|(_, params)| params["message"].clone()).collect();
        assert_eq!(messages, ["Number 1?", "Number 2?", "Number 3?", "Number 4?"]);
        in_turn(client, vec![accept(json!({ "n": 1 })), Ok(json!({ "action": "cancel" }))]);
        assert_eq!(text_of(&client.call("adding", json!({})).await), "[1] make 1");
    })
    .await;
}

/// Asks two things at once.
#[tool]
async fn both(ctx: Context) -> Result<String, ToolError> {
    let (one, two) = tokio::join!(ctx.confirm("One?"), ctx.confirm("Two?"));
    Ok(format!("{} {}", one?, two?))
}

#[tokio::test]
async fn two_questions_at_once_are_asked_at_once() {
    asked(everything(), async |client| {
        client.answering(|_, params| accept(json!({ "confirm": params["message"] == "Two?" })));
        assert_eq!(text_of(&client.call("both", json!({})).await), "false true");
    })
    .await;
    let mut client = Client::with_capabilities(server(), Transport::Stdio, Revision::V2026_07_28, everything()).await;
    let asked = client.call("both", json!({})).await;
    assert_eq!(asked["inputRequests"].as_object().unwrap().len(), 2, "in one round");
    client.finish().await;
}

/// Asks the client's model.
#[tool]
async fn model(question: String, ctx: Context) -> Result<String, ToolError> {
    let answer = ctx.sample(SamplingRequest::new(question).max_tokens(50)).await?;
    Ok(answer.to_text())
}

/// Asks where the client works.
#[tool]
async fn places(ctx: Context) -> Result<String, ToolError> {
    let roots = ctx.roots().await?;
    Ok(roots.iter().map(|root| root.uri.as_str()).collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn the_clients_model_and_its_roots_can_be_asked_for_on_every_revision() {
    for transport in Transport::ALL {
        for revision in Revision::ALL {
            let mut client = Client::with_capabilities(server(), transport, revision, everything()).await;
            let said = json!({ "role": "assistant", "content": { "type": "text", "text": "Paris" }, "model": "m" });
            let asked = in_turn(&mut client, vec![Ok(said)]);
            assert_eq!(text_of(&client.call("model", json!({ "question": "Capital?" })).await), "Paris");
            let (method, params) = asked.lock().unwrap().remove(0);
            assert_eq!((method.as_str(), &params["maxTokens"]), ("sampling/createMessage", &json!(50)));
            assert_eq!(params["messages"][0]["content"], json!({ "type": "text", "text": "Capital?" }));

            let roots = json!({ "roots": [{ "uri": "file:///a" }, { "uri": "file:///b", "name": "b" }] });
            let asked = in_turn(&mut client, vec![Ok(roots)]);
            assert_eq!(text_of(&client.call("places", json!({})).await), "file:///a file:///b");
            assert_eq!(asked.lock().unwrap()[0].0, "roots/list");
            client.finish().await;
        }
    }
}

/// Asks if it can.
#[tool]
async fn either_way(ctx: Context) -> Result<String, ToolError> {
    match ctx.sample(SamplingRequest::new("?").max_tokens(5)).await {
        Err(InteractionError::Unsupported(required)) => Ok(format!("do it yourself: {required}")),
        other => Ok(other?.to_text()),
    }
}

#[tokio::test]
async fn what_a_client_did_not_declare_is_not_asked() {
    asked(json!({}), async |client| {
        for (tool, arguments, needed) in [
            ("order", json!({ "drink": "tea" }), json!({ "elicitation": { "form": {} } })),
            ("model", json!({ "question": "?" }), json!({ "sampling": {} })),
            ("places", json!({}), json!({ "roots": {} })),
        ] {
            if client.revision().is_modern() {
                let refusal = client.refusal("tools/call", json!({ "name": tool, "arguments": arguments })).await;
                assert_eq!(refusal.code, -32021, "{tool}: {refusal}");
                assert_eq!(refusal.data["requiredCapabilities"], needed, "{tool}");
                assert!(matches!(refusal.status, None | Some(400)), "{refusal:?}");
            } else {
                let text = client.failure(tool, arguments).await;
                assert!(text.contains("did not declare"), "{tool}: {text}");
            }
        }
        let text = text_of(&client.call("either_way", json!({})).await);
        assert_eq!(text, "do it yourself: {\"sampling\":{}}", "a handler may catch it");
    })
    .await;
}

#[tokio::test]
async fn a_revision_that_cannot_ask_is_not_asked() {
    for revision in [Revision::V2024_11_05, Revision::V2025_03_26] {
        let mut client = Client::with_capabilities(server(), Transport::Stdio, revision, everything()).await;
        let text = client.failure("order", json!({ "drink": "tea" })).await;
        assert!(text.contains("elicitation"), "{text}");
        client.finish().await;
    }
}

/// Sends somebody to a page.
#[tool]
async fn log_in(ctx: Context) -> Result<String, ToolError> {
    Ok(match ctx.elicit_url("Please log in", "https://example.com/login").await? {
        Elicited::Accepted(()) => "on the way".to_owned(),
        _ => "staying".to_owned(),
    })
}

#[tokio::test]
async fn a_page_can_be_asked_for_where_the_client_can_open_one() {
    for (capabilities, able) in [
        (json!({ "elicitation": { "url": {} } }), true),
        (json!({ "elicitation": { "form": {} } }), false),
        (json!({ "elicitation": {} }), false),
    ] {
        asked(capabilities, async |client| {
            let revision = client.revision();
            if able && revision >= Revision::V2025_11_25 {
                let asked = in_turn(client, vec![Ok(json!({ "action": "accept" }))]);
                assert_eq!(text_of(&client.call("log_in", json!({})).await), "on the way");
                let params = asked.lock().unwrap()[0].1.clone();
                assert_eq!((&params["mode"], &params["url"]), (&json!("url"), &json!("https://example.com/login")));
                assert_eq!(params.get("elicitationId").is_some(), revision == Revision::V2025_11_25);
                // Whoever can only open pages cannot fill in forms.
                match client.ask("tools/call", json!({ "name": "order", "arguments": { "drink": "tea" } })).await {
                    Err(refusal) => assert_eq!(refusal.code, -32021),
                    Ok(result) => assert_eq!(result["isError"], true),
                }
            } else {
                match client.ask("tools/call", json!({ "name": "log_in", "arguments": {} })).await {
                    Err(refusal) => {
                        assert_eq!((refusal.code, revision), (-32021, Revision::V2026_07_28));
                        assert_eq!(refusal.data["requiredCapabilities"], json!({ "elicitation": { "url": {} } }));
                    }
                    Ok(result) => assert_eq!(result["isError"], true, "{result}"),
                }
            }
        })
        .await;
    }
}

/// A resource that asks.
#[resource("asking://{name}", ttl = "5m", cache_scope = "public")]
async fn asking_resource(name: String, ctx: Context) -> Result<String, ToolError> {
    Ok(format!("{name}: {}", ctx.confirm("Really?").await?))
}

/// A prompt that asks.
#[prompt]
async fn asking_prompt(ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.confirm("Really?").await?.to_string())
}

#[tokio::test]
async fn resources_and_prompts_ask_too() {
    asked(everything(), async |client| {
        client.answering(|_, _| accept(json!({ "confirm": true })));
        let read = client.result("resources/read", json!({ "uri": "asking://me" })).await;
        assert_eq!(read["contents"][0]["text"], "me: true");
        if client.revision().is_modern() {
            let kept = (&read["ttlMs"], &read["cacheScope"]);
            assert_eq!(kept, (&json!(0), &json!("private")), "an answer to somebody is nobody else's");
        }
        let prompt = client.result("prompts/get", json!({ "name": "asking_prompt" })).await;
        assert_eq!(prompt["messages"][0]["content"]["text"], "true");
    })
    .await;
}

/// Keeps its own state.
#[tool]
fn by_hand(ctx: Context) -> Result<String, ToolError> {
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
    match (ctx.request_state().as_deref(), ctx.input_response("who")) {
        (Some("asked"), Some(answer)) => Ok(format!("Hello, {}!", answer["content"]["name"].as_str().unwrap_or("?"))),
        _ => Err(InputRequired::new().ask("who", InputRequest::elicit("Who?", schema)).state("asked").into()),
    }
}

#[tokio::test]
async fn rounds_can_be_made_by_hand() {
    asked(everything(), async |client| {
        in_turn(client, vec![accept(json!({ "name": "Ada" }))]);
        assert_eq!(text_of(&client.call("by_hand", json!({})).await), "Hello, Ada!");
    })
    .await;
}

/// Asks three things by hand, each in a round of its own, and tells everything that it knows in the end.
async fn steps(counter: &Counter, ctx: &Context) -> Result<String, ToolError> {
    let number = ctx.once("number", async { counter.0.fetch_add(1, Ordering::SeqCst) + 1 }).await?;
    let state = ctx.request_state().unwrap_or_default();
    let mut told = Vec::new();
    for key in ["one", "two", "three"] {
        let Some(answer) = ctx.input_response(key) else {
            let question = InputRequest::sample(SamplingRequest::new(key).max_tokens(5));
            return Err(InputRequired::new().ask(key, question).state(format!("{state}{key} ")).into());
        };
        told.push(answer["content"]["text"].as_str().unwrap_or("?"));
    }
    Ok(format!("{number}: {}, asked for {state}", told.join(" ")))
}

/// Asks in rounds.
#[tool]
async fn step_by_step(counter: State<Counter>, ctx: Context) -> Result<String, ToolError> {
    steps(&counter, &ctx).await
}

/// The same as a resource.
#[resource("steps://all")]
async fn resource_step_by_step(counter: State<Counter>, ctx: Context) -> Result<String, ToolError> {
    steps(&counter, &ctx).await
}

/// The same as a prompt.
#[prompt]
async fn prompt_step_by_step(counter: State<Counter>, ctx: Context) -> Result<String, ToolError> {
    steps(&counter, &ctx).await
}

#[tokio::test]
async fn rounds_by_hand_know_the_answers_of_all_earlier_rounds() {
    // With middleware a request takes another way through the server.
    for server in [server, || server().middleware(Logging)] {
        for transport in Transport::ALL {
            for revision in Revision::ALL {
                eprintln!("-- {transport:?}, {revision}");
                let mut client = Client::with_capabilities(server(), transport, revision, everything()).await;
                client.answering(|method, params| {
                    assert_eq!(method, "sampling/createMessage");
                    let text = params["messages"][0]["content"]["text"].as_str().unwrap().to_uppercase();
                    Ok(json!({ "role": "assistant", "content": { "type": "text", "text": text }, "model": "m" }))
                });
                let told = |number: u32| format!("{number}: ONE TWO THREE, asked for one two three ");
                assert_eq!(text_of(&client.call("step_by_step", json!({})).await), told(1));
                let read = client.result("resources/read", json!({ "uri": "steps://all" })).await;
                assert_eq!(read["contents"][0]["text"], told(2));
                let prompt = client.result("prompts/get", json!({ "name": "prompt_step_by_step" })).await;
                assert_eq!(prompt["messages"][0]["content"]["text"], told(3));
                client.finish().await;
            }
        }
    }
}

/// Asks what no form can hold.
#[tool]
async fn unaskable(ctx: Context) -> Result<String, ToolError> {
    #[model]
    struct Nested {
        inner: Order,
    }
    Ok(ctx.elicit::<Nested>("?").await?.accepted().map(|nested| format!("{:?}", nested.inner)).unwrap_or_default())
}

#[tokio::test]
async fn what_no_form_can_hold_is_the_servers_own_fault() {
    asked(everything(), async |client| {
        let result = client.call("unaskable", json!({})).await;
        assert_eq!(error_of(&result)["code"], "internal");
        assert!(text_of(&result).contains("inner"), "{result}");
    })
    .await;
}

// What follows is about `requestState`, which only the newest revision has.

async fn modern(server: Server) -> Client {
    Client::with_capabilities(server, Transport::Stdio, Revision::V2026_07_28, everything()).await
}

fn tea() -> Value {
    json!({ "name": "order", "arguments": { "drink": "tea" } })
}

/// The parameters of the second round: the first question answered, the state as given.
fn second_round(first: &Value, mut params: Value) -> Value {
    let key = first["inputRequests"].as_object().unwrap().keys().next().unwrap();
    params["inputResponses"] = json!({ key: { "action": "accept", "content": { "size": "large", "cups": 2 } } });
    params["requestState"] = first["requestState"].clone();
    params
}

#[tokio::test]
async fn a_question_shows_nothing_of_the_server_and_has_no_cache_hints() {
    let mut client = modern(server()).await;
    let first = client.result("tools/call", tea()).await;
    assert_eq!(first["resultType"], "input_required");
    assert_eq!((first.get("ttlMs"), first.get("content")), (None, None));
    let text = first.to_string();
    assert!(!text.contains(".rs") && !text.contains("interaction"), "paths of the source: {text}");
    let state = first["requestState"].as_str().unwrap();
    assert!(!state.contains("number"), "the state can be read: {state}");
    client.finish().await;
}

#[tokio::test]
async fn a_state_that_was_changed_or_belongs_to_another_request_is_refused() {
    let mut client = modern(server()).await;
    let first = client.result("tools/call", tea()).await;
    let good = second_round(&first, tea());
    let state = good["requestState"].as_str().unwrap();
    let mut bad = Vec::new();
    for place in [0, 1, 5, state.len() / 2, state.len() - 1] {
        let mut bytes = state.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        bad.push(json!(String::from_utf8(bytes).unwrap()));
    }
    bad.extend([
        json!(""),
        json!("nonsense"),
        json!(&state[..state.len() - 4]),
        json!(format!("{state}AAAA")),
        json!("A".repeat(1_000_000)),
        json!(null),
        json!(5),
        json!({}),
    ]);
    for state in bad {
        let mut params = good.clone();
        params["requestState"] = state.clone();
        let refusal = client.refusal("tools/call", params).await;
        assert_eq!(refusal.code, -32602, "{}", state.to_string().chars().take(100).collect::<String>());
        assert!(refusal.message.len() < 200, "{refusal}");
    }
    for (name, value) in
        [("arguments", json!({ "drink": "coffee" })), ("arguments", json!({})), ("name", json!("adding"))]
    {
        let mut params = good.clone();
        params[name] = value;
        assert_eq!(client.refusal("tools/call", params).await.code, -32602, "{name}");
    }
    let second = client.result("tools/call", good).await;
    assert_eq!(second["resultType"], "input_required", "the true one still goes on");
    client.finish().await;

    let mut stranger = modern(server()).await;
    let refusal = stranger.refusal("tools/call", second_round(&first, tea())).await;
    assert_eq!(refusal.code, -32602, "another process has another key");
    stranger.finish().await;
}

#[tokio::test]
async fn arguments_in_another_order_are_the_same_arguments() {
    #[model]
    struct Pair {
        a: u8,
        b: u8,
    }
    /// Asks about a pair.
    #[tool]
    async fn ask_pair(pair: Pair, label: String, ctx: Context) -> Result<String, ToolError> {
        Ok(format!("{} {} {label} {}", pair.a, pair.b, ctx.confirm("?").await?))
    }
    let mut client = modern(Server::empty("pairs").tool(ask_pair)).await;
    let arguments = json!({ "pair": { "a": 1, "b": 2 }, "label": "x" });
    let first = client.result("tools/call", json!({ "name": "ask_pair", "arguments": arguments })).await;
    let key = first["inputRequests"].as_object().unwrap().keys().next().unwrap();
    let mut request = client.request("tools/call", json!({ "name": "ask_pair", "arguments": "ARGUMENTS" }));
    request["params"]["inputResponses"] = json!({ key: { "action": "accept", "content": { "confirm": true } } });
    request["params"]["requestState"] = first["requestState"].clone();
    let text = request.to_string().replace("\"ARGUMENTS\"", r#"{ "label": "x", "pair": {"b": 2, "a": 1} }"#);
    client.pipe().write(format!("{text}\n").as_bytes()).await;
    assert_eq!(text_of(&client.receive().await["result"]), "1 2 x true");
    client.finish().await;
}

#[tokio::test]
async fn replicas_with_the_same_keys_go_on_with_each_others_questions() {
    let (old, new) = ([1; 32], [2; 32]);
    let mut one = modern(server().request_state_keys([old])).await;
    let first = one.result("tools/call", tea()).await;
    one.finish().await;
    let mut other = modern(server().request_state_keys([new, old])).await;
    let second = other.result("tools/call", second_round(&first, tea())).await;
    assert_eq!(second["resultType"], "input_required", "the older key still opens");
    other.finish().await;
    let mut rotated = modern(server().request_state_keys([new])).await;
    assert_eq!(rotated.refusal("tools/call", second_round(&first, tea())).await.code, -32602);
    let key = second["inputRequests"].as_object().unwrap().keys().next().unwrap();
    let mut params = tea();
    params["inputResponses"] = json!({ key: { "action": "accept", "content": { "confirm": true } } });
    params["requestState"] = second["requestState"].clone();
    let done = rotated.result("tools/call", params).await;
    assert_eq!(
        text_of(&done),
        "order 1: 2 × Large tea None",
        "the newer one seals, and earlier answers are in the seal"
    );
    rotated.finish().await;
}

#[tokio::test]
async fn answers_that_are_missing_are_asked_for_again_and_others_are_passed_over() {
    let mut client = modern(server()).await;
    let mut first = client.result("tools/call", tea()).await;
    for responses in [json!({}), json!({ "other": { "action": "accept", "content": {} } })] {
        let mut params = tea();
        params["inputResponses"] = responses;
        params["requestState"] = first["requestState"].clone();
        let again = client.result("tools/call", params).await;
        assert_eq!(again["inputRequests"], first["inputRequests"]);
        first = again;
    }
    for responses in [json!(null), json!([]), json!(5), json!("text")] {
        let mut params = tea();
        params["inputResponses"] = responses.clone();
        params["requestState"] = first["requestState"].clone();
        assert_eq!(client.refusal("tools/call", params).await.code, -32602, "{responses}");
    }
    client.finish().await;
}

// And this about open questions, which only the older revisions have.

#[tokio::test]
async fn a_call_that_is_cancelled_takes_its_question_back() {
    let mut client = Client::with_capabilities(server(), Transport::Stdio, Revision::V2025_11_25, everything()).await;
    let id = client.begin("tools/call", tea()).await;
    let question = client.receive().await;
    assert_eq!(question["method"], "elicitation/create");
    client.notify("notifications/cancelled", json!({ "requestId": id })).await;
    let taken = client.receive().await;
    assert_eq!(taken["method"], "notifications/cancelled");
    assert_eq!(taken["params"]["requestId"], question["id"]);
    // Too late is no harm.
    client.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "cancel" } })).await;
    client.alive().await;
    client.finish().await;
}

#[tokio::test]
async fn a_client_that_answers_with_an_error_is_the_tools_failure() {
    for transport in Transport::ALL {
        let mut client = Client::with_capabilities(server(), transport, Revision::V2025_11_25, everything()).await;
        in_turn(&mut client, vec![Err(json!({ "code": -1, "message": "the person has left" }))]);
        let result = client.call("order", json!({ "drink": "tea" })).await;
        assert!(text_of(&result).contains("the person has left"), "{result}");
        assert_eq!(error_of(&result)["code"], "unavailable");
        client.finish().await;
    }
}

/// Tells how its question ended.
#[tool]
async fn tell(said: State<mpsc::UnboundedSender<String>>, ctx: Context) -> &'static str {
    let answer = ctx.confirm("?").await;
    let _ = said.send(format!("{answer:?}"));
    "told"
}

#[tokio::test]
async fn the_end_of_the_connection_ends_the_waiting() {
    let (said, mut heard) = mpsc::unbounded_channel::<String>();
    let server = Server::empty("tell").tool(tell).state(said);
    let mut client = Client::with_capabilities(server, Transport::Stdio, Revision::V2025_11_25, everything()).await;
    client.begin("tools/call", json!({ "name": "tell", "arguments": {} })).await;
    assert_eq!(client.receive().await["method"], "elicitation/create");
    client.pipe().end_input().await;
    assert_eq!(within("word from the tool", heard.recv()).await.unwrap(), "Err(Disconnected)");
    let (ended, rest) = client.into_pipe().close().await;
    assert!(ended.success() && rest.len() == 1, "{ended}: {rest:?}");
}

#[tokio::test]
async fn a_direct_call_has_nobody_to_ask() {
    let error =
        server().build().unwrap().call_tool("order", json!({ "drink": "tea" })).await.map(|result| result.to_text());
    assert!(error.is_err() || error.as_ref().is_ok_and(|text| text.contains("did not declare")), "{error:?}");
}
