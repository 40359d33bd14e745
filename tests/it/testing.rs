//! The testing kit, from the side of somebody who tests with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use fastmcp_rs::client::Client;
use fastmcp_rs::prelude::*;
use fastmcp_rs::testing::*;
use fastmcp_rs::{ErrorKind, Revision};
use serde_json::{Value, json};

/// What a place is called.
#[model]
struct Place {
    city: String,
    country: Option<String>,
}

struct Known(Vec<&'static str>);

/// Adds.
#[tool]
fn add(a: i64, b: u64) -> i64 {
    a + i64::try_from(b).unwrap_or_default()
}

/// Looks places up; what is injected stands between what is sent.
#[tool]
async fn find(
    known: State<Known>,
    city: String,
    ctx: Context,
    #[arg(name = "max")] limit: Option<u8>,
    ratio: f32,
    tags: Vec<String>,
) -> Result<Vec<String>, ToolError> {
    ctx.info(format!("looks for {city}")).await;
    ctx.progress(1.0, 2.0).await;
    if !known.0.contains(&city.as_str()) {
        return Err(ToolError::not_found(format!("no city called {city}")));
    }
    Ok(vec![format!("{city} {limit:?} {ratio} {}", tags.join("+"))])
}

/// Takes a place apart.
#[tool]
fn describe(#[arg(flatten)] place: Place, loud: bool) -> String {
    let text = format!("{} in {}", place.city, place.country.as_deref().unwrap_or("?"));
    if loud { text.to_uppercase() } else { text }
}

#[model]
struct Name {
    #[serde(default = "nobody")]
    name: String,
}

fn nobody() -> String {
    "nobody".to_owned()
}

/// Asks twice, and then the model.
#[tool]
async fn interview(ctx: Context) -> Result<String, ToolError> {
    let first = ctx.elicit::<Name>("Who are you?").await?.accepted().map(|it| it.name);
    let second = ctx.elicit::<Name>("And your friend?").await?.accepted().map(|it| it.name);
    let said = ctx.sample(SamplingRequest::new("Greet them.")).await?;
    Ok(format!("{first:?} {second:?} {}", said.to_text()))
}

/// Never ends.
#[tool(timeout = "none")]
async fn wait() {
    std::future::pending().await
}

fn server() -> Server {
    let server = Server::empty("kit").state(Known(vec!["Oslo"]));
    server.tool(add).tool(find).tool(describe).tool(interview).tool(wait)
}

/// What a panic said.
async fn panic_of(test: impl Future<Output = ()>) -> String {
    let mut test = Box::pin(test);
    let panic = std::future::poll_fn(|task| {
        let polled = catch_unwind(AssertUnwindSafe(|| test.as_mut().poll(task)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(None),
            Err(panic) => Poll::Ready(Some(panic)),
        }
    });
    let panic = panic.await.expect("it should have panicked");
    panic.downcast_ref::<String>().cloned().expect("a panic with words")
}

#[tokio::test]
async fn a_call_is_written_from_the_functions_own_parameters() {
    let client = TestClient::new(server()).await;
    let sum: i64 = client.tool(add).call((-1, 3)).await.unwrap();
    assert_eq!(sum, 2);
    let found: Vec<String> = client.tool(find).call(("Oslo", 3, 0.5, ["a", "b"])).await.unwrap();
    assert_eq!(found, ["Oslo Some(3) 0.5 a+b"]);
    let found = client.tool(find).call(("Oslo".to_owned(), None, 1.0, Vec::new())).await;
    found.assert_value(json!(["Oslo None 1 "])).assert_text("Oslo").assert_ok();
    let place = Place { city: "Oslo".into(), country: Some("Norway".into()) };
    client.tool(describe).call((place, true)).await.assert_value("OSLO IN NORWAY");
    client.logs().assert_contains("looks for Oslo");
    client.progress().assert_reached(0.5);
}

#[tokio::test]
async fn failures_are_told_by_their_kind_and_place() {
    let client = TestClient::new(server()).await;
    let rome = client.tool(find).call(("Rome", None, 1.0, ["x"])).await;
    rome.assert_error(ErrorKind::NotFound).assert_text("no city called Rome");
    client.tool(add).call_json(json!({ "a": "x", "b": 1 })).await.assert_invalid("/a");
    let both = client.tool(add).call_json(json!({ "a": [], "b": -1 })).await;
    both.assert_invalid("/a").assert_invalid("/b");
    client.call("addd", json!({})).await.assert_error(ErrorKind::InvalidParams).assert_text("`add`");
    let slow = client.tool(wait).timeout(Duration::from_millis(20)).call(()).await;
    slow.assert_error(ErrorKind::Timeout);
    assert_eq!(client.client().pending(), 0);
    client.close().await;
}

#[tokio::test]
async fn what_is_asked_is_answered_in_order_in_every_revision_that_can() {
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25, Revision::V2026_07_28] {
        let client = TestClient::in_revision(server(), revision).await;
        client.answers(accept(json!({ "name": "Ada" })));
        client.answers(decline());
        client.answers(sampled("Hello!"));
        client.tool(interview).call(()).await.assert_value("Some(\"Ada\") None Hello!");
        client.asked().assert_messages(["Who are you?", "And your friend?", "Greet them."]);
        let unanswered = client.tool(interview).call(()).await;
        unanswered.assert_text("client.answers(..)").assert_text("Who are you?");
    }
}

#[tokio::test]
async fn whatever_is_not_as_expected_says_what_came() {
    let client = TestClient::new(server()).await;
    let failed = async || client.tool(find).call(("Rome", None, 1.0, ["x"])).await;
    for (said, words) in [
        (
            panic_of(async { drop(failed().await.assert_ok()) }).await,
            "tool `find` should have succeeded, but it failed: no city called Rome",
        ),
        (
            panic_of(async { drop(failed().await.assert_error(ErrorKind::Conflict)) }).await,
            "should have failed with `conflict` (the kind is `not_found`)",
        ),
        (panic_of(async { drop(failed().await.assert_invalid("/city")) }).await, "should have refused its arguments"),
        (panic_of(async { drop(failed().await.assert_text("Paris")) }).await, "should have said \"Paris\""),
        (panic_of(async { drop(failed().await.unwrap::<Value>()) }).await, "should have succeeded"),
        (panic_of(async { client.logs().assert_contains("nothing of the kind") }).await, "looks for Rome"),
        (panic_of(async { client.progress().assert_reached(1.0) }).await, "progress reached 0.5 and not 1"),
        (panic_of(async { client.asked().assert_messages(["Sure?"]) }).await, "Sure?"),
    ] {
        assert!(said.contains(words), "{said:?} does not say {words:?}");
    }
    let sum = async || client.tool(add).call((1, 1)).await;
    let said = panic_of(async {
        let _: bool = sum().await.unwrap();
    })
    .await;
    assert!(said.contains("another type"), "{said}");
    let said = panic_of(async { drop(sum().await.assert_value(3)) }).await;
    assert!(said.contains("should have given 3, but it succeeded: 2"), "{said}");
    fn bare() {}
    let said = panic_of(async { drop(client.tool(bare)) }).await;
    assert!(said.contains("bare` carries no `#[tool]`"), "{said}");
    let said = panic_of(async { drop(TestClient::with(Client::http("nowhere")).await) }).await;
    assert!(said.contains("testing.rs") && said.contains("cannot connect"), "{said}");
}

#[tokio::test]
async fn a_test_runs_over_every_transport_in_every_revision() {
    let seen = std::sync::Mutex::new(Vec::new());
    each_transport(server, async |client| {
        client.tool(add).call((1, 2)).await.assert_value(3);
        seen.lock().unwrap().push(client.client().revision());
    })
    .await;
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen, [Revision::ALL, Revision::ALL].concat());
}

