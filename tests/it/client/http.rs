//! Streamable HTTP from the client's side.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastmcp_rs::Revision;
use fastmcp_rs::client::{
    Again, AuthChallenge, AuthError, AuthFuture, Client, ClientAuth, ClientError, ConnectError, Era, Listen, Sent,
    ServerChange,
};
use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::example::HttpServer;
use fastmcp_rs_tests::within;
use serde_json::{Value, json};

use super::fake::{discovered, initialized, text};
use super::web::Web;

const LEGACY: Revision = Revision::V2025_11_25;
const MODERN: Revision = Revision::V2026_07_28;
const JSON: (&str, &str) = ("Content-Type", "application/json");

#[model]
struct Sure {
    sure: bool,
}

/// Says hello, if one is sure.
#[tool]
async fn greet(ctx: Context, #[arg(header = "Name")] name: String) -> Result<String, ToolError> {
    ctx.info("greets").await;
    ctx.progress(1.0, 1.0).await;
    if ctx.client_info().is_some_and(|info| info.name == "asked") {
        return Ok(match ctx.elicit::<Sure>("Sure?").await? {
            Elicited::Accepted(Sure { sure: true }) => format!("Hello, {name}!"),
            _ => "nobody".to_owned(),
        });
    }
    Ok(format!("Hello, {name}!"))
}

/// A note.
#[resource("note://one")]
fn note() -> &'static str {
    "one"
}

async fn served() -> (HttpServer, fastmcp_rs::RunningServer, String) {
    let server = Server::empty("web").tool(greet).resource(note).build().unwrap();
    let http = HttpServer::serve(server.clone()).await;
    let url = format!("http://{}{}", http.address, http.path);
    (http, server, url)
}

#[tokio::test]
async fn a_server_of_ours_is_used_in_every_revision() {
    let (http, server, url) = served().await;
    for revision in Revision::ALL {
        let said = Arc::new(Mutex::new(Vec::new()));
        let (logged, told) = (Arc::clone(&said), Arc::clone(&said));
        let client = Client::http(&url).era(revision).on_log(move |log| logged.lock().unwrap().push(log.text()));
        let client = client.connect().await.unwrap();
        assert_eq!((client.revision(), client.server().name.as_str()), (revision, "web"));
        assert_eq!(client.tools().await.unwrap().len(), 1);
        let request = client.request_tool("greet", json!({ "name": "\u{c5}da" }));
        let request = request.on_progress(move |progress| told.lock().unwrap().push(progress.done.to_string()));
        assert_eq!(request.await.unwrap().to_text(), "Hello, \u{c5}da!");
        assert_eq!(*said.lock().unwrap(), ["greets", "1"], "{revision}");
        assert_eq!(client.read_resource("note://one").await.unwrap().to_text(), "one");
        let mut news = client.listen(Listen::resource("note://one")).await.unwrap();
        // Where changes come by a stream of their own, that may be opening still.
        let heard = async {
            loop {
                server.resource_updated("note://one");
                if let Ok(change) = tokio::time::timeout(Duration::from_millis(50), news.next()).await {
                    return change;
                }
            }
        };
        assert_eq!(within("a change", heard).await, Some(ServerChange::ResourceUpdated("note://one".into())));
        client.close().await.unwrap();
    }
    http.terminate().await;
}

#[tokio::test]
async fn a_server_of_ours_is_found_to_be_of_the_newest() {
    let (http, _server, url) = served().await;
    let client = Client::http(&url).connect().await.unwrap();
    assert_eq!(client.revision(), MODERN);
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.call::<String>("greet", json!({ "name": number.to_string() })).await })
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap(), format!("Hello, {number}!"));
    }
    assert_eq!(client.pending(), 0);
    http.terminate().await;
}

