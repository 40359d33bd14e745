//! How often, and how many at once: who is counted with whom, what counts, what a refusal says, and what it costs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastmcp_rs::{
    RateLimit, StoreFailure,
    middleware::{CallTool, Incoming, Middleware, Next, Outcome},
    prelude::*,
    replicas::StoreError,
};
use fastmcp_rs_tests::{
    Client, Revision, Transport,
    client::{error_of, text_of},
    http::Connection,
    served,
    store::{BeforeStore, HookedStore, StoreRequest},
    within,
};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

const HOUR: Duration = Duration::from_secs(3600);

/// Says one.
#[tool(inline)]
fn one() -> u8 {
    1
}

/// Twice an hour for each.
#[tool(inline, rate_limit = "2/h")]
fn twice() -> u8 {
    2
}

/// A note, twice an hour for each.
#[resource("notes://{id}", rate_limit = "2/h")]
fn note(#[arg(complete = ids)] id: String) -> String {
    id
}

/// Asks, twice an hour for each.
#[prompt(rate_limit = "2/h")]
fn ask(#[arg(complete = ids)] about: String) -> String {
    about
}

fn ids(_: Completing) -> [&'static str; 2] {
    ["1", "2"]
}

/// Calls another tool on behalf of its caller.
#[tool]
async fn relay(tool: String, ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.call_tool(&tool, json!({})).await?.to_text())
}

#[model]
struct Name {
    name: String,
}

/// Asks for a name.
#[tool]
async fn greet(ctx: Context) -> Result<String, ToolError> {
    match ctx.elicit::<Name>("Who are you?").await? {
        Elicited::Accepted(Name { name }) => Ok(format!("hello {name}")),
        _ => Ok("goodbye".to_owned()),
    }
}

/// From where the call comes.
#[tool(inline)]
fn whence(caller: Caller) -> String {
    caller.address().map_or_else(|| "nowhere".to_owned(), |address| address.to_string())
}

fn server() -> Server {
    Server::empty("limited").tool(one).tool(twice).tool(relay).tool(greet).tool(whence).resource(note).prompt(ask)
}

fn completion(kind: &str, of: &str, argument: &str) -> Value {
    let reference =
        if kind == "ref/prompt" { json!({ "type": kind, "name": of }) } else { json!({ "type": kind, "uri": of }) };
    json!({ "ref": reference, "argument": { "name": argument, "value": "" } })
}

/// How long a refused call is to wait, of a result that says so as it should.
fn refused(result: &Value, of: &str) -> u64 {
    assert_eq!(result["isError"], true, "{result:#}");
    let wait = error_of(result)["retry_after"].as_u64().unwrap_or_else(|| panic!("{result:#}"));
    let facts = json!({ "code": "rate_limited", "retryable": true, "retry_after": wait });
    assert_eq!(error_of(result), &facts, "{result:#}");
    assert_eq!(text_of(result), format!("{of}; try again in {wait} s (rate limited)"));
    wait
}

fn passed(result: &Value) {
    assert_ne!(result["isError"], true, "{result:#}");
}

#[tokio::test]
async fn a_component_is_used_as_often_as_it_says() {
    served(server, async |client| {
        for _ in 0..2 {
            passed(&client.call("twice", json!({})).await);
            passed(&client.result("resources/read", json!({ "uri": "notes://1" })).await);
            passed(&client.result("prompts/get", json!({ "name": "ask", "arguments": { "about": "x" } })).await);
        }
        let wait = refused(&client.call("twice", json!({})).await, "too many calls of twice: at most 2 an hour");
        assert!((1700..=1800).contains(&wait), "{wait}");
        for (method, params, name) in [
            ("resources/read", json!({ "uri": "notes://2" }), "note"),
            ("prompts/get", json!({ "name": "ask", "arguments": { "about": "x" } }), "ask"),
        ] {
            let refusal = client.refusal(method, params).await;
            let wait = refusal.data["retry_after"].as_u64().unwrap();
            assert!((1700..=1800).contains(&wait), "{refusal:?}");
            assert_eq!((refusal.code, &refusal.data["code"]), (-32603, &json!("rate_limited")), "{refusal:?}");
            let text = format!("too many calls of {name}: at most 2 an hour; try again in {wait} s");
            assert_eq!(refusal.message, text);
            assert!(matches!(refusal.status, None | Some(200)), "clients take other statuses for a broken transport");
        }
        // Completions of their arguments are counted alike, and apart.
        for (kind, of, argument) in [("ref/prompt", "ask", "about"), ("ref/resource", "notes://{id}", "id")] {
            for _ in 0..2 {
                let suggested = client.result("completion/complete", completion(kind, of, argument)).await;
                assert_eq!(suggested["completion"]["values"], json!(["1", "2"]));
            }
            let refusal = client.refusal("completion/complete", completion(kind, of, argument)).await;
            assert_eq!(refusal.data["code"], "rate_limited", "{refusal:?}");
        }
        // Nobody else is the worse for it.
        passed(&client.call("one", json!({})).await);
        client.alive().await;
    })
    .await;
}

