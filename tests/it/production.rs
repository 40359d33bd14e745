//! A server in production: it does not start with a gap, and says of each what to write.

use fastmcp_rs_tests::{Client, Example, Revision, Transport, example::HttpServer, http::Connection};
use serde_json::json;

/// A server that lacks `gaps`.
fn guarded(gaps: &[&str]) -> Example {
    Example::named("lacking").env("GAPS", gaps.join(",")).env("TOKENS", "sk-test-0123456789=ada:admin")
}

/// What each gap is told with, and whether only HTTP has it.
const GAPS: [(&str, &str, bool); 11] = [
    ("authentication", "`.public()`", true),
    ("tokens", "`TokenMap::from_env(", true),
    ("public URL", "`.public_url(\"https://mcp.example.com/mcp\")`", true),
    ("hosts", "`.allowed_hosts([", true),
    ("time limit", "`.timeout(Duration::from_secs(30))`", false),
    ("bounds", "`max_result_bytes(", false),
    ("errors", "`.expose_errors()`", false),
    ("log", "`.json_logs()`", false),
    ("audit", "`.audit(Audit::file(\"/var/log/guarded/audit.jsonl\"))`", false),
    ("shutdown", "`.shutdown_grace(Duration::from_secs(10))`", false),
    ("state keys", "`.request_state_keys([key])`", true),
];

/// The rows of the table that `check --production` prints, by name: the state and how.
fn rows(table: &str) -> Vec<(String, String, String)> {
    let lines = table.lines().skip(2).filter(|line| !line.is_empty());
    let row = |line: &str| {
        let (name, rest) = line.split_at(16);
        let (state, how) = rest.split_at(5);
        (name.trim().to_owned(), state.trim().to_owned(), how.to_owned())
    };
    lines.map(row).collect()
}

