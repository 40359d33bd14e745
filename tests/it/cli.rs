//! What a person types at the server's own command line.

use std::{fs, net::TcpListener, process::Output};

use fastmcp_rs_tests::{
    Example, Revision,
    client::{Client, Transport},
    example::HttpServer,
    within,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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

    let again = run(todo().args(["call", "create_todo", "title=Learn MCP"])).await;
    assert_eq!(again.out, created.out, "the same answer however often it is asked");
    assert!(created.err.contains(directory.path().join("todos.json").to_str().unwrap()), "{}", created.err);

    let done = run(todo().args(["call", "set_todo_status", "--args", r#"{"todo_id": 1, "done": true}"#])).await;
    assert_eq!(serde_json::from_str::<Value>(&done.out).unwrap()["done"], true, "{}", done.err);
    let pairs = run(todo().args(["call", "set_todo_status", "todo_id=1", "done=false"])).await;
    assert_eq!(serde_json::from_str::<Value>(&pairs.out).unwrap()["done"], false, "{}", pairs.err);
}

#[tokio::test]
async fn each_way_of_failing_has_its_exit_code() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let nobody = format!("http://{free}/mcp");
    let address = taken.local_addr().unwrap().to_string();
    for (args, code, part) in [
        (&["call", "get_temperature", "city=Berln"][..], 5, "Berlin"),
        (&["call", "get_temperature"], 5, "city"),
        (&["call", "get_temperature", "city=Oslo", "unit=furlong"], 5, "/unit"),
        (&["call", "get_temprature", "city=Oslo"], 1, "get_temperature"),
        (&["call", "get_temperature", "--args", "{"], 1, "JSON"),
        (&["call", "get_temperature", "--args", "[]"], 1, "JSON object"),
        (&["call", "get_temperature", "--json", r#"{"city":"Oslo"}"#], 1, "--args"),
        (&["call", "get_temperature", "Oslo"], 1, "key=value"),
        (&["call"], 1, "<NAME>"),
        (&["read"], 1, "<URI>"),
        (&["read", "weather://Atlantis/current"], 1, "Atlantis"),
        (&["read", "nothing://here"], 1, "nothing://here"),
        (&["prompt", "parking"], 1, "packing"),
        (&["prompt", "packing"], 1, "city"),
        (&["health", &nobody], 4, &free),
        (&["health", "https://example.com"], 1, "http://"),
        (&["health", "http://a b/"], 1, "URL"),
        (&["--http", &address], 1, &address),
        (&["--http", "nonsense"], 1, "nonsense"),
        (&["--port", "many"], 1, "many"),
        (&["--host", "nowhere"], 1, "nowhere"),
        (&["--path", "mcp"], 1, "begins with `/`"),
        (&["--path", "/a b"], 1, "no spaces"),
        (&["--port", "0", "--path", "/\u{1b}[2J"], 1, "control characters"),
        (&["--transport", "pigeon"], 1, "stdio, http"),
        (&["--stdio", "--port", "1"], 1, "--port"),
        (&["--http", "1", "--port", "2"], 1, "twice"),
        (&["--http", "list"], 1, "does not serve"),
        (&["list", "superfluous"], 1, "superfluous"),
        (&["list", "--http"], 1, "--http"),
    ] {
        let ran = run(weather(args)).await;
        assert_eq!(ran.code, Some(code), "{args:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{args:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{args:?}");
    }
}

#[tokio::test]
async fn a_slip_is_told_what_was_probably_meant() {
    for (args, meant) in [
        (&["lsit"][..], "`list`"),
        (&["--htpp"], "`--http`"),
        (&["--prot", "80"], "`--port`"),
        (&["--trasnport=http"], "`--transport`"),
        (&["list", "--josn"], "`--json`"),
        (&["health", "--prot", "1"], "`--port`"),
        (&["help", "cal"], "`call`"),
        (&["call", "get_temperature", "--ctiy", "Oslo"], "`--city`"),
        (&["call", "get_temperature", "--arsg", "{}"], "`--args`"),
        (&["prompt", "packing", "--dasy", "3"], "`--days`"),
    ] {
        let ran = run(weather(args)).await;
        assert_eq!(ran.code, Some(1), "{args:?}: {}", ran.err);
        assert!(ran.err.contains(&format!("Did you mean {meant}?")), "{args:?}: {}", ran.err);
    }
}

fn words(args: &[&str]) -> Example {
    Example::named("words").args(args)
}

#[tokio::test]
async fn an_argument_is_given_in_whatever_form_people_know() {
    let given = |text: &str, count: i64, loud: bool, tags: Value| json!({ "text": text, "count": count, "large": 0, "loud": loud, "tags": tags, "colour": null });
    for (args, understood) in [
        (&["text=5"][..], given("5", 1, false, json!([]))),
        (&["--text", "5", "--count", "-3"], given("5", -3, false, json!([]))),
        (&["--text=a=b", "--loud"], given("a=b", 1, true, json!([]))),
        (&["--loud", "false", "text=x"], given("x", 1, false, json!([]))),
        (&["text=x", "--tags", "a", "--tags", "2"], given("x", 1, false, json!(["a", "2"]))),
        (&["text=x", "tags=[\"a\"]"], given("x", 1, false, json!(["a"]))),
        (&["--args", r#"{"text": "x", "count": 2}"#], given("x", 2, false, json!([]))),
    ] {
        let ran = run(words(&["call", "understand"]).args(args)).await;
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.err);
        assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap(), understood, "{args:?}");
    }
    let large =
        run(words(&["call", "understand", "text=x", "large=18446744073709551617", "--colour", "DarkBlue"])).await;
    assert!(
        large.out.contains("18446744073709551617") && large.out.contains("DarkBlue"),
        "{} {}",
        large.out,
        large.err
    );
}

#[tokio::test]
async fn arguments_come_from_standard_input_as_well() {
    let json = "{\n  \"text\": \"piped\",\r\n  \"count\": 4\n}\n";
    for args in [
        &["call", "understand", "-"][..],
        &["call", "understand", "--args", "-"],
        &["call", "--args", "-", "understand"],
    ] {
        let Output { status, stdout, stderr } = words(args).output_of(json).await;
        assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
        let understood: Value = serde_json::from_slice(&stdout).unwrap();
        assert_eq!((&understood["text"], &understood["count"]), (&json!("piped"), &json!(4)), "{args:?}");
    }
    let Output { status, stderr, .. } = words(&["call", "understand", "-"]).output_of("text=x").await;
    assert_eq!(status.code(), Some(1));
    assert!(String::from_utf8_lossy(&stderr).contains("standard input"));
}

#[tokio::test]
async fn json_always_means_the_output() {
    for args in [
        &["list", "--json"][..],
        &["inspect", "--json"],
        &["version", "--json"],
        &["call", "understand", "text=x", "--json"],
        &["call", "--json", "understand", "text=x"],
        &["call", "noise", "fail=true", "--json"],
        &["read", "noise://a", "--json"],
        &["read", "--json", "bytes://all"],
        &["prompt", "noise_prompt", "name=a", "--json"],
    ] {
        let ran = run(words(args)).await;
        assert_eq!(ran.code, Some(if args.contains(&"fail=true") { 5 } else { 0 }), "{args:?}: {}", ran.err);
        let json: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.out));
        assert!(json.is_object(), "{args:?}: {json}");
    }
    let called: Value =
        serde_json::from_str(&run(words(&["call", "understand", "text=x", "--json"])).await.out).unwrap();
    assert_eq!(called["structuredContent"]["text"], "x");
    let failed: Value = serde_json::from_str(&run(words(&["call", "noise", "fail=true", "--json"])).await.out).unwrap();
    assert_eq!(failed["_meta"]["fastmcp-rs/error"]["code"], "conflict");
}

#[tokio::test]
async fn inspect_shows_every_page_exactly_as_a_client_is_told_it() {
    let ran = run(words(&["inspect", "--json"])).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let shown: Value = serde_json::from_str(&ran.out).unwrap();
    let mut client = Client::start(words(&[]), Transport::Stdio, Revision::V2026_07_28).await;
    for (method, kind) in [
        ("tools/list", "tools"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
        ("prompts/list", "prompts"),
    ] {
        assert_eq!(shown[kind], Value::Array(client.list(method, kind).await), "{kind}");
    }
    client.finish().await;
    assert_eq!(shown["tools"].as_array().unwrap().len(), 4, "of two a page");
    // In the order of the wire, which begins with what the thing is.
    let at = |part: &str| ran.out.find(part).unwrap_or_else(|| panic!("{part} is missing: {}", ran.out));
    assert!(at("\"serverInfo\"") < at("\"capabilities\"") && at("\"capabilities\"") < at("\"tools\": ["));
    assert!(at("\"name\": \"noise\"") < at("\"description\": \"Noisy"), "{}", ran.out);
}

#[tokio::test]
async fn help_is_asked_for_in_every_usual_way() {
    let general = run(weather(&["--help"])).await;
    for args in [&["help"][..], &["-h"], &["--http", "--help"]] {
        let ran = run(weather(args)).await;
        assert_eq!((ran.code, &ran.out), (Some(0), &general.out), "{args:?}: {}", ran.err);
    }
    assert!(general.out.contains("Usage: weather "), "the program's own name: {}", general.out);
    for command in ["list", "call", "read", "prompt", "inspect", "health", "version"] {
        assert!(general.out.contains(&format!("\n  {command} ")), "{command} is missing: {}", general.out);
        let help = run(weather(&["help", command])).await;
        assert!(help.out.contains(&format!("Usage: weather {command}")) && help.code == Some(0), "{}", help.out);
        for flag in ["--help", "-h"] {
            assert_eq!(run(weather(&[command, flag])).await.out, help.out, "{command} {flag}");
        }
    }
}

#[tokio::test]
async fn the_help_of_a_tool_is_made_from_its_schema() {
    let help = run(words(&["call", "understand", "--help"])).await;
    assert_eq!(help.code, Some(0), "{}", help.err);
    for part in [
        "Gives back what it is given.\n\nIn order.",
        "Usage: words call understand --text <TEXT>",
        "Any text.",
        "--count <INTEGER>",
        "[-5 to 5; default 1]",
        "--loud <true|false>",
        "--tags <TEXT>...",
        "at most 3 items",
        "one of Red, DarkBlue",
        "--json",
    ] {
        assert!(help.out.contains(part), "{part} is missing: {}", help.out);
    }
    assert_eq!(run(words(&["help", "call", "understand"])).await.out, help.out);
    assert_eq!(run(words(&["call", "understand", "text=x", "-h"])).await.out, help.out);
    let prompt = run(words(&["prompt", "noise_prompt", "--help"])).await;
    assert!(prompt.out.contains("--name <TEXT>") && prompt.out.contains("Who is disturbed."), "{}", prompt.out);
    let unknown = run(words(&["call", "understnad", "--help"])).await;
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("`understand`"), "{}", unknown.err);
}

#[tokio::test]
async fn nothing_that_was_typed_or_written_commands_the_terminal() {
    const BAD: &str = "\u{1b}[2J\u{9b}31m\u{202e}\r\u{7}";
    let flag = format!("--{BAD}");
    let pair = format!("{BAD}={BAD}");
    let uri = format!("noise://{BAD}");
    let url = format!("http://{BAD}/");
    for args in [
        &[BAD][..],
        &[&flag],
        &["--http", BAD],
        &["--transport", BAD],
        &["--host", BAD],
        &["--port", BAD],
        &["--path", BAD],
        &["list"],
        &["list", BAD],
        &["list", &flag],
        &["inspect"],
        &["inspect", "--json"],
        &["help", BAD],
        &["help", "call", BAD],
        &["call", BAD],
        &["call", BAD, "--help"],
        &["call", "noise", "--help"],
        &["call", "noise", BAD],
        &["call", "noise", &flag],
        &["call", "noise", &pair],
        &["call", "noise", "--args", BAD],
        &["call", "noise", "fail=false"],
        &["call", "noise", "fail=false", "--json"],
        &["call", "noise", "fail=true"],
        &["call", "noise", "fail=true", "--json"],
        &["call", "structured_noise"],
        &["read", BAD],
        &["read", &uri],
        &["read", "noise://a", "--json"],
        &["prompt", BAD],
        &["prompt", "noise_prompt", "name=a"],
        &["prompt", "noise_prompt", &pair],
        &["health", BAD],
        &["health", &url],
        &["version", BAD],
    ] {
        let ran = run(words(args)).await;
        let bad =
            |text: &str| text.contains(|c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{202e}');
        assert!(!bad(&ran.out) && !bad(&ran.err), "{args:?}: {:?} {:?}", ran.out, ran.err);
        assert!(!(ran.out.is_empty() && ran.err.is_empty()), "{args:?}");
    }
    for (name, value) in
        [("FASTMCP_TRANSPORT", BAD), ("FASTMCP_HOST", BAD), ("FASTMCP_PORT", BAD), ("FASTMCP_PATH", BAD)]
    {
        let ran = run(words(&["health"]).env(name, value)).await;
        assert!(!ran.err.contains(['\u{1b}', '\u{9b}']), "{name}: {:?}", ran.err);
    }
}

#[tokio::test]
async fn a_host_or_origin_of_the_environment_that_is_none_keeps_the_server_from_starting() {
    for (name, value, wrong) in [
        (
            "FASTMCP_ALLOWED_HOSTS",
            "mcp.example.com, https://mcp.example.com",
            "`https://mcp.example.com` is not a host",
        ),
        ("FASTMCP_ALLOWED_HOSTS", "*.example.com", "`*.example.com` is not a host"),
        ("FASTMCP_ALLOWED_ORIGINS", "app.example.com", "`app.example.com` is not an origin"),
        ("FASTMCP_ALLOWED_ORIGINS", "*, null", "`null` is not an origin"),
    ] {
        let ran = run(words(&["--http", "127.0.0.1:0"]).env(name, value)).await;
        assert!(ran.code == Some(1) && ran.err.contains(name) && ran.err.contains(wrong), "{value}: {}", ran.err);
    }
}

#[tokio::test]
async fn what_is_read_goes_into_a_pipe_as_it_is() {
    let Output { stdout, .. } = words(&["read", "bytes://all"]).output().await;
    assert_eq!(stdout, (0..=255).collect::<Vec<u8>>());
    let Output { stdout, .. } = words(&["read", "noise://a"]).output().await;
    assert!(String::from_utf8(stdout).unwrap().starts_with("a \u{1b}]0;"));
}

/// What comes out of a terminal until `part` has come.
#[cfg(target_os = "linux")]
async fn shown_until(terminal: &mut tokio::process::ChildStdout, seen: &mut String, part: &str) {
    let shown = async {
        let mut some = [0; 1024];
        while !seen.contains(part) {
            let read = terminal.read(&mut some).await.unwrap();
            assert!(read > 0, "{part:?} never came: {seen:?}");
            seen.push_str(&String::from_utf8_lossy(&some[..read]));
        }
    };
    // A line that is drawn again and again would go on for ever.
    within(part, shown).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_terminal_shows_what_somebody_waits_for() {
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("address={}", door.local_addr().unwrap());
    let mut child = words(&["call", "step", &address]).spawn_on_a_terminal();
    let mut terminal = child.stdout.take().unwrap();
    let mut seen = String::new();
    shown_until(&mut terminal, &mut seen, "info: on the way").await;
    shown_until(&mut terminal, &mut seen, "step: 1 of 2, half").await;
    assert!(!seen.contains("half\u{1b}"), "{seen:?}");
    let (stream, _) = within("the call", door.accept()).await.unwrap();
    drop(stream);
    shown_until(&mut terminal, &mut seen, "\r\u{1b}[Karrived").await;
    assert!(within("the end", child.wait()).await.unwrap().success());

    // Somebody who starts a server by hand is told what it waits for.
    let mut child = weather(&[]).spawn_on_a_terminal();
    let mut terminal = child.stdout.take().unwrap();
    shown_until(&mut terminal, &mut String::new(), "Try `weather list` or `weather --help`").await;
    child.stdin.take().unwrap().write_all(b"\x04").await.unwrap();
    assert!(within("the end", child.wait()).await.unwrap().success());

    let mut child = words(&["read", "noise://a"]).spawn_on_a_terminal();
    let mut terminal = child.stdout.take().unwrap();
    let mut seen = String::new();
    shown_until(&mut terminal, &mut seen, "noise").await;
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    within("the end", child.wait()).await.unwrap();
}

#[tokio::test]
async fn a_transport_is_chosen_by_name_with_host_port_and_path() {
    for args in [
        &["--transport", "http", "--host", "127.0.0.1", "--port", "0", "--path", "/other"][..],
        &["--http", "--port=0", "--path=/other"],
        &["--http=localhost:0", "--path", "/other"],
        &["--port", "0", "--path", "/other"],
        &["--transport=streamable-http", "--host", "localhost", "--port", "0", "--path", "/other"],
    ] {
        let server = HttpServer::listen(weather(args)).await;
        assert_eq!(server.path, "/other", "{args:?}");
        assert!(server.terminate().await.success());
    }
    let mut client = Client::start(weather(&["--transport", "stdio"]), Transport::Stdio, Revision::V2026_07_28).await;
    client.alive().await;
    client.finish().await;
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
    for word in ["list", "call", "read", "prompt", "inspect", "health", "version", "--stdio", "--http", "--open"] {
        assert!(ran.out.contains(word), "{word} is missing:\n{}", ran.out);
    }
}

#[tokio::test]
async fn health_asks_a_server_that_runs() {
    let server = HttpServer::start(Example::named("weather")).await;
    let url = format!("http://{}{}", server.address, server.path);
    let ran = run(weather(&["health", &url])).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let told: Value = serde_json::from_str(&run(weather(&["health", &url, "--json"])).await.out).unwrap();
    assert_eq!(told, json!({ "url": url, "healthy": true }));
    let elsewhere = run(weather(&["health", &format!("http://{}/elsewhere", server.address)])).await;
    assert!(elsewhere.code == Some(1) && elsewhere.err.contains("404"), "{:?} {}", elsewhere.code, elsewhere.err);
    assert!(server.terminate().await.success());
    let ran = run(weather(&["health", &url])).await;
    assert_eq!(ran.code, Some(4));
    assert!(ran.err.contains(&url), "{}", ran.err);
}

#[tokio::test]
async fn health_looks_where_the_same_flags_and_environment_would_serve() {
    let server = HttpServer::listen(weather(&["--port", "0", "--path", "/other"])).await;
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    let by_environment = |host: &str| {
        let health = weather(&["health"]).env("FASTMCP_PORT", &port).env("FASTMCP_PATH", "/other");
        if host.is_empty() { health } else { health.env("FASTMCP_HOST", host) }
    };
    for health in [
        by_environment(""),
        by_environment("localhost"),
        by_environment("0.0.0.0"),
        weather(&["health", "--port", &port, "--path", "/other"]),
        weather(&["--port", &port, "health", "--path", "/other"]),
        weather(&["health", "--host", "127.0.0.1", "--path", "/other"]).env("FASTMCP_PORT", &port),
        weather(&["health", "--port", &port, "--path", "/other"]).env("FASTMCP_PORT", "1").env("FASTMCP_PATH", "/no"),
        // Probes do not lie below the path of the endpoint.
        weather(&["health"]).env("FASTMCP_PORT", &port),
    ] {
        let ran = run(health.clone()).await;
        assert_eq!(ran.code, Some(0), "{health:?}: {}", ran.err);
        assert_eq!(ran.out, format!("http://127.0.0.1:{port}/health is healthy\n"));
    }
    let ready = run(weather(&["health", &format!("http://127.0.0.1:{port}/ready")])).await;
    assert_eq!(ready.out, format!("http://127.0.0.1:{port}/ready is healthy\n"), "{}", ready.err);
    let wrong = run(weather(&["health"]).env("FASTMCP_PORT", "many")).await;
    assert!(wrong.code == Some(1) && wrong.err.contains("FASTMCP_PORT"), "{}", wrong.err);
    assert!(server.terminate().await.success());
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
    assert!(ran.out.contains("create_todo"), "{}", ran.out);
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

/// The blocks of a page that show what is typed and what comes of it, as they are now.
async fn console(page: &str, home: &str) -> String {
    let mut out = String::new();
    let mut typed = None;
    for line in page.lines() {
        if line == "```console" {
            typed = Some(String::new());
        } else if let Some(block) = typed.as_mut() {
            if line == "```" {
                typed = None;
            } else if let Some(command) = line.strip_prefix("$ ") {
                *block = command.to_owned();
                out.push_str(&format!("{line}\n{}", answer(command, home).await));
                continue;
            } else {
                continue; // The answer as it was.
            }
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// What comes of a command: standard error, standard output, and the exit code where it is not 0.
async fn answer(command: &str, home: &str) -> String {
    let mut words = Vec::new();
    let mut rest = command.trim();
    while !rest.is_empty() {
        let mut word = String::new();
        while let Some(c) = rest.chars().next().filter(|c| *c != ' ') {
            let quoted = matches!(c, '"' | '\'').then(|| rest[1..].split_once(c).unwrap());
            let (part, after) =
                quoted.unwrap_or_else(|| rest.split_at(rest.find([' ', '"', '\'']).unwrap_or(rest.len())));
            word.push_str(part);
            rest = after;
        }
        words.push(word);
        rest = rest.trim_start();
    }
    let example = Example::named(&words[0]).args(&words[1..]).env("TODO_DB", format!("{home}/todos.json"));
    let ran = run(example).await;
    let mut shown = format!("{}{}", ran.err, ran.out).replace(home, "/home/ada");
    if let Some(code) = ran.code.filter(|code| *code != 0) {
        shown.push_str(&format!("[exit code {code}]\n"));
    }
    shown
}

/// `UPDATE_EXPECT=1` writes the answers of today into the page.
#[tokio::test]
async fn the_page_of_the_command_line_shows_what_comes_of_it() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-line.md");
    let page = fs::read_to_string(&path).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().canonicalize().unwrap();
    let now = console(&page, home.to_str().unwrap()).await;
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &now).unwrap();
        return;
    }
    assert_eq!(now, page);
}
