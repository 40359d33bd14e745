//! The keys of one issuer over time: fetched at first need, kept fresh, kept through an outage, and asked for again, though not by a flood,
//! when a token names one that is not there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::discovery::FoundKeys;
use super::jws::{IssuerKey, Jws, fitting};
use crate::future::{self, BoxFuture};
use crate::session::lock;

/// How long keys are good for: what the issuer says, within these; otherwise the last.
const SHORTEST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const USUAL: Duration = Duration::from_secs(3600);
/// How long keys serve on while their issuer does not answer.
const OUTAGE: Duration = Duration::from_secs(24 * 3600);
/// How long a key that is not there is not asked for again.
const UNKNOWN: Duration = Duration::from_secs(30);
/// The longest pause between attempts that fail, the first being a second.
const PAUSE: Duration = Duration::from_secs(60);
/// When a client is to come back while there are no keys.
pub(crate) const COME_BACK: Duration = Duration::from_secs(5);

/// Fetches the keys.
pub(crate) type Fetch = Box<dyn Fn() -> BoxFuture<'static, Result<FoundKeys, String>> + Send + Sync>;

/// The keys of one issuer.
pub(crate) struct KeySet {
    issuer: String,
    fetch: Fetch,
    state: Mutex<KeyState>,
    pub(crate) fetched: AtomicU64,
    pub(crate) failed: AtomicU64,
}

#[derive(Default)]
struct KeyState {
    keys: Arc<Vec<Arc<IssuerKey>>>,
    /// When they came, and for how long they are good.
    came: Option<(Instant, Duration)>,
    /// When the last attempt began, and how many have failed since the last good one.
    attempt: Option<Instant>,
    failures: u32,
    /// An attempt is under way; it ends when this closes.
    under_way: Option<watch::Receiver<()>>,
}

/// What is known of the key of a token.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// It is one of these.
    Keys(Vec<Arc<IssuerKey>>),
    Unknown,
    /// There are no keys at all.
    Unavailable,
}

impl KeySet {
    pub(crate) fn new(issuer: String, fetch: Fetch) -> Arc<Self> {
        let (state, fetched, failed) = (Mutex::default(), AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { issuer, fetch, state, fetched, failed })
    }

    /// The keys that may have signed a token.
    pub(crate) async fn find(self: &Arc<Self>, jws: &Jws<'_>) -> Lookup {
        let now = Instant::now();
        let wait = {
            let mut state = lock(&self.state);
            let keys = state.usable(now);
            let found = keys.as_ref().is_some_and(|keys| !fitting(keys, jws).is_empty());
            let due = match state.came {
                None => state.may_retry(now),
                Some((came, good)) if now.duration_since(came) >= good * 4 / 5 => state.may_retry(now),
                // A token of a key that is not there: perhaps it is new.
                Some(_) => !found && state.attempt.is_none_or(|at| now.duration_since(at) >= UNKNOWN),
            };
            let begun = due.then(|| self.begin(&mut state, now));
            begun.or_else(|| state.under_way.clone()).filter(|_| !found)
        };
        if let Some(mut wait) = wait {
            // It closes when the attempt is over.
            let _ = wait.changed().await;
        }
        let state = lock(&self.state);
        let Some(keys) = state.usable(Instant::now()) else { return Lookup::Unavailable };
        let found: Vec<_> = fitting(&keys, jws).into_iter().cloned().collect();
        match state.failures {
            0 if found.is_empty() => Lookup::Unknown,
            // It may be one of those that could not be fetched.
            _ if found.is_empty() => Lookup::Unavailable,
            _ => Lookup::Keys(found),
        }
    }

    /// Whether a key is still one of the issuer's.
    pub(crate) fn has(&self, key: &Arc<IssuerKey>) -> bool {
        lock(&self.state).usable(Instant::now()).is_some_and(|keys| keys.iter().any(|own| Arc::ptr_eq(own, key)))
    }

    /// Fetches the keys before anybody needs them.
    pub(crate) fn warm(self: &Arc<Self>) {
        let mut state = lock(&self.state);
        if state.came.is_none() && state.attempt.is_none() {
            drop(self.begin(&mut state, Instant::now()));
        }
    }

    /// Begins an attempt, or joins the one that is under way. It goes on whoever waits for it.
    fn begin(self: &Arc<Self>, state: &mut KeyState, now: Instant) -> watch::Receiver<()> {
        if let Some(under_way) = &state.under_way {
            return under_way.clone();
        }
        let (ended, under_way) = watch::channel(());
        state.under_way = Some(under_way.clone());
        state.attempt = Some(now);
        let this = Arc::clone(self);
        future::spawn(async move {
            let found = (this.fetch)().await;
            this.take(found);
            drop(ended);
        });
        under_way
    }

    fn take(&self, found: Result<FoundKeys, String>) {
        let mut state = lock(&self.state);
        state.under_way = None;
        match found {
            Ok(found) => {
                self.fetched.fetch_add(1, Ordering::Relaxed);
                // A key that is the same stays the same, so that tokens which were checked with it are remembered.
                let known = Arc::clone(&state.keys);
                let same = |key: &IssuerKey| known.iter().find(|known| ***known == *key).cloned();
                state.keys =
                    Arc::new(found.keys.into_iter().map(|key| same(&key).unwrap_or_else(|| Arc::new(key))).collect());
                let good = found.max_age.map_or(USUAL, |age| age.clamp(SHORTEST, LONGEST));
                if state.failures > 0 {
                    tracing::warn!("the keys of {} are there again", self.issuer);
                }
                (state.came, state.failures) = (Some((Instant::now(), good)), 0);
            }
            Err(why) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                state.failures = state.failures.saturating_add(1);
                // The pause grows to a minute, so this is said once a minute.
                match state.came {
                    Some(_) => {
                        tracing::warn!("the keys of {} cannot be renewed, and serve on for a day: {why}", self.issuer)
                    }
                    None => tracing::error!(
                        "the keys of {} cannot be fetched, and nobody of it can call: {why}",
                        self.issuer
                    ),
                }
            }
        }
    }
}

impl KeyState {
    /// The keys, unless they are too old.
    fn usable(&self, now: Instant) -> Option<Arc<Vec<Arc<IssuerKey>>>> {
        let (came, good) = self.came?;
        (now.duration_since(came) < good.max(OUTAGE)).then(|| Arc::clone(&self.keys))
    }

    /// Whether the pause after a failure is over.
    fn may_retry(&self, now: Instant) -> bool {
        let pause = match self.failures {
            0 => Duration::ZERO,
            failures => Duration::from_secs(1 << (failures - 1).min(6)).min(PAUSE),
        };
        self.attempt.is_none_or(|at| now.duration_since(at) >= pause)
    }
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySet").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
