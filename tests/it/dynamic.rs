//! Resources and prompts that are only known at run time: added before the server starts and while it runs.

use std::collections::BTreeMap;
use std::time::Duration;

use fastmcp_rs::protocol::PromptArgument;
use fastmcp_rs::{CacheScope, prelude::*};
use fastmcp_rs_tests::{Client, Revision, Transport};
use serde_json::json;

type Texts = BTreeMap<String, String>;

/// A page that is written in the program.
#[resource("pages://{name}")]
fn page(name: String) -> String {
    name
}

/// A prompt that is written in the program.
#[prompt]
fn greet(name: String) -> String {
    format!("Greet {name}.")
}

fn note() -> DynamicResource {
    DynamicResource::new("notes://{id}{?lang}", "note", |variables: Texts, ctx: Context| async move {
        drop(ctx.info(&*variables["id"]));
        match variables["id"].as_str() {
            "none" => Err(ToolError::not_found("there is no such note")),
            "panic" => panic!("a note that is not readable"),
            id => Ok(format!("note {id} in {}", variables.get("lang").map_or("any language", String::as_str))),
        }
    })
    .title("A note")
    .description("One note.")
    .mime_type("text/markdown")
    .tags(["notes"])
    .cache(Duration::from_secs(5), CacheScope::Public)
}

fn logo() -> DynamicResource {
    let bytes = |_: Texts, _: Context| async { Ok::<_, ToolError>(vec![1_u8, 2, 3]) };
    DynamicResource::new("logo://main", "logo", bytes).mime_type("image/png").size(3)
}

fn review() -> DynamicPrompt {
    DynamicPrompt::new("review", |arguments: Texts, _: Context| async move {
        let style = arguments.get("style").map_or("plainly", String::as_str);
        Ok::<_, ToolError>(format!("Review {} {style}.", arguments["code"]))
    })
    .title("Review code")
    .description("Asks for a review.")
    .argument(PromptArgument::new("code").description("The code.").required(true))
    .argument(PromptArgument::new("style"))
}

fn server() -> Server {
    let server = Server::empty("dynamic").resource(page).prompt(greet);
    server.add_resource(note()).add_resource(logo()).add_prompt(review())
}

#[tokio::test]
async fn a_resource_and_a_prompt_of_run_time_are_listed_and_answer_like_any_other() {
    for transport in [Transport::Stdio, Transport::Http] {
        for revision in Revision::ALL {
            let mut client = Client::start(server(), transport, revision).await;
            let listed = client.result("resources/list", json!({})).await;
            assert_eq!(listed["resources"].as_array().unwrap().len(), 1, "{revision}");
            assert_eq!(listed["resources"][0]["uri"], "logo://main");
            let templates = client.result("resources/templates/list", json!({})).await;
            assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "notes://{id}{?lang}");
            assert_eq!(templates["resourceTemplates"][0]["description"], "One note.");
            assert_eq!(templates["resourceTemplates"][1]["uriTemplate"], "pages://{name}");

            let read = client.result("resources/read", json!({ "uri": "notes://caf%C3%A9?lang=fr" })).await;
            assert_eq!(read["contents"][0]["text"], "note café in fr", "{revision}");
            assert_eq!(read["contents"][0]["mimeType"], "text/markdown");
            if revision == Revision::V2026_07_28 {
                assert_eq!((&read["ttlMs"], &read["cacheScope"]), (&json!(5000), &json!("public")));
            }
            let read = client.result("resources/read", json!({ "uri": "notes://1" })).await;
            assert_eq!(read["contents"][0]["text"], "note 1 in any language");
            let read = client.result("resources/read", json!({ "uri": "logo://main" })).await;
            assert_eq!(
                (&read["contents"][0]["blob"], &read["contents"][0]["mimeType"]),
                (&json!("AQID"), &json!("image/png"))
            );
            let refused = client.refusal("resources/read", json!({ "uri": "notes://none" })).await;
            let not_found = if revision == Revision::V2026_07_28 { -32602 } else { -32002 };
            assert_eq!((refused.code, refused.message.as_str()), (not_found, "there is no such note"));
            assert_eq!(client.refusal("resources/read", json!({ "uri": "notes://panic" })).await.code, -32603);
            // What comes with the call reaches the handler screened, as for any template.
            client.refusal("resources/read", json!({ "uri": "notes://a%0Ab" })).await;

            let prompts = client.result("prompts/list", json!({})).await;
            assert_eq!(prompts["prompts"][1]["name"], "review", "{revision}");
            assert_eq!(
                prompts["prompts"][1]["arguments"],
                json!([{ "name": "code", "description": "The code.", "required": true }, { "name": "style" }])
            );
            let filled = client.result("prompts/get", json!({ "name": "review", "arguments": { "code": "x" } })).await;
            assert_eq!(filled["messages"][0]["content"]["text"], "Review x plainly.");
            let arguments = json!({ "kode": "x", "style": "kindly" });
            let refused = client.refusal("prompts/get", json!({ "name": "review", "arguments": arguments })).await;
            assert_eq!(refused.code, -32602);
            assert!(
                refused.message.contains("`/kode`: unknown argument `kode`: did you mean `code`?"),
                "{}",
                refused.message
            );
            assert!(refused.message.contains("`/code`: missing required argument `code`"), "{}", refused.message);
            client.unasked.clear();
            client.finish().await;
        }
    }
}