#[tokio::test]
async fn what_runs_something_counts_and_all_else_does_not() {
    let limited = || server().rate_limit(RateLimit::per_client(4, HOUR));
    served(limited, async |client| {
        for _ in 0..5 {
            client.names("tools/list", "tools").await;
            client.names("prompts/list", "prompts").await;
            client.alive().await;
            client.refusal("tools/call", json!({ "name": "nobody" })).await;
            client.refusal("resources/read", json!({ "uri": "nothing://1" })).await;
            client.notify("notifications/cancelled", json!({ "requestId": 99 })).await;
        }
        passed(&client.call("one", json!({})).await);
        client.result("resources/read", json!({ "uri": "notes://1" })).await;
        client.result("prompts/get", json!({ "name": "ask", "arguments": { "about": "x" } })).await;
        client.result("completion/complete", completion("ref/prompt", "ask", "about")).await;
        let wait = refused(&client.call("one", json!({})).await, "too many calls: at most 4 an hour");
        assert!((800..=900).contains(&wait), "{wait}");
        for (method, params) in [
            ("resources/read", json!({ "uri": "notes://1" })),
            ("prompts/get", json!({ "name": "ask", "arguments": { "about": "x" } })),
            ("completion/complete", completion("ref/prompt", "ask", "about")),
        ] {
            assert_eq!(client.refusal(method, params).await.data["code"], "rate_limited", "{method}");
        }
        client.names("tools/list", "tools").await;
        client.alive().await;
    })
    .await;
}

/// Who is let through, of clients that each make one call, with one call an hour for each client.
async fn let_through<const N: usize>(limit: RateLimit, callers: [Caller; N]) -> Vec<bool> {
    let server = server().rate_limit(limit).build().unwrap();
    // The server ends with its first client.
    let (mut through, mut clients) = (Vec::new(), Vec::new());
    for caller in callers {
        let mut client = Client::start((server.clone(), caller), Transport::Stdio, Revision::V2026_07_28).await;
        through.push(client.call("one", json!({})).await["isError"] != true);
        clients.push(client);
    }
    through
}

#[tokio::test]
async fn a_client_is_an_identity_or_else_a_network() {
    let at = |address: &str| address.parse::<std::net::IpAddr>().unwrap();
    let anonymous = |address: &str| Caller::anonymous().with_address(at(address));
    let ada = || Caller::new("ada").with_issuer("https://a.example/");
    for (what, one, other, apart) in [
        ("the same", ada(), ada(), false),
        ("another subject", ada(), Caller::new("bob").with_issuer("https://a.example/"), true),
        ("the same subject of another issuer", ada(), Caller::new("ada").with_issuer("https://b.example/"), true),
        ("from elsewhere", ada().with_address(at("192.0.2.1")), ada().with_address(at("192.0.2.2")), false),
        ("with other scopes", ada().with_scopes(["a"]), ada().with_roles(["b"]).with_client_id("c"), false),
        ("another address", anonymous("192.0.2.1"), anonymous("192.0.2.2"), true),
        ("the same address", anonymous("192.0.2.1"), anonymous("::ffff:192.0.2.1"), false),
        ("the same /64", anonymous("2001:db8::1"), anonymous("2001:db8::2:3:4:5"), false),
        ("another /64", anonymous("2001:db8::1"), anonymous("2001:db8:0:1::1"), true),
        ("nothing is known of either", Caller::anonymous(), Caller::anonymous(), false),
        ("whoever started the process", Caller::local(), Caller::anonymous(), true),
        ("known, and from the same place", ada().with_address(at("192.0.2.1")), anonymous("192.0.2.1"), true),
    ] {
        let through = let_through(RateLimit::per_client(1, HOUR), [one, other]).await;
        assert_eq!(through, [true, apart], "{what}");
    }
}

#[tokio::test]
async fn a_client_is_not_made_anew_by_a_session_or_another_name() {
    let server = server().rate_limit(RateLimit::per_client(2, HOUR)).build().unwrap();
    let caller = Caller::new("ada");
    let (mut through, mut clients) = (Vec::new(), Vec::new());
    for (transport, revision) in [
        (Transport::Http, Revision::V2025_06_18),
        (Transport::Http, Revision::V2025_06_18),
        (Transport::Http, Revision::V2025_06_18),
        (Transport::Stdio, Revision::V2025_11_25),
        (Transport::Http, Revision::V2026_07_28),
    ] {
        let mut client = Client::start((server.clone(), caller.clone()), transport, revision).await;
        let name = format!("client {}", clients.len());
        let info = json!({ "io.modelcontextprotocol/clientInfo": { "name": name, "version": "2" } });
        let result = client.result("tools/call", json!({ "name": "one", "_meta": info })).await;
        through.push(result["isError"] != true);
        clients.push(client);
    }
    assert_eq!(through, [true, true, false, false, false]);
}

#[tokio::test]
async fn a_global_limit_is_for_all_together_and_a_key_says_who_is_counted_together() {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(Caller::new);
    let through = let_through(RateLimit::global(2, HOUR), [ada.clone(), bob.clone(), eve.clone()]).await;
    assert_eq!(through, [true, true, false]);

    let tenants = RateLimit::per_client(1, HOUR)
        .key(|caller: &Caller| caller.claim("tenant").and_then(Value::as_str).map(str::to_owned));
    let of = |caller: Caller, tenant: &str| caller.with_claims(json!({ "tenant": tenant }));
    let callers =
        [of(ada, "acme"), of(bob, "acme"), of(eve, "umbrella"), Caller::new("mallory"), Caller::new("mallory")];
    let through = let_through(tenants, callers).await;
    assert_eq!(through, [true, false, true, true, true], "one without a tenant is not counted");
}

