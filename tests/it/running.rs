//! Calls that take time: limits, cancellation, many at once, and the end of the connection.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{
    Client, Example, Revision, Transport,
    client::{error_of, text_of},
    http::Connection,
    served, within,
};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

const ERAS: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

/// What a test and the tools that it calls tell each other.
struct Wires {
    /// What tools say.
    said: mpsc::UnboundedSender<&'static str>,
    /// What tools wait for.
    go: Arc<Semaphore>,
}

/// Says when it is dropped.
struct Farewell(mpsc::UnboundedSender<&'static str>);

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

/// Waits to be let go, for ever if need be.
#[tool]
async fn wait(wires: State<Wires>, token: CancellationToken) -> String {
    let said = wires.said.clone();
    tokio::spawn(async move {
        token.cancelled().await;
        let _ = said.send("cancelled");
    });
    let _farewell = Farewell(wires.said.clone());
    let _ = wires.said.send("started");
    wires.go.acquire().await.unwrap().forget();
    "done".to_owned()
}

/// Waits like `wait`, and leaves its context to a task without end.
#[tool]
async fn linger(wires: State<Wires>, ctx: Context) -> String {
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(ctx);
    });
    let _ = wires.said.send("started");
    wires.go.acquire().await.unwrap().forget();
    "done".to_owned()
}

/// Waits for nobody, and is done a moment later.
#[tool]
async fn pass(wires: State<Wires>) -> String {
    tokio::task::yield_now().await;
    let _ = wires.said.send("passed");
    "passed".to_owned()
}

/// Waits like `wait`, with a limit of its own.
#[tool(timeout = "90s")]
async fn wait_longer(wires: State<Wires>) -> String {
    let _farewell = Farewell(wires.said.clone());
    wires.go.acquire().await.unwrap().forget();
    "done".to_owned()
}

/// The same without a limit.
#[tool(timeout = "none")]
async fn wait_for_ever(wires: State<Wires>) -> String {
    wires.go.acquire().await.unwrap().forget();
    "done".to_owned()
}

/// The same as a resource.
#[resource("wait://{name}")]
async fn waiting_resource(name: String, wires: State<Wires>) -> String {
    wires.go.acquire().await.unwrap().forget();
    name
}

/// The same as a prompt.
#[prompt]
async fn waiting_prompt(wires: State<Wires>) -> String {
    wires.go.acquire().await.unwrap().forget();
    "done".to_owned()
}

fn server() -> (Server, mpsc::UnboundedReceiver<&'static str>, Arc<Semaphore>) {
    let (said, heard) = mpsc::unbounded_channel();
    let go = Arc::new(Semaphore::new(0));
    let server = Server::empty("waiting").tool(wait).tool(linger).tool(wait_longer).tool(wait_for_ever);
    let server = server.tool(pass).resource(waiting_resource).prompt(waiting_prompt);
    (server.state(Wires { said, go: Arc::clone(&go) }), heard, go)
}

