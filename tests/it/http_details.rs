//! The details of HTTP that clients get wrong, or only some of them use: each is served, or refused with the right status.

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Client, Revision, Transport};
use serde_json::json;

/// Says it again.
#[tool(inline)]
fn echo(text: String) -> String {
    text
}

fn server() -> Server {
    Server::empty("details").tool(echo)
}

/// The status of an echo with these headers in place of those of the same names.
async fn status(client: &mut Client, changed: &[(&str, &str)]) -> u16 {
    let request = client.request("tools/call", json!({ "name": "echo", "arguments": { "text": "é" } }));
    let mut headers = client.headers(&request);
    headers.retain(|(name, _)| !changed.iter().any(|(other, _)| name.eq_ignore_ascii_case(other)));
    let changed = changed.iter().filter(|(_, value)| !value.is_empty());
    headers.extend(changed.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    client.post(&headers, request.to_string().as_bytes()).await.head.status
}

#[tokio::test]
async fn content_is_json_in_utf_8_as_it_is() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let mut client = Client::start(server(), Transport::Http, revision).await;
        for (kind, wanted) in [
            ("application/json", 200),
            ("APPLICATION/JSON", 200),
            ("application/json; charset=utf-8", 200),
            ("application/json;charset=\"UTF-8\"", 200),
            ("application/json; Charset=utf8; profile=x", 200),
            ("application/json; charset=us-ascii", 200),
            ("application/json; charset=utf-16", 415),
            ("application/json; charset=iso-8859-1", 415),
            ("application/json; charset=\"latin1\"", 415),
            ("text/plain", 415),
            ("application/jsonp", 415),
        ] {
            assert_eq!(status(&mut client, &[("Content-Type", kind)]).await, wanted, "{kind}");
        }
        for (encoding, wanted) in
            [("identity", 200), ("IDENTITY", 200), (" Identity ", 200), ("gzip", 415), ("identity, gzip", 415)]
        {
            assert_eq!(status(&mut client, &[("Content-Encoding", encoding)]).await, wanted, "{encoding}");
        }
        let twice = [("Content-Type", "application/json"), ("Content-Type", "application/json")];
        assert_eq!(status(&mut client, &twice).await, 400);
        client.finish().await;
    }
}

#[tokio::test]
async fn a_session_is_named_once() {
    let mut client = Client::start(server(), Transport::Http, Revision::V2025_11_25).await;
    let request = client.request("ping", json!({}));
    let mut headers = client.headers(&request);
    let session = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("mcp-session-id")).unwrap().clone();
    headers.push(session);
    assert_eq!(client.post(&headers, request.to_string().as_bytes()).await.head.status, 400);
    client.finish().await;
}

#[tokio::test]
async fn the_closest_range_says_what_a_client_takes() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let mut client = Client::start(server(), Transport::Http, revision).await;
        for (accept, wanted) in [
            ("application/json, text/event-stream", 200),
            ("application/json", 200),
            ("*/*", 200),
            ("application/*;q=0.1", 200),
            ("APPLICATION/JSON", 200),
            ("text/html, */*;q=0.5", 200),
            ("text/html", 406),
            ("application/json;q=0", 406),
            ("*/*;q=0", 406),
            ("application/json; Q=0.000, text/html", 406),
            ("application/json;q=0, text/event-stream;q=0, */*", 406),
        ] {
            assert_eq!(status(&mut client, &[("Accept", accept)]).await, wanted, "{accept}");
        }
        client.finish().await;
    }
}

#[tokio::test]
async fn the_newest_revision_has_one_method() {
    let client = Client::start(server(), Transport::Http, Revision::V2026_07_28).await;
    for method in ["GET", "DELETE", "PUT", "PATCH"] {
        let headers = [
            ("Accept".to_owned(), "text/event-stream".to_owned()),
            ("MCP-Protocol-Version".to_owned(), "2026-07-28".to_owned()),
        ];
        let response = client.http(method, &headers, b"").await;
        assert_eq!(response.head.status, 405, "{method}");
    }
    client.finish().await;
}

#[tokio::test]
async fn who_begins_many_sessions_takes_the_room_of_their_own() {
    use axum::{body::Body, extract::ConnectInfo, http::Request};
    use tower_service::Service as _;

    let server = server().http(Http::new().max_sessions(4)).build().unwrap();
    let service = server.service();
    let ask = async |from: [u8; 4], session: Option<&str>, body: String| {
        let mut request = Request::post("/mcp").header("host", "localhost").header("content-type", "application/json");
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from((from, 1))));
        let response = service.clone().call(request).await.unwrap();
        let session = response.headers().get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
        (response.status().as_u16(), session)
    };
    let hello = || {
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }).to_string()
    };
    let ping = || json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" }).to_string();
    let (good, flood) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let mine = ask(good, None, hello()).await.1.unwrap();
    for _ in 0..20 {
        assert_eq!(ask(flood, None, hello()).await.0, 200);
    }
    assert_eq!(ask(good, Some(&mine), ping()).await.0, 200, "the session of somebody else is still there");
}
