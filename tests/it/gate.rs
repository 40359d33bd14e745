//! Every run of a component passes one gate, whoever asks for it: a client, a handler, a round of questions, a completion.

use std::sync::{Arc, Mutex};

use fastmcp_rs::{
    ComponentKind, ResourceResult,
    middleware::{CallTool, GetPrompt, Hooks, Incoming, Logging, Middleware, Next, Outcome, ReadResource, Timing},
    prelude::*,
};
use fastmcp_rs_tests::{Client, Revision, Transport, client::text_of, served};
use serde_json::{Map, Value, json};

/// Doubles.
#[tool(inline, tags("math"))]
fn double(n: i64, #[arg(sensitive)] secret: Option<String>) -> i64 {
    drop(secret);
    2 * n
}

/// A note.
#[resource("note://{id}", ttl = "90s", cache_scope = "public")]
fn note(id: String) -> fastmcp_rs::ReadResult {
    fastmcp_rs::ReadResult::text(format!("note {id}")).with_meta("com.example/edition", 7)
}

/// Reviews.
#[prompt]
fn review(#[arg(complete = languages)] language: String) -> String {
    format!("Review this {language}.")
}

fn languages(typed: Completing) -> Vec<String> {
    ["Rust", "Ruby"].into_iter().filter(|name| name.starts_with(&typed.value)).map(str::to_owned).collect()
}

/// Uses the others, on behalf of its caller.
#[tool]
async fn nested(n: Value, ctx: Context) -> Result<String, ToolError> {
    let doubled = ctx.call_tool("double", json!({ "n": n })).await?;
    let note = ctx.read_resource("note://1").await?;
    let prompt = ctx.get_prompt("review", Map::from_iter([("language".to_owned(), json!("Rust"))])).await?;
    let missing = [
        ctx.call_tool("dubble", json!({})).await.unwrap_err().kind(),
        ctx.read_resource("nothing://here").await.unwrap_err().kind(),
        ctx.get_prompt("revue", Map::new()).await.unwrap_err().kind(),
    ];
    Ok(format!(
        "{} | {} {:?} {} {} | {} | {missing:?}",
        doubled.to_text(),
        note.to_text(),
        note.cache.scope,
        note.cache.ttl_ms,
        note.meta.unwrap_or_default()["com.example/edition"],
        prompt.messages.len(),
    ))
}

fn server() -> Server {
    Server::empty("gate").tool(double).tool(nested).resource(note).prompt(review)
}

/// Notes each component that passes, with what is known of it.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<String>>>);

