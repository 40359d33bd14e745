//! Counters that all replicas share: what a store of them does, and what is done while it does not.
//!
//! A store that is away must not take the server along: it is asked for a short time only, and after some failures not at all for
//! a while. What a limit does meanwhile is its own to say, see [`StoreFailure`].

use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::rate::Gcra;
use crate::observe::Levels;
use crate::session::lock;
use crate::session::store::{LimitCounter, LimitStore, MemoryStore, StoreError, StoreFuture};

/// How long a store may take.
const DEADLINE: Duration = Duration::from_millis(50);
/// Failures in a row after which it is not asked for a while; and that while, which doubles up to its longest.
const FAILURES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a limit does while the store that replicas share does not answer; see
/// [`RateLimit::when_store_fails`](super::RateLimit::when_store_fails).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFailure {
    /// Each process counts alone, and has the whole limit. The default.
    #[default]
    Local,
    /// The limit lets everything through.
    Open,
    /// The limit lets nothing through: calls fail with the kind `unavailable`, over HTTP with status 503.
    Closed,
}

/// A store, and how it has been doing.
pub(super) struct SharedCounters {
    store: Arc<dyn LimitStore>,
    health: Mutex<Health>,
    levels: Arc<Levels>,
}

#[derive(Default)]
struct Health {
    failures: u32,
    pause: Duration,
    /// It is not asked before this.
    until: Option<Instant>,
}

/// What a store said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreAnswer {
    Taken,
    /// By which counter, and how long to wait.
    Refused(usize, Duration),
    Away,
}

impl SharedCounters {
    pub(super) fn new(store: Arc<dyn LimitStore>, levels: Arc<Levels>) -> Self {
        Self { store, health: Mutex::default(), levels }
    }

    /// Takes one call from every counter, or from none.
    pub(super) async fn take(&self, counters: &[LimitCounter]) -> StoreAnswer {
        if self.is_paused() {
            return StoreAnswer::Away;
        }
        let answer = match tokio::time::timeout(DEADLINE, self.store.count(counters)).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::new(format!("no answer within {DEADLINE:?}"))),
        };
        match answer {
            Ok(answer) => {
                self.answered();
                answer.map_or(StoreAnswer::Taken, |(which, wait)| StoreAnswer::Refused(which, wait))
            }
            Err(error) => {
                self.failed(&error);
                StoreAnswer::Away
            }
        }
    }

    fn is_paused(&self) -> bool {
        let mut health = lock(&self.health);
        let now = Instant::now();
        match health.until {
            Some(until) if now < until => true,
            Some(_) => {
                // One call finds out for all; others go on without it until it has.
                health.until = Some(now + DEADLINE);
                false
            }
            None => false,
        }
    }

    fn answered(&self) {
        let mut health = lock(&self.health);
        if health.until.is_some() {
            tracing::info!("the store of rate limits answers again");
            self.levels.limiter_store_down.store(0, Ordering::Relaxed);
        }
        *health = Health::default();
    }

    fn failed(&self, error: &StoreError) {
        let mut health = lock(&self.health);
        health.failures += 1;
        if health.failures < FAILURES {
            return;
        }
        if health.pause.is_zero() {
            tracing::warn!(
                "the store of rate limits does not answer; each limit does what it is told to meanwhile: {error}"
            );
            self.levels.limiter_store_down.store(1, Ordering::Relaxed);
        }
        health.pause = (2 * health.pause).clamp(PAUSE, LONGEST_PAUSE);
        health.until = Some(Instant::now() + health.pause);
    }
}

/// Counters that a store in memory keeps before those that say nothing any more are looked for.
const COUNTERS: usize = 100_000;