#[tokio::test]
async fn questions_are_answered_over_http() {
    let (http, _server, url) = served().await;
    for revision in [Revision::V2025_06_18, LEGACY, MODERN] {
        let client = Client::http(&url)
            .era(revision)
            .info(fastmcp_rs::protocol::Implementation::new("asked", "1"))
            .on_elicit(|ask| async move { Ok::<_, std::io::Error>(ask.accept(json!({ "sure": true }))) });
        let client = client.connect().await.unwrap();
        assert_eq!(client.call::<String>("greet", json!({ "name": "Ada" })).await.unwrap(), "Hello, Ada!");
        client.close().await.unwrap();
    }
    http.terminate().await;
}

#[tokio::test]
async fn each_revision_has_its_headers() {
    for revision in Revision::ALL {
        let (client, mut web) = Web::greeted(revision, |builder| builder.bearer("abc").header("X-Key", "7")).await;
        let (read, ()) = tokio::join!(client.read_resource("file:///path/to/file%20name.txt"), async {
            let asked = web.expect("resources/read").await;
            assert_eq!(asked.header("accept"), Some("application/json, text/event-stream"));
            assert_eq!(asked.header("content-type"), Some("application/json"));
            assert_eq!((asked.header("authorization"), asked.header("x-key")), (Some("Bearer abc"), Some("7")));
            let legacy = revision.has_handshake();
            assert_eq!(asked.header("mcp-session-id"), legacy.then_some("session-1"));
            let version = (revision >= Revision::V2025_06_18).then_some(revision.as_str());
            assert_eq!(asked.header("mcp-protocol-version"), version);
            assert_eq!(asked.header("mcp-method"), (!legacy).then_some("resources/read"));
            assert_eq!(asked.header("mcp-name"), (!legacy).then_some("file:///path/to/file%20name.txt"));
            asked.answer(json!({ "contents": [{ "uri": "a://b", "text": "read" }] })).await;
        });
        assert_eq!(read.unwrap().to_text(), "read");
        let closing = tokio::spawn(client.close());
        if revision.has_handshake() {
            let asked = web.post().await;
            assert_eq!((asked.method.as_str(), asked.header("mcp-session-id")), ("DELETE", Some("session-1")));
            asked.respond(405, &[], "").await;
        }
        closing.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_session_that_is_lost_is_begun_anew_once_for_all() {
    let (client, mut web) = Web::greeted(LEGACY, |builder| builder).await;
    let calls: Vec<_> = (0..3)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.call_tool("t", json!({ "number": number })).await })
        })
        .collect();
    let mut lost = Vec::new();
    for _ in 0..3 {
        lost.push(web.expect("tools/call").await);
    }
    for asked in lost {
        assert_eq!(asked.header("mcp-session-id"), Some("session-1"));
        asked
            .respond(
                404,
                &[JSON],
                r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#,
            )
            .await;
    }
    let again = web.expect("initialize").await;
    assert_eq!(again.header("mcp-session-id"), None);
    let answer = json!({ "jsonrpc": "2.0", "id": again.body["id"], "result": initialized(LEGACY.as_str()) });
    again.respond(200, &[JSON, ("Mcp-Session-Id", "session-2")], &answer.to_string()).await;
    let initialized = web.expect("notifications/initialized").await;
    assert_eq!(initialized.header("mcp-session-id"), Some("session-2"));
    initialized.respond(202, &[], "").await;
    for _ in 0..3 {
        let asked = web.expect("tools/call").await;
        assert_eq!(asked.header("mcp-session-id"), Some("session-2"));
        asked.answer(text("done")).await;
    }
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().to_text(), "done");
    }
}

