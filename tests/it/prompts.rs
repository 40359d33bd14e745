//! Prompts: strings on the wire, types in the function.

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Revision, served, wherever};
use serde_json::{Value, json};

/// Review this {language} code, and be {mood}:
///
/// {code}
#[prompt]
fn review(
    /// What it is written in.
    language: String,
    code: String,
    #[arg(default = "kind")] mood: String,
) {
}

#[model]
#[derive(Debug)]
#[serde(rename_all = "lowercase")]
enum Mood {
    Kind,
    Strict,
}

/// Takes types.
#[prompt(title = "Typed")]
async fn typed(
    count: u8,
    #[arg(range(1..=10))] ratio: f64,
    flag: bool,
    mood: Mood,
    list: Vec<u8>,
    note: Option<String>,
) -> String {
    format!("{count} {ratio} {flag} {mood:?} {list:?} {note:?}")
}

/// Several messages.
#[prompt]
fn several() -> Vec<Message> {
    vec![Message::user("one"), Message::assistant("two")]
}

/// One message.
#[prompt]
fn one() -> Message {
    Message::user(Content::image([1, 2, 3], "image/png"))
}

/// A pair of texts.
#[prompt]
fn pair() -> (String, &'static str) {
    ("one".to_owned(), "two")
}

/// In full.
#[prompt]
fn full() -> Result<PromptResult, ToolError> {
    let mut result = PromptResult::new(vec![Message::user("text")]);
    result.description = Some("Said in full".to_owned());
    Ok(result)
}

fn server() -> Server {
    let server = Server::empty("prompts").prompt(review).prompt(typed).prompt(several);
    server.prompt(one).prompt(pair).prompt(full)
}

fn get(name: &str, arguments: Value) -> Value {
    json!({ "name": name, "arguments": arguments })
}

#[tokio::test]
async fn a_prompt_can_be_its_doc_comment() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            let given = get("review", json!({ "language": "Rust", "code": "fn main() { {code} }" }));
            let prompt = client.result("prompts/get", given).await;
            let expected = "Review this Rust code, and be kind:\n\nfn main() { {code} }";
            assert_eq!(
                prompt["messages"],
                json!([{ "role": "user", "content": { "type": "text", "text": expected } }])
            );
            let given = get("review", json!({ "language": "C", "code": "int", "mood": "strict" }));
            let prompt = client.result("prompts/get", given).await;
            assert_eq!(prompt["messages"][0]["content"]["text"], "Review this C code, and be strict:\n\nint");
        },
    )
    .await;
}

#[tokio::test]
async fn arguments_are_read_from_text_as_their_types() {
    served(server, async |client| {
        let good = json!({ "count": "5", "ratio": "1.5", "flag": "true", "mood": "strict", "list": "[1, 2]" });
        let prompt = client.result("prompts/get", get("typed", good.clone())).await;
        assert_eq!(prompt["messages"][0]["content"]["text"], "5 1.5 true Strict [1, 2] None");
        // Values that are no strings mean themselves.
        let mut plain = good.clone();
        plain["count"] = json!(5);
        plain["flag"] = json!(true);
        plain["note"] = json!(null);
        let prompt = client.result("prompts/get", get("typed", plain)).await;
        assert_eq!(prompt["messages"][0]["content"]["text"], "5 1.5 true Strict [1, 2] None");

        let bad = json!({ "count": "300", "ratio": "11", "flag": "maybe", "mood": "bad", "list": "1,2", "other": "x" });
        let refusal = client.refusal("prompts/get", get("typed", bad)).await;
        assert_eq!(refusal.code, -32602);
        for pointer in ["/count", "/ratio", "/flag", "/mood", "/list", "/other"] {
            assert!(refusal.message.contains(&format!("`{pointer}`")), "{pointer} is missing in:\n{refusal}");
        }
        let refusal = client.refusal("prompts/get", get("typed", json!({ "cuont": "5" }))).await;
        assert!(refusal.message.contains("did you mean `count`?"), "{refusal}");
        for name in ["count", "ratio", "flag", "mood", "list"] {
            assert!(refusal.message.contains(&format!("missing required argument `{name}`")), "{refusal}");
        }
        for arguments in [json!([]), json!("text"), json!(5), json!({ "count": [1] })] {
            assert_eq!(
                client.refusal("prompts/get", get("typed", arguments.clone())).await.code,
                -32602,
                "{arguments}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn every_return_type_becomes_messages() {
    wherever(&Revision::ALL, |_| server(), async |client| {
        let text = |role: &str, text: &str| json!({ "role": role, "content": { "type": "text", "text": text } });
        for (name, messages) in [
            ("several", json!([text("user", "one"), text("assistant", "two")])),
            ("pair", json!([text("user", "one"), text("user", "two")])),
            ("full", json!([text("user", "text")])),
            (
                "one",
                json!([{ "role": "user", "content": { "type": "image", "data": "AQID", "mimeType": "image/png" } }]),
            ),
        ] {
            let prompt = client.result("prompts/get", json!({ "name": name })).await;
            assert_eq!(prompt["messages"], messages, "{name}");
        }
        let full = client.result("prompts/get", json!({ "name": "full" })).await;
        assert_eq!(full["description"], "Said in full");
    })
    .await;
}

#[tokio::test]
async fn prompts_are_listed_with_their_arguments() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            let prompts = client.list("prompts/list", "prompts").await;
            let names: Vec<_> = prompts.iter().map(|prompt| prompt["name"].as_str().unwrap()).collect();
            assert_eq!(names, ["full", "one", "pair", "review", "several", "typed"]);
            let arguments = prompts[3]["arguments"].as_array().unwrap();
            assert_eq!(
                arguments[0],
                json!({ "name": "language", "description": "What it is written in.", "required": true })
            );
            assert_eq!((&arguments[2]["name"], arguments[2]["required"] == true), (&json!("mood"), false));
            let typed: Vec<_> = prompts[5]["arguments"].as_array().unwrap().iter().collect();
            assert!(typed.iter().take(5).all(|argument| argument["required"] == true) && typed[5]["required"] != true);
            let title = (client.revision() >= Revision::V2025_06_18).then_some("Typed");
            assert_eq!(prompts[5]["title"].as_str(), title);
            let refusal = client.refusal("prompts/get", json!({ "name": "reviw" })).await;
            assert!(refusal.code == -32602 && refusal.message.contains("`review`"), "{refusal}");
        },
    )
    .await;
}