impl LimitStore for MemoryStore {
    fn count<'a>(&'a self, counters: &'a [LimitCounter]) -> StoreFuture<'a, Option<(usize, Duration)>> {
        static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
        Box::pin(async move {
            let now = u64::try_from(BEGUN.elapsed().as_nanos()).unwrap_or(u64::MAX);
            let mut kept = lock(&self.counters);
            let mut worst: Option<(usize, u64)> = None;
            for (place, counter) in counters.iter().enumerate() {
                let arrival = kept.get(&counter.name).copied().unwrap_or(0);
                if let Err(wait) = Gcra::of_counter(counter).take(arrival, now)
                    && worst.is_none_or(|(_, longest)| wait > longest)
                {
                    worst = Some((place, wait));
                }
            }
            if let Some((place, wait)) = worst {
                return Ok(Some((place, Duration::from_nanos(wait))));
            }
            if kept.len() >= COUNTERS {
                kept.retain(|_, arrival| *arrival > now);
            }
            for counter in counters {
                let rule = Gcra::of_counter(counter);
                match kept.entry(counter.name.clone()) {
                    Entry::Occupied(mut kept) => {
                        let arrival = *kept.get();
                        kept.insert(rule.take(arrival, now).unwrap_or(arrival));
                    }
                    Entry::Vacant(kept) => {
                        kept.insert(rule.take(0, now).unwrap_or(0));
                    }
                }
            }
            Ok(None)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does what it is told, and counts how often it is asked.
    #[derive(Default)]
    struct Store {
        asked: Mutex<u32>,
        does: Mutex<Does>,
        memory: MemoryStore,
    }

    #[derive(Clone, Copy, Default)]
    enum Does {
        #[default]
        Answer,
        Fail,
        Hang,
    }

    impl LimitStore for Store {
        fn count<'a>(&'a self, counters: &'a [LimitCounter]) -> StoreFuture<'a, Option<(usize, Duration)>> {
            *lock(&self.asked) += 1;
            match *lock(&self.does) {
                Does::Answer => self.memory.count(counters),
                Does::Fail => Box::pin(std::future::ready(Err(StoreError::new("gone")))),
                Does::Hang => Box::pin(std::future::pending()),
            }
        }
    }

    fn shared() -> (Arc<Store>, SharedCounters) {
        let store = Arc::<Store>::default();
        (Arc::clone(&store), SharedCounters::new(Arc::clone(&store) as _, Arc::default()))
    }

    async fn ask(shared: &SharedCounters, times: u32) -> StoreAnswer {
        let mut asked = StoreAnswer::Away;
        for _ in 0..times {
            asked = shared.take(&[]).await;
        }
        asked
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_fails_is_left_alone_for_longer_and_longer() {
        let (store, shared) = shared();
        let down = || shared.levels.limiter_store_down.load(Ordering::Relaxed);
        let times = || std::mem::take(&mut *lock(&store.asked));
        assert_eq!(ask(&shared, 5).await, StoreAnswer::Taken);
        assert_eq!((times(), down()), (5, 0));
        *lock(&store.does) = Does::Fail;
        assert_eq!(ask(&shared, 2).await, StoreAnswer::Away);
        assert_eq!(down(), 0, "it may be nothing");
        assert_eq!(ask(&shared, 100).await, StoreAnswer::Away);
        assert_eq!((times(), down()), (3, 1));
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            tokio::time::advance(Duration::from_millis(1000 * pause - 1)).await;
            ask(&shared, 100).await;
            assert_eq!(times(), 0, "{pause}");
            tokio::time::advance(Duration::from_millis(1)).await;
            ask(&shared, 100).await;
            assert_eq!(times(), 1, "{pause}");
        }
        *lock(&store.does) = Does::Answer;
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(ask(&shared, 10).await, StoreAnswer::Taken);
        assert_eq!((times(), down()), (10, 0));
        *lock(&store.does) = Does::Fail;
        ask(&shared, 3).await;
        tokio::time::advance(Duration::from_secs(1)).await;
        times();
        ask(&shared, 10).await;
        assert_eq!(times(), 1, "it begins with a second again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_hangs_costs_a_call_no_more_than_its_deadline() {
        let (store, shared) = shared();
        *lock(&store.does) = Does::Hang;
        let begun = Instant::now();
        for _ in 0..1_000 {
            assert_eq!(shared.take(&[]).await, StoreAnswer::Away);
        }
        assert_eq!(begun.elapsed(), 3 * DEADLINE, "and after some of them nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_in_memory_takes_from_all_counters_or_from_none() {
        let (_, shared) = shared();
        let counters = [("a", 3), ("b", 1)].map(|(name, burst)| LimitCounter::new(name, Duration::from_secs(1), burst));
        assert_eq!(shared.take(&counters).await, StoreAnswer::Taken);
        for _ in 0..5 {
            assert_eq!(shared.take(&counters).await, StoreAnswer::Refused(1, Duration::from_secs(1)));
        }
        assert_eq!(shared.take(&counters[..1]).await, StoreAnswer::Taken);
        assert_eq!(shared.take(&counters[..1]).await, StoreAnswer::Taken);
        assert_eq!(shared.take(&counters[..1]).await, StoreAnswer::Refused(0, Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(shared.take(&counters).await, StoreAnswer::Taken);
    }
}
