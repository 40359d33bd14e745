//! HTTP requests as they should not be.

use std::{
    path::Path,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use axum::{
    body::{Bytes, HttpBody},
    http::Request,
};
use fastmcp_rs::{Server, tool};
use fastmcp_rs_tests::{Client, Example, Revision, Transport, http::Connection, within};
use http_body::Frame;
use serde_json::{Value, json};
use tower_service::Service as _;

async fn modern() -> Client {
    Client::start(Example::named("weather"), Transport::Http, Revision::V2026_07_28).await
}

async fn legacy() -> Client {
    Client::start(Example::named("weather"), Transport::Http, Revision::V2025_11_25).await
}

fn with(headers: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
    let mut headers = without(headers, name);
    headers.push((name.to_owned(), value.to_owned()));
    headers
}

fn without(headers: &[(String, String)], name: &str) -> Vec<(String, String)> {
    headers.iter().filter(|(key, _)| !key.eq_ignore_ascii_case(name)).cloned().collect()
}

/// What the server says to a good request with other headers: the HTTP status and the JSON-RPC code.
async fn verdict(client: &Client, headers: &[(String, String)], request: &Value) -> (u16, Option<i64>) {
    let response = client.post(headers, request.to_string().as_bytes()).await;
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    (response.head.status, body["error"]["code"].as_i64())
}

#[tokio::test]
async fn a_foreign_host_is_forbidden() {
    for mut client in [modern().await, legacy().await] {
        let request = client.request("tools/list", json!({}));
        let headers = client.headers(&request);
        let port = client.address().rsplit(':').next().unwrap().to_owned();
        for host in [
            "evil.com",
            "127.0.0.1@evil.com",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "0.0.0.0",
            "2130706433",
            "0x7f.1",
            "[::2]",
        ] {
            for host in [host.to_owned(), format!("{host}:{port}")] {
                assert_eq!(verdict(&client, &with(&headers, "Host", &host), &request).await.0, 403, "{host}");
            }
        }
        for host in ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "localhost."] {
            for host in [host.to_owned(), format!("{host}:{port}"), format!("{host}:1")] {
                assert_eq!(verdict(&client, &with(&headers, "Host", &host), &request).await.0, 200, "{host}");
            }
        }
        let forwarded = with(&with(&headers, "Host", "evil.com"), "X-Forwarded-Host", "localhost");
        assert_eq!(verdict(&client, &forwarded, &request).await.0, 403);
        client.finish().await;
    }
}

#[tokio::test]
async fn a_missing_or_a_second_host_is_a_bad_request() {
    let client = modern().await;
    for hosts in ["", "Host: localhost\r\nHost: evil.com\r\n"] {
        let mut connection = Connection::open(client.address()).await;
        connection.write(format!("POST /mcp HTTP/1.1\r\n{hosts}Content-Length: 2\r\n\r\n{{}}").as_bytes()).await;
        assert_eq!(connection.head().await.unwrap().status, 400, "{hosts:?}");
    }
    client.finish().await;
}

#[tokio::test]
async fn a_foreign_origin_is_forbidden() {
    for mut client in [modern().await, legacy().await] {
        let request = client.request("tools/list", json!({}));
        let headers = client.headers(&request);
        for origin in
            ["http://evil.com", "null", "http://127.0.0.1.evil.com", "http://localhost.evil.com", "file://", "evil"]
        {
            let headers = with(&headers, "Origin", origin);
            assert_eq!(verdict(&client, &headers, &request).await.0, 403, "{origin}");
            assert_eq!(client.http("GET", &headers, b"").await.head.status, 403, "{origin}");
        }
        let own = format!("http://{}", client.address());
        assert_eq!(verdict(&client, &with(&headers, "Origin", &own), &request).await.0, 200);
        client.finish().await;
    }
}

#[tokio::test]
async fn a_preflight_from_a_foreign_origin_gets_no_permission() {
    let client = modern().await;
    let headers = [("Origin", "http://evil.com"), ("Access-Control-Request-Method", "POST")];
    let headers = headers.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let response = client.http("OPTIONS", &headers, b"").await;
    assert_eq!(response.head.header("access-control-allow-origin"), None);
    client.finish().await;
}

