//! Who may call over HTTP: tokens, what is said to whoever has none, and what one caller sees of another.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use fastmcp_rs::auth::{self, AuthorizationServers, Presented, Verdict, Verifier};
use fastmcp_rs::{Audit, RunningServer, TokenMap, prelude::*};
use fastmcp_rs_tests::{
    Client, Revision, Transport,
    client::text_of,
    example::{Example, HttpServer},
    http::{Connection, Events, Response},
    within,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const ADA: &str = "ada-token-0123456789";
const BOB: &str = "bob-token-0123456789";
const URL: &str = "https://mcp.acme.com/mcp";
const METADATA: &str = "https://mcp.acme.com/.well-known/oauth-protected-resource/mcp";

/// Says who is calling.
#[tool(inline)]
fn whoami(caller: Caller) -> String {
    format!("{} of {}", caller.subject().unwrap_or("nobody"), caller.issuer().unwrap_or("nobody"))
}

/// Says who is calling, also to others.
#[tool(inline)]
fn hello(caller: Caller) -> String {
    format!("hello {}", caller.subject().unwrap_or("nobody"))
}

/// Adds a note.
#[tool(inline, scopes("notes:read", "notes:write"))]
fn add_note() -> &'static str {
    "added"
}

/// Deletes everything.
#[tool(inline, roles("admin"))]
fn wipe() -> &'static str {
    "wiped"
}

/// A note.
#[resource("notes://today", scopes("notes:read"))]
fn today() -> &'static str {
    "nothing"
}

/// Says that the note has changed.
#[tool(inline)]
fn change(ctx: Context) {
    ctx.resource_updated("notes://today");
}

/// An authorization server of the tests: a token says what is to become of it.
#[derive(Default)]
struct Acme {
    required: &'static [&'static str],
    asked: Arc<AtomicUsize>,
}

impl Verifier for Acme {
    async fn verify(&self, presented: &Presented<'_>) -> Verdict {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let caller = |subject: &str| Caller::new(subject).with_issuer("https://acme.example.com/");
        match presented.token.split('.').collect::<Vec<_>>()[..] {
            ["acme", "good", subject] => Verdict::Known(caller(subject).with_scopes(["notes:use", "notes:read"])),
            ["acme", "scopes", scopes] => {
                Verdict::Known(caller("ada").with_scopes(scopes.split('~').map(|scope| scope.replace('_', ":"))))
            }
            ["acme", "until", when] => {
                let when = SystemTime::UNIX_EPOCH + Duration::from_millis(when.parse().unwrap());
                Verdict::Known(caller("ada").with_scopes(["notes:use"]).with_expiry(when))
            }
            ["acme", "expired"] => Verdict::Invalid("expired"),
            ["acme", "secret", ..] => Verdict::Invalid("secret reason"),
            ["acme", "away"] => Verdict::Unavailable(Duration::from_millis(4200)),
            _ => Verdict::NotMine,
        }
    }

    fn describe(&self) -> AuthorizationServers {
        let mut servers = AuthorizationServers::default();
        servers.issuers.push("https://acme.example.com/".to_owned());
        servers.required_scopes.extend(self.required.iter().map(|scope| (*scope).to_owned()));
        servers
    }
}

fn tokens() -> TokenMap {
    let ada = Caller::new("ada").with_scopes(["notes:read"]).with_roles(["admin"]);
    TokenMap::new().token(ADA, ada).token(BOB, Caller::new("bob"))
}

fn server() -> Server {
    let server = Server::empty("notes").tool(whoami).tool(hello).tool(add_note).tool(wipe).tool(change).resource(today);
    server.http(Http::new().legacy_sse())
}

fn acme() -> RunningServer {
    let acme = Acme { required: &["notes:use"], ..Acme::default() };
    server().auth(acme).auth(tokens()).public_url(URL).build().unwrap()
}

