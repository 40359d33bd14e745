//! Everything that a client can ask, of a real server in this process, in every revision.

use std::sync::{Arc, Mutex};

use fastmcp_rs::client::{Client, ClientBuilder, ClientError, Sent};
use fastmcp_rs::prelude::*;
use fastmcp_rs::protocol::CompletionRef;
use fastmcp_rs::{ErrorKind, LogLevel, Revision};
use serde_json::{Value, json};

#[model]
#[derive(Debug, PartialEq)]
struct Forecast {
    city: String,
    days: Vec<String>,
}

/// What the weather will be.
#[tool(read_only)]
fn forecast(city: String, days: u8) -> Result<Forecast, ToolError> {
    if city == "Nowhere" {
        return Err(ToolError::not_found("no city of that name"));
    }
    Ok(Forecast { city, days: (0..days).map(|day| format!("day {day}")).collect() })
}

/// Adds.
#[tool]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Says what it was told.
#[tool]
fn echo(text: String) -> String {
    text
}

/// Does nothing.
#[tool]
fn nothing() {}

/// Takes its time.
#[tool]
async fn import(ctx: Context) -> &'static str {
    ctx.info("begins").await;
    ctx.debug("a detail").await;
    ctx.progress(1.0, 2.0).await;
    ctx.progress(2.0, 2.0).await;
    "done"
}

/// The weather now.
#[resource("weather://{city}/current")]
fn current(city: String) -> String {
    format!("sun in {city}")
}

/// A picture.
#[resource("picture://dot", mime_type = "image/png")]
fn dot() -> Vec<u8> {
    vec![1, 2, 3]
}

fn cities(typed: Completing) -> Vec<&'static str> {
    ["Oslo", "Osaka", "Rome"].into_iter().filter(|city| city.starts_with(&typed.value)).collect()
}

/// What to pack.
#[prompt]
fn packing(#[arg(complete = cities)] city: String) -> String {
    format!("What to pack for {city}?")
}

fn server() -> Server {
    Server::empty("weather")
        .version("1.2.3")
        .instructions("Ask for a city.")
        .tool(forecast)
        .tool(add)
        .tool(echo)
        .tool(nothing)
        .tool(import)
        .resource(current)
        .resource(dot)
        .prompt(packing)
}

