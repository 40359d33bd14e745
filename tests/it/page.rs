//! The page for people: where it is served, to whom, and with what around it. What it does in a browser is tested by
//! `fastmcp-rs/page/test`.

use std::os::unix::fs::PermissionsExt as _;

use fastmcp_rs::{Http, Page, prelude::*};
use fastmcp_rs_tests::{
    Client, Example, Revision, Transport,
    example::HttpServer,
    http::{Connection, Response},
};
use serde_json::json;

/// What a browser says when somebody opens an address.
const BROWSER: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
const GZIP: (&str, &str) = ("Accept-Encoding", "gzip, deflate, br");

/// Says it again.
#[tool(inline)]
fn echo(text: String) -> String {
    text
}

fn server() -> Server {
    Server::empty("paged").tool(echo)
}

/// Opens a door.
#[tool(inline)]
fn enter(#[arg(sensitive)] word: String, door: u8) -> usize {
    word.len() + usize::from(door)
}

async fn ask(address: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut connection = Connection::open(address).await;
    let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    connection.send(method, path, &headers, b"").await;
    connection.response().await.expect("an answer")
}

async fn opened(address: &str, path: &str) -> Response {
    ask(address, "GET", path, &[BROWSER, GZIP]).await
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

#[tokio::test]
async fn a_browser_is_shown_the_page_and_a_program_what_it_was_shown_before() {
    let served = HttpServer::start(Example::named("weather")).await;
    let page = opened(&served.address, "/").await;
    assert_eq!((page.head.status, page.head.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let html = text(&page);
    for part in ["content=\"./mcp\"", "src=\"./page.js\"", "href=\"./page.css\""] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    for accept in ["*/*", "application/json", "text/event-stream", "text/plain, application/*"] {
        let answer = ask(&served.address, "GET", "/", &[("Accept", accept)]).await;
        assert_eq!((answer.head.status, answer.body.len()), (404, 0), "{accept}");
    }
    assert_eq!(ask(&served.address, "GET", "/", &[]).await.head.status, 404);
    assert_eq!(opened(&served.address, "/other").await.head.status, 404);
    assert_eq!(ask(&served.address, "POST", "/", &[BROWSER]).await.head.status, 405);
    let address = &served.address;
    served
        .log
        .wait_for("the address of the page", |log| log.contains(&format!("open http://{address}/ in")).then_some(()))
        .await;
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn nothing_of_others_can_run_in_it_and_nobody_frames_it() {
    let served = HttpServer::start(Example::named("weather")).await;
    for path in ["/", "/page.js", "/page.css"] {
        let answer = opened(&served.address, path).await;
        assert_eq!(answer.head.status, 200, "{path}");
        let policy = answer.head.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.split("; ").any(|known| known == part), "{part} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(answer.head.header(name), Some(value), "{path}: {name}");
        }
    }
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn its_files_are_packed_and_are_sent_again_only_when_they_changed() {
    let served = HttpServer::start(Example::named("weather")).await;
    for (path, kind) in [("/page.js", "text/javascript; charset=utf-8"), ("/page.css", "text/css; charset=utf-8")] {
        let whole = opened(&served.address, path).await;
        assert_eq!(whole.head.header("content-type"), Some(kind));
        assert_eq!(whole.head.header("content-encoding"), Some("gzip"));
        assert_eq!(whole.head.header("vary"), Some("accept-encoding"));
        assert!(whole.body.starts_with(&[0x1f, 0x8b]) && whole.body.len() <= 60 * 1024, "{}", whole.body.len());
        let tag = whole.head.header("etag").unwrap().to_owned();
        let weak = format!("\"other\", W/{tag}");
        for (known, status) in [(tag.as_str(), 304), (weak.as_str(), 304), ("\"other\"", 200)] {
            let again = ask(&served.address, "GET", path, &[GZIP, ("If-None-Match", known)]).await;
            assert_eq!((again.head.status, again.body.is_empty()), (status, status == 304), "{known}");
            assert_eq!(again.head.header("etag"), Some(tag.as_str()));
        }
        for encodings in [&[][..], &[("Accept-Encoding", "br, deflate")], &[("Accept-Encoding", "br, gzip;q=0")]] {
            let refused = ask(&served.address, "GET", path, encodings).await;
            assert_eq!(refused.head.status, 406, "{encodings:?}");
            assert!(text(&refused).contains("Accept-Encoding: gzip"), "{}", text(&refused));
        }
    }
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn a_browser_that_opens_the_endpoint_is_sent_to_the_page() {
    let served = HttpServer::listen(Example::named("weather").args(["--port", "0", "--path", "/a/mcp"])).await;
    let sent = opened(&served.address, "/a/mcp").await;
    assert_eq!((sent.head.status, sent.head.header("location")), (303, Some("./../")));
    assert!(text(&opened(&served.address, "/").await).contains("content=\"./a/mcp\""));
    for headers in [
        &[("Accept", "text/event-stream")][..],
        &[("Accept", "*/*")],
        &[BROWSER, ("Mcp-Session-Id", "0123456789abcdef")],
    ] {
        let status = ask(&served.address, "GET", "/a/mcp", headers).await.head.status;
        assert!(status >= 400, "{headers:?}: {status}");
    }
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn an_endpoint_at_the_same_path_shows_the_page_to_browsers_only() {
    let served = HttpServer::listen(Example::named("weather").args(["--port", "0", "--path", "/"])).await;
    let page = opened(&served.address, "/").await;
    assert_eq!(page.head.status, 200);
    assert!(text(&page).contains("content=\"./\""), "{}", text(&page));
    assert_eq!(opened(&served.address, "/page.js").await.head.status, 200);
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn foreign_origins_and_rebound_hosts_do_not_see_it() {
    let served = HttpServer::start(Example::named("weather")).await;
    for path in ["/", "/page.js", "/page.css"] {
        for foreign in [("Host", "evil.example"), ("Origin", "https://evil.example"), ("Origin", "null")] {
            let answer = ask(&served.address, "GET", path, &[BROWSER, GZIP, foreign]).await;
            assert_eq!(answer.head.status, 403, "{path} {foreign:?}");
        }
    }
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn it_is_shown_to_others_only_where_somebody_said_so() {
    // Reachable from other machines, and on loopback for a proxy before it.
    for address in ["0.0.0.0:0", "127.0.0.1:0"] {
        let example =
            Example::named("weather").args(["--http", address]).env("FASTMCP_ALLOWED_HOSTS", "mcp.example.com");
        let served = HttpServer::listen(example).await;
        let address = served.address.replace("0.0.0.0", "127.0.0.1");
        assert_eq!(opened(&address, "/").await.head.status, 404);
        assert_eq!(opened(&address, "/page.js").await.head.status, 404);
        assert_eq!(opened(&address, "/mcp").await.head.status, 405);
        assert!(!served.log.text().contains("in a browser"), "{}", served.log.text());
        assert!(served.terminate().await.success());
    }
    // A router does not know where it is served.
    let served = HttpServer::serve(server().build().unwrap()).await;
    assert_eq!(opened(&served.address, "/").await.head.status, 404);
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn a_program_says_where_it_is_or_that_there_is_none() {
    // Whichever is said first.
    for said in [
        server().page(Page::at("/docs")).http(Http::new().path("/a/mcp")),
        server().http(Http::new().path("/a/mcp")).page(Page::at("/docs")),
    ] {
        let served = HttpServer::serve(said.build().unwrap()).await;
        let page = opened(&served.address, "/docs").await;
        assert_eq!(page.head.status, 200);
        for part in ["content=\"./a/mcp\"", "src=\"./docs/page.js\"", "href=\"./docs/page.css\""] {
            assert!(text(&page).contains(part), "{part} is not in {}", text(&page));
        }
        assert_eq!(opened(&served.address, "/docs/page.js").await.head.status, 200);
        assert_eq!(opened(&served.address, "/a/mcp").await.head.header("location"), Some("./../docs"));
        assert_eq!(opened(&served.address, "/").await.head.status, 404);
        assert!(served.terminate().await.success());
    }
    let served = HttpServer::listening(server().no_page().build().unwrap()).await;
    for path in ["/", "/page.js"] {
        assert_eq!(opened(&served.address, path).await.head.status, 404);
    }
    assert_eq!(opened(&served.address, "/mcp").await.head.status, 405);
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn under_the_prefix_of_another_router_its_addresses_still_lead_somewhere() {
    let running = server().page(Page::at("/docs")).build().unwrap();
    let router = axum::Router::new().nest("/api", running.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let page = opened(&address, "/api/docs").await;
    assert_eq!(page.head.status, 200);
    // Beside `/api/docs`, these are `/api/mcp` and `/api/docs/page.js`.
    assert!(text(&page).contains("content=\"./mcp\"") && text(&page).contains("src=\"./docs/page.js\""));
    assert_eq!(opened(&address, "/api/docs/page.js").await.head.status, 200);
    assert_eq!(opened(&address, "/api/mcp").await.head.header("location"), Some("./docs"));
    serving.abort();
}

#[test]
fn a_path_that_is_none_keeps_the_server_from_starting() {
    for path in ["docs", "", "/a b", "/{name}", "/a?b", "/a#b"] {
        let error = server().page(Page::at(path)).build().unwrap_err().to_string();
        assert!(error.contains("Page::at") && error.contains("page.rs"), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_secret_is_marked_in_the_schema_for_whoever_makes_a_form_of_it() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let mut client = Client::start(Server::empty("doors").tool(enter), Transport::Http, revision).await;
        let tools = client.list("tools/list", "tools").await;
        let properties = &tools[0]["inputSchema"]["properties"];
        assert_eq!((&properties["word"]["writeOnly"], &properties["door"]["writeOnly"]), (&json!(true), &json!(null)));
        client.finish().await;
    }
}

#[tokio::test]
async fn open_opens_it_with_what_the_desktop_opens_addresses_with() {
    let directory = tempfile::tempdir().unwrap();
    let (opener, told) = (directory.path().join("xdg-open"), directory.path().join("told"));
    std::fs::write(&opener, format!("#!/bin/sh\necho \"$1\" >'{0}.new' && mv '{0}.new' '{0}'\n", told.display()))
        .unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", directory.path().display(), std::env::var("PATH").unwrap());
    let served = HttpServer::listen(Example::named("weather").args(["--open", "--port", "0"]).env("PATH", path)).await;
    let read = async {
        loop {
            if let Ok(url) = std::fs::read_to_string(&told) {
                return url;
            }
            tokio::task::yield_now().await;
        }
    };
    let url = fastmcp_rs_tests::within("the opened address", read).await;
    assert_eq!(url.trim_end(), format!("http://{}/", served.address));
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn open_says_so_where_there_is_nothing_to_open() {
    let beyond = Example::named("weather").args(["--open", "--http", "0.0.0.0:0"]).env("FASTMCP_ALLOWED_HOSTS", "*");
    let ended = beyond.output().await;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        ended.status.code() == Some(1) && said.contains("`--open`") && said.contains(".page(Page::new())"),
        "{said}"
    );
    let served =
        HttpServer::listen(Example::named("weather").args(["--open", "--port", "0"]).env("PATH", "/nowhere")).await;
    served.log.wait_for("what cannot be started", |log| log.contains("`xdg-open`").then_some(())).await;
    assert_eq!(opened(&served.address, "/").await.head.status, 200);
    assert!(served.terminate().await.success());
}
