//! What every store has to do, held against the one in memory and, where `FASTMCP_TEST_REDIS_URL` names one, against Redis.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use crate::protocol::LogLevel;
use crate::session::record::{SessionChange, SessionRecord};
use crate::session::store::{Append, BusEvent, EventLimits, EventPage, Loaded, MemoryStore, ReplicaStore};

const IDLE: Duration = Duration::from_secs(60);

/// The stores, each empty.
fn stores(test: &str) -> Vec<Arc<dyn ReplicaStore>> {
    let memory: Arc<dyn ReplicaStore> = Arc::new(MemoryStore::new());
    [Some(memory), redis(test)].into_iter().flatten().collect()
}

#[cfg(not(feature = "redis"))]
fn redis(_: &str) -> Option<Arc<dyn ReplicaStore>> {
    None
}

#[cfg(feature = "redis")]
fn redis(test: &str) -> Option<Arc<dyn ReplicaStore>> {
    match std::env::var("FASTMCP_TEST_REDIS_URL") {
        Ok(url) if !url.is_empty() => {
            let mut once = [0; 16];
            getrandom::fill(&mut once).expect("randomness");
            let once = u128::from_ne_bytes(once);
            let store = super::redis::RedisStore::new(&url, format!("fastmcp-test:{test}:{once}"));
            Some(Arc::new(store.expect("a URL of Redis")))
        }
        _ => {
            eprintln!("SKIPPED with Redis, since FASTMCP_TEST_REDIS_URL names none: `.ci/run tests` starts one");
            None
        }
    }
}

fn record(subject: &str) -> SessionRecord {
    SessionRecord {
        revision: "2025-11-25".to_owned(),
        capabilities: Some("{\"elicitation\":{}}".to_owned()),
        subject: Some(subject.to_owned()),
        ..SessionRecord::default()
    }
}

#[tokio::test]
async fn a_session_is_what_was_created_and_changed() {
    for store in stores("changes") {
        assert_eq!(store.load("a", None, IDLE).await.expect("an answer"), Loaded::Gone);
        let mut record = record("ada");
        store.create("a", &record, 10, IDLE).await.expect("an answer");
        let Loaded::Session { version, record: loaded } = store.load("a", None, IDLE).await.expect("an answer") else {
            panic!("the session is there")
        };
        assert_eq!(*loaded, record);
        assert_eq!(store.load("a", Some(version), IDLE).await.expect("an answer"), Loaded::Unchanged);

        let changes = [
            SessionChange::Initialized,
            SessionChange::LogLevel(LogLevel::Error),
            SessionChange::Subscribed("note://one".to_owned()),
            SessionChange::Subscribed("note://ü:two".to_owned()),
            SessionChange::Unsubscribed("note://one".to_owned()),
            SessionChange::Value("word".to_owned(), json!({ "a": [1, "ü"] })),
            SessionChange::Value("gone".to_owned(), json!(1)),
            SessionChange::Removed("gone".to_owned()),
        ];
        store.update("a", &changes).await.expect("an answer");
        changes.iter().for_each(|change| record.apply(change));
        match store.load("a", Some(version), IDLE).await.expect("an answer") {
            Loaded::Session { version: newer, record: loaded } => {
                assert!(newer > version);
                assert_eq!(*loaded, record);
            }
            other => panic!("the session has changed, not {other:?}"),
        }

        store.remove("a").await.expect("an answer");
        store.update("a", &[SessionChange::Initialized]).await.expect("an answer");
        assert_eq!(store.load("a", Some(version), IDLE).await.expect("an answer"), Loaded::Gone);
    }
}