#[tokio::test]
async fn per_tool_counts_each_component_of_each_client() {
    let limited = || server().rate_limit(RateLimit::per_tool(1, HOUR));
    served(limited, async |client| {
        passed(&client.call("one", json!({})).await);
        passed(&client.call("twice", json!({})).await);
        client.result("resources/read", json!({ "uri": "notes://1" })).await;
        refused(&client.call("one", json!({})).await, "too many calls of one: at most 1 an hour");
        // The component's own limit has one left, and the stricter holds.
        refused(&client.call("twice", json!({})).await, "too many calls of twice: at most 1 an hour");
        assert_eq!(client.refusal("resources/read", json!({ "uri": "notes://2" })).await.data["code"], "rate_limited");
    })
    .await;
}

#[tokio::test]
async fn a_refused_call_costs_no_other_limit_anything() {
    let limited = || server().rate_limit(RateLimit::per_client(4, HOUR)).rate_limit(RateLimit::global(100, HOUR));
    served(limited, async |client| {
        for _ in 0..2 {
            passed(&client.call("twice", json!({})).await);
        }
        for _ in 0..10 {
            refused(&client.call("twice", json!({})).await, "too many calls of twice: at most 2 an hour");
        }
        for _ in 0..2 {
            passed(&client.call("one", json!({})).await);
        }
        refused(&client.call("one", json!({})).await, "too many calls: at most 4 an hour");
    })
    .await;
}