#[tokio::test]
async fn a_header_that_contradicts_the_body_is_a_mismatch() {
    let mut client = modern().await;
    let request = client.request("tools/call", json!({ "name": "get_temperature", "arguments": { "city": "Oslo" } }));
    let headers = client.headers(&request);
    assert_eq!(verdict(&client, &headers, &request).await, (200, None));
    for name in ["Mcp-Method", "Mcp-Name", "MCP-Protocol-Version"] {
        assert_eq!(verdict(&client, &without(&headers, name), &request).await, (400, Some(-32020)), "without {name}");
    }
    for (name, value) in [
        ("Mcp-Method", "tools/list"),
        ("Mcp-Method", "TOOLS/CALL"),
        ("Mcp-Name", "get_forecast"),
        ("Mcp-Name", "Get_Temperature"),
        ("Mcp-Name", "=?base64?Z2V0X2ZvcmVjYXN0?="),
        ("Mcp-Name", "=?base64?Z2V0X3RlbXBlcmF0dXJl=?="),
        ("Mcp-Name", "=?base64?***?="),
        ("Mcp-Name", "Z2V0X3RlbXBlcmF0dXJl"),
        ("MCP-Protocol-Version", "2025-11-25"),
    ] {
        let headers = with(&headers, name, value);
        assert_eq!(verdict(&client, &headers, &request).await, (400, Some(-32020)), "{name}: {value}");
    }
    for (name, value) in [
        ("mcp-method", "tools/call"),
        ("MCP-NAME", "   get_temperature\t "),
        ("Mcp-Name", "=?base64?Z2V0X3RlbXBlcmF0dXJl?="),
        ("Mcp-Param-Region", "undeclared"),
        ("Mcp-Session-Id", "of-another-era"),
        ("Last-Event-ID", "5"),
    ] {
        assert_eq!(verdict(&client, &with(&headers, name, value), &request).await, (200, None), "{name}: {value}");
    }
    client.finish().await;
}

#[tokio::test]
async fn a_header_of_the_newer_era_without_its_envelope_is_invalid_params() {
    let mut client = modern().await;
    let mut request = client.request("tools/list", json!({}));
    let headers = client.headers(&request);
    for params in [Some(json!({})), Some(json!({ "_meta": {} })), None] {
        match params {
            Some(params) => request["params"] = params,
            None => drop(request.as_object_mut().unwrap().remove("params")),
        }
        assert_eq!(verdict(&client, &headers, &request).await, (400, Some(-32602)), "{request}");
    }
    client.finish().await;
}

#[tokio::test]
async fn an_older_request_needs_a_session_that_is_known() {
    let mut client = legacy().await;
    let request = client.request("tools/list", json!({}));
    let headers = client.headers(&request);
    assert_eq!(verdict(&client, &without(&headers, "Mcp-Session-Id"), &request).await.0, 400);
    for unknown in ["nobody", &*"x".repeat(4000), "00000000000000000000000000000000"] {
        assert_eq!(verdict(&client, &with(&headers, "Mcp-Session-Id", unknown), &request).await.0, 404, "{unknown}");
    }
    assert_eq!(verdict(&client, &with(&headers, "MCP-Protocol-Version", "2099-01-01"), &request).await.0, 400);
    assert_eq!(verdict(&client, &without(&headers, "MCP-Protocol-Version"), &request).await.0, 200);

    let ended = client.http("DELETE", &headers, b"").await.head.status;
    assert!((200..300).contains(&ended), "{ended}");
    assert_eq!(verdict(&client, &headers, &request).await.0, 404);
    client.finish().await;
}