async fn check(example: Example) -> (Option<i32>, String, String) {
    let output = example.args(["check", "--production"]).output().await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn all_that_is_missing_is_in_one_error() {
    // `hosts` and `state keys` set HTTP anew, so that one of them is enough here.
    let all: Vec<&str> = GAPS.iter().map(|(gap, ..)| *gap).filter(|gap| *gap != "hosts" && *gap != "tokens").collect();
    for (arguments, over_http) in [(&["--http", "127.0.0.1:0"][..], true), (&[], false)] {
        let output = guarded(&all).args(arguments.iter().copied()).output().await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        for (gap, line, http) in GAPS.iter().filter(|(gap, ..)| all.contains(gap)) {
            let told = said.lines().any(|said| said.contains(&format!("production: {gap}: ")) && said.contains(line));
            assert_eq!(told, over_http || !http, "{gap}: {said}");
        }
    }
}

#[tokio::test]
async fn each_gap_is_one_of_its_own() {
    let over_http = |gaps: &[&str]| guarded(gaps).env("FASTMCP_TRANSPORT", "http");
    let (code, table, said) = check(over_http(&[])).await;
    assert_eq!(code, Some(0), "{table}{said}");
    assert!(table.starts_with("guarded over HTTP: no gap\n"), "{table}");
    assert!(rows(&table).iter().all(|(_, state, how)| state == "ok" && !how.is_empty()), "{table}");
    for (gap, line, _) in GAPS {
        let (code, table, said) = check(over_http(&[gap])).await;
        assert_eq!(code, Some(1), "{table}");
        assert!(said.contains("1 gap"), "{said}");
        for (name, state, how) in rows(&table) {
            assert_eq!(state, if name == gap { "gap" } else { "ok" }, "{gap}: {table}");
            assert!(name != gap || how.contains(line), "{table}");
        }
    }
    for gaps in [&["authentication", "public"][..], &["page"]] {
        let (code, table, _) = check(over_http(gaps)).await;
        assert_eq!(code, Some(0), "{gaps:?} {table}");
    }
    // Whoever may come without a token has to be meant.
    let (code, table, _) = check(over_http(&["optional"])).await;
    assert!(code == Some(1) && table.contains("anybody may call"), "{table}");
}

#[tokio::test]
async fn over_stdio_nothing_is_asked_that_only_http_needs() {
    let all: Vec<&str> = GAPS.iter().filter(|(.., http)| *http).map(|(gap, ..)| *gap).collect();
    let (code, table, said) = check(guarded(&all)).await;
    assert_eq!(code, Some(0), "{table}{said}");
    assert!(table.starts_with("guarded over standard input and output: no gap\n"), "{table}");
    for (name, state, _) in rows(&table) {
        let http = name == "page" || GAPS.iter().any(|(gap, _, http)| *gap == name && *http);
        assert_eq!(state, if http { "n/a" } else { "ok" }, "{name}: {table}");
    }
    let mut client = Client::start(guarded(&all), Transport::Stdio, Revision::V2026_07_28).await;
    assert_eq!(client.value("whoami", json!({})).await, "nobody", "who is local has no name");
    client.finish().await;
}

#[tokio::test]
async fn what_the_environment_says_counts() {
    let example = || guarded(&["public URL"]).env("FASTMCP_TRANSPORT", "http");
    let (code, table, _) = check(example().env("FASTMCP_PUBLIC_URL", "https://mcp.acme.com/mcp")).await;
    assert!(code == Some(0) && table.contains("https://mcp.acme.com/mcp"), "{table}");
    let (code, table, _) = check(example().env("FASTMCP_PUBLIC_URL", "http://127.0.0.1:8000/mcp")).await;
    assert!(code == Some(1) && table.contains("1 gap"), "{table}");
    let (code, table, _) =
        check(guarded(&[]).env("FASTMCP_TRANSPORT", "http").env("FASTMCP_ALLOWED_HOSTS", "a.example, *")).await;
    assert!(code == Some(1) && table.contains("FASTMCP_ALLOWED_HOSTS"), "{table}");
    let redis = guarded(&[]).env("FASTMCP_TRANSPORT", "http").env("FASTMCP_REDIS_URL", "redis://:hunter2@127.0.0.1:1");
    let (code, table, said) = check(redis).await;
    assert!(code == Some(1) && table.contains("request_state_keys"), "{table}");
    assert!(!table.contains("hunter2") && !said.contains("hunter2"), "{table}{said}");
    // The same flags as for serving say how.
    for place in [&["--http"][..], &["--transport", "http"]] {
        let output = guarded(&[]).args(place.iter().copied()).args(["check", "--production"]).output().await;
        assert!(String::from_utf8(output.stdout).unwrap().starts_with("guarded over HTTP"), "{place:?}");
    }
}

#[tokio::test]
async fn a_command_looks_at_a_server_with_gaps() {
    let all: Vec<&str> = GAPS.iter().map(|(gap, ..)| *gap).filter(|gap| *gap != "hosts").collect();
    for command in [&["list"][..], &["inspect"], &["call", "whoami"], &["version"]] {
        let output = guarded(&all).args(command.iter().copied()).output().await;
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test]
async fn there_is_no_page_unless_the_program_says_so_and_nothing_else_is_open() {
    for (gaps, status) in [(&[][..], 404), (&["page"], 200)] {
        let server = HttpServer::start(guarded(gaps)).await;
        for (path, status) in [("/", status), ("/health", 200), ("/ready", 200)] {
            let mut connection = Connection::open(&server.address).await;
            let browser = [("Accept".to_owned(), "text/html".to_owned())];
            connection.send("GET", path, &browser, b"").await;
            assert_eq!(connection.response().await.unwrap().head.status, status, "{path}");
        }
        let mut connection = Connection::open(&server.address).await;
        let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
        connection.send("POST", "/mcp", &headers, b"{}").await;
        assert_eq!(connection.response().await.unwrap().head.status, 401);
        // The listener stays open for as long as production says, unless it is asked twice.
        server.ask_to_end().await;
        server.output.wait_for("the first stage", |text| text.contains("\"stage\":\"told\"").then_some(())).await;
        server.ask_to_end().await;
        assert_eq!(server.ended().await.to_string(), "exit status: 130");
    }
    let (_, table, _) = check(guarded(&[]).env("FASTMCP_TRANSPORT", "http")).await;
    for held in [
        "RateLimit::per_client(100, 60s)",
        "1024 calls at the same time, 64 of one client",
        "the listener stays open for 5s, calls may go on for 10s",
    ] {
        assert!(table.contains(held), "{held}: {table}");
    }
}