#[tokio::test]
async fn a_call_within_a_call_is_its_clients_one_call_and_one_more_of_its_component() {
    let limited = || server().rate_limit(RateLimit::per_client(4, HOUR));
    for middleware in [false, true] {
        let limited = || if middleware { limited().middleware(Watch::default()) } else { limited() };
        served(limited, async |client| {
            for _ in 0..2 {
                let result = client.call("relay", json!({ "tool": "twice" })).await;
                assert_eq!(text_of(&result), "2", "middleware: {middleware}");
            }
            let result = client.call("relay", json!({ "tool": "twice" })).await;
            assert_eq!(error_of(&result)["code"], "rate_limited", "{result:#}");
            passed(&client.call("relay", json!({ "tool": "one" })).await);
            refused(&client.call("one", json!({})).await, "too many calls: at most 4 an hour");
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_that_comes_back_with_answers_is_one_call() {
    for middleware in [false, true] {
        for transport in Transport::ALL {
            for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
                let mut server = server().rate_limit(RateLimit::per_client(1, HOUR));
                if middleware {
                    server = server.middleware(Watch::default());
                }
                let capabilities = json!({ "elicitation": { "form": {} } });
                let mut client = Client::with_capabilities(server, transport, revision, capabilities).await;
                let what = format!("{transport:?} {revision} {middleware}");
                if revision.is_modern() {
                    let first = client.call("greet", json!({})).await;
                    assert_eq!(first["resultType"], "input_required", "{what}: {first:#}");
                    let key = first["inputRequests"].as_object().unwrap().keys().next().unwrap().clone();
                    let answers = json!({ key: { "action": "accept", "content": { "name": "Ada" } } });
                    let with = |state: &Value| json!({ "name": "greet", "arguments": {}, "inputResponses": answers, "requestState": state });
                    // One that does not open is no continuation of anything.
                    let forged = client.ask("tools/call", with(&json!("AAAA"))).await;
                    assert!(
                        forged.as_ref().is_ok_and(|result| error_of(result)["code"] == "rate_limited"),
                        "{what}: {forged:?}"
                    );
                    let second = client.result("tools/call", with(&first["requestState"])).await;
                    assert_eq!(text_of(&second), "hello Ada", "{what}");
                    // The state was used, so the handler does not run again.
                    assert_eq!(client.refusal("tools/call", with(&first["requestState"])).await.code, -32602, "{what}");
                } else {
                    client.answering(|_, _| Ok(json!({ "action": "accept", "content": { "name": "Ada" } })));
                    assert_eq!(text_of(&client.call("greet", json!({})).await), "hello Ada", "{what}");
                }
                refused(&client.call("greet", json!({})).await, "too many calls: at most 1 an hour");
                client.finish().await;
            }
        }
    }
}

#[tokio::test]
async fn each_message_of_a_batch_counts() {
    for transport in Transport::ALL {
        let mut client = Client::start(server(), transport, Revision::V2025_03_26).await;
        let call = |id: u8, tool: &str| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool } });
        let batch = json!([call(1, "twice"), call(2, "twice"), call(3, "twice"), call(4, "one")]);
        let delivered = client.deliver(batch.to_string().as_bytes()).await;
        let mut answers: Vec<Value> =
            delivered.messages.iter().flat_map(|message| message.as_array().unwrap()).cloned().collect();
        answers.sort_by_key(|answer| answer["id"].as_u64());
        let failed: Vec<bool> = answers.iter().map(|answer| answer["result"]["isError"] == true).collect();
        assert_eq!(failed, [false, false, true, false], "{answers:#?}");
        refused(&answers[2]["result"], "too many calls of twice: at most 2 an hour");
        client.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_used_up_comes_back_evenly() {
    let server = server().rate_limit(RateLimit::per_client(60, Duration::from_secs(60)).burst(3)).build().unwrap();
    let call = async || server.call_tool("one", json!({})).await.map(|result| !result.is_error());
    let mut through = Vec::new();
    for wait in [0, 0, 0, 0, 999, 1, 0, 1000, 1500, 500, 0, 10_000, 0, 0, 0] {
        tokio::time::advance(Duration::from_millis(wait)).await;
        through.push(call().await.unwrap());
    }
    let (yes, no) = (true, false);
    assert_eq!(through, [yes, yes, yes, no, no, yes, no, yes, yes, yes, no, yes, yes, yes, no]);
}

#[tokio::test]
async fn http_says_when_to_come_back() {
    let limited = server().rate_limit(RateLimit::per_client(2, HOUR));
    let mut client = Client::start(limited, Transport::Http, Revision::V2026_07_28).await;
    let mut answers = Vec::new();
    for (method, params) in [
        ("tools/call", json!({ "name": "one", "arguments": {} })),
        ("tools/call", json!({ "name": "one", "arguments": {} })),
        ("tools/call", json!({ "name": "one", "arguments": {} })),
        ("resources/read", json!({ "uri": "notes://1" })),
    ] {
        let request = client.request(method, params);
        let response = client.post(&client.headers(&request), request.to_string().as_bytes()).await;
        let wait = response.head.header("retry-after").map(|wait| wait.parse::<u64>().unwrap());
        answers.push((response.head.status, wait.map(|wait| (1700..=1800).contains(&wait))));
    }
    assert_eq!(answers, [(200, None), (200, None), (200, Some(true)), (200, Some(true))]);
    client.finish().await;
}

/// What the edge answers to a request of which only the head is sent.
async fn head_alone(address: &str, path: &str, from: &str) -> (u16, Option<String>, Value) {
    let mut connection = Connection::open(address).await;
    let forwarded = if from.is_empty() { String::new() } else { format!("X-Forwarded-For: {from}\r\n") };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{forwarded}Content-Length: 1000\r\n\r\n"
    );
    connection.write(head.as_bytes()).await;
    let response = connection.response().await.unwrap();
    let wait = response.head.header("retry-after").map(str::to_owned);
    (response.head.status, wait, serde_json::from_slice(&response.body).unwrap_or_default())
}

#[tokio::test]
async fn the_edge_counts_every_request_and_refuses_before_the_body() {
    let limited = server().rate_limit(RateLimit::edge(4, HOUR)).trusted_proxies(1).build().unwrap();
    let mut client = Client::listening(limited, Revision::V2025_11_25).await; // two requests
    client.names("tools/list", "tools").await;
    passed(&client.call("one", json!({})).await);
    let (status, wait, body) = head_alone(client.address(), "/mcp", "").await;
    let wait: u64 = wait.unwrap().parse().unwrap();
    assert!((800..=900).contains(&wait), "{wait}");
    let body_of_all = json!({ "error": "too_many_requests", "error_description": "too many requests" });
    assert_eq!((status, body), (429, body_of_all));
    let request = client.request("tools/list", json!({}));
    let mut headers = client.headers(&request);
    assert_eq!(client.post(&headers, request.to_string().as_bytes()).await.head.status, 429);
    assert_eq!(client.http("DELETE", &headers, b"").await.head.status, 429);
    // Somebody else has not sent any.
    headers.push(("X-Forwarded-For".to_owned(), "203.0.113.9".to_owned()));
    headers.retain(|(name, _)| name != "Mcp-Session-Id");
    let greeting =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "x", "version": "1" } });
    let greeting = client.request("initialize", greeting);
    assert_eq!(client.post(&headers, greeting.to_string().as_bytes()).await.head.status, 200);
    drop(client);
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_and_nobody_else() {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    type Set = fn(Server) -> Server;
    let nobody: Set = |server| server;
    let one: Set = |server| server.trusted_proxies(1);
    let loopback: Set = |server| server.trusted_proxies(["127.0.0.0/8", "::1"]);
    let others: Set = |server| server.trusted_proxies(["10.0.0.0/8"]);
    for (trust, headers, expected) in [
        (nobody, vec![header("X-Forwarded-For", "203.0.113.9")], Ok("127.0.0.1")),
        (nobody, vec![header("Forwarded", "for=203.0.113.9")], Ok("127.0.0.1")),
        (others, vec![header("X-Forwarded-For", "203.0.113.9")], Ok("127.0.0.1")),
        (one, vec![], Ok("127.0.0.1")),
        (one, vec![header("X-Forwarded-For", "1.2.3.4, 203.0.113.9")], Ok("203.0.113.9")),
        (one, vec![header("X-Forwarded-For", "1.2.3.4"), header("X-Forwarded-For", "203.0.113.9")], Ok("203.0.113.9")),
        (one, vec![header("Forwarded", "for=1.2.3.4, For=\"[2001:db8::7]:99\";proto=https")], Ok("2001:db8::7")),
        (loopback, vec![header("X-Forwarded-For", "1.2.3.4, 203.0.113.9, 127.0.0.2")], Ok("203.0.113.9")),
        (one, vec![header("X-Forwarded-For", "localhost")], Err(400)),
        (one, vec![header("X-Forwarded-For", "203.0.113.9"), header("Forwarded", "for=1.2.3.4")], Err(400)),
        (
            one,
            vec![header("X-Forwarded-For", "203.0.113.9"), header("Forwarded", "for=203.0.113.9")],
            Ok("203.0.113.9"),
        ),
    ] {
        let server = trust(server()).build().unwrap();
        let mut client = Client::listening(server, Revision::V2026_07_28).await;
        let request = client.request("tools/call", json!({ "name": "whence", "arguments": {} }));
        let mut all = client.headers(&request);
        all.extend(headers.clone());
        let response = client.post(&all, request.to_string().as_bytes()).await;
        let found = match response.head.status {
            200 => Ok(text_of(&response.messages()[0]["result"])),
            status => Err(status),
        };
        assert_eq!(found.as_deref().map_err(|status| *status), expected, "{headers:?}: {}", response.text());
        client.finish().await;
    }
}

