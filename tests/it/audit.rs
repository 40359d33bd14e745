//! The audit log: a line for each call, of which none can be taken away unseen, and no call without one.

use std::fs;
use std::path::{Path, PathBuf};

use fastmcp_rs::{Audit, prelude::*};
use fastmcp_rs_tests::{Client, Example, Revision, Transport, client::error_of};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Place {
    _directory: TempDir,
    file: PathBuf,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    Place { _directory: directory, file }
}

fn observed(file: &Path) -> Example {
    Example::named("observed").env("AUDIT", file)
}

async fn client(example: Example) -> Client {
    Client::start(example, Transport::Stdio, Revision::V2026_07_28).await
}

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What `check --audit` says, and whether it is content.
async fn check(file: &Path) -> (bool, String) {
    let output = Example::named("observed").args(["check", "--audit"]).arg(file).output().await;
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), text)
}

#[tokio::test]
async fn every_call_has_a_line_with_who_what_and_how_it_ended() {
    for transport in [Transport::Stdio, Transport::Http] {
        let Place { _directory, file } = place();
        let mut client = Client::start(observed(&file), transport, Revision::V2026_07_28).await;
        client.call("end", json!({ "how": "ok", "secret": "hunter2" })).await;
        for (tool, arguments) in [
            ("end", json!({ "how": "masked" })),
            ("end", json!({ "how": "panic" })),
            ("late", json!({})),
            ("end", json!({})),
        ] {
            client.failure(tool, arguments).await;
        }
        client.refusal("tools/call", json!({ "name": "nobody", "arguments": {} })).await;
        client.result("resources/read", json!({ "uri": "note://7" })).await;
        client.result("prompts/get", json!({ "name": "greet", "arguments": { "name": "Ada" } })).await;
        client.result("tools/list", json!({})).await;
        client.finish().await;

        let lines = lines(&file);
        let told: Vec<_> = lines
            .iter()
            .map(|line| ["action", "component", "outcome"].map(|name| line[name].as_str().unwrap_or("-")).join(" "))
            .collect();
        assert_eq!(
            told,
            [
                "start - -",
                "tools/call end ok",
                "tools/call end internal",
                "tools/call end panic",
                "tools/call late timeout",
                "tools/call end invalid_params",
                "tools/call nobody invalid_params",
                "resources/read note://{id} ok",
                "prompts/get greet ok",
                "stop - -",
            ]
        );
        let (subject, via) = if transport == Transport::Stdio { ("local", "stdio") } else { ("anonymous", "http") };
        for line in &lines {
            assert_eq!(
                (&line["v"], &line["server"], &line["version"]),
                (&json!(1), &json!("observed"), &json!("1.2.3"))
            );
        }
        for line in &lines[1..lines.len() - 1] {
            assert_eq!((&line["caller"]["subject"], &line["transport"]), (&json!(subject), &json!(via)), "{line}");
            assert_eq!((&line["revision"], line["invocation_id"].as_str().unwrap().len()), (&json!("2026-07-28"), 26));
            assert!(line["duration_ms"].is_number() && line["result_bytes"].as_u64() > Some(0), "{line}");
        }
        let digest = |line: &Value| line["component_digest"].as_str().map(str::len);
        assert_eq!((digest(&lines[1]), digest(&lines[6])), (Some(64), None));
        assert_eq!(lines[1]["component_digest"], lines[2]["component_digest"]);
        assert_ne!(lines[1]["component_digest"], lines[4]["component_digest"]);
        assert_eq!(lines[1]["arguments_sha256"].as_str().unwrap().len(), 64);
        assert!(!fs::read_to_string(&file).unwrap().contains("hunter2"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let (whole, said) = check(&file).await;
        assert!(whole && said.contains("10 lines"), "{said}");
    }
}

#[tokio::test]
async fn arguments_are_digested_with_the_key_or_shown_as_it_was_asked_for() {
    let arguments = json!({ "how": "ok", "secret": "hunter2" });
    let mut digests = Vec::new();
    for (key, shown) in [("", ""), ("sixteen bytes or more", ""), ("", "redacted"), ("", "full")] {
        let Place { _directory, file } = place();
        let mut example = observed(&file).env("AUDIT_ARGUMENTS", shown);
        if !key.is_empty() {
            example = example.env("FASTMCP_AUDIT_KEY", key);
        }
        let mut client = client(example).await;
        client.call("end", arguments.clone()).await;
        client.call("end", json!({ "how": "x".repeat(5000) })).await;
        client.finish().await;
        let lines = lines(&file);
        assert_eq!(lines[0]["keyed"], !key.is_empty());
        match shown {
            "redacted" => {
                assert_eq!(lines[1]["arguments"], json!({ "how": "ok", "secret": "[redacted]" }));
                assert_eq!(lines[2]["arguments"], json!({ "how": "[5002 bytes]" }));
            }
            "full" => {
                assert_eq!(lines[1]["arguments"], arguments);
                assert!(lines[2].get("arguments").is_none() && lines[2]["arguments_sha256"].is_string());
            }
            _ => digests.push(lines[1]["arguments_sha256"].clone()),
        }
    }
    // The SHA-256 of the arguments as they were sent.
    assert_eq!(digests[0], "01df330ab9b55c77374a69886d0c416eabb721e2f2253ac528cc071c705f64f5");
    assert_ne!(digests[0], digests[1]);
}

#[tokio::test]
async fn a_line_that_was_changed_or_taken_away_shows() {
    let Place { _directory, file } = place();
    let mut client = client(observed(&file)).await;
    for how in ["one", "two", "three"] {
        client.call("end", json!({ "how": how })).await;
    }
    client.finish().await;
    let text = fs::read_to_string(&file).unwrap();
    let all: Vec<&str> = text.lines().collect();
    assert_eq!(all.len(), 5);
    let without = |at: usize| {
        let left: Vec<&str> = all.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, line)| *line).collect();
        left.join("\n") + "\n"
    };
    let swapped = [all[0], all[2], all[1], all[3], all[4]].join("\n") + "\n";
    let changed = text.replacen("\"outcome\":\"ok\"", "\"outcome\":\"conflict\"", 1);
    for (altered, at) in
        [(without(1), ":2:"), (without(3), ":4:"), (swapped, ":2:"), (changed, ":3:"), (format!("{text}x\nx\n"), ":7:")]
    {
        fs::write(&file, altered).unwrap();
        let (whole, said) = check(&file).await;
        assert!(!whole && said.contains(at), "{at} {said}");
    }
    fs::write(&file, text).unwrap();
    assert!(check(&file).await.0);
    let (found, said) = check(Path::new("nowhere.jsonl")).await;
    assert!(!found && said.contains("nowhere.jsonl cannot be read"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_killed_leaves_a_chain_that_the_next_one_goes_on_with() {
    let Place { _directory, file } = place();
    for round in 0..3 {
        let mut client = client(observed(&file)).await;
        client.call("end", json!({ "how": "ok" })).await;
        let written = || fs::read_to_string(&file).unwrap_or_default().matches("tools/call").count() > round;
        while !written() {
            tokio::task::yield_now().await;
        }
        client.signal("KILL").await;
        assert!(!client.into_pipe().ended().await.success());
        if round == 1 {
            // As if it had died while it wrote.
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, &text[..text.len() - 40]).unwrap();
        }
        let (whole, said) = check(&file).await;
        assert!(whole, "{said}");
        assert_eq!(said.contains("cut off where the server was ended: 4"), round > 0, "{said}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 6);
}

#[cfg(target_os = "linux")]
mod full {
    use super::*;

    /// A server that cannot write: its log leads to a device that is always full.
    async fn full(place: &Place, policy: &str) -> Client {
        std::os::unix::fs::symlink("/dev/full", &place.file).unwrap();
        let client = client(observed(&place.file).env("AUDIT_FULL", policy)).await;
        client.log().wait_for("the error", |log| log.contains("audit lines cannot be written").then_some(())).await;
        client
    }

    /// From here on there is room.
    async fn mend(place: &Place, client: &Client) {
        fs::remove_file(&place.file).unwrap();
        client.signal("HUP").await;
    }

    #[tokio::test]
    async fn no_call_runs_while_the_disk_is_full() {
        let place = place();
        let mut client = full(&place, "refuse").await;
        let refused = client.call("end", json!({ "how": "ok" })).await;
        assert_eq!(error_of(&refused)["code"], "unavailable");
        assert_eq!(error_of(&refused)["retry_after"], 1);
        let refused = client.refusal("resources/read", json!({ "uri": "note://7" })).await;
        assert_eq!(refused.data["code"], "unavailable");
        // What does not run needs no line.
        client.result("tools/list", json!({})).await;
        assert_eq!(client.log().text().matches("cannot be written").count(), 1);
        mend(&place, &client).await;
        client.log().wait_for("the end of it", |log| log.contains("are written again").then_some(())).await;
        client.call("end", json!({ "how": "mended" })).await;
        client.finish().await;
        let (whole, said) = check(&place.file).await;
        assert!(whole, "{said}");
        // The calls that were refused have their lines, too: there was room for those to wait.
        let outcomes: Vec<_> = lines(&place.file).iter().map(|line| line["outcome"].clone()).collect();
        assert_eq!(json!(outcomes), json!([null, "unavailable", "unavailable", "ok", null]));
    }

    #[tokio::test]
    async fn calls_wait_for_the_disk_as_long_as_they_may_take() {
        let place = place();
        let mut client = full(&place, "wait").await;
        let refused = client.refusal("tools/call", json!({ "name": "late", "arguments": {} })).await;
        assert_eq!(refused.data["code"], "unavailable");
        let id = client.begin("tools/call", json!({ "name": "end", "arguments": { "how": "ok" } })).await;
        mend(&place, &client).await;
        let answer = client.receive().await;
        assert_eq!((&answer["id"], &answer["result"]["isError"]), (&id, &Value::Null));
        client.finish().await;
        assert!(check(&place.file).await.0);
    }

    #[tokio::test]
    async fn calls_go_on_without_a_line_where_that_is_asked_for() {
        let place = place();
        let mut client = full(&place, "count").await;
        assert_eq!(client.value("end", json!({ "how": "ok" })).await, "ok false");
        client.finish().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_moved_away_is_opened_anew() {
    let place = place();
    let mut client = client(observed(&place.file)).await;
    client.call("end", json!({ "how": "before" })).await;
    let old = place.file.with_extension("1");
    fs::rename(&place.file, &old).unwrap();
    client.signal("HUP").await;
    while !place.file.exists() {
        tokio::task::yield_now().await;
    }
    client.call("end", json!({ "how": "after" })).await;
    client.finish().await;
    assert_eq!((lines(&old).len(), lines(&place.file).len()), (2, 2));
    assert!(check(&old).await.0 && check(&place.file).await.0);
    // One after the other they are one log.
    let both = [fs::read(&old).unwrap(), fs::read(&place.file).unwrap()].concat();
    fs::write(&place.file, both).unwrap();
    assert!(check(&place.file).await.0);
}

#[tokio::test]
async fn what_cannot_be_used_keeps_the_server_from_starting() {
    let twice = Server::empty("twice").audit(Audit::stderr()).audit(Audit::stderr()).build().unwrap_err().to_string();
    assert!(twice.contains("audit(..)") && twice.contains("audit.rs:"), "{twice}");
    let Place { _directory, file } = place();
    let output = observed(Path::new("/nowhere/audit.jsonl")).output().await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("the audit log /nowhere/audit.jsonl cannot be opened"), "{said}");
    let output = observed(&file).env("FASTMCP_AUDIT_KEY", "short").output().await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("FASTMCP_AUDIT_KEY is too short"), "{said}");
}