async fn request(server: &HttpServer, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut connection = Connection::open(&server.address).await;
    let headers: Vec<_> = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    connection.send(method, path, &headers, body.as_bytes()).await;
    connection.response().await.expect("a response")
}

/// A request of 2026-07-28 with this `Authorization`.
async fn ask(server: &HttpServer, authorization: Option<&str>, method: &str, params: Value) -> Response {
    let mut params = params;
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params["name"].as_str().or(params["uri"].as_str()).unwrap_or_default().to_owned();
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let mut headers = vec![
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", method),
        ("Mcp-Name", name.as_str()),
    ];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    request(server, "POST", "/mcp", &headers, &message).await
}

async fn call(server: &HttpServer, token: &str, tool: &str) -> Response {
    ask(server, Some(&format!("Bearer {token}")), "tools/call", json!({ "name": tool })).await
}

fn said(response: &Response) -> String {
    text_of(&serde_json::from_slice::<Value>(&response.body).unwrap()["result"])
}

fn challenge(response: &Response) -> &str {
    response.head.header("www-authenticate").unwrap_or("(none)")
}

#[tokio::test]
async fn whoever_has_no_token_is_told_where_to_get_one() {
    let server = HttpServer::serve(acme()).await;
    let expected = format!("Bearer resource_metadata=\"{METADATA}\", scope=\"notes:use\"");
    for authorization in [None, Some("Basic YTpi"), Some("Bearer"), Some("Bearer "), Some("DPoP abc")] {
        let refusal = ask(&server, authorization, "tools/list", json!({})).await;
        assert_eq!((refusal.head.status, challenge(&refusal)), (401, &*expected), "{authorization:?}");
        assert_eq!(refusal.head.header("content-type"), Some("application/json"));
    }
    // Every method and path of the protocol, and whatever else there is in the request.
    for (method, path, headers) in [
        ("GET", "/mcp", &[("Accept", "text/event-stream")][..]),
        ("DELETE", "/mcp", &[("Mcp-Session-Id", "1")]),
        ("PUT", "/mcp", &[]),
        ("POST", "/mcp", &[("Content-Type", "text/html")]),
        ("GET", "/sse", &[]),
        ("POST", "/messages?session_id=1", &[]),
    ] {
        let refusal = request(&server, method, path, headers, "").await;
        assert_eq!((refusal.head.status, challenge(&refusal)), (401, &*expected), "{method} {path}");
    }
    // A wrong host comes first, whatever the token is.
    let refusal = request(&server, "POST", "/mcp", &[("Host", "evil.com"), ("Authorization", "Bearer x")], "").await;
    assert_eq!((refusal.head.status, challenge(&refusal)), (403, "(none)"));
    // A page that asks what it may send has no token yet.
    let preflight = [("Origin", "http://localhost:1"), ("Access-Control-Request-Method", "POST")];
    assert_eq!(request(&server, "OPTIONS", "/mcp", &preflight, "").await.head.status, 204);
}

#[tokio::test]
async fn the_answer_comes_before_the_body() {
    let server = HttpServer::listening(acme()).await;
    for head in
        ["Content-Length: 4000000", "Transfer-Encoding: chunked", "Content-Length: 10\r\nAuthorization: Bearer bad"]
    {
        let mut connection = Connection::open(&server.address).await;
        let request =
            format!("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{head}\r\n\r\n");
        connection.write(request.as_bytes()).await;
        assert_eq!(within("the answer", connection.response()).await.unwrap().head.status, 401, "{head}");
    }
}

