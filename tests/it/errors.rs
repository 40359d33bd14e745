//! How things fail: kinds, masking, panics, and that nobody but the one call is harmed.

use std::{fmt, io, time::Duration};

use fastmcp_rs::serde::{Deserialize, Deserializer};
use fastmcp_rs::{BoxError, ErrorKind, prelude::*};
use fastmcp_rs_tests::{
    Client, Revision, Transport,
    client::{error_of, text_of},
    served,
};
use serde_json::{Value, json};

/// Fails as it is told.
#[tool(inline)]
fn fail(kind: String) -> Result<String, ToolError> {
    Err(match kind.as_str() {
        "invalid_params" => ToolError::invalid_params("words"),
        "not_found" => ToolError::not_found("words"),
        "rate_limited" => ToolError::rate_limited("words", Duration::from_millis(1500)),
        "unauthorized" => ToolError::unauthorized("words"),
        "forbidden" => ToolError::forbidden("words"),
        "timeout" => ToolError::timeout("words"),
        "unavailable" => ToolError::unavailable("words").with_retry_after(Duration::from_secs(3)),
        "conflict" => ToolError::conflict("words").with_retryable(true),
        "internal" => ToolError::internal("words").with_details(json!({ "code": 7 })),
        _ => ToolError::new(ErrorKind::NotFound, "no such kind"),
    })
}