async fn hear(heard: &mut mpsc::UnboundedReceiver<&'static str>) -> &'static str {
    within("word from the tool", heard.recv()).await.unwrap()
}

fn call(tool: &str) -> Value {
    json!({ "name": tool, "arguments": {} })
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_limit_of_its_own_ends_after_thirty_seconds() {
    for revision in ERAS {
        let (server, mut heard, _go) = server();
        let mut client = Client::of(server, revision).await;
        let before = tokio::time::Instant::now();
        client.begin("tools/call", call("wait")).await;
        assert_eq!(hear(&mut heard).await, "started");
        tokio::time::advance(Duration::from_millis(29_999)).await;
        client.alive().await;
        assert!(client.unasked.is_empty(), "it may still take a millisecond: {:?}", client.unasked);
        let answer = client.receive().await;
        assert_eq!(before.elapsed().as_secs(), 30);
        assert_eq!(answer["result"]["isError"], true);
        assert_eq!(error_of(&answer["result"])["code"], "timeout");
        let mut said = [hear(&mut heard).await, hear(&mut heard).await];
        said.sort_unstable();
        assert_eq!(said, ["cancelled", "dropped"], "the future is gone, and its token says so");
        client.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_may_shorten_its_limit_and_never_lengthen_it() {
    for revision in ERAS {
        for (tool, wanted, seconds) in [
            ("wait", json!(2000), 2),
            ("wait", json!(29_000), 29),
            ("wait", json!(3_600_000), 30),
            ("wait_longer", json!(2000), 2),
            ("wait_for_ever", json!(7000), 7),
            // What is no whole number of milliseconds says nothing.
            ("wait", json!("2000"), 30),
            ("wait", json!(0), 30),
            ("wait", json!(-2000), 30),
            ("wait", json!(2000.5), 30),
            ("wait", json!(null), 30),
            ("wait", json!({ "seconds": 2 }), 30),
        ] {
            let (server, _heard, _go) = server();
            let mut client = Client::of(server, revision).await;
            let before = tokio::time::Instant::now();
            let params = json!({ "name": tool, "arguments": {}, "_meta": { "fastmcp-rs/timeoutMs": wanted } });
            client.begin("tools/call", params).await;
            client.alive().await;
            tokio::time::advance(Duration::from_secs(seconds - 1)).await;
            client.alive().await;
            assert!(client.unasked.is_empty(), "{tool} {wanted}: {:?}", client.unasked);
            let answer = client.receive().await;
            assert_eq!(before.elapsed().as_secs(), seconds, "{tool} {wanted}");
            assert_eq!(error_of(&answer["result"])["code"], "timeout");
            client.finish().await;
        }
        let (server, _heard, _go) = server();
        let mut client = Client::of(server, revision).await;
        let before = tokio::time::Instant::now();
        let params = json!({ "uri": "wait://a", "_meta": { "fastmcp-rs/timeoutMs": 1500 } });
        assert_eq!(client.refusal("resources/read", params).await.data["code"], "timeout");
        assert_eq!(before.elapsed().as_millis(), 1500);
        client.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_tools_own_limit_outweighs_the_servers() {
    let (server, mut heard, go) = server();
    let mut client = Client::of(server.timeout(Duration::from_secs(5)), Revision::V2026_07_28).await;
    let before = tokio::time::Instant::now();
    client.begin("tools/call", call("wait")).await;
    client.begin("tools/call", call("wait_longer")).await;
    client.begin("tools/call", call("wait_for_ever")).await;
    assert_eq!(client.receive().await["id"], 2);
    assert_eq!(before.elapsed().as_secs(), 5);
    assert_eq!(hear(&mut heard).await, "started");
    tokio::time::advance(Duration::from_secs(80)).await;
    client.alive().await;
    assert!(client.unasked.is_empty(), "{:?}", client.unasked);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(client.receive().await["id"], 3);
    tokio::time::advance(Duration::from_secs(1_000_000)).await;
    go.add_permits(1);
    assert_eq!(text_of(&client.receive().await["result"]), "done");
    client.finish().await;
}

#[tokio::test(start_paused = true)]
async fn resources_and_prompts_have_limits_too() {
    for revision in ERAS {
        let (server, _heard, _go) = server();
        let mut client = Client::of(server, revision).await;
        for (method, params) in
            [("resources/read", json!({ "uri": "wait://a" })), ("prompts/get", json!({ "name": "waiting_prompt" }))]
        {
            client.begin(method, params).await;
            tokio::time::advance(Duration::from_secs(29)).await;
            client.alive().await;
            tokio::time::advance(Duration::from_secs(1)).await;
            let answer = client.receive().await;
            assert_eq!(answer["error"]["code"], -32603, "{answer}");
            assert_eq!(answer["error"]["data"]["code"], "timeout", "{answer}");
        }
        client.finish().await;
    }
}

#[tokio::test]
async fn a_cancelled_call_is_dropped_and_not_answered() {
    for revision in ERAS {
        let (server, mut heard, go) = server();
        let mut client = Client::of(server, revision).await;
        let id = client.begin("tools/call", call("wait")).await;
        assert_eq!(hear(&mut heard).await, "started");
        for other in [json!(4711), json!("1"), json!(null), json!({})] {
            client.notify("notifications/cancelled", json!({ "requestId": other })).await;
        }
        client.alive().await;
        assert!(heard.try_recv().is_err(), "another's cancellation is nobody's business");

        client.notify("notifications/cancelled", json!({ "requestId": id, "reason": "enough" })).await;
        let mut said = [hear(&mut heard).await, hear(&mut heard).await];
        said.sort_unstable();
        assert_eq!(said, ["cancelled", "dropped"]);
        client.notify("notifications/cancelled", json!({ "requestId": id })).await;
        client.alive().await;
        assert!(client.unasked.is_empty(), "a cancelled call is not answered: {:?}", client.unasked);

        // The id is free again, and so is the tool.
        go.add_permits(1);
        let request = client.request_with_id(&id, "tools/call", call("wait"));
        client.send(&request).await;
        assert_eq!(text_of(&client.receive().await["result"]), "done");
        client.finish().await;
    }
}

#[tokio::test]
async fn many_calls_run_at_once_on_one_pipe() {
    for revision in ERAS {
        let (server, mut heard, go) = server();
        let mut client = Client::of(server, revision).await;
        let mut ids = Vec::new();
        for _ in 0..200 {
            ids.push(client.begin("tools/call", call("wait")).await);
        }
        for _ in 0..200 {
            assert_eq!(hear(&mut heard).await, "started");
        }
        client.alive().await;
        go.add_permits(200);
        let mut answered = Vec::new();
        for _ in 0..200 {
            let answer = client.receive().await;
            assert_eq!(text_of(&answer["result"]), "done");
            answered.push(answer["id"].clone());
        }
        answered.sort_by_key(Value::as_u64);
        assert_eq!(answered, ids, "each is answered once");
        client.finish().await;
    }
}

#[tokio::test]
async fn an_id_in_flight_cannot_be_used_again() {
    for revision in ERAS {
        let (server, mut heard, go) = server();
        let mut client = Client::of(server, revision).await;
        let id = client.begin("tools/call", call("wait")).await;
        assert_eq!(hear(&mut heard).await, "started");
        let second = client.request_with_id(&id, "tools/call", call("wait"));
        client.send(&second).await;
        let answer = client.receive().await;
        assert_eq!((&answer["id"], answer["error"]["code"].as_i64()), (&id, Some(-32600)), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(&id.to_string()), "{answer}");
        go.add_permits(1);
        let answer = client.receive().await;
        assert_eq!(text_of(&answer["result"]), "done", "the first is unaffected");
        client.finish().await;
    }
}

#[tokio::test]
async fn ids_are_compared_by_value_however_they_are_spelled() {
    for revision in ERAS {
        let (server, mut heard, go) = server();
        let mut client = Client::of(server, revision).await;
        for (id, same, other) in [
            (r#""a""#, r#""\u0061""#, r#""A""#),
            (r#""\u0061\/b""#, r#""a/b""#, r#""a\\/b""#),
            (r#""été""#, r#""\u00e9t\u00E9""#, r#""e\u0301te\u0301""#),
            ("7", "7.0", r#""7""#),
            ("1.5e1", "15", "1.5"),
            ("-0", "0", "-1"),
            ("9007199254740993", "9007199254740993", "9007199254740992"),
        ] {
            let cancel = |id: &str| {
                format!(r#"{{"jsonrpc":"2.0","method":"notifications\/cancelled","params":{{"request\u0049d":{id}}}}}"#)
            };
            let call = client.request_with_id(&json!("ID"), "tools/call", call("wait")).to_string();
            let begin = |id: &str| call.replace(r#""ID""#, id);
            send(&mut client, &begin(id)).await;
            assert_eq!(hear(&mut heard).await, "started");

            send(&mut client, &begin(same)).await;
            let refusal = client.receive().await;
            assert_eq!(refusal["error"]["code"], -32600, "{same} is {id}, which is running: {refusal}");
            send(&mut client, &cancel(other)).await;
            client.alive().await;
            assert!(heard.try_recv().is_err(), "{other} is not {id}");

            send(&mut client, &cancel(same)).await;
            let mut said = [hear(&mut heard).await, hear(&mut heard).await];
            said.sort_unstable();
            assert_eq!(said, ["cancelled", "dropped"], "{same} is {id}");
            client.alive().await;
            assert!(client.unasked.is_empty(), "a cancelled call is not answered: {:?}", client.unasked);

            // Free again, and repeated as it is spelled.
            go.add_permits(1);
            send(&mut client, &begin(same)).await;
            let answer = client.receive().await;
            assert_eq!(answer["id"], serde_json::from_str::<Value>(same).unwrap());
            assert_eq!(hear(&mut heard).await, "started");
            while heard.try_recv().is_ok() {}
        }
        client.finish().await;
    }
}

async fn send(client: &mut Client, text: &str) {
    client.pipe().write(format!("{text}\n").as_bytes()).await;
}

/// Sends a message without waiting for what comes of it: over HTTP on a connection of its own.
async fn dispatch(client: &mut Client, message: &Value) -> Option<Connection> {
    if client.transport() == Transport::Stdio {
        client.send(message).await;
        return None;
    }
    let mut connection = Connection::open(client.address()).await;
    connection.send("POST", "/mcp", &client.headers(message), message.to_string().as_bytes()).await;
    Some(connection)
}

/// What came of it, if it has an answer.
async fn outcome(client: &mut Client, connection: Option<Connection>) -> Option<Value> {
    match connection {
        None => Some(client.receive().await),
        Some(mut connection) => connection.response().await.expect("a response").messages().pop(),
    }
}

#[tokio::test]
async fn an_id_is_free_again_once_its_request_was_cancelled() {
    for transport in Transport::ALL {
        let (server, mut heard, go) = server();
        let mut client = Client::start(server, transport, Revision::V2025_11_25).await;
        let request = client.request("tools/call", call("wait"));
        let first = dispatch(&mut client, &request).await;
        assert_eq!(hear(&mut heard).await, "started");
        client.notify("notifications/cancelled", json!({ "requestId": request["id"] })).await;
        if transport == Transport::Http {
            assert_eq!(outcome(&mut client, first).await, None, "a cancelled call is not answered");
        }
        let second = dispatch(&mut client, &request).await;
        let mut said = [hear(&mut heard).await, hear(&mut heard).await, hear(&mut heard).await];
        said.sort_unstable();
        assert_eq!(said, ["cancelled", "dropped", "started"], "the first is gone, the second has begun");
        go.add_permits(1);
        let answer = outcome(&mut client, second).await.expect("an answer");
        assert_eq!((&answer["id"], text_of(&answer["result"])), (&request["id"], "done".to_owned()));
        client.finish().await;
    }
}

#[tokio::test]
async fn a_request_cancelled_when_it_was_done_leaves_its_id_to_the_next() {
    for transport in Transport::ALL {
        let (server, mut heard, go) = server();
        let mut client = Client::start(server, transport, Revision::V2025_03_26).await;
        let request =
            |id: &str, tool: &str| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call(tool) });
        // The answers of a batch leave together: the second is done, and waits for the first.
        let batch = dispatch(&mut client, &json!([request("one", "wait"), request("two", "pass")])).await;
        let mut said = [hear(&mut heard).await, hear(&mut heard).await];
        said.sort_unstable();
        assert_eq!(said, ["passed", "started"]);
        client.notify("notifications/cancelled", json!({ "requestId": "two" })).await;
        let again = dispatch(&mut client, &request("two", "wait")).await;
        assert_eq!(hear(&mut heard).await, "started");

        go.add_permits(1);
        let answers = outcome(&mut client, batch).await.expect("the answers of the batch");
        let ids: Vec<_> = answers.as_array().unwrap().iter().map(|answer| &answer["id"]).collect();
        assert_eq!(ids, ["one"], "what was cancelled is not answered");
        go.add_permits(1);
        let answer = outcome(&mut client, again).await.expect("an answer");
        assert_eq!((&answer["id"], text_of(&answer["result"])), (&json!("two"), "done".to_owned()));
        client.finish().await;
    }
}

#[tokio::test]
async fn a_batch_of_which_all_is_cancelled_ends_without_an_answer() {
    let (server, mut heard, _go) = server();
    let mut client = Client::start(server, Transport::Http, Revision::V2025_03_26).await;
    let request = client.request("tools/call", call("linger"));
    let batch = dispatch(&mut client, &json!([request])).await;
    assert_eq!(hear(&mut heard).await, "started");
    client.notify("notifications/cancelled", json!({ "requestId": request["id"] })).await;
    let response = within("the end of the batch", batch.expect("a connection").response()).await;
    assert_eq!(response.expect("a response").head.status, 202);
    client.finish().await;
}

#[tokio::test]
async fn a_task_that_keeps_its_context_does_not_keep_the_process() {
    for revision in ERAS {
        let mut client = Client::start(Example::named("waiting"), Transport::Stdio, revision).await;
        for _ in 0..100 {
            assert_eq!(text_of(&client.call("linger", json!({})).await), "lingering");
        }
        client.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_may_finish_when_the_input_ends() {
    let (server, mut heard, go) = server();
    let mut client = Client::of(server, Revision::V2026_07_28).await;
    let id = client.begin("tools/call", call("wait")).await;
    assert_eq!(hear(&mut heard).await, "started");
    client.pipe().end_input().await;
    tokio::time::advance(Duration::from_secs(4)).await;
    go.add_permits(1);
    let (ended, rest) = client.into_pipe().close().await;
    assert!(ended.success(), "{ended}");
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["id"], id);
}

#[tokio::test(start_paused = true)]
async fn calls_that_do_not_finish_are_dropped_five_seconds_after_the_input() {
    for revision in ERAS {
        let (server, mut heard, _go) = server();
        let mut client = Client::of(server, revision).await;
        for _ in 0..50 {
            client.begin("tools/call", call("wait")).await;
        }
        for _ in 0..50 {
            assert_eq!(hear(&mut heard).await, "started");
        }
        let before = tokio::time::Instant::now();
        let (ended, rest) = client.into_pipe().close().await;
        assert!(ended.success(), "{ended}");
        assert!(rest.is_empty(), "{rest:?}");
        assert_eq!(before.elapsed().as_secs(), 5);
        let mut dropped = 0;
        while dropped < 50 {
            dropped += usize::from(hear(&mut heard).await == "dropped");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_lets_calls_finish_and_then_ends_the_conversation() {
    let (server, mut heard, go) = server();
    let server = server.shutdown_grace(Duration::from_secs(60)).build().unwrap();
    let handle = server.clone();
    let mut client = Client::of(server, Revision::V2026_07_28).await;
    client.begin("tools/call", call("wait")).await;
    assert_eq!(hear(&mut heard).await, "started");
    handle.shutdown();
    go.add_permits(1);
    assert_eq!(text_of(&client.receive().await["result"]), "done");
    let mut pipe = client.into_pipe();
    assert_eq!(pipe.next().await, None);
    assert!(pipe.ended().await.success());
}

/// Says on which thread it runs.
#[tool]
fn on_which_thread() -> String {
    format!("{:?}", thread::current().id())
}

/// The same, in place.
#[tool(inline)]
fn on_which_thread_inline() -> String {
    format!("{:?}", thread::current().id())
}

/// A door that blocks a thread until it is opened.
struct Door(std::sync::Mutex<std::sync::mpsc::Receiver<()>>, std::sync::mpsc::Sender<()>);

/// Blocks its thread until the door is opened.
#[tool]
fn block(door: State<Door>) -> &'static str {
    door.0.lock().unwrap().recv().unwrap();
    "opened"
}

/// Opens the door.
#[tool(inline)]
fn open_door(door: State<Door>) -> &'static str {
    door.1.send(()).unwrap();
    "open"
}

#[tokio::test]
async fn a_plain_function_blocks_nobody() {
    for revision in ERAS {
        let (sender, receiver) = std::sync::mpsc::channel();
        let server = Server::empty("door").tool(block).tool(open_door).tool(on_which_thread);
        let server = server.tool(on_which_thread_inline);
        let mut client = Client::of(server.state(Door(receiver.into(), sender)), revision).await;
        // This runtime has one thread: whoever blocks it blocks this test.
        let blocked = client.begin("tools/call", call("block")).await;
        assert_eq!(text_of(&client.call("open_door", json!({})).await), "open");
        let answer = client.receive().await;
        assert_eq!((&answer["id"], text_of(&answer["result"])), (&blocked, "opened".to_owned()));
        let own = format!("{:?}", thread::current().id());
        assert_ne!(text_of(&client.call("on_which_thread", json!({})).await), own);
        assert_eq!(text_of(&client.call("on_which_thread_inline", json!({})).await), own);
        client.finish().await;
    }
}

#[tokio::test]
async fn a_limit_holds_for_a_plain_function_that_blocks() {
    /// Blocks for good.
    #[tool(timeout = "20ms")]
    fn hang(door: State<Door>) -> &'static str {
        // It cannot be stopped; the test lets it go in the end.
        let _ = door.0.lock().unwrap().recv();
        "never seen"
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = Server::empty("door").tool(hang).tool(open_door);
    let mut client = Client::of(server.state(Door(receiver.into(), sender)), Revision::V2026_07_28).await;
    let before = Instant::now();
    assert!(client.failure("hang", json!({})).await.contains("20ms"));
    assert!(before.elapsed() < Duration::from_secs(20), "nobody waits for the thread");
    client.call("open_door", json!({})).await;
    client.finish().await;
}

#[tokio::test]
async fn limits_that_make_no_sense_keep_the_server_from_starting() {
    for server in [
        Server::empty("zero").tool(on_which_thread).timeout(Duration::ZERO),
        Server::empty("zero").tool(on_which_thread).page_size(0),
        Server::empty("zero").tool(on_which_thread).max_message_bytes(0),
    ] {
        let error = server.build().unwrap_err().to_string();
        assert!(error.contains("running.rs:") && error.contains(" would "), "{error}");
    }
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_and_the_next_one_served() {
    served(
        || Server::empty("small").tool(on_which_thread).max_message_bytes(2000),
        async |client| {
            let mut request = client.request("tools/list", json!({}));
            request["padding"] = json!("x".repeat(3000));
            let delivered = client.deliver_json(&request).await;
            match delivered.status {
                None => assert_eq!(delivered.code(), Some(-32600), "{delivered:?}"),
                Some(status) => assert_eq!(status, 413, "{delivered:?}"),
            }
        },
    )
    .await;
}

#[tokio::test]
async fn run_inside_a_runtime_says_what_to_write() {
    let error = Server::new("tests").run().expect_err("a runtime cannot be made within another");
    assert!(error.to_string().contains("run_async().await"), "{error}");
}
