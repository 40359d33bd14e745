//! Lines as they come to a server over stdio: each answer is JSON-RPC, to a request that was sent, once; and the conversation goes on.

use std::collections::BTreeMap;
use std::fmt;

use fastmcp_rs::__bench::{self, Conversation};
use fastmcp_rs::serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use fastmcp_rs::{Server, prompt, resource, tool};
use serde_json::Value;
use serde_json::value::RawValue;

/// Adds.
#[tool(inline)]
fn add(a: i64, b: Option<i64>) -> i64 {
    a.wrapping_add(b.unwrap_or(0))
}

/// A note.
#[resource("notes://{id}", inline)]
fn note(id: String) -> String {
    id
}

/// Greets.
#[prompt(inline)]
fn greet(name: String) -> String {
    name
}

const LAST: &str = r#"{"jsonrpc":"2.0","id":"the last one","method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;

pub fn check(bytes: &[u8]) {
    // Lines that are not UTF-8 are stopped by the transport.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    let server = Server::empty("fuzzed").tool(add).resource(note).prompt(greet);
    let mut conversation = Conversation::with(server).unwrap();
    let mut unanswered = Vec::new();
    for line in text.lines().take(16) {
        read_alike(line);
        unanswered.extend(ids(line));
        let mut out = Vec::new();
        conversation.receive(line, &mut out);
        for answer in answers(&out) {
            // Without an id it is about a message whose own cannot be read.
            let Some(id) = answer.get("id") else { continue };
            let asked = unanswered.iter().position(|asked| asked == id.get());
            unanswered.remove(asked.unwrap_or_else(|| panic!("nobody asked, or it is the second answer: {answer:?}")));
        }
    }
    let mut out = Vec::new();
    conversation.receive(LAST, &mut out);
    let alive =
        answers(&out).iter().any(|answer| answer["id"].get() == "\"the last one\"" && answer.contains_key("result"));
    assert!(alive, "the conversation is over: {}", String::from_utf8_lossy(&out));
}

/// A message's members, each as it is spelled.
type Members = BTreeMap<String, Box<RawValue>>;

/// The messages of a line: one, or those of a batch.
fn messages(line: &str) -> Vec<Members> {
    let batch = serde_json::from_str::<Vec<Box<RawValue>>>(line).unwrap_or_default();
    let batch = batch.iter().map(|message| message.get());
    batch.chain([line]).filter_map(|message| serde_json::from_str(message).ok()).collect()
}

/// The ids of the requests in a line, and of whatever else has one.
fn ids(line: &str) -> Vec<String> {
    messages(line).iter().filter_map(|message| message.get("id")).map(|id| id.get().to_owned()).collect()
}

/// The answers among what a server has sent, all of which is JSON-RPC.
fn answers(out: &[u8]) -> Vec<Members> {
    let out = std::str::from_utf8(out).unwrap();
    let mut answers = Vec::new();
    for line in out.lines() {
        let sent = messages(line);
        assert!(!sent.is_empty(), "no message: {line}");
        for message in sent {
            assert_eq!(message["jsonrpc"].get(), "\"2.0\"", "{line}");
            if message.contains_key("method") {
                continue;
            }
            assert!(message.contains_key("result") != message.contains_key("error"), "{line}");
            if let Some(error) = message.get("error") {
                let error: Value = serde_json::from_str(error.get()).unwrap();
                assert!(error["code"].is_i64() && error["message"].is_string(), "{line}");
            }
            answers.push(message);
        }
    }
    answers
}

/// A message means the same however it is spelled: as it came, and with its members in another order and every escape undone.
fn read_alike(line: &str) {
    let Ok(message) = serde_json::from_str::<Value>(line) else { return };
    let again = message.to_string();
    let rounded = message.get("id").is_some_and(Value::is_f64);
    if !rounded && members(line) == Some(count(&message)) {
        assert_eq!(meant(line), meant(&again), "{line} and {again}");
    }
}

fn meant(line: &str) -> (&'static str, Option<Value>, Option<String>) {
    let (kind, id, method) = __bench::read(line);
    (kind, id.map(|id| serde_json::from_str(&id).unwrap()), method)
}

/// How many members the objects of a text have, those that are there twice counted twice.
fn members(line: &str) -> Option<usize> {
    struct Members(usize);

    impl<'de> Deserialize<'de> for Members {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Counter)
        }
    }

    struct Counter;

    impl<'de> Visitor<'de> for Counter {
        type Value = Members;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Members, E> {
            Ok(Members(0))
        }

        fn visit_i64<E>(self, _: i64) -> Result<Members, E> {
            Ok(Members(0))
        }

        fn visit_u64<E>(self, _: u64) -> Result<Members, E> {
            Ok(Members(0))
        }

        fn visit_f64<E>(self, _: f64) -> Result<Members, E> {
            Ok(Members(0))
        }

        fn visit_str<E>(self, _: &str) -> Result<Members, E> {
            Ok(Members(0))
        }

        fn visit_unit<E>(self) -> Result<Members, E> {
            Ok(Members(0))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Members, A::Error> {
            let mut count = 0;
            while let Some(Members(inside)) = items.next_element()? {
                count += inside;
            }
            Ok(Members(count))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members, A::Error> {
            let mut count = 0;
            while let Some((IgnoredAny, Members(inside))) = members.next_entry()? {
                count += 1 + inside;
            }
            Ok(Members(count))
        }
    }

    serde_json::from_str(line).ok().map(|Members(count)| count)
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(object) => object.values().map(|value| 1 + count(value)).sum(),
        _ => 0,
    }
}