#[tokio::test]
async fn what_is_no_bearer_token_is_a_bad_request() {
    let server = HttpServer::serve(acme()).await;
    let twice =
        [("Authorization", &*format!("Bearer {ADA}")), ("Authorization", "Bearer x")].map(|(a, b)| (a, b.to_owned()));
    let twice: Vec<_> = twice.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refusal = request(&server, "POST", "/mcp", &twice, "").await;
    let expected =
        "Bearer error=\"invalid_request\", error_description=\"there is more than one Authorization header\"";
    assert_eq!((refusal.head.status, challenge(&refusal)), (400, expected));
    for wrong in ["Bearer  two", "Bearer a b", "Bearer a,b", "Bearer \u{e9}", "Bearer a\tb"] {
        let refusal = ask(&server, Some(wrong), "tools/list", json!({})).await;
        assert!(challenge(&refusal).starts_with("Bearer error=\"invalid_request\", error_description="), "{wrong}");
        assert_eq!(refusal.head.status, 400, "{wrong}");
    }
    for path in ["/mcp?access_token=secret-in-the-url", "/mcp?a=b&access%5Ftoken=secret-in-the-url"] {
        let refusal = request(&server, "POST", path, &[("Authorization", &format!("Bearer {ADA}"))], "").await;
        assert_eq!(refusal.head.status, 400);
        assert!(!format!("{refusal:?}").contains("secret"), "{refusal:?}");
    }
    let accepted = ask(&server, Some(&format!("bEARER {ADA}")), "tools/call", json!({ "name": "whoami" })).await;
    assert_eq!(said(&accepted), "ada of nobody", "the scheme has any case");
}

#[tokio::test]
async fn a_bad_token_is_told_why_in_words_of_ours() {
    let server = HttpServer::serve(acme()).await;
    let metadata = format!("resource_metadata=\"{METADATA}\", scope=\"notes:use\"");
    for (token, why) in [
        ("acme.expired", "the token has expired"),
        ("acme.until.1000", "the token has expired"),
        ("acme.secret.canary", "the token is not valid here"),
        ("nobodys-token", "the token is not valid here"),
        (&ADA[..ADA.len() - 1], "the token is not valid here"),
        (&format!("{ADA}0"), "the token is not valid here"),
    ] {
        let refusal = call(&server, token, "whoami").await;
        let expected = format!("Bearer error=\"invalid_token\", error_description=\"{why}\", {metadata}");
        assert_eq!((refusal.head.status, challenge(&refusal)), (401, &*expected), "{token}");
        let body = refusal.text();
        assert!(body.contains(why) && !body.contains("canary") && !body.contains(token), "{body}");
    }
    let refusal = call(&server, "acme.away", "whoami").await;
    assert_eq!((refusal.head.status, challenge(&refusal)), (503, "(none)"), "never 401: it may be good");
    assert_eq!(refusal.head.header("retry-after"), Some("5"));
    for (token, who) in
        [(ADA, "ada of nobody"), (BOB, "bob of nobody"), ("acme.good.ada", "ada of https://acme.example.com/")]
    {
        assert_eq!(said(&call(&server, token, "whoami").await), who);
    }
}

#[tokio::test]
async fn verifiers_are_asked_in_order_until_one_decides() {
    let away = || auth::from_fn(|_| async { Verdict::Unavailable(Duration::from_secs(60)) });
    for (server, token, expected) in [
        (server().auth(away()).auth(tokens()), ADA, 200),
        (server().auth(away()).auth(tokens()), "nobodys-token", 503),
        (server().auth(tokens()).auth(away()), ADA, 200),
        (server().auth(auth::from_fn(|_| async { Verdict::Invalid("revoked") })).auth(tokens()), ADA, 401),
        (server().auth(auth::from_fn(|_| async { Verdict::NotMine })), ADA, 401),
    ] {
        let server = HttpServer::serve(server.build().unwrap()).await;
        assert_eq!(call(&server, token, "whoami").await.head.status, expected);
    }
}