#[tokio::test]
async fn the_longest_idle_session_makes_room() {
    for store in stores("limit") {
        let moment = || tokio::time::sleep(Duration::from_millis(5));
        for id in ["a", "b", "c"] {
            store.create(id, &record(id), 3, IDLE).await.expect("an answer");
            moment().await;
        }
        store.load("a", None, IDLE).await.expect("an answer");
        moment().await;
        store.create("d", &record("d"), 3, IDLE).await.expect("an answer");
        for (id, there) in [("a", true), ("b", false), ("c", true), ("d", true)] {
            let loaded = store.load(id, None, IDLE).await.expect("an answer");
            assert_eq!(loaded != Loaded::Gone, there, "{id}");
        }
    }
}

#[tokio::test]
async fn an_idle_session_ends() {
    for store in stores("idle") {
        store.create("a", &record("ada"), 3, Duration::from_millis(40)).await.expect("an answer");
        tokio::time::sleep(Duration::from_millis(80)).await;
        assert_eq!(store.load("a", None, IDLE).await.expect("an answer"), Loaded::Gone);
    }
}

fn events(numbers: std::ops::RangeInclusive<u64>) -> Vec<(u64, Vec<u8>)> {
    numbers.map(|number| (number, format!("event {number:03}").into_bytes())).collect()
}

#[tokio::test]
async fn a_stream_is_kept_within_its_bounds() {
    for store in stores("events") {
        let limits = EventLimits { events: 5, bytes: 1000, age: IDLE };
        let append = async |events: &[(u64, Vec<u8>)], done, closed, limits| {
            store.append("a", 7, Append { events, done, closed, limits }).await.expect("an answer");
        };
        let read = async |after| store.read("a", 7, after).await.expect("an answer");
        assert_eq!(read(0).await, None);
        append(&[], false, 0, limits).await;
        assert_eq!(read(0).await, Some(EventPage::default()));
        append(&events(1..=3), false, 0, limits).await;
        // Again, as after an answer that got lost.
        append(&events(1..=3), false, 1, limits).await;
        let page = read(1).await.expect("the stream");
        assert_eq!((page.events, page.done, page.closed), (events(2..=3), false, 1));
        append(&events(4..=7), false, 1, limits).await;
        assert_eq!(read(0).await.expect("the stream").events, events(3..=7));
        // Three events of nine bytes.
        append(&events(8..=8), true, 1, EventLimits { bytes: 28, ..limits }).await;
        let page = read(0).await.expect("the stream");
        assert_eq!((page.events, page.done), (events(6..=8), true));
        assert_eq!(read(8).await.map(|page| (page.events.len(), page.done)), Some((0, true)));
        assert_eq!(store.read("b", 7, 0).await.expect("an answer"), None);
        append(&[], true, 1, EventLimits { age: Duration::from_millis(20), ..limits }).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(read(0).await, None);
    }
}

#[tokio::test]
async fn a_long_stream_comes_in_pages_and_its_end_last() {
    for store in stores("pages") {
        let limits = EventLimits { events: 1000, bytes: 1_000_000, age: IDLE };
        let all = events(1..=300);
        store.append("a", 1, Append { events: &all, done: true, closed: 0, limits }).await.expect("an answer");
        let mut read = Vec::new();
        loop {
            let after = read.last().map_or(0, |(number, _)| *number);
            let page = store.read("a", 1, after).await.expect("an answer").expect("the stream");
            read.extend(page.events);
            if page.done {
                break;
            }
        }
        assert_eq!(read, all);
    }
}

#[tokio::test]
async fn everybody_hears_what_is_published() {
    for store in stores("bus") {
        let mut heard = Vec::new();
        let mut numbers = Vec::new();
        for _ in 0..2 {
            let (sender, receiver) = mpsc::unbounded_channel();
            let joined = store.join(Arc::new(move |event| sender.send(event).is_ok())).await;
            numbers.push(joined.expect("an answer"));
            heard.push(receiver);
        }
        assert!(numbers[0] != numbers[1] && numbers.iter().all(|number| (1..1 << 20).contains(number)));
        store.publish(b"news \xff".to_vec()).await.expect("an answer");
        for receiver in &mut heard {
            assert_eq!(receiver.recv().await, Some(BusEvent::Message(b"news \xff".to_vec())));
        }
    }
}
