//! What Prometheus scrapes: every series from the start, what was counted, and only for those who are near.

use std::collections::BTreeSet;

use fastmcp_rs::prometheus_client::metrics::counter::Counter;
use fastmcp_rs_tests::{Client, Example, Revision, Transport, example::HttpServer, http::Connection};
use serde_json::json;

async fn start(revision: Revision) -> Client {
    Client::start(Example::named("observed").env("METRICS", "1"), Transport::Http, revision).await
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// What `/metrics` answers: the status, the content type, the text.
async fn scrape(address: &str, headers: &[(String, String)]) -> (u16, String, String) {
    let mut connection = Connection::open(address).await;
    connection.send("GET", "/metrics", headers, b"").await;
    let response = connection.response().await.unwrap();
    let kind = response.head.header("content-type").unwrap_or_default().to_owned();
    (response.head.status, kind, response.text())
}

/// The value of one series.
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().unwrap()
}

fn calls(text: &str, tool: &str, outcome: &str) -> f64 {
    value(text, &format!("mcp_tool_calls_total{{tool=\"{tool}\",outcome=\"{outcome}\"}}"))
}

const OUTCOMES: [&str; 13] = [
    "ok",
    "input_required",
    "cancelled",
    "panic",
    "invalid_params",
    "not_found",
    "rate_limited",
    "unauthorized",
    "forbidden",
    "timeout",
    "unavailable",
    "conflict",
    "internal",
];

#[tokio::test]
async fn every_series_is_there_from_the_start_and_counts_each_end_once() {
    let mut client = start(Revision::V2026_07_28).await;
    let (status, kind, before) = scrape(client.address(), &[]).await;
    assert_eq!((status, &*kind), (200, "text/plain; version=0.0.4; charset=utf-8"));
    for tool in ["end", "late", "wait", "plainly", "_unknown"] {
        for outcome in OUTCOMES {
            assert_eq!(calls(&before, tool, outcome) as u64, 0);
        }
        assert_eq!(value(&before, &format!("mcp_tool_duration_seconds_count{{tool=\"{tool}\"}}")) as u64, 0);
    }
    for how in ["ok", "ok", "conflict", "masked", "panic"] {
        client.call("end", json!({ "how": how, "secret": "hunter2" })).await;
    }
    client.failure("late", json!({})).await;
    client.refusal("tools/call", json!({ "name": "nobody-knows-it", "arguments": {} })).await;
    client.result("resources/read", json!({ "uri": "note://7" })).await;
    client.refusal("no/such", json!({})).await;
    let params = json!({ "name": "wait", "arguments": {}, "_meta": { "progressToken": 1 } });
    let request = client.request("tools/call", params);
    let (_, mut events) = client.open("POST", &client.headers(&request), request.to_string().as_bytes()).await;
    events.message().await.unwrap();
    let (.., during) = scrape(client.address(), &[]).await;
    assert_eq!(value(&during, "mcp_requests_in_flight") as u64, 1);
    assert_eq!(value(&during, "mcp_streams") as u64, 1);
    assert!(value(&during, "mcp_connections") >= 2.0);
    drop(events);
    client.output_or_log().wait_for("its end", |text| text.contains("\"cancelled\"").then_some(())).await;

    let after = loop {
        // The stream ends a moment after its call.
        let (.., after) = scrape(client.address(), &[]).await;
        if value(&after, "mcp_streams") as u64 == 0 {
            break after;
        }
    };
    for (tool, outcome, count) in [
        ("end", "ok", 2),
        ("end", "conflict", 1),
        ("end", "internal", 1),
        ("end", "panic", 1),
        ("late", "timeout", 1),
        ("wait", "cancelled", 1),
        ("_unknown", "invalid_params", 1),
        ("late", "ok", 0),
    ] {
        assert_eq!(calls(&after, tool, outcome) as u64, count, "{tool} {outcome}");
    }
    assert_eq!(value(&after, "mcp_tool_duration_seconds_count{tool=\"end\"}") as u64, 5);
    assert!(value(&after, "mcp_tool_duration_seconds_sum{tool=\"late\"}") >= 0.05);
    assert_eq!(value(&after, "mcp_tool_duration_seconds_bucket{le=\"0.05\",tool=\"late\"}") as u64, 0);
    assert_eq!(value(&after, "mcp_requests_total{method=\"resources/read\",outcome=\"ok\"}") as u64, 1);
    assert_eq!(value(&after, "mcp_requests_total{method=\"_unknown\",outcome=\"not_found\"}") as u64, 1);
    assert_eq!(value(&after, "mcp_requests_in_flight") as u64, 0);
    assert!(value(&after, "mcp_request_bytes_total") > 1000.0 && value(&after, "mcp_response_bytes_total") > 1000.0);
    let build = "mcp_build_info{server=\"observed\",version=\"1.2.3\",revision=\"2026-07-28\"}";
    assert_eq!(value(&after, build) as u64, 1);
    assert!(!after.contains("nobody-knows-it") && !after.contains("hunter2") && !after.contains("note://7"));
    client.finish().await;
}

#[tokio::test]
async fn sessions_are_counted() {
    let client = start(Revision::V2025_06_18).await;
    let other = client.beside(Revision::V2025_06_18).await;
    assert_eq!(value(&scrape(client.address(), &[]).await.2, "mcp_sessions") as u64, 2);
    drop(other);
    client.finish().await;
}