#[tokio::test]
async fn scopes_that_every_request_needs_are_asked_for_at_once() {
    let server = HttpServer::serve(acme()).await;
    let refusal = call(&server, "acme.scopes.other", "whoami").await;
    let expected = format!(
        "Bearer error=\"insufficient_scope\", scope=\"notes:use\", error_description=\"every request needs notes:use\", \
         resource_metadata=\"{METADATA}\""
    );
    assert_eq!((refusal.head.status, challenge(&refusal)), (403, &*expected));
    let refusal = call(&server, "acme.scopes.notes_use~notes_read", "add_note").await;
    let expected = format!(
        "Bearer error=\"insufficient_scope\", scope=\"notes:use notes:read notes:write\", \
         error_description=\"add_note needs the scopes notes:read notes:write\", resource_metadata=\"{METADATA}\""
    );
    assert_eq!((refusal.head.status, challenge(&refusal)), (403, &*expected));
    let body: Value = serde_json::from_slice(&refusal.body).unwrap();
    assert_eq!((&body["id"], &body["error"]["code"]), (&json!(1), &json!(-32600)));
    // A token of another verifier is held to what that one asks.
    assert_eq!(said(&call(&server, BOB, "whoami").await), "bob of nobody");
    // A broad scope is enough.
    let broad = || Acme { required: &["notes:use"], ..Acme::default() };
    let broad = super_server(broad());
    let server = HttpServer::serve(broad).await;
    assert_eq!(said(&call(&server, "acme.scopes.notes", "add_note").await), "added");
}

fn super_server(acme: Acme) -> RunningServer {
    let server = server().auth(acme).public_url(URL).scope_implies("notes", ["notes:use", "notes:read", "notes:write"]);
    server.build().unwrap()
}

#[tokio::test]
async fn the_metadata_is_where_clients_look() {
    let document = json!({
        "resource": URL,
        "resource_name": "notes",
        "authorization_servers": ["https://acme.example.com/"],
        "scopes_supported": ["notes:use", "notes:read"],
        "bearer_methods_supported": ["header"],
    });
    let acme = || Acme { required: &["notes:use"], ..Acme::default() };
    let build = || server().auth(acme()).advertise_scopes(["notes:read"]).public_url("https://MCP.acme.com:443/mcp/");
    let own = HttpServer::listening(build().build().unwrap()).await;
    let within_a_router = HttpServer::serve(build().build().unwrap()).await;
    for (server, path) in [
        (&own, "/.well-known/oauth-protected-resource/mcp"),
        (&own, "/.well-known/oauth-protected-resource"),
        (&within_a_router, "/.well-known/oauth-protected-resource/mcp"),
    ] {
        for headers in [&[][..], &[("Host", "mcp.acme.com"), ("Origin", "https://page.example.com")]] {
            let response = request(server, "GET", path, headers, "").await;
            assert_eq!(response.head.status, 200, "{path}");
            assert_eq!(serde_json::from_slice::<Value>(&response.body).unwrap(), document);
            for (name, value) in [
                ("content-type", "application/json"),
                ("access-control-allow-origin", "*"),
                ("cache-control", "max-age=300"),
            ] {
                assert_eq!(response.head.header(name), Some(value), "{path}");
            }
        }
        assert_eq!(request(server, "OPTIONS", path, &[], "").await.head.status, 204);
        assert_eq!(request(server, "POST", path, &[], "").await.head.status, 405);
        let mut connection = Connection::open(&server.address).await;
        connection.send("HEAD", path, &[], b"").await;
        assert_eq!(connection.head().await.unwrap().status, 200);
    }
    // The host of the public URL is one that is expected.
    let listed = request(&own, "POST", "/mcp", &[("Host", "mcp.acme.com")], "").await;
    assert_eq!(listed.head.status, 401);
    // Tokens that are given out by hand have no place where a client could get one.
    let by_hand = HttpServer::listening(server().auth(tokens()).build().unwrap()).await;
    for path in ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"] {
        assert_eq!(request(&by_hand, "GET", path, &[], "").await.head.status, 404);
    }
    assert_eq!(challenge(&ask(&by_hand, None, "tools/list", json!({})).await), "Bearer");
}