#[tokio::test]
async fn a_new_session_is_told_what_the_old_one_was() {
    let (client, mut web) = Web::greeted(LEGACY, |builder| builder).await;
    let (news, ()) = tokio::join!(client.listen(Listen::resource("a://b")), async {
        web.expect("resources/subscribe").await.answer(json!({})).await;
    });
    let _news = news.unwrap();
    let (set, ()) = tokio::join!(client.set_log_level(fastmcp_rs::LogLevel::Error), async {
        web.expect("logging/setLevel").await.answer(json!({})).await;
    });
    set.unwrap();
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        // Some say 400 where the session is gone.
        web.expect("tools/call").await.respond(400, &[], "Bad Request: No valid session ID provided").await;
        web.greet(LEGACY, "session-2").await;
        let level = web.expect("logging/setLevel").await;
        assert_eq!(level.body["params"]["level"], "error");
        level.answer(json!({})).await;
        let subscription = web.expect("resources/subscribe").await;
        assert_eq!(subscription.body["params"]["uri"], "a://b");
        subscription.answer(json!({})).await;
        web.expect("tools/call").await.answer(text("done")).await;
    });
    assert_eq!(result.unwrap().to_text(), "done");
}

#[tokio::test]
async fn a_session_that_is_lost_again_is_an_error() {
    let (client, mut web) = Web::greeted(LEGACY, |builder| builder).await;
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        web.expect("tools/call").await.respond(404, &[], "").await;
        web.greet(LEGACY, "session-2").await;
        web.expect("tools/call").await.respond(404, &[], "gone again").await;
    });
    let error = result.unwrap_err();
    assert!(matches!(error, ClientError::Http { status: 404, .. }), "{error:?}");
    assert_eq!(error.was_sent(), Sent::No);
}

#[tokio::test]
async fn a_redirect_is_followed_where_a_post_stays_one_and_stays_here() {
    let (client, mut web) = Web::greeted(MODERN, |builder| builder.bearer("abc")).await;
    for status in [307, 308] {
        let (result, ()) = tokio::join!(client.call_tool("t", json!({ "a": 1 })), async {
            if status == 307 {
                web.expect("tools/list").await.answer(json!({ "tools": [] })).await;
            }
            web.expect("tools/call").await.respond(status, &[("Location", "/elsewhere?x=1")], "").await;
            let asked = web.expect("tools/call").await;
            assert_eq!((asked.path.as_str(), asked.method.as_str()), ("/elsewhere?x=1", "POST"));
            assert_eq!(asked.body["params"]["arguments"], json!({ "a": 1 }));
            asked.answer(text("found")).await;
        });
        assert_eq!(result.unwrap().to_text(), "found");
    }
    for (status, to) in
        [(301, "/elsewhere"), (302, "/elsewhere"), (303, "/elsewhere"), (307, "http://127.0.0.1:1/mcp?token=x")]
    {
        let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
            web.expect("tools/call").await.respond(status, &[("Location", to)], "").await;
        });
        let error = result.unwrap_err();
        assert!(matches!(error, ClientError::Http { status: got, .. } if got == status), "{error:?}");
        let words = error.to_string();
        assert!(words.contains(to.split('?').next().unwrap()) && !words.contains("token"), "{words}");
    }
    web.is_left_alone().await;
}

/// Has a new token once it is asked.
struct Fresh(Mutex<Vec<AuthChallenge>>);

impl ClientAuth for Fresh {
    fn headers(&self) -> AuthFuture<'_, Vec<(String, String)>> {
        let token = if self.0.lock().unwrap().is_empty() { "old" } else { "new" };
        Box::pin(async move { Ok(vec![("Authorization".to_owned(), format!("Bearer {token}"))]) })
    }

    fn challenged<'a>(&'a self, challenge: &'a AuthChallenge) -> AuthFuture<'a, Again> {
        self.0.lock().unwrap().push(challenge.clone());
        Box::pin(async { Ok(Again::Retry) })
    }
}

