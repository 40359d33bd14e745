//! What a person types at the server's own command line.

use std::{fs, net::TcpListener, process::Output};

use fastmcp_rs_tests::{
    Example, Revision,
    client::{Client, Transport},
    example::HttpServer,
};
use serde_json::{Value, json};

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn run(example: Example) -> Run {
    let Output { status, stdout, stderr } = example.output().await;
    Run { code: status.code(), out: String::from_utf8(stdout).unwrap(), err: String::from_utf8(stderr).unwrap() }
}

fn weather(args: &[&str]) -> Example {
    Example::named("weather").args(args)
}

#[tokio::test]
async fn the_readmes_command_prints_the_created_todo() {
    let directory = tempfile::tempdir().unwrap();
    let todo = || Example::named("todo").env("TODO_DB", directory.path().join("todos.json"));
    let created = run(todo().args(["call", "create_todo", "title=Learn MCP"])).await;
    assert_eq!(created.code, Some(0), "{}", created.err);
    let printed: Value = serde_json::from_str(&created.out).unwrap();
    assert_eq!(printed, json!({ "id": 1, "title": "Learn MCP", "done": false }));

    let done = run(todo().args(["call", "set_todo_status", "--json", r#"{"todo_id": 1, "done": true}"#])).await;
    assert_eq!(serde_json::from_str::<Value>(&done.out).unwrap()["done"], true, "{}", done.err);
    let pairs = run(todo().args(["call", "set_todo_status", "todo_id=1", "done=false"])).await;
    assert_eq!(serde_json::from_str::<Value>(&pairs.out).unwrap()["done"], false, "{}", pairs.err);
}

#[tokio::test]
async fn a_call_that_fails_says_so_and_exits_with_one() {
    for (args, part) in [
        (&["call", "get_temperature", "city=Berln"][..], "Berlin"),
        (&["call", "get_temperature"], "city"),
        (&["call", "get_temprature", "city=Oslo"], "get_temperature"),
        (&["call", "get_temperature", "--json", "{"], "JSON"),
        (&["read", "weather://Atlantis/current"], "Atlantis"),
        (&["read", "nothing://here"], "nothing://here"),
        (&["prompt", "parking"], "packing"),
        (&["prompt", "packing"], "city"),
    ] {
        let ran = run(weather(args)).await;
        assert!(matches!(ran.code, Some(1 | 2)), "{args:?}: {:?}", ran.code);
        assert!(ran.err.contains(part), "{args:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{args:?}");
    }
}

#[tokio::test]
async fn list_names_what_is_served() {
    let ran = run(weather(&["list"])).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for part in ["get_forecast", "get_temperature", "weather://{city}/current", "packing"] {
        assert!(ran.out.contains(part), "{part} is missing:\n{}", ran.out);
    }
}

#[tokio::test]
async fn read_and_prompt_print_what_a_client_would_get() {
    let read = run(weather(&["read", "weather://Oslo/current"])).await;
    assert_eq!(read.code, Some(0), "{}", read.err);
    assert!(read.out.starts_with("# Oslo\n"), "{}", read.out);
    let prompt = run(weather(&["prompt", "packing", "city=Oslo", "days=5"])).await;
    assert_eq!(prompt.code, Some(0), "{}", prompt.err);
    assert!(prompt.out.contains("I am going to Oslo for 5 days."), "{}", prompt.out);
}

#[tokio::test]
async fn inspect_shows_the_schemas() {
    let ran = run(weather(&["inspect", "--json"])).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let shown: Value = serde_json::from_str(&ran.out).unwrap();
    let names: Vec<_> = shown["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["get_forecast", "get_temperature"]);
    assert_eq!(shown["tools"][0]["inputSchema"]["properties"]["days"]["maximum"], 14);
    assert_eq!(run(weather(&["inspect"])).await.code, Some(0));
}

#[tokio::test]
async fn version_is_the_servers_own() {
    for args in [&["version"][..], &["--version"]] {
        let ran = run(weather(args)).await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.out.contains("weather") && ran.out.contains(env!("CARGO_PKG_VERSION")), "{}", ran.out);
    }
}

#[tokio::test]
async fn help_names_every_word_that_can_be_typed() {
    let ran = run(weather(&["--help"])).await;
    assert_eq!(ran.code, Some(0));
    for word in ["list", "call", "read", "prompt", "inspect", "health", "version", "--stdio", "--http"] {
        assert!(ran.out.contains(word), "{word} is missing:\n{}", ran.out);
    }
}

#[tokio::test]
async fn an_unknown_word_is_refused_with_help() {
    for args in [&["lsit"][..], &["--htpp"], &["call"], &["read"], &["--http", "nonsense"], &["list", "superfluous"]] {
        let ran = run(weather(args)).await;
        assert!(!matches!(ran.code, Some(0) | None), "{args:?}: {:?}", ran.code);
        assert!(!ran.err.is_empty() && ran.out.is_empty(), "{args:?}: {} {}", ran.out, ran.err);
    }
    assert!(run(weather(&["lsit"])).await.err.contains("list"), "the nearest word");
}

#[tokio::test]
async fn health_asks_a_server_that_runs() {
    let server = HttpServer::start(Example::named("weather")).await;
    let url = format!("http://{}{}", server.address, server.path);
    let ran = run(weather(&["health", &url])).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(server.terminate().await.success());
    let ran = run(weather(&["health", &url])).await;
    assert!(!matches!(ran.code, Some(0) | None));
    assert!(!ran.err.is_empty());
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = run(weather(&["--http", &address])).await;
    assert!(!matches!(ran.code, Some(0) | None), "{:?}", ran.code);
    assert_eq!(ran.err.trim_end().lines().count(), 1, "{}", ran.err);
    assert!(ran.err.contains(&address), "{}", ran.err);
    assert_eq!(ran.out, "");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_one_clear_line() {
    let directory = tempfile::tempdir().unwrap();
    let ran = run(Example::named("todo").env("TODO_DB", directory.path()).arg("list")).await;
    let served = run(Example::named("todo").env("TODO_DB", directory.path())).await;
    // Listing needs no state; serving does.
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!matches!(served.code, Some(0) | None), "{:?}", served.code);
    assert_eq!(served.err.trim_end().lines().count(), 1, "{}", served.err);
    assert!(served.err.contains(&*directory.path().to_string_lossy()), "{}", served.err);
}

#[tokio::test]
async fn the_environment_chooses_the_transport() {
    let server = HttpServer::listen(
        Example::named("weather")
            .env("FASTMCP_TRANSPORT", "http")
            .env("FASTMCP_HOST", "127.0.0.1")
            .env("FASTMCP_PORT", "0")
            .env("FASTMCP_PATH", "/other"),
    )
    .await;
    assert_eq!(server.path, "/other");
    assert!(server.terminate().await.success());

    for (key, value) in [("FASTMCP_TRANSPORT", "carrier-pigeon"), ("FASTMCP_PORT", "many")] {
        let ran = run(Example::named("weather").env("FASTMCP_TRANSPORT", "http").env(key, value)).await;
        assert!(!matches!(ran.code, Some(0) | None), "{key}={value}: {:?}", ran.code);
        assert!(ran.err.contains(key) && ran.err.contains(value), "{}", ran.err);
    }
}

#[tokio::test]
async fn a_flag_outweighs_the_environment() {
    let example = Example::named("weather").env("FASTMCP_TRANSPORT", "http").env("FASTMCP_PORT", "0").arg("--stdio");
    let mut client = Client::start(example, Transport::Stdio, Revision::V2026_07_28).await;
    client.alive().await;
    client.finish().await;
}

#[tokio::test]
async fn listing_the_todos_tools_touches_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let ran = run(Example::named("todo").env("TODO_DB", directory.path().join("todos.json")).arg("list")).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}