#[tokio::test]
async fn a_script_is_followed_right_or_wrong() {
    let server = FakeServer::script([
        FakeStep::write("Listening on port 3000\n"),
        FakeStep::refuse("tools/call", -32602, "no such tool"),
        FakeStep::answer("tools/call", json!({ "content": [], "isError": true })),
        FakeStep::expect("tools/call"),
        FakeStep::hang_up(),
    ]);
    let client = TestClient::with(server).await;
    client.call("a", json!({})).await.assert_error(ErrorKind::InvalidParams).assert_text("no such tool");
    client.call("b", json!({})).await.assert_error(ErrorKind::Internal);
    client.call("c", json!({})).await.assert_text("the server is gone");
    let silent = TestClient::with(FakeServer::script([FakeStep::silence()]).timeout(Duration::from_millis(20))).await;
    silent.call("a", json!({})).await.assert_error(ErrorKind::Timeout);
}

#[tokio::test]
async fn a_conversation_that_was_recorded_is_played_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("session.jsonl");
    let (near, far) = tokio::io::duplex(64 * 1024);
    let serving = tokio::spawn(server().build().unwrap().serve(far));
    let recorder = Recorder::new(near, &file).unwrap();
    let client = TestClient::with(Client::stream(recorder)).await;
    client.tool(add).call((1, 2)).await.assert_value(3);
    client.tool(find).call(("Oslo", None, 1.0, ["x"])).await.assert_ok();
    client.close().await;
    serving.await.unwrap();

    let again = TestClient::with(Recorded::play(&file).unwrap()).await;
    assert_eq!(again.client().server().name, "kit");
    again.tool(add).call((1, 2)).await.assert_value(3);
    again.tool(find).call(("Oslo", None, 1.0, ["x"])).await.assert_ok();
    again.progress().assert_reached(0.5);
    assert!(Recorded::play(directory.path().join("none")).is_err());
    let other = TestClient::with(Recorded::play(&file).unwrap()).await;
    let error = other.read("a://b").await.unwrap_err().to_string();
    assert!(error.contains("\"tools/call\", and not with \"resources/read\""), "{error}");
}

#[tokio::test]
async fn the_catalog_of_this_server_is_that_of_its_snapshot() {
    fastmcp_rs::assert_catalog!(server());
    if std::env::var_os("UPDATE_CATALOG").is_some() {
        return; // what follows would write what it has to miss
    }
    let other = Server::empty("kit").tool(add);
    let said = panic_of(async { fastmcp_rs::assert_catalog!(other) }).await;
    assert!(said.contains("breaking: tool `find` is gone") && said.contains("UPDATE_CATALOG=1"), "{said}");
    let unknown = Server::empty("never-seen").tool(add);
    let said = panic_of(async { fastmcp_rs::assert_catalog!(unknown) }).await;
    assert!(said.contains("there is no snapshot"), "{said}");
}

#[tokio::test]
async fn a_program_is_tested_like_a_server() {
    let program = fastmcp_rs_tests::example::executable("hello");
    let client = TestClient::with(Process::stdio(program)).await;
    assert!(!client.client().tools().await.unwrap().is_empty());
    client.close().await;
}