/// Behind a proxy each client is counted for itself; without one, who says that he is another is himself.
#[tokio::test]
async fn a_client_that_names_another_address_is_the_same_client() {
    for trusted in [false, true] {
        let mut server = server().rate_limit(RateLimit::per_client(2, HOUR));
        if trusted {
            server = server.trusted_proxies(1);
        }
        let mut client = Client::listening(server.build().unwrap(), Revision::V2026_07_28).await;
        let mut through = Vec::new();
        for address in ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.3", "203.0.113.3"] {
            let request = client.request("tools/call", json!({ "name": "one", "arguments": {} }));
            let mut headers = client.headers(&request);
            headers.push(("X-Forwarded-For".to_owned(), address.to_owned()));
            let response = client.post(&headers, request.to_string().as_bytes()).await;
            through.push(response.messages()[0]["result"]["isError"] != true);
        }
        let expected = if trusted { [true, true, true, true, false] } else { [true, true, false, false, false] };
        assert_eq!(through, expected, "trusted: {trusted}");
        client.finish().await;
    }
}

/// Counts the calls that come to it, and answers a name that the server does not know.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<u32>>);

impl Middleware for Watch {
    async fn on_request(&self, request: Incoming, next: Next<'_, Incoming>) -> Outcome {
        if matches!(request, Incoming::CallTool(_)) {
            *self.0.lock().unwrap() += 1;
        }
        next.run(request).await
    }

    async fn on_call_tool(&self, mut call: CallTool, next: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
        match call.name.as_str() {
            "invented" => Ok(ToolResult::text("invented")),
            "alias" => {
                "twice".clone_into(&mut call.name);
                next.run(call).await
            }
            _ => next.run(call).await,
        }
    }
}

#[tokio::test]
async fn a_refused_call_is_not_shown_to_middleware_and_other_names_win_nothing() {
    let watch = Watch::default();
    let limited = || server().middleware(watch.clone()).rate_limit(RateLimit::per_client(5, HOUR));
    served(limited, async |client| {
        *watch.0.lock().unwrap() = 0;
        assert_eq!(text_of(&client.call("invented", json!({})).await), "invented");
        for _ in 0..2 {
            passed(&client.call("alias", json!({})).await);
        }
        let result = client.call("alias", json!({})).await;
        refused(&result, "too many calls of twice: at most 2 an hour");
        assert_eq!(text_of(&client.call("invented", json!({})).await), "invented");
        assert_eq!(*watch.0.lock().unwrap(), 5);
        for tool in ["invented", "alias", "one", "twice"] {
            assert_eq!(error_of(&client.call(tool, json!({})).await)["code"], "rate_limited", "{tool}");
        }
        assert_eq!(*watch.0.lock().unwrap(), 5);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_counted_keeps_the_server_from_starting() {
    let limited = server()
        .rate_limit(RateLimit::per_client(0, HOUR))
        .rate_limit(RateLimit::global(1, Duration::ZERO).burst(2))
        .rate_limit(RateLimit::per_tool(1, HOUR).burst(0))
        .rate_limit(RateLimit::edge(1, Duration::MAX))
        .concurrency(0)
        .concurrency_per_client(0)
        .queue(0, HOUR)
        .trusted_proxies(["10.0.0.0/40"]);
    let error = limited.build().unwrap_err().to_string();
    for (setting, why) in [
        ("rate_limit(RateLimit::per_client(0, 3600s))", "lets no call through"),
        ("rate_limit(RateLimit::global(1, 0ns).burst(2))", "lets no call through"),
        ("rate_limit(RateLimit::per_tool(1, 3600s).burst(0))", "a burst is one call at the least"),
        ("rate_limit(RateLimit::edge(1, ", "is longer than a year"),
        ("concurrency(0)", "would let no call run"),
        ("concurrency_per_client(0)", "would let no call run"),
        ("queue(0, 3600s)", "would let no call wait"),
        ("trusted_proxies(..)", "has \"10.0.0.0/40\", which is no network"),
    ] {
        let line = error.lines().find(|line| line.starts_with(&format!("`{setting}")));
        assert!(line.is_some_and(|line| line.contains("limits.rs:") && line.contains(why)), "{setting}: {error}");
    }
    assert_eq!(error.lines().count(), 8, "{error}");
    let error = server().queue(5, HOUR).build().map(|_| ());
    assert!(error.is_ok(), "a component has a limit of its own");
    let alone = Server::empty("alone").tool(one).queue(5, HOUR).build().unwrap_err().to_string();
    assert!(alone.contains("`queue(..)` has nothing to wait for"), "{alone}");
}

/// Where calls wait until they are let go, and say that they do.
struct Gate {
    arrived: mpsc::UnboundedSender<()>,
    go: Semaphore,
}

/// Waits.
#[tool]
async fn wait(gate: State<Arc<Gate>>) -> &'static str {
    let _ = gate.arrived.send(());
    gate.go.acquire().await.expect("it is not closed").forget();
    "done"
}

/// Waits, one at a time.
#[tool(concurrency = 1)]
async fn wait_alone(gate: State<Arc<Gate>>) -> &'static str {
    let _ = gate.arrived.send(());
    gate.go.acquire().await.expect("it is not closed").forget();
    "done"
}

fn gate() -> (Arc<Gate>, mpsc::UnboundedReceiver<()>) {
    let (arrived, arrivals) = mpsc::unbounded_channel();
    (Arc::new(Gate { arrived, go: Semaphore::new(0) }), arrivals)
}

fn waiting(gate: &Arc<Gate>) -> Server {
    Server::empty("waiting").tool(wait).tool(wait_alone).tool(one).tool(relay).state(Arc::clone(gate))
}

fn busy(result: &Value, text: &str) {
    let facts = json!({ "code": "unavailable", "retryable": true, "retry_after": 1 });
    assert_eq!(error_of(result), &facts, "{result:#}");
    assert!(text_of(result).starts_with(text), "{result:#}");
}

async fn answer(client: &mut Client, id: &Value) -> Value {
    let message = client.receive().await;
    assert_eq!(&message["id"], id, "{message:#}");
    message["result"].clone()
}

#[tokio::test]
async fn so_many_run_at_the_same_time() {
    type Set = fn(Server) -> Server;
    let all: Set = |server| server.concurrency(2);
    let each: Set = |server| server.concurrency_per_client(2);
    for (limit, text) in
        [(all, "too many calls run at the same time"), (each, "too many calls of yours run at the same time")]
    {
        for middleware in [false, true] {
            for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
                let (gate, mut arrivals) = gate();
                let mut server = limit(waiting(&gate));
                if middleware {
                    server = server.middleware(Watch::default());
                }
                let mut client = Client::of(server, revision).await;
                let first = client.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
                let second = client.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
                for _ in 0..2 {
                    within("the call", arrivals.recv()).await.unwrap();
                }
                busy(&client.call("one", json!({})).await, text);
                client.names("tools/list", "tools").await;
                gate.go.add_permits(1);
                let done = client.receive().await;
                assert!([&first, &second].contains(&&done["id"]), "{done:#}");
                passed(&client.call("one", json!({})).await);
                // A call that is cancelled makes room, too.
                let left = if done["id"] == first { second } else { first };
                let third = client.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
                within("the call", arrivals.recv()).await.unwrap();
                client.notify("notifications/cancelled", json!({ "requestId": left })).await;
                let room = async { while client.call("one", json!({})).await["isError"] == true {} };
                within("room", room).await;
                gate.go.add_permits(1);
                assert_eq!(text_of(&answer(&mut client, &third).await), "done");
                client.finish().await;
            }
        }
    }
}

