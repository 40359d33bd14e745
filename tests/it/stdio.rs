//! What standard input and output can be: pipes in most tests, sockets and files here.

#![cfg(unix)]

use std::{
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{
    Example,
    stdio::{Ended, Pipe},
    within,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    sync::oneshot,
};

/// More than the server keeps for a client that does not read.
const MUCH: usize = 1024 * 1024;

fn initialize() -> String {
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" }
    });
    let request = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    format!("{request}\n{}\n", json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
}

fn greet(id: usize, name: &str) -> String {
    let params = json!({ "name": "greet", "arguments": { "name": name } });
    format!("{}\n", json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }))
}

/// Reads until the server ends its output: the ids that were answered, in order, and the last answer.
async fn answers(output: impl AsyncRead + Unpin) -> (Vec<usize>, Value) {
    let (mut ids, mut last) = (Vec::new(), Value::Null);
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = within("an answer", lines.next_line()).await.unwrap() {
        last = serde_json::from_str(&line).unwrap();
        assert!(last["result"].is_object(), "{last}");
        ids.push(last["id"].as_u64().unwrap() as usize);
    }
    ids.sort_unstable();
    (ids, last)
}

/// Asks for more than the server keeps before anything is read, then reads it all.
async fn ask_much(mut input: impl AsyncWrite + Unpin + Send + 'static, output: impl AsyncRead + Unpin) {
    const CALLS: usize = 100;
    let (half_way, read_on) = oneshot::channel();
    let asking = tokio::spawn(async move {
        let name = "x".repeat(2 * MUCH / CALLS);
        let mut half_way = Some(half_way);
        let mut sent = 0;
        input.write_all(initialize().as_bytes()).await.unwrap();
        for id in 1..=CALLS {
            let call = greet(id, &name);
            input.write_all(call.as_bytes()).await.unwrap();
            sent += call.len();
            if sent > MUCH / 2
                && let Some(half_way) = half_way.take()
            {
                half_way.send(()).unwrap();
            }
        }
        input.shutdown().await.unwrap();
    });
    within("half of the calls", read_on).await.unwrap();
    let (ids, _) = answers(output).await;
    assert_eq!(ids, (0..=CALLS).collect::<Vec<_>>());
    asking.await.unwrap();
}

fn socket() -> (tokio::net::UnixStream, OwnedFd) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (tokio::net::UnixStream::from_std(ours).unwrap(), theirs.into())
}

#[tokio::test]
async fn pipes_hold_back_a_client_that_does_not_read() {
    let mut server = Example::named("hello").spawn();
    ask_much(server.stdin.take().unwrap(), server.stdout.take().unwrap()).await;
    assert!(Ended::of(server).await.success());
}

#[tokio::test]
async fn two_sockets_serve_as_pipes_do() {
    let ((input, its_input), (output, its_output)) = (socket(), socket());
    let server = Example::named("hello").spawn_on(its_input, its_output);
    ask_much(input, output).await;
    assert!(Ended::of(server).await.success());
}

#[tokio::test]
async fn one_socket_can_be_both() {
    let (ours, its_own) = socket();
    let server = Example::named("hello").spawn_on(its_own.try_clone().unwrap(), its_own);
    let (output, input) = ours.into_split();
    ask_much(input, output).await;
    assert!(Ended::of(server).await.success());
}

/// Who started the server may go on with its own copy of the descriptor, and expects it to block as before.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn descriptors_of_others_are_not_made_non_blocking() {
    use std::os::fd::AsRawFd as _;

    const O_NONBLOCK: u32 = 0o4000;
    let ((mut input, its_input), (output, its_output)) = (socket(), socket());
    let shared = [its_input.try_clone().unwrap(), its_output.try_clone().unwrap()];
    let server = Example::named("hello").spawn_on(its_input, its_output);
    input.write_all(initialize().as_bytes()).await.unwrap();
    let mut output = BufReader::new(output);
    within("an answer", output.read_line(&mut String::new())).await.unwrap();
    for descriptor in &shared {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", descriptor.as_raw_fd())).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
        assert_eq!(u32::from_str_radix(flags, 8).unwrap() & O_NONBLOCK, 0, "{info}");
    }
    drop((input, shared));
    assert!(Ended::of(server).await.success());
}

#[tokio::test]
async fn files_are_read_to_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    let calls: String = (1..=100).map(|id| greet(id, "Ada")).collect();
    std::fs::write(&input, initialize() + &calls).unwrap();
    let server =
        Example::named("hello").spawn_on(std::fs::File::open(&input).unwrap(), std::fs::File::create(&output).unwrap());
    assert!(Ended::of(server).await.success());
    let (ids, last) = answers(BufReader::new(&*std::fs::read(&output).unwrap())).await;
    assert_eq!(ids, (0..=100).collect::<Vec<_>>());
    assert_eq!(last["result"]["content"][0]["text"], "Hello, Ada!");
}

static ANSWERED: AtomicUsize = AtomicUsize::new(0);

/// Half a mebibyte, counted.
#[tool(inline)]
fn half_a_mebibyte() -> String {
    ANSWERED.fetch_add(1, Ordering::Relaxed);
    "x".repeat(MUCH / 2)
}

/// What one read brought is not all answered at once: the answers would have to wait somewhere.
#[tokio::test(start_paused = true)]
async fn requests_wait_as_long_as_their_client_does_not_read() {
    const CALLS: usize = 40;
    let mut pipe = Pipe::serve(Server::empty("mebibytes").tool(half_a_mebibyte).build().unwrap());
    pipe.write(initialize().as_bytes()).await;
    pipe.receive().await;
    let call =
        |id| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "half_a_mebibyte" } });
    let calls: String = (1..=CALLS).map(|id| format!("{}\n", call(id))).collect();
    pipe.write(calls.as_bytes()).await;
    // The clock stands still for as long as there is anything to do, so this is when the server waits for its client.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let answered = ANSWERED.load(Ordering::Relaxed);
    assert!((1..=4).contains(&answered), "{answered} of {CALLS} calls were answered and nothing was read");
    for id in 1..=CALLS {
        assert_eq!(pipe.receive().await["id"], id);
    }
    assert_eq!(ANSWERED.load(Ordering::Relaxed), CALLS);
    assert!(pipe.close().await.0.success());
}