#[tokio::test]
async fn what_is_exposed_is_what_the_book_says() {
    // With all that has series of its own.
    let server = HttpServer::start(Example::named("observed").env("METRICS", "1").env("AUTH", "1")).await;
    let (.., text) = scrape(&server.address, &[]).await;
    let exposed: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let book = include_str!("../../docs/observability.md");
    let told: BTreeSet<&str> = book
        .lines()
        .filter(|line| line.starts_with("| `mcp_"))
        .flat_map(|line| line.split('|').nth(1).unwrap().split(','))
        .map(|name| name.trim().trim_matches('`'))
        .collect();
    assert_eq!(exposed, told);
    server.terminate().await;
}

#[tokio::test]
async fn the_format_is_the_one_that_is_asked_for_and_the_method_one_that_reads() {
    let client = start(Revision::V2026_07_28).await;
    let accept = header("accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    let (status, kind, text) = scrape(client.address(), &[accept]).await;
    assert_eq!((status, &*kind), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(text.ends_with("# EOF\n") && text.contains("# TYPE mcp_tool_calls counter\n"));
    let (.., plain) = scrape(client.address(), &[]).await;
    assert!(!plain.contains("# EOF") && plain.contains("# TYPE mcp_tool_calls_total counter\n"));
    for (method, status, allow) in
        [("HEAD", 200, None), ("POST", 405, Some("GET, HEAD")), ("DELETE", 405, Some("GET, HEAD"))]
    {
        let mut connection = Connection::open(client.address()).await;
        connection.send(method, "/metrics", &[], b"").await;
        let head = connection.head().await.unwrap();
        assert_eq!((head.status, head.header("allow")), (status, allow), "{method}");
    }
    client.finish().await;
}

#[tokio::test]
async fn a_plain_function_that_does_not_come_back_is_counted_until_it_does() {
    let mut client = start(Revision::V2026_07_28).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stuck = |text: &str| value(text, "mcp_blocking_stuck") as u64;
    assert_eq!(stuck(&scrape(client.address(), &[]).await.2), 0);
    let mut held = Vec::new();
    for count in 1..=3 {
        let text = client.failure("hold", json!({ "address": address })).await;
        assert!(text.contains("no answer within 50ms"), "{text}");
        held.push(listener.accept().await.unwrap().0);
        assert_eq!(stuck(&scrape(client.address(), &[]).await.2), count);
    }
    drop(held);
    while stuck(&scrape(client.address(), &[]).await.2) > 0 {}
    assert_eq!(calls(&scrape(client.address(), &[]).await.2, "hold", "timeout") as u64, 3);
    client.finish().await;
}

/// Does nothing.
#[fastmcp_rs::tool(inline)]
fn nothing() {}

#[tokio::test]
async fn who_is_far_or_comes_through_a_proxy_finds_nothing() {
    let client = start(Revision::V2026_07_28).await;
    for (name, value) in [("x-forwarded-for", "10.0.0.1"), ("forwarded", "for=10.0.0.1"), ("via", "1.1 proxy")] {
        assert_eq!(scrape(client.address(), &[header(name, value)]).await.0, 404, "{name}");
    }
    client.finish().await;
    // In a router nobody says where a request comes from.
    let server = fastmcp_rs::Server::empty("routed").tool(nothing).metrics().build().unwrap();
    let client = Client::start(server, Transport::Http, Revision::V2026_07_28).await;
    assert_eq!(scrape(client.address(), &[]).await.0, 404);
    client.finish().await;
    // And without the word there is none.
    let client = Client::start(Example::named("observed"), Transport::Http, Revision::V2026_07_28).await;
    assert_eq!(scrape(client.address(), &[]).await.0, 404);
    client.finish().await;
}

#[tokio::test]
async fn an_address_of_their_own_serves_stdio_too() {
    let example = Example::named("observed").env("METRICS_AT", "127.0.0.1:0");
    let mut client = Client::start(example, Transport::Stdio, Revision::V2026_07_28).await;
    client.call("end", json!({ "how": "ok" })).await;
    let find = |text: &str| {
        let rest = text.split_once("metrics at http://")?.1;
        Some(rest.split_once("/metrics\n")?.0.to_owned())
    };
    let address = client.log().wait_for("the address", find).await;
    let (status, _, text) = scrape(&address, &[header("x-forwarded-for", "1.2.3.4")]).await;
    assert_eq!((status, calls(&text, "end", "ok") as u64), (200, 1));
    client.finish().await;
}

#[tokio::test]
async fn what_the_program_counts_stands_beside() {
    let counted = Counter::<u64>::default();
    counted.inc_by(7);
    let server = fastmcp_rs::Server::empty("own").tool(nothing).metrics();
    let server = server.registry(move |registry| registry.register("crm_notes", "Notes", counted)).build().unwrap();
    let client = Client::listening(server, Revision::V2026_07_28).await;
    let (.., text) = scrape(client.address(), &[]).await;
    assert_eq!(value(&text, "crm_notes_total") as u64, 7);
    assert_eq!(value(&text, "mcp_requests_in_flight") as u64, 0);
    client.finish().await;
}