#[tokio::test]
async fn a_component_runs_as_often_at_the_same_time_as_it_says() {
    let (gate, mut arrivals) = gate();
    let mut client = Client::of(waiting(&gate), Revision::V2026_07_28).await;
    let first = client.begin("tools/call", json!({ "name": "wait_alone", "arguments": {} })).await;
    within("the call", arrivals.recv()).await.unwrap();
    busy(&client.call("wait_alone", json!({})).await, "too many calls of wait_alone run at the same time");
    let within_another = client.call("relay", json!({ "tool": "wait_alone" })).await;
    assert_eq!(error_of(&within_another)["code"], "unavailable", "{within_another:#}");
    passed(&client.call("one", json!({})).await);
    gate.go.add_permits(2);
    assert_eq!(text_of(&answer(&mut client, &first).await), "done");
    assert_eq!(text_of(&client.call("relay", json!({ "tool": "wait_alone" })).await), "done");
    client.finish().await;
}

/// A call within a call does not wait for the place that its own call has.
#[tokio::test]
async fn a_call_within_a_call_has_the_place_of_its_clients_call() {
    let (gate, _arrivals) = gate();
    let limited = waiting(&gate).concurrency(1).concurrency_per_client(1);
    let mut client = Client::of(limited, Revision::V2026_07_28).await;
    assert_eq!(text_of(&client.call("relay", json!({ "tool": "one" })).await), "1");
    client.finish().await;
}

#[tokio::test]
async fn one_client_leaves_room_for_others() {
    let (gate, mut arrivals) = gate();
    let server = waiting(&gate).concurrency_per_client(1).build().unwrap();
    let mut ada = Client::start((server.clone(), Caller::new("ada")), Transport::Stdio, Revision::V2026_07_28).await;
    let mut bob = Client::start((server, Caller::new("bob")), Transport::Stdio, Revision::V2026_07_28).await;
    let first = ada.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
    within("the call", arrivals.recv()).await.unwrap();
    busy(&ada.call("one", json!({})).await, "too many calls of yours run at the same time");
    passed(&bob.call("one", json!({})).await);
    gate.go.add_permits(1);
    assert_eq!(text_of(&answer(&mut ada, &first).await), "done");
}