#[tokio::test]
async fn whoever_is_asked_who_it_is_says_so_once_more_and_not_for_ever() {
    let mut web = Web::start().await;
    let connecting = web.connect(|builder| builder.era(MODERN).auth(Fresh(Mutex::default())));
    let challenge = ("WWW-Authenticate", "Bearer error=\"invalid_token\", scope=\"a b\"");
    let asked = web.expect("server/discover").await;
    assert_eq!(asked.header("authorization"), Some("Bearer old"));
    asked.respond(401, &[challenge], "").await;
    let asked = web.expect("server/discover").await;
    assert_eq!(asked.header("authorization"), Some("Bearer new"));
    asked.answer(discovered(&[MODERN.as_str()])).await;
    let client = connecting.await.unwrap().unwrap();
    for (status, needed) in [(401, None), (403, Some("a b"))] {
        let (pong, ()) = tokio::join!(client.ping(), async {
            for _ in 0..2 {
                web.expect("server/discover").await.respond(status, &[challenge], "").await;
            }
        });
        let error = pong.unwrap_err();
        match &error {
            ClientError::Auth(AuthError::Required { challenge: Some(_), .. }) => assert_eq!(needed, None),
            ClientError::Auth(AuthError::Scope { needed: scope, .. }) => assert_eq!(needed, Some(scope.as_str())),
            other => panic!("{other:?}"),
        }
        assert_eq!(error.was_sent(), Sent::No);
    }
    web.is_left_alone().await;
}

#[tokio::test]
async fn a_refusal_is_told_by_its_status() {
    let (client, mut web) = Web::greeted(MODERN, |builder| builder).await;
    for (status, headers, sent, retryable, after) in [
        (429, vec![("Retry-After", "7")], Sent::No, true, Some(7)),
        (503, vec![("Retry-After", "120")], Sent::Maybe, true, Some(120)),
        (500, vec![], Sent::Maybe, true, None),
        (413, vec![], Sent::No, false, None),
        (403, vec![], Sent::No, false, None),
        (404, vec![("Content-Type", "text/html")], Sent::No, false, None),
    ] {
        let (pong, ()) = tokio::join!(client.ping(), async {
            web.expect("server/discover").await.respond(status, &headers, "<h1>No</h1>\u{7}").await;
        });
        let error = pong.unwrap_err();
        let ClientError::Http { status: got, retry_after, body_start, .. } = &error else { panic!("{error:?}") };
        assert_eq!((*got, retry_after.map(|after| after.as_secs())), (status, after));
        assert!(body_start.starts_with("<h1>No</h1>") && !body_start.contains('\u{7}'));
        assert_eq!((error.was_sent(), error.is_retryable()), (sent, retryable), "{status}");
    }
    // The client is as good as before.
    let (pong, ()) = tokio::join!(client.ping(), async {
        web.expect("server/discover").await.answer(discovered(&[MODERN.as_str()])).await;
    });
    pong.unwrap();
}