#[tokio::test]
async fn whoever_shows_no_token_may_be_let_in_as_nobody() {
    let server = HttpServer::serve(server().auth(tokens()).auth_optional().build().unwrap()).await;
    let nobody = ask(&server, None, "tools/call", json!({ "name": "hello" })).await;
    assert_eq!(said(&nobody), "hello nobody");
    assert_eq!(said(&call(&server, ADA, "hello").await), "hello ada");
    assert_eq!(call(&server, "bad-token", "hello").await.head.status, 401);
    let unknown = ask(&server, None, "tools/call", json!({ "name": "wipe" })).await;
    let missing = ask(&server, None, "tools/call", json!({ "name": "wopi" })).await;
    assert_eq!(unknown.head.status, missing.head.status);
    assert_eq!(unknown.text().replace("wipe", "wopi"), missing.text(), "hidden is unknown");
    assert_eq!(said(&call(&server, ADA, "wipe").await), "wiped");
}

/// The handshake of a caller; gives the session.
async fn greet(server: &HttpServer, token: &str, revision: Revision) -> String {
    let info = json!({ "name": "test", "version": "0" });
    let params = json!({ "protocolVersion": revision.name(), "capabilities": {}, "clientInfo": info });
    let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let response = in_session(server, token, None, &message).await;
    let session = response.head.header("mcp-session-id").expect("a session").to_owned();
    in_session(server, token, Some(&session), &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
        .await;
    session
}

async fn in_session(server: &HttpServer, token: &str, session: Option<&str>, message: &Value) -> Response {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("Authorization", bearer.as_str()),
    ];
    headers.extend(session.map(|session| ("Mcp-Session-Id", session)));
    request(server, "POST", "/mcp", &headers, &message.to_string()).await
}

fn a_call(tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": tool, "arguments": {} } })
}