#[tokio::test]
async fn those_who_find_no_room_wait_in_a_queue_with_an_end() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let (gate, mut arrivals) = gate();
        let mut client = Client::of(waiting(&gate).concurrency(1).queue(1, HOUR), revision).await;
        let first = client.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
        within("the call", arrivals.recv()).await.unwrap();
        let second = client.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
        client.alive().await;
        assert!(arrivals.try_recv().is_err(), "it waits");
        busy(&client.call("one", json!({})).await, "too many calls run at the same time");
        gate.go.add_permits(1);
        assert_eq!(text_of(&answer(&mut client, &first).await), "done");
        within("the second call", arrivals.recv()).await.unwrap();
        gate.go.add_permits(1);
        assert_eq!(text_of(&answer(&mut client, &second).await), "done");
        passed(&client.call("one", json!({})).await);
        client.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_waited_too_long_is_told_so_and_has_not_used_up_anything() {
    let (gate, mut arrivals) = gate();
    let limited = waiting(&gate)
        .timeout(None)
        .concurrency(1)
        .queue(8, Duration::from_secs(5))
        .rate_limit(RateLimit::per_client(3, HOUR));
    let mut client = Client::of(limited, Revision::V2026_07_28).await;
    let first = client.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
    arrivals.recv().await.unwrap();
    let begun = tokio::time::Instant::now();
    for _ in 0..4 {
        busy(&client.call("one", json!({})).await, "too many calls run at the same time");
    }
    assert_eq!(begun.elapsed().as_secs(), 20, "five seconds each");
    gate.go.add_permits(1);
    assert_eq!(text_of(&answer(&mut client, &first).await), "done");
    for _ in 0..2 {
        passed(&client.call("one", json!({})).await);
    }
    refused(&client.call("one", json!({})).await, "too many calls: at most 3 an hour");
}

/// A call that does not run is not counted, and one that may not run yet says the longer wait.
#[tokio::test]
async fn a_call_without_room_is_not_counted() {
    let (gate, mut arrivals) = gate();
    let limited = waiting(&gate).concurrency(1).rate_limit(RateLimit::per_client(2, HOUR));
    let mut client = Client::of(limited, Revision::V2026_07_28).await;
    let first = client.begin("tools/call", json!({ "name": "wait", "arguments": {} })).await;
    within("the call", arrivals.recv()).await.unwrap();
    for _ in 0..5 {
        busy(&client.call("one", json!({})).await, "too many calls run at the same time");
    }
    gate.go.add_permits(1);
    assert_eq!(text_of(&answer(&mut client, &first).await), "done");
    passed(&client.call("one", json!({})).await);
    refused(&client.call("one", json!({})).await, "too many calls: at most 2 an hour");
    client.finish().await;
}

