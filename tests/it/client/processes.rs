//! Servers as child processes: how they are started, how they end, and that nothing of them stays.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastmcp_rs::Revision;
use fastmcp_rs::client::{Client, ClientBuilder, ClientError, ConnectError, Era};
use fastmcp_rs_tests::example::executable;
use fastmcp_rs_tests::within;
use serde_json::json;

/// A server in the shell's language.
fn shell(script: &str) -> ClientBuilder {
    Client::stdio("sh", ["-c", script])
}

/// Answers one `initialize`, by whatever id, and reads the notification after it.
const GREET: &str = r#"
greet() {
    id=$(printf '%s' "$1" | sed 's/.*"id":\([0-9]*\).*/\1/')
    printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"shell","version":"1"}}}\n' "$id"
    read -r initialized
}
"#;

fn scripted(rest: &str) -> ClientBuilder {
    shell(&format!("{GREET}\n{rest}"))
}

/// Whether a process of this number is there, and no zombie.
fn runs(id: &str) -> bool {
    let state = std::fs::read_to_string(Path::new("/proc").join(id).join("stat")).unwrap_or_default();
    state.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).is_some_and(|state| state != "Z")
}

/// Waits until nothing of a server is left: the child is reaped, and what it started runs no more. (That is not ours to reap.)
async fn are_gone(pids: &[String]) {
    let gone = async {
        while Path::new("/proc").join(&pids[0]).exists() || pids.iter().any(|id| runs(id)) {
            tokio::task::yield_now().await;
        }
    };
    within(&format!("the end of {pids:?}"), gone).await;
}

/// The file's text, once somebody wrote a whole line.
async fn line_of(file: &Path) -> String {
    let line = async {
        loop {
            match std::fs::read_to_string(file) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => tokio::task::yield_now().await,
            }
        }
    };
    within("a line in a file", line).await
}

#[tokio::test]
async fn a_server_of_ours_is_called_and_ends_well() {
    let client = Client::stdio(executable("hello"), [""; 0]).connect().await.unwrap();
    assert_eq!(client.revision(), Revision::V2026_07_28);
    let tools = client.tools().await.unwrap();
    assert!(!tools.is_empty());
    client.close().await.unwrap();
}

#[tokio::test]
async fn a_program_that_ends_at_an_unknown_message_is_started_once_more() {
    let client = scripted(
        r#"
        read -r line
        case "$line" in *'"initialize"'*) greet "$line";; *) echo 'unknown message' >&2; exit 1;; esac
        while read -r line; do :; done
        "#,
    );
    let client = client.connect().await.unwrap();
    assert_eq!((client.revision(), client.server().name.as_str()), (Revision::V2025_11_25, "shell"));
    client.close().await.unwrap();
}

#[tokio::test]
async fn a_silent_program_is_started_once_more() {
    let client = scripted(
        r#"
        while read -r line; do case "$line" in *'"initialize"'*) greet "$line";; esac; done
        "#,
    );
    let client = client.probe_timeout(Duration::from_millis(100)).connect().await.unwrap();
    assert_eq!(client.revision(), Revision::V2025_11_25);
    client.close().await.unwrap();
}

#[tokio::test]
async fn a_program_that_ends_each_time_is_told_with_its_last_words() {
    let error = shell("echo 'no database' >&2; exit 3").connect().await.unwrap_err();
    let ClientError::Connect(ConnectError::Exited { status, stderr_tail, .. }) = &error else { panic!("{error:?}") };
    assert_eq!((status.code(), stderr_tail.as_str()), (Some(3), "no database\n"));
    assert!(error.to_string().contains("no database"), "{error}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let error = Client::stdio("/no/such/program", ["--secret=abc"]).connect().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(ConnectError::Spawn { .. })), "{error:?}");
    assert!(error.to_string().contains("/no/such/program") && !error.to_string().contains("abc"), "{error}");
}

#[tokio::test]
async fn a_program_that_is_no_server_is_told_by_what_it_printed() {
    let script = "echo 'usage: tool [options]'; cat > /dev/null";
    let error = shell(script).probe_timeout(Duration::from_millis(50)).connect_timeout(Duration::from_millis(200));
    let error = error.connect().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(ConnectError::NotMcp { .. })), "{error:?}");
    assert!(error.to_string().contains("usage: tool [options]"), "{error}");
}

#[tokio::test]
async fn a_server_that_dies_fails_the_call_with_its_status_and_last_words() {
    let client = scripted(
        r#"
        read -r line; greet "$line"
        read -r call; echo 'out of memory' >&2; exit 9
        "#,
    );
    let client = client.era(Era::Handshake).connect().await.unwrap();
    let error = within("an error", client.call_tool("t", json!({}))).await.unwrap_err();
    let ClientError::Disconnected { during, exit, stderr_tail, .. } = &error else { panic!("{error:?}") };
    assert_eq!(during.as_deref(), Some("tools/call"));
    assert_eq!((exit.and_then(|exit| exit.code()), stderr_tail.as_str()), (Some(9), "out of memory\n"));
}