#[tokio::test]
async fn a_failure_has_words_and_a_stable_code() {
    served(
        || Server::empty("errors").tool(fail),
        async |client| {
            for (kind, retryable, more, words) in [
                ("invalid_params", false, json!({}), " (invalid arguments)"),
                ("not_found", false, json!({}), " (not found)"),
                ("rate_limited", true, json!({ "retry_after": 2 }), " (rate limited, retry after 2 s)"),
                ("unauthorized", false, json!({}), " (unauthorized)"),
                ("forbidden", false, json!({}), " (forbidden)"),
                ("timeout", true, json!({}), " (timed out, may be retried)"),
                ("unavailable", true, json!({ "retry_after": 3 }), " (unavailable, retry after 3 s)"),
                ("conflict", true, json!({}), " (conflict, may be retried)"),
                ("internal", false, json!({ "details": { "code": 7 } }), ""),
            ] {
                let result = client.call("fail", json!({ "kind": kind })).await;
                assert_eq!((&result["isError"], text_of(&result)), (&json!(true), format!("words{words}")), "{kind}");
                let mut error = json!({ "code": kind, "retryable": retryable });
                error.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                assert_eq!(error_of(&result), &error, "{kind}");
                assert_eq!(result.get("structuredContent"), None, "{kind}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_failure_is_of_one_form_on_every_revision() {
    for revision in Revision::ALL {
        let server = Server::empty("errors").tool(fail).tool(told);
        let mut client = Client::start(server, Transport::Stdio, revision).await;
        let result = client.call("fail", json!({ "kind": "rate_limited" })).await;
        assert_eq!(text_of(&result), "words (rate limited, retry after 2 s)", "{revision}");
        let error = json!({ "code": "rate_limited", "retryable": true, "retry_after": 2 });
        assert_eq!(error_of(&result), &error, "{revision}");
        let refused = client.call("fail", json!({ "kidn": 1 })).await;
        assert_eq!(error_of(&refused)["code"], "invalid_params", "{revision}");
        assert!(error_of(&refused)["details"][0]["pointer"].is_string(), "{revision}: {refused}");
        let told = client.call("told", json!({})).await;
        assert_eq!((&told["isError"], text_of(&told)), (&json!(true), r#"{"left":3}"#.to_owned()), "{revision}");
        assert_eq!(told.get("structuredContent"), None, "{revision}");
        client.finish().await;
    }
}

/// Fails with a result of its own.
#[tool(inline)]
fn told() -> ToolResult {
    ToolResult::new().with_structured(&json!({ "left": 3 })).unwrap().into_error()
}

#[derive(Debug)]
struct Foreign;

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("password=hunter2")
    }
}

impl std::error::Error for Foreign {}

macro_rules! failing {
    ($($(#[$more:meta])* $name:ident: $error:ty = $value:expr;)*) => {
        $(
            /// Fails.
            #[tool(inline)]
            $(#[$more])*
            fn $name() -> Result<u8, $error> {
                Err($value)
            }
        )*

        fn foreign() -> Server {
            Server::empty("foreign")$(.tool($name))*
        }
    };
}

failing! {
    own: Foreign = Foreign;
    boxed: BoxError = Foreign.into();
    anyhow_error: anyhow::Error = anyhow::Error::new(Foreign).context("while connecting");
    io_error: io::Error = io::Error::other("password=hunter2");
    question_mark: ToolError = Foreign.into();
    masked: ToolError = ToolError::masked(Foreign);
    text: String = "plain words".to_owned();
    static_text: &'static str = "plain words";
    carried: BoxError = ToolError::conflict("plain words").into();
    exposed: ToolError = ToolError::exposed(anyhow::Error::new(Foreign).context("while connecting"));
}

/// Shows what went wrong.
#[tool(inline, expose_errors)]
fn open() -> Result<u8, Foreign> {
    Err(Foreign)
}

#[tokio::test]
async fn what_others_say_is_masked_and_what_the_author_says_is_shown() {
    served(
        || foreign().tool(open),
        async |client| {
            let mut incidents = Vec::new();
            for tool in ["own", "boxed", "anyhow_error", "io_error", "question_mark", "masked"] {
                let result = client.call(tool, json!({})).await;
                assert!(!result.to_string().contains("hunter2"), "{tool}: {result}");
                let text = text_of(&result);
                let incident = text.strip_prefix("internal error (incident ").and_then(|rest| rest.strip_suffix(')'));
                incidents.push(incident.unwrap_or_else(|| panic!("{tool}: {text}")).to_owned());
                assert_eq!(error_of(&result)["code"], "internal", "{tool}");
            }
            incidents.sort();
            incidents.dedup();
            assert_eq!(incidents.len(), 6, "each failure has an id of its own");
            for tool in ["text", "static_text"] {
                assert_eq!(client.failure(tool, json!({})).await, "plain words", "{tool}");
            }
            assert_eq!(client.failure("carried", json!({})).await, "plain words (conflict)");
            let carried = client.call("carried", json!({})).await;
            assert_eq!(error_of(&carried)["code"], "conflict");
            assert_eq!(client.failure("exposed", json!({})).await, "while connecting: password=hunter2");
            assert_eq!(client.failure("open", json!({})).await, "password=hunter2");
        },
    )
    .await;
}

#[tokio::test]
async fn a_server_may_show_what_others_say() {
    served(
        || foreign().expose_errors(),
        async |client| {
            for tool in ["own", "boxed", "io_error", "question_mark"] {
                assert_eq!(client.failure(tool, json!({})).await, "password=hunter2", "{tool}");
            }
        },
    )
    .await;
}

/// Panics where it is told.
#[tool]
async fn panics(place: String) -> Result<String, ToolError> {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("password=hunter2");
        }
    }
    match place.as_str() {
        "at once" => panic!("password=hunter2"),
        "later" => {
            tokio::task::yield_now().await;
            panic!("password={}", "hunter2");
        }
        "in drop" => {
            let _bomb = Bomb;
            tokio::task::yield_now().await;
            Ok("boom".to_owned())
        }
        _ => Ok("calm".to_owned()),
    }
}

/// Panics on the blocking pool.
#[tool]
fn panics_blocking() -> u8 {
    panic!("password=hunter2")
}

/// Panics where it stands.
#[tool(inline)]
fn panics_inline() -> u8 {
    panic!("password=hunter2")
}

/// Panics.
#[resource("panic://now")]
fn panicking_resource() -> String {
    panic!("password=hunter2")
}

/// Panics.
#[prompt]
fn panicking_prompt() -> String {
    panic!("password=hunter2")
}

#[tokio::test]
async fn a_panic_is_one_error_and_tells_nothing() {
    served(
        || {
            let server = Server::empty("panics").tool(panics).tool(panics_blocking).tool(panics_inline);
            server.resource(panicking_resource).prompt(panicking_prompt)
        },
        async |client| {
            for (tool, arguments) in [
                ("panics", json!({ "place": "at once" })),
                ("panics", json!({ "place": "later" })),
                ("panics", json!({ "place": "in drop" })),
                ("panics_blocking", json!({})),
                ("panics_inline", json!({})),
            ] {
                let text = client.failure(tool, arguments.clone()).await;
                assert!(text.starts_with("internal error (incident "), "{tool} {arguments}: {text}");
            }
            for (method, params) in [
                ("resources/read", json!({ "uri": "panic://now" })),
                ("prompts/get", json!({ "name": "panicking_prompt" })),
            ] {
                let refusal = client.refusal(method, params).await;
                assert_eq!(refusal.code, -32603, "{method}");
                assert!(refusal.message.starts_with("internal error (incident "), "{refusal}");
            }
            assert_eq!(text_of(&client.call("panics", json!({ "place": "" })).await), "calm");
        },
    )
    .await;
}

/// Fails as it is told.
#[resource("fail://{kind}")]
fn failing_resource(kind: String) -> Result<String, ToolError> {
    match kind.as_str() {
        "missing" => Err(ToolError::not_found("it is gone")),
        "masked" => Err(Foreign.into()),
        "busy" => Err(ToolError::rate_limited("slow down", Duration::from_secs(2))),
        _ => Ok("text".to_owned()),
    }
}

/// Fails as it is told.
#[prompt]
fn failing_prompt(kind: String) -> Result<String, ToolError> {
    failing_resource(kind)
}

#[tokio::test]
async fn resources_and_prompts_fail_with_protocol_errors() {
    served(
        || Server::empty("errors").resource(failing_resource).prompt(failing_prompt),
        async |client| {
            let missing = client.refusal("resources/read", json!({ "uri": "fail://missing" })).await;
            assert_eq!(missing.code, if client.revision().is_modern() { -32602 } else { -32002 });
            assert_eq!((missing.message.as_str(), &missing.data["uri"]), ("it is gone", &json!("fail://missing")));
            let masked = client.refusal("resources/read", json!({ "uri": "fail://masked" })).await;
            assert_eq!(masked.code, -32603);
            assert!(!format!("{masked:?}").contains("hunter2"), "{masked:?}");
            let busy = client.refusal("resources/read", json!({ "uri": "fail://busy" })).await;
            assert_eq!((busy.code, &busy.data["code"]), (-32603, &json!("rate_limited")));
            assert_eq!((&busy.data["retryable"], &busy.data["retry_after"]), (&json!(true), &json!(2)));

            let get = |kind: &str| json!({ "name": "failing_prompt", "arguments": { "kind": kind } });
            let missing = client.refusal("prompts/get", get("missing")).await;
            assert_eq!((missing.code, missing.message.as_str()), (-32602, "it is gone"));
            let masked = client.refusal("prompts/get", get("masked")).await;
            assert_eq!(masked.code, -32603);
            assert!(!format!("{masked:?}").contains("hunter2"), "{masked:?}");
            for status in [missing.status, masked.status, busy.status] {
                assert!(matches!(status, None | Some(200)), "a handler's failure is no HTTP error: {status:?}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn what_a_dynamic_tool_fails_with_is_treated_alike() {
    let dynamic = |name: &str| {
        DynamicTool::new(name, json!({ "type": "object" }), |arguments: Value, _: Context| async move {
            match arguments["how"].as_str() {
                Some("panic") => panic!("password=hunter2"),
                Some("foreign") => Err(anyhow::Error::new(Foreign)),
                _ => Ok("fine"),
            }
        })
    };
    served(
        || Server::empty("dynamic").add_tool(dynamic("dynamic")),
        async |client| {
            for how in ["panic", "foreign"] {
                let text = client.failure("dynamic", json!({ "how": how })).await;
                assert!(text.starts_with("internal error (incident "), "{how}: {text}");
            }
            assert_eq!(text_of(&client.call("dynamic", json!({})).await), "fine");
        },
    )
    .await;
}

/// Panics while some values are read.
#[derive(fastmcp_rs::schemars::JsonSchema)]
#[schemars(crate = "fastmcp_rs::schemars")]
struct Trap(String);

impl<'de> Deserialize<'de> for Trap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        assert_ne!(text, "hunter2");
        Ok(Self(text))
    }
}

/// Takes what may panic while it is read.
#[tool]
async fn trapped(trap: Trap) -> String {
    trap.0
}

#[tokio::test]
async fn a_panic_while_arguments_are_read_is_one_failed_call() {
    served(
        || Server::empty("traps").tool(trapped),
        async |client| {
            let text = client.failure("trapped", json!({ "trap": "hunter2" })).await;
            assert!(text.starts_with("internal error (incident ") && !text.contains("hunter2"), "{text}");
            assert_eq!(text_of(&client.call("trapped", json!({ "trap": "safe" })).await), "safe");
        },
    )
    .await;
}