#[tokio::test]
async fn what_leads_to_the_handshake_and_what_does_not() {
    for (status, body) in [
        (400, r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"no session"},"id":null}"#),
        (400, ""),
        (404, "<html>"),
        (405, ""),
        (406, ""),
        (415, ""),
        (200, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"what?"}}"#),
    ] {
        let mut web = Web::start().await;
        let connecting = web.connect(|builder| builder);
        web.expect("server/discover").await.respond(status, &[JSON], body).await;
        web.greet(LEGACY, "s").await;
        assert_eq!(connecting.await.unwrap().unwrap().revision(), LEGACY, "{status} {body}");
    }
    for status in [401, 403, 429, 500, 502, 503] {
        let mut web = Web::start().await;
        let connecting = web.connect(|builder| builder);
        let challenge = [("WWW-Authenticate", "Bearer")];
        web.expect("server/discover").await.respond(status, &challenge, "").await;
        let error = connecting.await.unwrap().unwrap_err();
        assert!(matches!(error, ClientError::Http { .. } | ClientError::Auth(_)), "{error:?}");
        web.is_left_alone().await;
    }
    // The new era says what it speaks.
    let mut web = Web::start().await;
    let connecting = web.connect(|builder| builder);
    web.expect("server/discover").await.refuse(400, -32022, json!({ "supported": ["2026-07-28"] })).await;
    web.expect("server/discover").await.answer(discovered(&["2026-07-28"])).await;
    assert_eq!(connecting.await.unwrap().unwrap().revision(), MODERN);
    // A page for people is no server.
    let mut web = Web::start().await;
    let connecting = web.connect(|builder| builder.era(Era::Handshake));
    web.expect("initialize").await.respond(200, &[("Content-Type", "text/html")], "<html>").await;
    let error = connecting.await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::Connect(ConnectError::NotMcp { .. })), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_secrets() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = Client::http(format!("http://{address}/mcp?key=secret")).connect().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(ConnectError::Refused { .. })), "{error:?}");
    assert!(error.to_string().contains(&address.to_string()) && !error.to_string().contains("secret"), "{error}");
    for url in ["localhost:8000", "ftp://a/b", "http://user:secret@host/"] {
        let error = Client::http(url).connect().await.unwrap_err();
        assert!(matches!(error, ClientError::Connect(ConnectError::Setting { .. })), "{error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let error = Client::http("http://no.such.host.invalid/mcp").connect().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(ConnectError::Dns { .. })), "{error:?}");
}

#[tokio::test]
async fn a_stream_is_resumed_where_the_revision_has_that() {
    let (client, mut web) = Web::greeted(LEGACY, |builder| builder).await;
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        let asked = web.expect("tools/call").await;
        let id = asked.body["id"].clone();
        let mut stream = asked.stream().await;
        stream.write("id: stream-1\nretry: 300\ndata:\n\n").await;
        let began = tokio::time::Instant::now();
        stream.close().await;
        let mut asked = web.get().await;
        // The stream of what belongs to no request may come in between.
        while asked.header("last-event-id").is_none() {
            asked.respond(405, &[], "").await;
            asked = web.get().await;
        }
        assert_eq!(asked.header("last-event-id"), Some("stream-1"));
        assert_eq!(asked.header("mcp-session-id"), Some("session-1"));
        let waited = began.elapsed();
        assert!((Duration::from_millis(250)..Duration::from_millis(2000)).contains(&waited), "{waited:?}");
        let mut stream = asked.stream().await;
        stream.event(json!({ "jsonrpc": "2.0", "id": id, "result": text("after all") })).await;
    });
    assert_eq!(result.unwrap().to_text(), "after all");
}

#[tokio::test]
async fn a_stream_that_ends_without_an_answer_is_told_and_the_call_is_not_repeated() {
    for (revision, event) in
        [(MODERN, "id: 1\ndata:\n\n"), (LEGACY, ": nothing\n\n"), (LEGACY, "data: {\"jsonrpc\":\n\n")]
    {
        let (client, mut web) = Web::greeted(revision, |builder| builder).await;
        let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
            let mut asked = web.post().await;
            if asked.body["method"] == "tools/list" {
                asked.answer(json!({ "tools": [] })).await;
                asked = web.expect("tools/call").await;
            }
            let mut stream = asked.stream().await;
            stream.write(event).await;
            stream.close().await;
        });
        let error = result.unwrap_err();
        assert!(matches!(&error, ClientError::Disconnected { during: Some(method), .. } if method == "tools/call"));
        assert_eq!(error.was_sent(), Sent::Maybe);
        assert_eq!(client.pending(), 0);
        assert!(!client.is_closed());
        web.is_left_alone().await;
    }
}

#[tokio::test]
async fn what_nobody_waits_for_is_cancelled_as_the_revision_has_it() {
    let (client, mut web) = Web::greeted(MODERN, |builder| builder).await;
    let calling = tokio::spawn({
        let client = client.clone();
        async move { client.call_tool("t", ()).await }
    });
    web.expect("tools/list").await.answer(json!({ "tools": [] })).await;
    let mut stream = web.expect("tools/call").await.stream().await;
    stream.write(": alive\n\n").await;
    calling.abort();
    stream.is_closed().await;
    assert_eq!(client.pending(), 0);

    let (client, mut web) = Web::greeted(LEGACY, |builder| builder.timeout(Duration::from_millis(200))).await;
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        let asked = web.expect("tools/call").await;
        let id = asked.body["id"].clone();
        let _stream = asked.stream().await;
        let cancelled = web.expect("notifications/cancelled").await;
        assert_eq!(cancelled.body["params"]["requestId"], id);
        cancelled.respond(202, &[], "").await;
    });
    assert!(matches!(result.unwrap_err(), ClientError::Timeout { cancelled: true, .. }));
}