#[tokio::test]
async fn a_session_id_is_long_visible_and_never_the_clients_choice() {
    let mut client = legacy().await;
    let info = json!({ "name": "tests", "version": "0" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
    let request = client.request("initialize", params);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let headers = with(&client.headers(&json!({})), "Mcp-Session-Id", "chosen-by-the-client-itself-0123456789");
        let headers = if seen.is_empty() { without(&headers, "Mcp-Session-Id") } else { headers };
        let response = client.post(&without(&headers, "MCP-Protocol-Version"), request.to_string().as_bytes()).await;
        let id = response.head.header("mcp-session-id").expect("a session").to_owned();
        assert!(id.len() >= 22 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
        assert_ne!(id, "chosen-by-the-client-itself-0123456789");
        seen.push(id);
    }
    assert_ne!(seen[0], seen[1]);
    client.finish().await;
}

#[tokio::test]
async fn other_methods_and_paths_are_refused() {
    let mut client = modern().await;
    let request = client.request("tools/list", json!({}));
    let headers = client.headers(&request);
    for method in ["PUT", "PATCH", "TRACE"] {
        assert_eq!(client.http(method, &headers, b"").await.head.status, 405, "{method}");
    }
    let mut connection = Connection::open(client.address()).await;
    connection.send("POST", "/other", &headers, request.to_string().as_bytes()).await;
    assert_eq!(connection.response().await.unwrap().head.status, 404);
    client.finish().await;
}

#[tokio::test]
async fn the_content_must_be_json_and_the_answer_acceptable() {
    let mut client = modern().await;
    let request = client.request("tools/list", json!({}));
    let headers = client.headers(&request);
    for kind in ["text/plain", "application/xml", "application/jsonp", "application/x-www-form-urlencoded"] {
        assert_eq!(verdict(&client, &with(&headers, "Content-Type", kind), &request).await.0, 415, "{kind}");
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(verdict(&client, &with(&headers, "Content-Type", kind), &request).await.0, 200, "{kind}");
    }
    assert_eq!(verdict(&client, &with(&headers, "Content-Encoding", "gzip"), &request).await.0, 415);
    for accept in ["*/*", "application/json", "application/*", "text/event-stream, application/json;q=0.5"] {
        assert_eq!(verdict(&client, &with(&headers, "Accept", accept), &request).await.0, 200, "{accept}");
    }
    assert_eq!(verdict(&client, &without(&headers, "Accept"), &request).await.0, 200);
    for accept in ["text/html", "application/json;q=0"] {
        assert_eq!(verdict(&client, &with(&headers, "Accept", accept), &request).await.0, 406, "{accept}");
    }
    client.finish().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let mut client = modern().await;
    let request = client.request("tools/list", json!({}));
    let mut connection = Connection::open(client.address()).await;
    let headers = with(&client.headers(&request), "Content-Length", "1000000000");
    connection.send("POST", "/mcp", &headers, b"{").await;
    assert_eq!(connection.head().await.unwrap().status, 413);

    let mut connection = Connection::open(client.address()).await;
    let headers = with(&client.headers(&request), "Transfer-Encoding", "chunked");
    connection.send("POST", "/mcp", &headers, b"").await;
    let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    for _ in 0..4 {
        connection.write(&chunk).await;
    }
    connection.write(b"1\r\n \r\n").await;
    assert_eq!(connection.head().await.unwrap().status, 413);
    client.alive().await;
    client.finish().await;
}

#[tokio::test]
async fn one_connection_serves_many_requests_in_order() {
    let mut client = modern().await;
    let mut connection = Connection::open(client.address()).await;
    let requests: Vec<Value> = (0..20).map(|_| client.request("tools/list", json!({}))).collect();
    for request in &requests {
        connection.send("POST", "/mcp", &client.headers(request), request.to_string().as_bytes()).await;
    }
    for request in &requests {
        let response = connection.response().await.expect("an answer to each");
        assert_eq!(response.messages()[0]["id"], request["id"]);
    }
    connection.send("POST", "/mcp", &client.headers(&json!({})), b"garbage").await;
    assert_eq!(connection.response().await.unwrap().head.status, 400);
    connection.send("POST", "/mcp", &client.headers(&requests[0]), requests[0].to_string().as_bytes()).await;
    assert_eq!(connection.response().await.expect("the connection survives").head.status, 200);
    client.finish().await;
}

#[tokio::test]
async fn clients_that_use_the_same_id_get_their_own_answers() {
    let client = modern().await;
    let ask = async |city: &'static str| {
        let params = json!({ "name": "get_temperature", "arguments": { "city": city } });
        let own = client.request_with_id(&json!(1), "tools/call", params);
        let response = client.post(&client.headers(&own), own.to_string().as_bytes()).await;
        assert_eq!(response.messages()[0]["result"]["structuredContent"]["city"], city);
    };
    for _ in 0..10 {
        tokio::join!(ask("Oslo"), ask("Paris"), ask("Tokyo"), ask("Cairo"), ask("Berlin"));
    }
    client.finish().await;
}

#[tokio::test]
async fn headers_without_bound_are_refused() {
    let mut client = modern().await;
    for (count, length) in [(1, 1 << 20), (2000, 10)] {
        let mut connection = Connection::open(client.address()).await;
        let headers: Vec<_> = (0..count).map(|n| (format!("X-Header-{n}"), "x".repeat(length))).collect();
        connection.send("POST", "/mcp", &headers, b"{}").await;
        if let Some(head) = connection.head().await {
            assert!(matches!(head.status, 400 | 413 | 431), "{}", head.status);
        }
    }
    client.alive().await;
    client.finish().await;
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let server =
        fastmcp_rs_tests::example::HttpServer::listen(Example::named("weather").args(["--http", "127.0.0.1:0"])).await;
    assert!(server.address.starts_with("127.0.0.1:"), "{}", server.address);
    assert_eq!(Path::new(&server.path), Path::new("/mcp"));
    assert!(server.terminate().await.success());
}

/// A body of which a piece has come and the rest never does.
struct Begun(Option<Bytes>);

impl HttpBody for Begun {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        self.0.take().map_or(Poll::Pending, |piece| Poll::Ready(Some(Ok(Frame::data(piece)))))
    }
}