#[tokio::test]
async fn every_revision_knows_its_caller_and_keeps_callers_apart() {
    let server = HttpServer::serve(acme()).await;
    for revision in [Revision::V2025_03_26, Revision::V2025_06_18, Revision::V2025_11_25] {
        let session = greet(&server, "acme.good.ada", revision).await;
        let mine = in_session(&server, "acme.good.ada", Some(&session), &a_call("whoami")).await;
        assert_eq!(said(&mine), "ada of https://acme.example.com/");
        // Of another subject, and of the same at another issuer: it is not there.
        for token in ["acme.good.bob", ADA] {
            let refusal = in_session(&server, token, Some(&session), &a_call("whoami")).await;
            assert_eq!(refusal.head.status, 404, "{token}");
            let bearer = format!("Bearer {token}");
            let headers = [("Authorization", &*bearer), ("Mcp-Session-Id", &*session), ("Accept", "text/event-stream")];
            assert_eq!(request(&server, "GET", "/mcp", &headers, "").await.head.status, 404);
            assert_eq!(request(&server, "DELETE", "/mcp", &headers, "").await.head.status, 404);
        }
        // Possession of a session is nothing without a token.
        let headers = [("Content-Type", "application/json"), ("Mcp-Session-Id", &*session)];
        assert_eq!(request(&server, "POST", "/mcp", &headers, &a_call("whoami").to_string()).await.head.status, 401);
        if revision == Revision::V2025_03_26 {
            let batch = json!([a_call("whoami"), a_call("add_note")]);
            let response = in_session(&server, "acme.good.ada", Some(&session), &batch).await;
            let answers: Value = serde_json::from_slice(&response.body).unwrap();
            assert_eq!((response.head.status, &answers[1]["result"]["isError"]), (200, &json!(true)), "{answers}");
        }
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_whom_it_was_given() {
    let server = server().auth(tokens()).page_size(1).build().unwrap();
    let server = HttpServer::serve(server).await;
    let page = async |token: &str, cursor: Option<&str>| {
        let params = cursor.map_or(json!({}), |cursor| json!({ "cursor": cursor }));
        let response = ask(&server, Some(&format!("Bearer {token}")), "tools/list", params).await;
        serde_json::from_slice::<Value>(&response.body).unwrap()
    };
    let cursor = page(ADA, None).await["result"]["nextCursor"].as_str().unwrap().to_owned();
    assert!(page(ADA, Some(&cursor)).await["result"]["tools"].is_array());
    assert_eq!(page(BOB, Some(&cursor)).await["error"]["code"], -32602);
}

/// The events of a stream of a session.
async fn stream(server: &HttpServer, token: &str, path: &str, session: Option<&str>) -> Events {
    let mut connection = Connection::open(&server.address).await;
    let mut headers = vec![
        ("Accept".to_owned(), "text/event-stream".to_owned()),
        ("Authorization".to_owned(), format!("Bearer {token}")),
    ];
    headers.extend(session.map(|session| ("Mcp-Session-Id".to_owned(), session.to_owned())));
    connection.send("GET", path, &headers, b"").await;
    assert_eq!(connection.head().await.unwrap().status, 200);
    connection.events()
}

/// A token that is good for one more second.
fn until() -> String {
    let soon = SystemTime::now() + Duration::from_secs(1);
    format!("acme.until.{}", soon.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis())
}

#[tokio::test]
async fn streams_end_when_the_token_does_and_calls_do_not() {
    let server = HttpServer::serve(acme()).await;
    let token = until();
    let session = greet(&server, &token, Revision::V2025_11_25).await;
    let mut unasked = stream(&server, &token, "/mcp", Some(&session)).await;
    let mut old = stream(&server, &token, "/sse", None).await;
    let listen = json!({ "notifications": { "toolsListChanged": true } });
    let listening = ask(&server, Some(&format!("Bearer {token}")), "subscriptions/listen", listen).await;
    assert!(listening.text().contains("notifications/subscriptions/acknowledged"), "{}", listening.text());
    let ends = async |events: &mut Events| while events.next().await.is_some() {};
    within("the end of the stream", ends(&mut unasked)).await;
    within("the end of the stream", ends(&mut old)).await;
    assert_eq!(call(&server, &token, "whoami").await.head.status, 401);
    // With a new one the session goes on.
    let renewed = in_session(&server, "acme.scopes.notes_use", Some(&session), &a_call("whoami")).await;
    assert_eq!(renewed.head.status, 200);
}

#[tokio::test]
async fn a_subscription_ends_with_the_right_to_read() {
    let server = HttpServer::serve(acme()).await;
    let (more, less) = ("acme.scopes.notes_use~notes_read", "acme.scopes.notes_use");
    let session = greet(&server, more, Revision::V2025_11_25).await;
    let mut events = stream(&server, more, "/mcp", Some(&session)).await;
    let subscribe =
        json!({ "jsonrpc": "2.0", "id": 3, "method": "resources/subscribe", "params": { "uri": "notes://today" } });
    assert_eq!(in_session(&server, more, Some(&session), &subscribe).await.head.status, 200);
    // The change is told after the second call, and the first is not.
    in_session(&server, less, Some(&session), &a_call("change")).await;
    in_session(&server, less, Some(&session), &a_call("hello")).await;
    in_session(&server, more, Some(&session), &a_call("change")).await;
    let message = within("the notice", events.message()).await.expect("the notice");
    assert_eq!(message["method"], "notifications/resources/updated");
    let mut told = 1;
    server.ask_to_end().await;
    while events.message().await.is_some() {
        told += 1;
    }
    assert_eq!(told, 1, "with the right to read alone");
}

#[tokio::test]
async fn a_flood_of_bad_tokens_is_cut_off_and_good_ones_go_on() {
    let server = HttpServer::listening(server().auth(tokens()).build().unwrap()).await;
    for n in 0..30 {
        assert_eq!(call(&server, &format!("bad-{n}"), "hello").await.head.status, 401, "{n}");
    }
    let refusal = call(&server, "bad-again", "hello").await;
    assert_eq!((refusal.head.status, challenge(&refusal)), (429, "(none)"));
    let wait: u64 = refusal.head.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(said(&call(&server, ADA, "hello").await), "hello ada", "its look-up costs nothing");
}

/// The audit lines of a server, as they are written.
struct Lines(mpsc::UnboundedSender<Value>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lines = std::str::from_utf8(bytes).unwrap().lines();
        lines.for_each(|line| self.0.send(serde_json::from_str(line).unwrap()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn whoever_is_turned_away_is_counted_and_audited_without_the_token() {
    let (told, mut audited) = mpsc::unbounded_channel();
    let acme = Acme { required: &["notes:use"], ..Acme::default() };
    let server = server().auth(acme).auth(tokens()).public_url(URL).metrics().audit(Audit::writer(Lines(told)));
    let server = HttpServer::listening(server.build().unwrap()).await;
    let scraped = async || request(&server, "GET", "/metrics", &[], "").await.text();
    let count = |text: &str, result: &str| -> u32 {
        let series = format!("mcp_auth_total{{result=\"{result}\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&series));
        line.unwrap_or_else(|| panic!("no {result} in {text}")).parse().unwrap()
    };
    let before = scraped().await;
    for result in ["ok", "none", "scope", "unavailable", "expired", "signature", "audience", "too_many", "_unknown"] {
        assert_eq!(count(&before, result), 0, "{result}");
    }
    let start = within("an audit line", audited.recv()).await.unwrap();
    assert_eq!(start["action"], "start");
    let refused = |outcome| Some(("refused", outcome));
    for (authorization, status, result, line) in [
        (None, 401, "none", refused("unauthorized")),
        (Some("Basic YTpi"), 401, "none", refused("unauthorized")),
        (Some("Bearer acme.expired"), 401, "expired", refused("unauthorized")),
        (Some("Bearer acme.secret.x"), 401, "_unknown", refused("unauthorized")),
        (Some("Bearer nobodys"), 401, "unknown", refused("unauthorized")),
        (Some("Bearer acme.scopes.notes_read"), 403, "scope", refused("forbidden")),
        // These say nothing about who calls; the line that comes next is that of the call after them.
        (Some("Bearer acme.away"), 503, "unavailable", None),
        (Some("Bearer a b"), 400, "request", None),
        (Some("Bearer acme.good.ada"), 200, "ok", Some(("tools/call", "ok"))),
    ] {
        let counted = count(&scraped().await, result);
        let answer = ask(&server, authorization, "tools/call", json!({ "name": "hello" })).await;
        assert_eq!(answer.head.status, status, "{authorization:?}");
        assert_eq!(count(&scraped().await, result), counted + 1, "{authorization:?}");
        let Some((action, outcome)) = line else { continue };
        let told = within("an audit line", audited.recv()).await.unwrap();
        assert_eq!((&told["action"], &told["outcome"]), (&json!(action), &json!(outcome)), "{authorization:?}");
        assert_eq!(told["peer"], "127.0.0.1");
        let told = told.to_string();
        assert!(
            !["nobodys", "acme.good", "acme.expired", "acme.secret", "acme.scopes", "YTpi"]
                .iter()
                .any(|text| told.contains(text)),
            "{told}"
        );
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let acme = Acme { required: &["offline_access", "a b"], ..Acme::default() };
    let map = TokenMap::new()
        .token("short", Caller::new("ada"))
        .token("has a space in it 123", Caller::new("ada"))
        .token(ADA, Caller::anonymous())
        .token(BOB, Caller::new("bob"))
        .token(BOB, Caller::new("carl"))
        .required_scope("c d");
    let server = server()
        .auth(acme)
        .auth(map)
        .auth(TokenMap::from_env("A_VARIABLE_THAT_NOBODY_SETS"))
        .auth(TokenMap::from_file("/nowhere/tokens"))
        .advertise_scopes(["unknown:scope"])
        .scope_implies("all", ["nobody:needs"])
        .public_url("http://mcp.acme.com/mcp#here");
    let error = format!("{}", server.build().unwrap_err());
    for expected in [
        "`offline_access` is between a client and its authorization server",
        "\"a b\" is not a scope",
        "its token has 5 characters, and needs 16",
        "its token has characters that no header carries",
        "its token stands for nobody",
        "its token is there already",
        "`TokenMap::required_scope(\"c d\")` at tests/it/auth.rs:",
        "`TokenMap::from_env(\"A_VARIABLE_THAT_NOBODY_SETS\")` at tests/it/auth.rs:",
        "is not set: `token=subject:role,scope:name`",
        "`TokenMap::from_file(\"/nowhere/tokens\")` at tests/it/auth.rs:",
        "`advertise_scopes([\"unknown:scope\"])` names a scope that no component needs",
        "`scope_implies(.., [\"nobody:needs\"])` names a scope that no component needs",
        "`public_url(\"http://mcp.acme.com/mcp#here\")` at tests/it/auth.rs:",
        "add `.public_url(\"https://..\")`, or set FASTMCP_PUBLIC_URL",
    ] {
        assert!(error.contains(expected), "{expected}\n{error}");
    }
    for secret in ["short", "has a space in it", ADA, BOB] {
        assert!(!error.contains(secret), "{error}");
    }
    let debug = format!("{:?} {:?}", tokens(), Server::empty("notes").auth(tokens()));
    assert!(debug.contains("tokens: 2") && !debug.contains(ADA), "{debug}");
}

#[tokio::test]
async fn the_secure_example_knows_its_callers_and_shows_no_token() {
    const TOKENS: &str =
        "sk-canary-reader-01=ada:reader,notes:read;sk-canary-editor-01=bob:editor,notes:read,notes:write";
    let example = Example::named("secure").env("MCP_AUTH_TOKENS", TOKENS).env("FASTMCP_LOG", "trace");
    let server = HttpServer::start(example).await;
    let mut seen = String::new();
    for (token, tool, status) in [
        ("sk-canary-reader-01", "whoami", 200),
        ("sk-canary-reader-01", "list_notes", 200),
        ("sk-canary-reader-01", "delete_notes", 200),
        ("sk-canary-editor-01", "delete_notes", 200),
        ("sk-canary-nobody-01", "whoami", 401),
    ] {
        let response = call(&server, token, tool).await;
        assert_eq!(response.head.status, status, "{token} {tool}");
        seen += &format!("{response:?}{}", response.text());
    }
    let refusal = call(&server, "sk-canary-reader-01", "add_note").await;
    assert_eq!(refusal.head.status, 403);
    seen += &format!("{refusal:?}{}", refusal.text());
    assert!(seen.contains("ada (reader)"), "{seen}");
    let log = server.log.clone();
    server.terminate().await;
    seen += &log.ended().await;
    assert!(!seen.contains("canary"), "{seen}");

    let mut local = Client::start(Example::named("secure"), Transport::Stdio, Revision::V2026_07_28).await;
    assert_eq!(text_of(&local.call("whoami", json!({})).await), "whoever started it");
    assert_eq!(local.value("add_note", json!({ "text": "hello" })).await, 1);
    assert_eq!(local.value("delete_notes", json!({})).await, 1);
    local.finish().await;
    // A broken variable is one start-up error without any token.
    let wrong = Example::named("secure")
        .env("MCP_AUTH_TOKENS", "sk-canary=ada;nonsense")
        .args(["--http", "127.0.0.1:0"])
        .output()
        .await;
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(!wrong.status.success() && said.contains("number 1") && said.contains("number 2"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