#[tokio::test]
async fn of_the_environment_it_sees_what_it_needs_and_what_it_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let seen = directory.path().join("env");
    let script = format!("env > {}; exit 1", seen.display());
    // PATH is there in any case; a variable of cargo's stands for a secret.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    for (builder, inherits) in [(shell(&script), false), (shell(&script).inherit_env(), true)] {
        let builder = builder.env("TODO_DB", "/tmp/t.json").current_dir(directory.path());
        builder.era(Era::Handshake).connect().await.unwrap_err();
        let env = std::fs::read_to_string(&seen).unwrap();
        assert!(env.contains("TODO_DB=/tmp/t.json") && env.contains("\nPATH=") | env.starts_with("PATH="), "{env}");
        assert_eq!(env.contains("CARGO_MANIFEST_DIR="), inherits, "{env}");
    }
}

#[tokio::test]
async fn standard_error_is_heard_line_by_line() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    let client = scripted(
        r#"
        printf 'one\ntwo\r\nthr' >&2
        read -r line; greet "$line"
        printf 'ee' >&2
        while read -r line; do :; done
        "#,
    );
    let client = client.on_stderr(move |line| heard.lock().unwrap().push(line.to_owned()));
    let client = client.era(Era::Handshake).connect().await.unwrap();
    client.close().await.unwrap();
    let all = async {
        while lines.lock().unwrap().len() < 3 {
            tokio::task::yield_now().await;
        }
    };
    within("three lines", all).await;
    assert_eq!(*lines.lock().unwrap(), ["one", "two", "three"]);
}

#[tokio::test]
async fn large_messages_in_both_directions_hold_up_nobody() {
    // The shell writes a mebibyte to each of its pipes before it reads a line, while a mebibyte is sent to it.
    let client = scripted(
        r#"
        read -r line; greet "$line"
        head -c 1048576 /dev/zero | tr '\0' 'e' >&2
        head -c 1048576 /dev/zero | tr '\0' 'o'; echo
        read -r call
        id=$(printf '%s' "$call" | head -c 40 | sed 's/.*"id":\([0-9]*\).*/\1/')
        printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[]}}\n' "$id"
        while read -r line; do :; done
        "#,
    );
    let client = client.era(Era::Handshake).connect().await.unwrap();
    let arguments = json!({ "text": "x".repeat(1024 * 1024) });
    within("the answer", client.call_tool("t", arguments)).await.unwrap();
    client.close().await.unwrap();
}

/// A wrapper, as `npx` is one: the server is its child, and says its number.
const WRAPPER: &str = r#"
sleep 1000 &
echo "$$ $!" > "$PIDS"
read -r line; greet "$line"
while read -r line; do :; done
"#;

async fn wrapped(directory: &Path, rest: &str) -> (Client, Vec<String>) {
    let file = directory.join("pids");
    let client = scripted(&format!("{WRAPPER}{rest}")).env("PIDS", &file).era(Era::Handshake).connect().await.unwrap();
    let pids: Vec<String> = line_of(&file).await.split(' ').map(ToOwned::to_owned).collect();
    assert!(pids.iter().all(|id| runs(id)), "{pids:?}");
    (client, pids)
}

#[tokio::test]
async fn nothing_of_a_server_stays_after_close() {
    let directory = tempfile::tempdir().unwrap();
    let (client, pids) = wrapped(directory.path(), "").await;
    client.close().await.unwrap();
    assert!(!Path::new("/proc").join(&pids[0]).exists(), "whoever closes a client waits for its server");
    are_gone(&pids).await;
}

#[tokio::test]
async fn nothing_of_a_server_stays_after_a_drop() {
    let directory = tempfile::tempdir().unwrap();
    let (client, pids) = wrapped(directory.path(), "sleep 1000").await;
    drop(client);
    are_gone(&pids).await;
}

#[test]
fn nothing_of_a_server_stays_when_the_runtime_ends_first() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (client, pids) = runtime.block_on(wrapped(directory.path(), "sleep 1000"));
    drop(runtime);
    drop(client);
    let began = std::time::Instant::now();
    while Path::new("/proc").join(&pids[0]).exists() || pids.iter().any(|id| runs(id)) {
        assert!(began.elapsed() < Duration::from_secs(30), "{pids:?} are still there");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_server_that_does_not_end_is_asked_and_then_killed() {
    let directory = tempfile::tempdir().unwrap();
    // It goes on after the end of its input, and ends at SIGTERM.
    let (client, pids) = wrapped(directory.path(), "while :; do sleep 0.05; done").await;
    client.close().await.unwrap();
    are_gone(&pids).await;

    let directory = tempfile::tempdir().unwrap();
    let (client, pids) = wrapped(directory.path(), "trap '' TERM; while :; do sleep 0.05; done").await;
    let error = client.close().await.unwrap_err().to_string();
    assert!(error.contains("was killed"), "{error}");
    are_gone(&pids).await;
}