async fn everywhere(body: impl AsyncFn(Client)) {
    let server = server().build().unwrap();
    for revision in Revision::ALL {
        let client = Client::memory(&server).era(revision).connect().await.unwrap();
        assert_eq!(client.revision(), revision);
        body(client.clone()).await;
        assert_eq!(client.pending(), 0);
        client.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_says_what_it_is() {
    everywhere(async |client| {
        let server = client.server();
        assert_eq!((server.name.as_str(), server.version.as_str()), ("weather", "1.2.3"));
        assert_eq!(server.instructions.as_deref(), Some("Ask for a city."));
        let capabilities = &server.capabilities;
        assert!(capabilities.tools.is_some() && capabilities.resources.is_some_and(|it| it.subscribe));
        client.ping().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn values_are_of_the_callers_type() {
    everywhere(async |client| {
        let oslo: Forecast = client.call("forecast", json!({ "city": "Oslo", "days": 2 })).await.unwrap();
        assert_eq!(oslo, Forecast { city: "Oslo".into(), days: vec!["day 0".into(), "day 1".into()] });
        assert_eq!(client.call::<i64>("add", json!({ "a": 40, "b": 2 })).await.unwrap(), 42);
        for text in ["hello", "42", "null", "", "\"quoted\"", "{\"a\":1}", "line\nbreak \u{1f980}"] {
            assert_eq!(client.call::<String>("echo", json!({ "text": text })).await.unwrap(), text);
        }
        client.call::<()>("nothing", ()).await.unwrap();
        let error = client.call::<u8>("add", json!({ "a": 300, "b": 0 })).await.unwrap_err();
        assert!(matches!(&error, ClientError::Decode { path, .. } if path.contains("`add`")), "{error:?}");
        assert_eq!(error.was_sent(), Sent::Yes);
    })
    .await;
}

#[tokio::test]
async fn a_failure_has_its_kind() {
    everywhere(async |client| {
        let nowhere = json!({ "city": "Nowhere", "days": 1 });
        let raw = client.call_tool("forecast", &nowhere).await.unwrap();
        assert!(raw.is_error() && raw.to_text().contains("no city"));
        let ClientError::Tool(failure) = client.call::<Value>("forecast", &nowhere).await.unwrap_err() else {
            panic!("it failed")
        };
        assert_eq!((failure.kind, failure.retryable), (ErrorKind::NotFound, false));
        assert!(failure.text.contains("no city of that name"));
        let error = client.call_tool("forecasts", json!({})).await.unwrap_err();
        assert!(matches!(error, ClientError::Rpc { code: -32602, .. }), "{error:?}");
        let error = client.read_resource("nothing://here").await.unwrap_err();
        assert_eq!(error.kind(), Some(ErrorKind::NotFound), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn everything_is_listed_page_by_page() {
    let paged = server().page_size(1).build().unwrap();
    for revision in Revision::ALL {
        let client = Client::memory(&paged).era(revision).connect().await.unwrap();
        let names: Vec<String> = client.tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["add", "echo", "forecast", "import", "nothing"]);
        assert_eq!(client.resources().await.unwrap()[0].uri, "picture://dot");
        assert_eq!(client.resource_templates().await.unwrap()[0].uri_template, "weather://{city}/current");
        assert_eq!(client.prompts().await.unwrap()[0].name, "packing");
    }
}

#[tokio::test]
async fn resources_prompts_and_completions() {
    everywhere(async |client| {
        let read = client.read_resource("weather://Oslo/current").await.unwrap();
        assert_eq!(read.to_text(), "sun in Oslo");
        let read = client.read_resource("picture://dot").await.unwrap();
        assert_eq!(read.contents[0].to_bytes(), Some(vec![1, 2, 3]));
        let prompt = client.get_prompt("packing", [("city", "Oslo")]).await.unwrap();
        assert_eq!(prompt.messages[0].content.as_text(), Some("What to pack for Oslo?"));
        let reference = CompletionRef::Prompt { name: "packing".into() };
        let completion = client.complete(reference, "city", "Os", []).await.unwrap();
        assert_eq!(completion.values, ["Oslo", "Osaka"]);
    })
    .await;
}

#[tokio::test]
async fn progress_and_logs_come_before_the_result() {
    let server = server().build().unwrap();
    for revision in Revision::ALL {
        let said = Arc::new(Mutex::new(Vec::new()));
        let (logged, told) = (Arc::clone(&said), Arc::clone(&said));
        let client = Client::memory(&server).era(revision).on_log(move |log| logged.lock().unwrap().push(log.text()));
        let client = client.connect().await.unwrap();
        let request = client
            .request_tool("import", ())
            .on_progress(move |progress| told.lock().unwrap().push(format!("{}/{:?}", progress.done, progress.total)));
        assert_eq!(request.await.unwrap().to_text(), "done");
        assert_eq!(*said.lock().unwrap(), ["begins", "1/Some(2.0)", "2/Some(2.0)"], "{revision}");
        client.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_log_level_is_said_as_the_revision_wants_it() {
    let server = server().build().unwrap();
    for revision in Revision::ALL {
        let said = Arc::new(Mutex::new(Vec::new()));
        let logged = Arc::clone(&said);
        let client = Client::memory(&server).era(revision).log_level(LogLevel::Debug);
        let client = client.on_log(move |log| logged.lock().unwrap().push((log.level, log.text())));
        let client = client.connect().await.unwrap();
        client.call_tool("import", ()).await.unwrap();
        let expected = [(LogLevel::Info, "begins".to_owned()), (LogLevel::Debug, "a detail".to_owned())];
        assert_eq!(*said.lock().unwrap(), expected, "{revision}");
    }
}

#[tokio::test]
async fn many_calls_at_once_each_get_their_own_answer() {
    let server = server().build().unwrap();
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let client = Client::memory(&server).era(revision).connect().await.unwrap();
        let calls: Vec<_> = (0..200)
            .map(|number: i64| {
                let client = client.clone();
                tokio::spawn(async move { client.call::<i64>("add", json!({ "a": number, "b": number })).await })
            })
            .collect();
        for (number, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await.unwrap().unwrap(), 2 * i64::try_from(number).unwrap());
        }
    }
}

#[tokio::test]
async fn strict_outputs_are_held_against_the_schema() {
    let (client, mut fake) = super::fake::greeted(Revision::V2026_07_28, ClientBuilder::strict_outputs).await;
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
    for (structured, fits) in [(json!({ "n": 1 }), true), (json!({ "n": "1" }), false), (json!(null), false)] {
        let (result, ()) = tokio::join!(client.call_tool("careless", ()), async {
            let request = fake.expect("tools/call").await;
            fake.answer(&request, json!({ "resultType": "complete", "content": [], "structuredContent": structured }))
                .await;
            if fits {
                let request = fake.expect("tools/list").await;
                let tool = json!({ "name": "careless", "inputSchema": { "type": "object" }, "outputSchema": schema });
                fake.answer(&request, json!({ "resultType": "complete", "tools": [tool] })).await;
            }
        });
        assert_eq!(result.is_ok(), fits, "{structured}: {result:?}");
    }
}
