//! How a client finds out what it talks to.

use fastmcp_rs::Revision;
use fastmcp_rs::client::{Client, ClientError, ConnectError, Era};
use serde_json::{Value, json};

use super::fake::{connect, discovered, initialized, pair};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

#[tokio::test]
async fn a_server_of_the_newest_is_found_by_one_question() {
    let (builder, mut fake) = pair();
    let connecting = connect(builder.roots(["file:///home/ada"]));
    let question = fake.expect("server/discover").await;
    let meta = &question["params"]["_meta"];
    assert_eq!(meta[VERSION], "2026-07-28");
    assert_eq!(meta["io.modelcontextprotocol/clientCapabilities"], json!({ "roots": {} }));
    assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], "fastmcp-rs");
    fake.answer(&question, discovered(&["2026-07-28"])).await;
    let client = connecting.await.unwrap().unwrap();
    assert_eq!((client.revision(), client.server().name.as_str()), (Revision::V2026_07_28, "fake"));
    assert!(client.server().capabilities.tools.is_some() && client.server().capabilities.prompts.is_none());
    fake.is_left_alone().await;
}

#[tokio::test]
async fn members_that_a_strict_client_would_miss_are_not_missed() {
    let (builder, mut fake) = pair();
    let connecting = connect(builder);
    let question = fake.expect("server/discover").await;
    let draft = json!({ "supportedVersions": ["2026-07-28"], "serverInfo": { "name": "draft" } });
    fake.answer(&question, draft).await;
    let client = connecting.await.unwrap().unwrap();
    assert_eq!((client.revision(), client.server().name.as_str()), (Revision::V2026_07_28, "draft"));
}

#[tokio::test]
async fn any_error_to_the_question_leads_to_the_handshake() {
    for code in [-32601, -32602, -32600, -32603, -32700, -32000, -32001, 7] {
        let (builder, mut fake) = pair();
        let connecting = connect(builder);
        let question = fake.expect("server/discover").await;
        fake.refuse(&question, code, Value::Null).await;
        let greeting = fake.expect("initialize").await;
        assert_ne!(greeting["id"], question["id"], "no id is used twice");
        assert_eq!(greeting["params"]["protocolVersion"], "2025-11-25");
        assert!(greeting["params"].get("_meta").is_none());
        fake.answer(&greeting, initialized("2025-06-18")).await;
        fake.expect("notifications/initialized").await;
        assert_eq!(connecting.await.unwrap().unwrap().revision(), Revision::V2025_06_18, "{code}");
    }
}

#[tokio::test]
async fn a_success_that_is_no_answer_leads_to_the_handshake() {
    let (builder, mut fake) = pair();
    let connecting = connect(builder);
    let question = fake.expect("server/discover").await;
    fake.answer(&question, json!({ "hello": 1 })).await;
    let greeting = fake.expect("initialize").await;
    fake.answer(&greeting, initialized("2024-11-05")).await;
    fake.expect("notifications/initialized").await;
    assert_eq!(connecting.await.unwrap().unwrap().revision(), Revision::V2024_11_05);
}

#[tokio::test(start_paused = true)]
async fn silence_leads_to_the_handshake_and_a_late_answer_is_passed_over() {
    let (builder, mut fake) = pair();
    let connecting = connect(builder);
    let question = fake.expect("server/discover").await;
    let began = tokio::time::Instant::now();
    let greeting = fake.expect("initialize").await;
    assert_eq!(began.elapsed().as_secs(), 2);
    fake.answer(&question, discovered(&["2026-07-28"])).await;
    fake.answer(&greeting, initialized("2025-11-25")).await;
    fake.expect("notifications/initialized").await;
    assert_eq!(connecting.await.unwrap().unwrap().revision(), Revision::V2025_11_25);
}

#[tokio::test]
async fn a_version_that_is_refused_is_chosen_anew_from_those_supported() {
    // Once more what was refused, if that is said to be supported.
    let (builder, mut fake) = pair();
    let connecting = connect(builder);
    for _ in 0..2 {
        let question = fake.expect("server/discover").await;
        fake.refuse(&question, -32022, json!({ "supported": ["2027-01-01", "2026-07-28"], "requested": "x" })).await;
    }
    let refused = connecting.await.unwrap().unwrap_err();
    assert!(matches!(refused, ClientError::Connect(ConnectError::Revision { .. })), "{refused:?}");

    let (builder, mut fake) = pair();
    let connecting = connect(builder);
    let question = fake.expect("server/discover").await;
    fake.refuse(&question, -32022, json!({ "supported": ["2026-07-28"], "requested": "x" })).await;
    let question = fake.expect("server/discover").await;
    fake.answer(&question, discovered(&["2026-07-28"])).await;
    assert_eq!(connecting.await.unwrap().unwrap().revision(), Revision::V2026_07_28);

    // An older one, if there is nothing else.
    let (builder, mut fake) = pair();
    let connecting = connect(builder);
    let question = fake.expect("server/discover").await;
    fake.refuse(&question, -32022, json!({ "supported": ["2025-06-18"], "requested": "2026-07-28" })).await;
    let greeting = fake.expect("initialize").await;
    assert_eq!(greeting["params"]["protocolVersion"], "2025-06-18");
    fake.answer(&greeting, initialized("2025-06-18")).await;
    fake.expect("notifications/initialized").await;
    assert_eq!(connecting.await.unwrap().unwrap().revision(), Revision::V2025_06_18);

    // None at all.
    let (builder, mut fake) = pair();
    let connecting = connect(builder);
    let question = fake.expect("server/discover").await;
    fake.refuse(&question, -32022, json!({ "supported": ["2027-01-01"], "requested": "2026-07-28" })).await;
    let words = connecting.await.unwrap().unwrap_err().to_string();
    assert!(words.contains("2026-07-28") && words.contains("2027-01-01"), "{words}");
}