#[tokio::test]
async fn large_bodies_share_a_bounded_room_by_what_has_come_of_them() {
    // What a body may have, how much of it comes, and how many bodies of that kind there is room for.
    const MOST: usize = 4 * 1024 * 1024;
    const PIECE: usize = 128 * 1024;
    const ROOM: usize = 16;
    let service = Server::empty("bodies").tool(length).into_service().unwrap();
    let post = || {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        });
        let call = move |text: &str| {
            let params = json!({ "name": "length", "arguments": { "text": text }, "_meta": meta });
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
        };
        let request = Request::post("http://localhost/mcp")
            .header("Host", "localhost")
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", "length");
        (request, call)
    };
    let mut stalled: Vec<_> = (0..ROOM)
        .map(|_| {
            let request =
                post().0.header("Content-Length", MOST).body(Begun(Some(Bytes::from(vec![b' '; PIECE])))).unwrap();
            Box::pin(service.clone().call(request))
        })
        .collect();
    for request in &mut stalled {
        assert!(poll_once(request).is_none());
    }
    let whole = |length: usize| {
        let (request, call) = post();
        let request = request.body(axum::body::Body::from(call(&"x".repeat(length)))).unwrap();
        Box::pin(service.clone().call(request))
    };
    // What they have announced is nobody's; only what has come of it takes room.
    let large = within("an answer to a large request", whole(PIECE)).await.unwrap();
    assert_eq!(large.status(), 200);
    let mut full: Vec<_> = (0..ROOM)
        .map(|_| {
            let begun = Begun(Some(Bytes::from(vec![b' '; MOST - 1])));
            Box::pin(service.clone().call(post().0.header("Content-Length", MOST).body(begun).unwrap()))
        })
        .collect();
    let mut refused = 0;
    for request in &mut full {
        if let Some(Ok(response)) = poll_once(request) {
            assert_eq!(response.status(), 503);
            assert!(response.headers().contains_key("retry-after"));
            refused += 1;
        }
    }
    assert!((1..4).contains(&refused), "{refused} of {ROOM} were refused");
    let small = within("an answer to a small request", whole(10)).await.unwrap();
    assert_eq!(small.status(), 200);
    drop((stalled, full));
    let large = within("an answer to the large one", whole(2 * PIECE)).await.unwrap();
    let body = axum::body::to_bytes(axum::body::Body::new(large.into_body()), usize::MAX).await.unwrap();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], (2 * PIECE).to_string(), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_given_up() {
    let service = Server::empty("bodies").tool(length).into_service().unwrap();
    let request = Request::post("http://localhost/mcp").header("Host", "localhost");
    let request = request.header("Content-Type", "application/json").header("Content-Length", 1000);
    let begun = tokio::time::Instant::now();
    let response = service.clone().call(request.body(Begun(Some(Bytes::from_static(b"{")))).unwrap()).await.unwrap();
    assert_eq!((response.status().as_u16(), begun.elapsed().as_secs()), (408, 30));
}

/// The length of a text.
#[tool(inline)]
fn length(text: String) -> String {
    text.len().to_string()
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    match Pin::new(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
