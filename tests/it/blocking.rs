//! Handlers that sit on their thread, and output that nobody reads: the conversation goes on, and what is wrong is said.

#![cfg(unix)]

use std::process::Stdio;

use fastmcp_rs_tests::{
    Client, Example, Revision, Transport,
    client::{error_of, text_of},
    stdio::Ended,
    within,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    process::Child,
};

/// Lets handlers go that connect to it.
struct Holder(TcpListener);

impl Holder {
    async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Waits until a handler sits on its thread.
    async fn held(&self) -> TcpStream {
        within("a handler that blocks", self.0.accept()).await.unwrap().0
    }
}

/// Tells a handler what it waits for.
async fn let_go(mut held: TcpStream) {
    held.write_all(b"told").await.unwrap();
}

#[tokio::test]
async fn a_handler_that_blocks_delays_nobody_and_is_named_once() {
    for tool in ["hold_async", "hold_inline", "hold_plain"] {
        let holder = Holder::new().await;
        let mut client = Client::start(Example::named("holding"), Transport::Stdio, Revision::V2025_11_25).await;
        // More than there are cores.
        let calls = 2 * std::thread::available_parallelism().unwrap().get() + 2;
        let mut held = Vec::new();
        for _ in 0..calls {
            client.begin("tools/call", json!({ "name": tool, "arguments": { "address": holder.address() } })).await;
            held.push(holder.held().await);
        }
        client.alive().await;
        assert_eq!(text_of(&client.call("hold_sometimes", json!({})).await), "quick");
        if tool != "hold_plain" {
            let log = client.log().clone();
            let line = log
                .wait_for("a warning", |text| {
                    text.lines().find(|line| line.contains("blocks its thread")).map(str::to_owned)
                })
                .await;
            assert!(line.contains(tool) && line.contains("holding.rs:") && line.contains("spawn_blocking"), "{line}");
        }
        for held in held {
            let_go(held).await;
        }
        for _ in 0..calls {
            assert_eq!(text_of(&client.receive().await["result"]), "told");
        }
        let log = client.log().clone();
        client.finish().await;
        let text = log.ended().await;
        assert_eq!(text.matches("blocks its thread").count(), usize::from(tool != "hold_plain"), "{text}");
    }
}

#[tokio::test]
async fn a_time_limit_is_answered_on_time_whoever_blocks() {
    for transport in Transport::ALL {
        for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
            let holder = Holder::new().await;
            let mut client = Client::start(Example::named("holding"), transport, revision).await;
            // The handler is let go only after the answer came.
            let result = client.call("hold_briefly", json!({ "address": holder.address() })).await;
            assert_eq!(error_of(&result)["code"], "timeout", "{result}");
            let_go(holder.held().await).await;
            client.finish().await;
        }
    }
}

#[tokio::test]
async fn over_http_as_many_as_there_are_cores_do_not_stop_the_server() {
    let body = async {
        let holder = Holder::new().await;
        let mut client = Client::start(Example::named("holding"), Transport::Http, Revision::V2026_07_28).await;
        let calls = 2 * std::thread::available_parallelism().unwrap().get() + 2;
        let mut others = Vec::new();
        for _ in 0..calls {
            let mut other = client.beside(Revision::V2026_07_28).await;
            let address = holder.address();
            let call = async move { other.call("hold_async", json!({ "address": address })).await };
            others.push(tokio::task::spawn_local(call));
        }
        let mut held = Vec::new();
        for _ in 0..calls {
            held.push(holder.held().await);
        }
        client.alive().await;
        for held in held {
            let_go(held).await;
        }
        for other in others {
            assert_eq!(text_of(&within("an answer", other).await.unwrap()), "told");
        }
        client.finish().await;
    };
    tokio::task::LocalSet::new().run_until(body).await;
}

#[tokio::test]
async fn a_handler_that_was_quick_and_blocks_later_is_named_while_it_does() {
    let holder = Holder::new().await;
    let mut client = Client::start(Example::named("holding"), Transport::Stdio, Revision::V2026_07_28).await;
    for _ in 0..20 {
        assert_eq!(text_of(&client.call("hold_sometimes", json!({})).await), "quick");
    }
    let address = holder.address();
    client.begin("tools/call", json!({ "name": "hold_sometimes", "arguments": { "address": address } })).await;
    let held = holder.held().await;
    let log = client.log().clone();
    log.wait_for("a warning", |text| text.contains("blocks its thread").then_some(())).await;
    let_go(held).await;
    assert_eq!(text_of(&client.receive().await["result"]), "told");
    // From then on it holds up nobody.
    client.begin("tools/call", json!({ "name": "hold_sometimes", "arguments": { "address": holder.address() } })).await;
    let held = holder.held().await;
    client.alive().await;
    let_go(held).await;
    assert_eq!(text_of(&client.receive().await["result"]), "told");
    client.finish().await;
}