#[tokio::test]
async fn other_errors_of_the_new_era_are_no_reason_to_go_back() {
    for code in [-32020, -32021] {
        let (builder, mut fake) = pair();
        let connecting = connect(builder);
        let question = fake.expect("server/discover").await;
        fake.refuse(&question, code, Value::Null).await;
        let refused = connecting.await.unwrap().unwrap_err();
        assert!(matches!(refused, ClientError::Rpc { code: got, .. } if got == code), "{refused:?}");
        assert_eq!(fake.line().await, None, "{code}");
    }
}

#[tokio::test]
async fn a_revision_that_nobody_knows_ends_the_handshake_by_naming_both() {
    for answered in ["2026-07-28", "2023-01-01", "", "latest"] {
        let (builder, mut fake) = pair();
        let connecting = connect(builder.era(Era::Handshake));
        let greeting = fake.expect("initialize").await;
        fake.answer(&greeting, initialized(answered)).await;
        let refused = connecting.await.unwrap().unwrap_err();
        assert!(matches!(refused, ClientError::Connect(ConnectError::Revision { .. })), "{refused:?}");
        assert!(refused.to_string().contains("2025-11-25"), "{refused}");
        assert_eq!(fake.line().await, None);
    }
}

#[tokio::test]
async fn a_revision_that_was_chosen_is_the_only_one() {
    for revision in Revision::ALL.into_iter().filter(|revision| revision.has_handshake()) {
        let (builder, mut fake) = pair();
        let builder = builder.on_elicit(|ask| async move { Ok::<_, std::io::Error>(ask.decline()) });
        let connecting = connect(builder.on_sample(|_| async { Err("nobody") }).roots(["file:///a"]).era(revision));
        let greeting = fake.expect("initialize").await;
        assert_eq!(greeting["params"]["protocolVersion"], revision.as_str());
        let declared = &greeting["params"]["capabilities"];
        assert_eq!((&declared["sampling"], &declared["roots"]), (&json!({}), &json!({ "listChanged": true })));
        let elicitation = match revision {
            Revision::V2025_11_25 => json!({ "form": {} }),
            Revision::V2025_06_18 => json!({}),
            _ => Value::Null,
        };
        assert_eq!(declared["elicitation"], elicitation, "{revision}");
        let other = if revision == Revision::V2025_03_26 { "2025-06-18" } else { "2025-03-26" };
        fake.answer(&greeting, initialized(other)).await;
        let refused = connecting.await.unwrap().unwrap_err();
        assert!(matches!(refused, ClientError::Connect(ConnectError::Revision { .. })), "{refused:?}");
    }
    let (builder, mut fake) = pair();
    let connecting = connect(builder.era(Era::Modern));
    let question = fake.expect("server/discover").await;
    fake.refuse(&question, -32601, Value::Null).await;
    assert!(matches!(connecting.await.unwrap().unwrap_err(), ClientError::Rpc { code: -32601, .. }));
    assert_eq!(fake.line().await, None, "the new era was asked for");
}

#[tokio::test]
async fn what_is_no_server_is_said_so() {
    let (builder, mut fake) = pair();
    let connecting = connect(builder.era(Era::Handshake));
    fake.expect("initialize").await;
    fake.write("Welcome to the shell!\n").await;
    fake.hang_up();
    let refused = connecting.await.unwrap().unwrap_err();
    assert!(matches!(refused, ClientError::Connect(ConnectError::NotMcp { .. })), "{refused:?}");
    assert!(refused.to_string().contains("Welcome to the shell!"), "{refused}");
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_names_its_line() {
    let (near, _far) = tokio::io::duplex(64);
    let zero = std::time::Duration::ZERO;
    let refused = Client::stream(near).timeout(zero).env("A", "b").roots(["/home"]).connect().await.unwrap_err();
    let words = refused.to_string();
    for setting in ["timeout(0)", "env", "roots(\"/home\")", "client/era.rs:"] {
        assert!(words.contains(setting), "{words}");
    }
}
