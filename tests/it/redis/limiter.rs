//! Calls that several processes count together.

use std::{sync::Arc, time::Duration};

use fastmcp_rs::replicas::{LimitCounter, LimitStore, RedisStore};
use fastmcp_rs_tests::redis::{RedisCluster, RedisServer, installed};
use tokio::task::JoinSet;

const MINUTE: Duration = Duration::from_secs(60);

fn store(url: &str) -> Arc<RedisStore> {
    Arc::new(RedisStore::new(url, "fastmcp:tests").unwrap())
}

/// What a store says, once a busy machine lets it.
async fn answer(store: &RedisStore, counters: &[LimitCounter]) -> Option<(usize, Duration)> {
    loop {
        match store.count(counters).await {
            Ok(answer) => return answer,
            Err(error) => assert!(error.to_string().contains("no answer within"), "{error}"),
        }
    }
}

/// How many of the `calls` of each process get through that are made at the same time. `None`, if some had no answer: they may have
/// been counted all the same.
async fn taken(stores: &[Arc<RedisStore>], calls: usize, counters: &[LimitCounter]) -> Option<usize> {
    let mut processes = JoinSet::new();
    for store in stores {
        let (store, counters) = (Arc::clone(store), counters.to_vec());
        processes.spawn(async move {
            let mut through = 0;
            for _ in 0..calls {
                through += usize::from(store.count(&counters).await.ok()?.is_none());
            }
            Some(through)
        });
    }
    processes.join_all().await.into_iter().sum()
}

#[tokio::test]
async fn processes_share_a_limit_exactly() {
    if !installed() {
        return;
    }
    let redis = RedisServer::start("").await;
    let cluster = RedisCluster::start(false).await;
    for url in [redis.url(), cluster.url()] {
        let stores: Vec<_> = (0..4).map(|_| store(&url)).collect();
        for store in &stores {
            // Connected, so that all begin at once.
            answer(store, &[LimitCounter::new("another", MINUTE, 100)]).await;
        }
        let mut shared = None;
        for trial in 0..20 {
            let client = LimitCounter::new(format!("client {trial}"), MINUTE, 100);
            if let Some(through) = taken(&stores, 50, std::slice::from_ref(&client)).await {
                assert_eq!(through, 100);
                shared = Some(client);
                break;
            }
        }
        let client = shared.expect("one trial of twenty in which every call was answered in time");
        let one = LimitCounter::new("one", MINUTE, 7);
        let (place, wait) = answer(&stores[0], &[one.clone(), client.clone()]).await.expect("a refusal");
        assert!(place == 1 && wait <= MINUTE && wait > MINUTE - Duration::from_secs(30), "{place} {wait:?}");
        // What its neighbour refuses is not charged.
        for _ in 0..10 {
            assert!(answer(&stores[1], &[one.clone(), client.clone()]).await.is_some());
        }
        assert_eq!(answer(&stores[2], &[one]).await, None);
    }
}

#[tokio::test]
async fn a_limit_is_paid_off_and_forgotten() {
    if !installed() {
        return;
    }
    let redis = RedisServer::start("").await;
    let store = store(&redis.url());
    let counter = [LimitCounter::new("ünïcode {name} \n of anything".repeat(100), Duration::from_millis(200), 2)];
    // A call that is refused says when it may come, and then it may.
    let mut through = 0;
    while through < 6 {
        match answer(&store, &counter).await {
            None => through += 1,
            Some((place, wait)) => {
                assert!(place == 0 && through >= 2 && wait <= Duration::from_millis(200), "{place} {wait:?}");
                tokio::time::sleep(wait).await;
            }
        }
    }
    let keys = redis.cli(&["KEYS", "*"]).await;
    assert!(keys.starts_with("fastmcp:{tests}:rl:") && keys.trim().len() < 64, "{keys}");
    let life: i64 = redis.cli(&["PTTL", keys.trim()]).await.trim().parse().unwrap();
    assert!((-2..=401).contains(&life), "{life}");
    redis.until(&["DBSIZE"], |size| size.trim() == "0").await;
}

#[tokio::test]
async fn a_counter_from_before_the_clock_was_set_back_holds_nobody_up_for_long() {
    if !installed() {
        return;
    }
    let redis = RedisServer::start("").await;
    let store = store(&redis.url());
    let counter = [LimitCounter::new("client", Duration::from_secs(1), 10)];
    answer(&store, &counter).await;
    let key = redis.cli(&["KEYS", "*:rl:*"]).await.trim().to_owned();
    // A year ahead.
    let arrival: u64 = redis.cli(&["GET", &key]).await.trim().parse().unwrap();
    redis.cli(&["SET", &key, &(arrival + 31_536_000_000_000).to_string()]).await;
    assert_eq!(answer(&store, &counter).await, Some((0, Duration::from_secs(1))));
}

#[tokio::test]
async fn what_cannot_be_counted_is_an_error_soon() {
    if !installed() {
        return;
    }
    let mut redis = RedisServer::start("").await;
    let store = store(&redis.url());
    let counter = [LimitCounter::new("client", MINUTE, 10)];
    answer(&store, &counter).await;
    let key = redis.cli(&["KEYS", "*:rl:*"]).await.trim().to_owned();
    let refused = async |why: &str| {
        let asked = std::time::Instant::now();
        let error = store.count(&counter).await.expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    };
    redis.cli(&["DEL", &key]).await;
    redis.cli(&["LPUSH", &key, "x"]).await;
    refused("another program keeps something else").await;
    redis.cli(&["SET", &key, "no number"]).await;
    refused("number").await;
    redis.cli(&["DEL", &key]).await;
    redis.cli(&["CONFIG", "SET", "maxmemory", "1"]).await;
    refused("it is full").await;
    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]).await;
    answer(&store, &counter).await;
    redis.pause().await;
    refused("no answer within").await;
    redis.resume().await;
    counted(&store, &counter).await;
    redis.kill().await;
    store.count(&counter).await.expect_err("it is gone");
    redis.restart().await;
    counted(&store, &counter).await;
}

/// Counts as soon as that can be done again.
async fn counted(store: &RedisStore, counter: &[LimitCounter]) {
    fastmcp_rs_tests::within("an answer", async { while store.count(counter).await.is_err() {} }).await;
}