#[tokio::test]
async fn the_stream_of_changes_is_opened_again_and_not_for_ever_where_there_is_none() {
    let web = Web::start().await;
    let mut web = web;
    let connecting = web.connect(|builder| builder.era(LEGACY));
    let request = web.expect("initialize").await;
    let answer = json!({ "jsonrpc": "2.0", "id": request.body["id"], "result": initialized(LEGACY.as_str()) });
    request.respond(200, &[JSON, ("Mcp-Session-Id", "s")], &answer.to_string()).await;
    web.post().await.respond(202, &[], "").await;
    let client = connecting.await.unwrap().unwrap();
    let mut news = client.listen(Listen::tools()).await.unwrap();
    let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
    let mut stream = web.get().await.stream().await;
    stream.write(&format!("id: 7\nretry: 20\ndata: {changed}\n\n")).await;
    assert_eq!(within("a change", news.next()).await, Some(ServerChange::ToolsChanged));
    stream.close().await;
    // What it was resumed from is gone, so a new one is opened.
    let again = web.get().await;
    assert_eq!(again.header("last-event-id"), Some("7"));
    again.respond(400, &[], "").await;
    let fresh = web.get().await;
    assert_eq!(fresh.header("last-event-id"), None);
    fresh.respond(405, &[], "").await;
    web.is_left_alone().await;
    assert!(!client.is_closed());
}

#[tokio::test]
async fn arguments_are_repeated_by_headers_and_tools_with_bad_ones_left_out() {
    let problems = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&problems);
    let (client, mut web) =
        Web::greeted(MODERN, move |builder| builder.on_problem(move |what| told.lock().unwrap().push(what.to_owned())))
            .await;
    let tool = |name: &str, properties: Value| json!({ "name": name, "inputSchema": { "type": "object", "properties": properties } });
    let header = |kind: &str, name: Value| json!({ "type": kind, "x-mcp-header": name });
    let good = json!({
        "region": header("string", json!("Region")), "count": header("integer", json!("Count")),
        "dry": header("boolean", json!("Dry")), "empty": header("string", json!("Empty")),
        "gone": header("string", json!("Gone")), "plain": { "type": "string" },
        "where": { "type": "object", "properties": { "city": header("string", json!("City")) } },
    });
    let mut page = vec![tool("good", good.clone())];
    for (index, bad) in
        [json!(""), json!({}), json!([]), json!(null), json!("a b"), json!("a:b"), json!("\u{e9}"), json!("a\r\nb")]
            .into_iter()
            .enumerate()
    {
        page.push(tool(&format!("bad{index}"), json!({ "a": header("string", bad) })));
    }
    page.push(tool("number", json!({ "a": header("number", json!("A")) })));
    page.push(tool("twice", json!({ "a": header("string", json!("A")), "b": header("string", json!("a")) })));
    let arguments = json!({
        "region": "us-west1", "count": 42, "dry": false, "empty": "", "gone": null, "plain": "p", "where": { "city": "\u{c5}s" }
    });
    let second = vec![tool("later", json!({ "a": header("string", json!("A")) }))];
    let (result, ()) = tokio::join!(client.call_tool("good", &arguments), async {
        // The list has to be known first, and all of it.
        web.expect("tools/list").await.answer(json!({ "tools": page, "nextCursor": "2" })).await;
        web.expect("tools/list").await.answer(json!({ "tools": second })).await;
        let asked = web.expect("tools/call").await;
        assert_eq!((asked.header("mcp-method"), asked.header("mcp-name")), (Some("tools/call"), Some("good")));
        for (name, value) in [
            ("region", Some("us-west1")),
            ("count", Some("42")),
            ("dry", Some("false")),
            ("empty", Some("")),
            ("gone", None),
            ("plain", None),
            ("city", Some("=?base64?w4Vz?=")),
        ] {
            assert_eq!(asked.header(&format!("mcp-param-{name}")), value, "{name}");
        }
        asked.answer(text("done")).await;
    });
    result.unwrap();
    assert_eq!(problems.lock().unwrap().len(), 10, "{problems:#?}");

    // The server has changed its mind: once more by a new list.
    let (result, ()) = tokio::join!(client.call_tool("later", json!({ "a": "x" })), async {
        let asked = web.expect("tools/call").await;
        assert_eq!(asked.header("mcp-param-a"), Some("x"));
        asked.refuse(400, -32020, Value::Null).await;
        let changed = tool("later", json!({ "a": header("string", json!("B")) }));
        web.expect("tools/list").await.answer(json!({ "tools": [changed] })).await;
        let asked = web.expect("tools/call").await;
        assert_eq!((asked.header("mcp-param-a"), asked.header("mcp-param-b")), (None, Some("x")));
        asked.answer(text("done")).await;
    });
    result.unwrap();
}

