//! Lines of headers, instead of or beside those of a good request: a request is only served if all say the same as its body and it is
//! for this machine, and nothing of ours fails on any.

use std::net::IpAddr;
use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use fastmcp_rs::{McpService, Server, tool};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service as _;

/// Says it.
#[tool(inline, name = "say")]
fn say(text: String) -> String {
    text
}

const BODY: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","arguments":{"text":"hello"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
const GOOD: &[(&str, &str)] = &[
    ("host", "localhost"),
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
    ("mcp-protocol-version", "2026-07-28"),
    ("mcp-method", "tools/call"),
    ("mcp-name", "say"),
];

static SERVED: LazyLock<(Runtime, McpService)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let service = runtime.block_on(async { Server::empty("headers").tool(say).into_service().unwrap() });
    (runtime, service)
});

pub fn check(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    let lines: Vec<_> = bytes.split(|byte| *byte == b'\n').take(32).filter_map(header).collect();
    for (name, value) in GOOD.iter().filter(|(name, _)| lines.iter().all(|(line, _)| line != name)) {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    for (name, value) in lines {
        headers.append(name, value);
    }
    let mut request = Request::post("/mcp").body(Body::from(BODY)).unwrap();
    *request.headers_mut() = headers.clone();

    let (runtime, service) = &*SERVED;
    let (status, body) = runtime.block_on(async {
        let response = service.clone().call(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(Body::new(response.into_body()), 64 * 1024).await.unwrap())
    });
    assert!(
        !status.is_server_error() && !status.is_informational() && !status.is_redirection(),
        "{status}: {headers:?}"
    );
    // An event stream, where only that is accepted, has the answer as the data of an event.
    let text = std::str::from_utf8(&body).unwrap();
    let answer =
        text.lines().find_map(|line| line.strip_prefix("data: ").filter(|data| !data.is_empty())).unwrap_or(text);
    if status != StatusCode::OK {
        assert!(!text.contains("hello"), "{status}: {text}");
        if let Ok(answer) = serde_json::from_str::<Value>(answer) {
            assert!(answer["error"]["code"].is_i64() && answer["error"]["message"].is_string(), "{status}: {text}");
        }
        return;
    }
    let answer: Value = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {text}, of {headers:?}"));
    assert_eq!(
        (&answer["id"], &answer["result"]["content"][0]["text"]),
        (&Value::from(1), &Value::from("hello")),
        "{headers:?}"
    );
    for (name, expected) in &GOOD[3..] {
        let values: Vec<_> = headers.get_all(*name).iter().collect();
        let spelled = |value: &HeaderValue| value == expected || value == "=?base64?c2F5?=";
        assert!(values.len() == 1 && spelled(values[0]), "{headers:?}");
    }
    assert!(headers.get_all("host").iter().all(|host| is_here(host.to_str().unwrap())), "{headers:?}");
    for origin in headers.get_all("origin") {
        let host = origin.to_str().unwrap().to_ascii_lowercase();
        assert!(host.strip_prefix("http://").is_some_and(is_here), "{headers:?}");
    }
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
}

/// Whether a host, with or without a port, is this machine.
fn is_here(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let name = name.strip_suffix('.').unwrap_or(name);
    let address = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    (address || name.eq_ignore_ascii_case("localhost"))
        && port.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+')
}