#[tokio::test]
async fn they_come_and_go_while_the_server_runs() {
    let server = Server::empty("dynamic").resource(page).prompt(greet).build().unwrap();
    let mut client = Client::of(server.clone(), Revision::V2025_11_25).await;
    client.alive().await;
    server.add_resource(note()).unwrap();
    assert_eq!(client.receive().await["method"], "notifications/resources/list_changed");
    server.add_prompt(review()).unwrap();
    assert_eq!(client.receive().await["method"], "notifications/prompts/list_changed");
    let read = client.result("resources/read", json!({ "uri": "notes://1" })).await;
    assert_eq!(read["contents"][0]["text"], "note 1 in any language");
    server.remove("notes://{id}{?lang}").unwrap();
    server.remove("review").unwrap();
    client.refusal("resources/read", json!({ "uri": "notes://1" })).await;
    client.refusal("prompts/get", json!({ "name": "review", "arguments": { "code": "x" } })).await;
    client.unasked.clear();
    client.finish().await;
}

#[tokio::test]
async fn one_that_does_not_fit_is_refused_and_leaves_nothing_behind() {
    let text = |_: Texts, _: Context| async { Ok::<_, ToolError>("text") };
    let server = server().build().unwrap();
    for (uri, name, what) in [
        ("notes://{id", "open", "its URI is not valid"),
        ("no scheme", "open", "its URI is not valid"),
        ("pages://{other}", "overlap", "answer for the same URIs"),
        ("logo://main", "again", "`logo://main` (added at run time) is added twice"),
        ("fresh://main", "", "it has no name"),
    ] {
        let error = server.add_resource(DynamicResource::new(uri, name, text)).unwrap_err().to_string();
        assert!(error.contains(what), "{uri}: {error}");
    }
    let prompt = |name: &str| DynamicPrompt::new(name, text);
    let argument = || PromptArgument::new("code");
    for (prompt, what) in [
        (prompt("not a name"), "a name is 1 to 128"),
        (prompt("greet"), "two prompts are called `greet`"),
        (prompt("twice").argument(argument()).argument(argument()), "it has two arguments `code`"),
    ] {
        let error = server.add_prompt(prompt).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    let mut client = Client::of(server.clone(), Revision::V2026_07_28).await;
    assert_eq!(client.names("resources/templates/list", "resourceTemplates").await, ["note", "page"]);
    assert_eq!(client.names("prompts/list", "prompts").await, ["greet", "review"]);
    let read = client.result("resources/read", json!({ "uri": "pages://a" })).await;
    assert_eq!(read["contents"][0]["text"], "a");
    client.finish().await;

    // Before the server starts, all of them are one error.
    let error = Server::empty("broken")
        .add_resource(DynamicResource::new("a://{b}", "one", text))
        .add_resource(DynamicResource::new("a://{c}", "two", text))
        .add_prompt(prompt("not a name"))
        .build()
        .unwrap_err()
        .to_string();
    assert!(error.contains("answer for the same URIs") && error.contains("a name is 1 to 128"), "{error}");
}

#[tokio::test]
async fn an_argument_of_theirs_is_completed_with_nothing() {
    #[prompt]
    /// Asks in a language.
    fn ask(#[arg(complete = languages)] language: String) -> String {
        language
    }
    fn languages(_: Completing) -> [&'static str; 1] {
        ["Rust"]
    }
    let mut client = Client::of(server().prompt(ask), Revision::V2025_11_25).await;
    let reference = json!({ "type": "ref/prompt", "name": "review" });
    let params = json!({ "ref": reference, "argument": { "name": "code", "value": "" } });
    assert_eq!(client.result("completion/complete", params).await["completion"]["values"], json!([]));
    client.finish().await;
}