#[tokio::test]
async fn an_error_without_an_id_is_that_of_the_request_it_answers() {
    let (client, mut web) = Web::greeted(MODERN, |builder| builder).await;
    for id in ["", "\"id\":null,"] {
        let (pong, ()) = tokio::join!(client.ping(), async {
            let body = format!("{{\"jsonrpc\":\"2.0\",{id}\"error\":{{\"code\":-32700,\"message\":\"not JSON\"}}}}");
            web.expect("server/discover").await.respond(400, &[JSON], &body).await;
        });
        assert!(matches!(pong.unwrap_err(), ClientError::Rpc { code: -32700, .. }));
    }
    let (pong, ()) = tokio::join!(client.ping(), async {
        web.expect("server/discover").await.respond(200, &[JSON], "[]").await;
    });
    assert!(matches!(pong.unwrap_err(), ClientError::Protocol { .. }));
}

#[tokio::test]
async fn the_older_transport_of_two_urls_is_found_and_used() {
    let mut web = Web::start().await;
    let connecting = web.connect(|builder| builder);
    for _ in 0..2 {
        web.post().await.respond(405, &[], "").await;
    }
    let mut stream = web.get().await.stream().await;
    stream.write(": hello\n\nevent: endpoint\ndata: /messages?session=1\n\n").await;
    let asked = web.expect("initialize").await;
    assert_eq!(asked.path, "/messages?session=1");
    let id = asked.body["id"].clone();
    asked.respond(202, &[], "Accepted").await;
    stream.event(json!({ "jsonrpc": "2.0", "id": id, "result": initialized("2024-11-05") })).await;
    web.expect("notifications/initialized").await.respond(202, &[], "").await;
    let client = connecting.await.unwrap().unwrap();
    assert_eq!(client.revision(), Revision::V2024_11_05);
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        let asked = web.expect("tools/call").await;
        let id = asked.body["id"].clone();
        asked.respond(202, &[], "").await;
        stream.event(json!({ "jsonrpc": "2.0", "id": id, "result": text("by the stream") })).await;
    });
    assert_eq!(result.unwrap().to_text(), "by the stream");
    let (result, ()) = tokio::join!(client.call_tool("t", ()), async {
        web.expect("tools/call").await.respond(202, &[], "").await;
        stream.close().await;
    });
    assert!(matches!(result.unwrap_err(), ClientError::Disconnected { .. }));
    assert!(client.is_closed());
}

#[tokio::test]
async fn an_endpoint_that_is_somebody_elses_is_not_used() {
    let mut web = Web::start().await;
    let url = web.url.clone();
    let connecting = tokio::spawn(Client::sse(url).connect());
    let mut stream = web.get().await.stream().await;
    stream.write("event: endpoint\ndata: http://evil.example/messages\n\n").await;
    let error = connecting.await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::Protocol { .. }), "{error:?}");
}