/// Sends one request of 2025-11-25 to a server that was started by hand.
async fn ask(server: &mut Child, id: u64, method: &str, params: Value) {
    let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    within("room", server.stdin.as_mut().unwrap().write_all(format!("{request}\n").as_bytes())).await.unwrap();
}

fn hello() -> Value {
    json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } })
}

/// The next answer.
async fn answer(output: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Value {
    let mut line = String::new();
    within("an answer", output.read_line(&mut line)).await.unwrap();
    serde_json::from_str(&line).unwrap()
}

async fn terminate(server: &Child) {
    let id = server.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").arg(id).status().await.unwrap().success());
}

#[tokio::test]
async fn output_that_nobody_reads_stops_nobody() {
    // Standard error is a pipe that stays full.
    let mut server = Example::named("holding").spawn();
    let _unread = server.stderr.take();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    ask(&mut server, 0, "initialize", hello()).await;
    answer(&mut output).await;
    for id in 1..=20 {
        let params = json!({ "name": "print", "arguments": { "bytes": 100_000 } });
        ask(&mut server, id, "tools/call", params).await;
        assert_eq!(answer(&mut output).await["id"], id);
    }
    for (id, tool) in [(30, "fail"), (31, "panic")] {
        ask(&mut server, id, "tools/call", json!({ "name": tool, "arguments": {} })).await;
        assert_eq!(answer(&mut output).await["result"]["isError"], true);
    }
    terminate(&server).await;
    Ended::of(server).await;
}

#[tokio::test]
async fn a_closed_standard_error_fails_no_call_and_no_start() {
    for arguments in [vec![], vec!["--http", "127.0.0.1:0"]] {
        let http = !arguments.is_empty();
        let mut server = Example::named("holding").args(arguments).spawn();
        drop(server.stderr.take());
        if http {
            // It still serves when it has to end.
            drop(server.stdout.take());
            tokio::task::yield_now().await;
            assert!(server.try_wait().unwrap().is_none(), "it has ended");
        } else {
            let mut output = BufReader::new(server.stdout.take().unwrap());
            ask(&mut server, 0, "initialize", hello()).await;
            answer(&mut output).await;
            for (id, tool, arguments) in [(1, "print", json!({ "bytes": 10 })), (2, "fail", json!({}))] {
                ask(&mut server, id, "tools/call", json!({ "name": tool, "arguments": arguments })).await;
                let answer = answer(&mut output).await;
                assert_eq!(answer["result"]["isError"].as_bool().unwrap_or_default(), tool == "fail", "{answer}");
            }
        }
        terminate(&server).await;
        Ended::of(server).await;
    }
}

#[tokio::test]
async fn shutdown_ends_the_process_whatever_holds_a_thread() {
    let holder = Holder::new().await;
    let mut server = Example::named("holding").spawn();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    ask(&mut server, 0, "initialize", hello()).await;
    answer(&mut output).await;
    // It has proved quick, so it sits on the thread of the conversation itself.
    for id in 1..=20 {
        ask(&mut server, id, "tools/call", json!({ "name": "hold_sometimes", "arguments": {} })).await;
        answer(&mut output).await;
    }
    let arguments = json!({ "address": holder.address() });
    ask(&mut server, 99, "tools/call", json!({ "name": "hold_sometimes", "arguments": arguments })).await;
    let _held = holder.held().await;
    terminate(&server).await;
    Ended::of(server).await;
}

#[tokio::test]
async fn a_masked_error_can_be_found_in_the_log_by_its_incident() {
    let mut client = Client::start(Example::named("holding"), Transport::Stdio, Revision::V2026_07_28).await;
    let text = client.failure("fail", json!({})).await;
    let incident = text.split("incident ").nth(1).unwrap().split(')').next().unwrap().to_owned();
    let log = client.log().clone();
    let line =
        log.wait_for("the cause", |text| text.lines().find(|line| line.contains(&incident)).map(str::to_owned)).await;
    assert!(line.starts_with("fastmcp-rs: error: ") && line.contains("the secret\\nerror: cause"), "{line}");
    client.finish().await;
}

#[tokio::test]
async fn the_level_of_the_log_is_set_by_the_environment() {
    for (level, shown) in [("off", false), ("error", true), ("ERROR", true), ("loud", true)] {
        let example = Example::named("holding").env("FASTMCP_LOG", level);
        let mut client = Client::start(example, Transport::Stdio, Revision::V2026_07_28).await;
        client.failure("fail", json!({})).await;
        let log = client.log().clone();
        client.finish().await;
        let text = log.ended().await;
        assert_eq!(text.contains("the secret"), shown, "{level}: {text}");
        assert_eq!(text.contains("FASTMCP_LOG is `loud`"), level == "loud", "{text}");
    }
}

#[tokio::test]
async fn a_child_of_a_handler_prints_into_the_log() {
    let mut server = Example::named("holding").spawn_on(Stdio::piped(), Stdio::piped());
    let mut output = BufReader::new(server.stdout.take().unwrap());
    let mut errors = BufReader::new(server.stderr.take().unwrap()).lines();
    ask(&mut server, 0, "initialize", hello()).await;
    answer(&mut output).await;
    ask(&mut server, 1, "tools/call", json!({ "name": "print", "arguments": { "bytes": 3 } })).await;
    answer(&mut output).await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let line = within("a line", errors.next_line()).await.unwrap().unwrap();
        // The log's own lines go the same way.
        if !line.starts_with("fastmcp-rs:") {
            seen.push(line);
        }
    }
    assert_eq!(seen, ["xxx", "printed"]);
    terminate(&server).await;
    Ended::of(server).await;
}