impl Watch {
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Middleware for Watch {
    async fn on_request(&self, request: Incoming, next: Next<'_, Incoming>) -> Outcome {
        if let Some(component) = request.component() {
            let tags: Vec<&str> = component.tags().collect();
            let line = format!("{} {:?} {} {tags:?}", request.method(), component.kind(), component.name());
            self.0.lock().unwrap().push(line);
        }
        next.run(request).await
    }
}

#[tokio::test]
async fn a_call_within_a_call_passes_middleware() {
    let watch = Watch::default();
    served(
        || server().middleware(watch.clone()),
        async |client| {
            let text = text_of(&client.call("nested", json!({ "n": 4 })).await);
            assert_eq!(text, "8 | note 1 Public 90000 7 | 1 | [NotFound, NotFound, NotFound]");
            assert_eq!(
                watch.seen(),
                [
                    "tools/call Tool nested []",
                    "tools/call Tool double [\"math\"]",
                    "resources/read Resource note []",
                    "prompts/get Prompt review []",
                ]
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_call_within_a_call_is_the_same_with_and_without_middleware() {
    let mut answers = Vec::new();
    for layered in [false, true] {
        let answers = Mutex::new(&mut answers);
        served(
            || if layered { server().middleware(Watch::default()).middleware(Logging::new()) } else { server() },
            async |client| {
                let answer = client.call("nested", json!({ "n": 4 })).await;
                answers.lock().unwrap().push(answer);
            },
        )
        .await;
    }
    let (bare, layered) = answers.split_at(answers.len() / 2);
    assert_eq!(bare, layered);
}

#[tokio::test]
async fn completion_passes_the_gate() {
    let watch = Watch::default();
    served(
        || server().middleware(watch.clone()),
        async |client| {
            let params =
                json!({ "ref": { "type": "ref/prompt", "name": "review" }, "argument": { "name": "language", "value": "Ru" } });
            let result = client.result("completion/complete", params).await;
            assert_eq!(result["completion"]["values"], json!(["Rust", "Ruby"]));
            assert_eq!(watch.seen(), ["completion/complete Prompt review []"]);
        },
    )
    .await;
}

#[tokio::test]
async fn strict_stays_strict_within_a_call() {
    for (strict, wanted) in [(false, "8"), (true, "The arguments are not valid")] {
        served(
            || if strict { server().strict_arguments() } else { server() },
            async |client| {
                let text = text_of(&client.call("nested", json!({ "n": "4" })).await);
                assert!(text.starts_with(wanted), "strict: {strict}: {text}");
            },
        )
        .await;
    }
}

/// Looks at a result and passes it on.
struct Onlooker;

impl Middleware for Onlooker {
    async fn on_read_resource(
        &self,
        read: ReadResource,
        next: Next<'_, ReadResource>,
    ) -> Result<ResourceResult, ToolError> {
        let result = next.run(read).await?;
        assert_eq!(result.to_text(), "note 5");
        Ok(result)
    }
}

#[tokio::test]
async fn cache_hints_and_meta_survive_middleware() {
    served(
        || server().middleware(Logging::new()).middleware(Timing::new(|_, _, _| {})).middleware(Onlooker),
        async |client| {
            let read = client.result("resources/read", json!({ "uri": "note://5" })).await;
            assert_eq!(read["_meta"]["com.example/edition"], 7, "{read}");
            if client.revision().is_modern() {
                assert_eq!((&read["ttlMs"], &read["cacheScope"]), (&json!(90_000), &json!("public")), "{read}");
                let discovered = client.result("server/discover", json!({})).await;
                assert_eq!(discovered["cacheScope"], "private", "{discovered}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn discovery_is_private_whatever_the_lists_are() {
    let hour = std::time::Duration::from_secs(3600);
    served(
        || server().cache_lists(hour, fastmcp_rs::CacheScope::Public).middleware(Logging::new()),
        async |client| {
            if !client.revision().is_modern() {
                return;
            }
            let listed = client.result("tools/list", json!({})).await;
            assert_eq!((&listed["ttlMs"], &listed["cacheScope"]), (&json!(3_600_000), &json!("public")));
            let discovered = client.result("server/discover", json!({})).await;
            assert_eq!((&discovered["ttlMs"], &discovered["cacheScope"]), (&json!(3_600_000), &json!("private")));
        },
    )
    .await;
}

/// Checks what is known of the component, and refuses by it.
struct NoSecrets;

impl Middleware for NoSecrets {
    fn hooks(&self) -> Hooks {
        Hooks::CALL_TOOL
    }

    async fn on_call_tool(&self, call: CallTool, next: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
        let Some(component) = &call.component else { return Ok(ToolResult::text(format!("no tool {}", call.name))) };
        assert_eq!(component.kind(), ComponentKind::Tool);
        assert!(component.place().is_some_and(|place| place.contains("gate.rs:")), "{:?}", component.place());
        if call.arguments.keys().any(|name| component.is_sensitive(name)) {
            return Err(ToolError::forbidden("no secrets today"));
        }
        next.run(call).await
    }

    async fn on_get_prompt(&self, _: GetPrompt, _: Next<'_, GetPrompt>) -> Result<PromptResult, ToolError> {
        Err(ToolError::internal("this hook was not named"))
    }
}

#[tokio::test]
async fn a_hook_knows_the_component_and_hooks_that_are_not_named_do_not_run() {
    served(
        || server().middleware(NoSecrets),
        async |client| {
            assert_eq!(
                client.failure("double", json!({ "n": 1, "secret": "s" })).await,
                "no secrets today (forbidden)"
            );
            assert_eq!(text_of(&client.call("double", json!({ "n": 1 })).await), "2");
            assert_eq!(text_of(&client.call("nothing", json!({})).await), "no tool nothing");
            client.result("prompts/get", json!({ "name": "review", "arguments": { "language": "Rust" } })).await;
        },
    )
    .await;
}

/// Asks before every call.
struct AskFirst;

impl Middleware for AskFirst {
    async fn on_call_tool(&self, call: CallTool, next: Next<'_, CallTool>) -> Result<ToolResult, ToolError> {
        if !call.context.confirm("Really?").await? {
            return Err(ToolError::forbidden("not confirmed"));
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn a_middleware_may_ask_a_question_on_every_revision() {
    for transport in Transport::ALL {
        for revision in [Revision::V2025_06_18, Revision::V2025_11_25, Revision::V2026_07_28] {
            let capabilities = json!({ "elicitation": { "form": {} } });
            let server = server().middleware(AskFirst);
            let mut client = Client::with_capabilities(server, transport, revision, capabilities).await;
            for (answer, wanted) in [(true, "6"), (false, "not confirmed (forbidden)")] {
                client.answering(move |method, _| {
                    assert_eq!(method, "elicitation/create");
                    Ok(json!({ "action": "accept", "content": { "confirm": answer } }))
                });
                let result = client.call("double", json!({ "n": 3 })).await;
                assert_eq!(text_of(&result), wanted, "{transport:?} {revision}");
            }
            client.finish().await;
        }
    }
}

/// Answers a call with the outcome of a prompt.
struct Confused;

impl Middleware for Confused {
    async fn on_message(&self, message: Incoming, next: Next<'_, Incoming>) -> Outcome {
        match next.run(message).await {
            Outcome::Tool(_) => Outcome::Nothing,
            outcome => outcome,
        }
    }
}

#[tokio::test]
async fn an_outcome_of_another_kind_is_an_error_and_no_empty_success() {
    served(
        || server().middleware(Confused),
        async |client| {
            let refusal = client.refusal("tools/call", json!({ "name": "double", "arguments": { "n": 1 } })).await;
            assert_eq!(refusal.code, -32603, "{refusal}");
            assert!(refusal.message.contains("another kind of message"), "{refusal}");
        },
    )
    .await;
}