#[tokio::test]
async fn refusals_are_counted_and_in_the_audit() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    let limited = server()
        .rate_limit(RateLimit::per_client(3, HOUR))
        .rate_limit(RateLimit::edge(9, HOUR))
        .concurrency(50)
        .metrics()
        .audit(fastmcp_rs::Audit::file(&file))
        .build()
        .unwrap();
    let mut client = Client::listening(limited, Revision::V2026_07_28).await; // one request
    for _ in 0..3 {
        client.call("twice", json!({})).await;
    }
    passed(&client.call("one", json!({})).await);
    refused(&client.call("one", json!({})).await, "too many calls: at most 3 an hour");
    let refusal = client.refusal("resources/read", json!({ "uri": "notes://1" })).await;
    assert_eq!(refusal.data["code"], "rate_limited");
    let mut scrape = Connection::open(client.address()).await;
    scrape.send("GET", "/metrics", &[], b"").await;
    let metrics = scrape.response().await.unwrap().text();
    for (series, count) in [
        ("mcp_rate_limited_total{limit=\"twice\"}", 1),
        ("mcp_rate_limited_total{limit=\"client\"}", 2),
        ("mcp_rate_limited_total{limit=\"edge\"}", 0),
        ("mcp_rate_limited_total{limit=\"global\"}", 0),
        ("mcp_rate_limited_total{limit=\"concurrency\"}", 0),
        ("mcp_rate_limited_total{limit=\"note\"}", 0),
        ("mcp_tool_calls_total{tool=\"twice\",outcome=\"rate_limited\"}", 1),
        ("mcp_tool_calls_total{tool=\"twice\",outcome=\"ok\"}", 2),
        ("mcp_requests_total{method=\"resources/read\",outcome=\"rate_limited\"}", 1),
        ("mcp_requests_in_flight", 0),
    ] {
        assert!(metrics.contains(&format!("{series} {count}\n")), "{series} {count}: {metrics}");
    }
    let request = client.request("tools/list", json!({}));
    let headers = client.headers(&request);
    while client.post(&headers, request.to_string().as_bytes()).await.head.status != 429 {}
    let lines = within("the lines of the audit", async {
        loop {
            let text = std::fs::read_to_string(&file).unwrap();
            let refused = |line: &&str| line.contains("\"outcome\":\"rate_limited\"");
            let lines: Vec<Value> =
                text.lines().filter(refused).map(|line| serde_json::from_str(line).unwrap()).collect();
            if lines.len() >= 4 {
                return lines;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let components: Vec<&Value> = lines.iter().map(|line| &line["component"]).collect();
    assert_eq!(components[..3], [&json!("twice"), &json!("one"), &json!("notes://{id}")], "{lines:#?}");
    assert_eq!(lines[3]["peer"], "127.0.0.1", "{lines:#?}");
    drop(client);
}

/// Two servers of one process count for themselves.
#[tokio::test]
async fn servers_do_not_share_their_counts() {
    let limited = || server().rate_limit(RateLimit::per_client(1, HOUR)).build().unwrap();
    let (one, other) = (limited(), limited());
    for server in [&one, &other] {
        assert!(!server.call_tool("one", json!({})).await.unwrap().is_error());
    }
    for server in [&one, &other] {
        assert!(server.call_tool("one", json!({})).await.unwrap().is_error());
    }
}

/// A store that counts, unless it is told not to.
#[derive(Default)]
struct Shaky {
    fails: Mutex<bool>,
    asked: Mutex<Vec<Vec<String>>>,
}

impl BeforeStore for Shaky {
    async fn before(&self, asked: StoreRequest<'_>) -> Result<(), StoreError> {
        let StoreRequest::Count(counters) = asked else { return Ok(()) };
        self.asked.lock().unwrap().push(counters.iter().map(|counter| counter.name.clone()).collect());
        if *self.fails.lock().unwrap() { Err(StoreError::new("gone")) } else { Ok(()) }
    }
}

async fn replica(server: Server, store: &Arc<HookedStore<Shaky>>, revision: Revision) -> Client {
    let server = server.http(Http::new().replicas(Arc::clone(store) as _));
    Client::start((server, Caller::new("ada")), Transport::Http, revision).await
}

#[tokio::test]
async fn replicas_count_together() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let store = Arc::<HookedStore<Shaky>>::default();
        let limited = || server().rate_limit(RateLimit::per_client(5, HOUR)).rate_limit(RateLimit::global(100, HOUR));
        let mut one = replica(limited(), &store, revision).await;
        let mut other = replica(limited(), &store, revision).await;
        let mut through = 0;
        for _ in 0..6 {
            for client in [&mut one, &mut other] {
                let result = client.call("one", json!({})).await;
                if result["isError"] == true {
                    let wait = refused(&result, "too many calls: at most 5 an hour");
                    assert!((600..=720).contains(&wait), "{wait}");
                } else {
                    through += 1;
                }
            }
        }
        assert_eq!(through, 5, "{revision}");
        // What refuses a call costs no other limit anything, and a component's limit is counted together, too.
        let refusal = other.refusal("resources/read", json!({ "uri": "notes://1" })).await;
        assert_eq!(refusal.data["code"], "rate_limited");
        assert_eq!(store.hook.asked.lock().unwrap().len(), 13, "lists and handshakes are nothing to the store");
        drop((one, other));

        let store = Arc::<HookedStore<Shaky>>::default();
        let mut one = replica(server(), &store, revision).await;
        let mut other = replica(server(), &store, revision).await;
        passed(&one.call("twice", json!({})).await);
        passed(&other.call("twice", json!({})).await);
        refused(&one.call("twice", json!({})).await, "too many calls of twice: at most 2 an hour");
        one.result("resources/read", json!({ "uri": "notes://1" })).await;
        one.result("prompts/get", json!({ "name": "ask", "arguments": { "about": "x" } })).await;
        passed(&one.call("one", json!({})).await);
        let asked = store.hook.asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 5, "a call without limits does not ask: {asked:?}");
        assert!(asked.iter().all(|names| names.len() == 1), "{asked:?}");
        assert!(asked[0] == asked[1] && asked[3] != asked[4], "{asked:?}");
    }
}

#[tokio::test]
async fn without_its_store_each_limit_does_what_it_is_told() {
    for (failure, text) in [
        (StoreFailure::Local, "too many calls: at most 3 an hour"),
        (StoreFailure::Open, ""),
        (StoreFailure::Closed, "calls cannot be counted at the moment"),
    ] {
        for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
            let store = Arc::<HookedStore<Shaky>>::default();
            let limited = || server().rate_limit(RateLimit::per_client(3, HOUR).when_store_fails(failure));
            let mut one = replica(limited(), &store, revision).await;
            let mut other = replica(limited(), &store, revision).await;
            for client in [&mut one, &mut other] {
                passed(&client.call("one", json!({})).await);
            }
            *store.hook.fails.lock().unwrap() = true;
            // Whoever comes now finds it down, and after some of them nobody asks any more.
            let mut outcomes = Vec::new();
            for client in [&mut one, &mut other] {
                for _ in 0..4 {
                    let outcome = client.ask("tools/call", json!({ "name": "one", "arguments": {} })).await;
                    outcomes.push(match outcome {
                        Ok(result) if result["isError"] == true => {
                            assert!(text_of(&result).starts_with(text), "{failure:?} {result:#}");
                            "failed"
                        }
                        Ok(_) => "passed",
                        Err(refusal) => {
                            assert_eq!((refusal.code, refusal.status), (-32603, Some(503)), "{refusal:?}");
                            assert_eq!(refusal.data["code"], "unavailable", "{refusal:?}");
                            "unavailable"
                        }
                    });
                }
            }
            let expected = match (failure, revision.is_modern()) {
                (StoreFailure::Local, _) => [["passed", "passed", "passed", "failed"]; 2].concat(),
                (StoreFailure::Closed, false) => vec!["failed"; 8],
                (StoreFailure::Closed, true) => vec!["unavailable"; 8],
                _ => vec!["passed"; 8],
            };
            assert_eq!(outcomes, expected, "{failure:?} {revision}");
            assert!(store.hook.asked.lock().unwrap().len() <= 8, "{:?}", store.hook.asked.lock().unwrap().len());
        }
    }
}