#[tokio::test]
async fn a_panic_with_a_text_of_the_clients_forges_no_line_in_the_log() {
    for text in ["a\nfastmcp-rs: error: forged", "b\r\u{1b}[2Kforged", "\u{202e}forged\u{2028}forged", "fine"] {
        let mut client = Client::start(Example::named("holding"), Transport::Stdio, Revision::V2025_11_25).await;
        let failure = client.failure("panic_with", json!({ "text": text })).await;
        assert!(failure.starts_with("internal error (incident "), "{failure}");
        let log = client.log().clone();
        client.finish().await;
        let log = log.ended().await;
        // The report says where, the log which tool.
        assert!(log.contains("panicked at tests/examples/holding.rs:"), "{log}");
        assert!(log.contains("component=panic_with"), "{log}");
        assert!(
            !log.lines().any(|line| line.starts_with("fastmcp-rs: error: forged") || line.starts_with("forged")),
            "{log}"
        );
        let raw = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}');
        assert!(!log.contains(raw), "{log:?}");
    }
}

/// A report of several lines, as `assert_eq!` makes, keeps them, and says where it came from if that is wanted.
#[tokio::test]
async fn the_report_of_a_panic_is_read_as_it_was_written() {
    let text = "assertion `left == right` failed\n  left: 1\n right: 2";
    for backtrace in ["0", "1"] {
        let example = Example::named("holding").env("RUST_BACKTRACE", backtrace);
        let mut client = Client::start(example, Transport::Stdio, Revision::V2025_11_25).await;
        client.failure("panic_with", json!({ "text": text })).await;
        let log = client.log().clone();
        client.finish().await;
        let log = log.ended().await;
        assert!(
            log.contains(":\n    assertion `left == right` failed\n      left: 1\n     right: 2\n"),
            "each line below the first: {log}"
        );
        let traced = log.contains("stack backtrace:\n") && log.contains("panic_with");
        assert!(traced == (backtrace == "1") && log.contains("RUST_BACKTRACE=1 shows") != traced, "{log}");
    }
}

/// A program may have decided what a panic does, and a text of a client's takes nothing of that away.
#[tokio::test]
async fn a_hook_of_the_programs_own_is_called_for_every_panic() {
    for text in ["fine", "a\nforged", "\u{1b}[2K", &"long".repeat(4096)] {
        let example = Example::named("holding").env("HOLDING_HOOK", "1");
        let mut client = Client::start(example, Transport::Stdio, Revision::V2025_11_25).await;
        client.failure("panic_with", json!({ "text": text })).await;
        let log = client.log().clone();
        client.finish().await;
        let log = log.ended().await;
        assert!(log.lines().any(|line| line == "a hook of its own"), "{log}");
        assert!(!log.contains("panicked at"), "{log}");
    }
}
