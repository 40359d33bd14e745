//! The keys of one issuer over time: fetched when the server starts, renewed before they are old, kept through an outage, and asked for
//! again, though not by a flood, when a token names one that is not there. A task beside the requests does what is due, so that
//! nobody has to call for the keys to come; without it (a server within another one's router, before its first request) requests do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::KeyLevels;
use super::discovery::FoundKeys;
use super::jws::{IssuerKey, Jws, fitting};
use crate::future::{self, BoxFuture};
use crate::session::lock;

/// How long keys are good for: what the issuer says, within these; otherwise the last.
const SHORTEST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const USUAL: Duration = Duration::from_secs(3600);
/// How long keys serve on after that, while their issuer does not answer.
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
    /// Does what is due.
    keeper: OnceLock<JoinHandle<()>>,
    fetched: AtomicU64,
    failed: AtomicU64,
}

#[derive(Default)]
struct KeyState {
    keys: Arc<Vec<Arc<IssuerKey>>>,
    /// When they came, and for how long they are good.
    came: Option<(Instant, Duration)>,
    /// When the last attempt began, and how many have failed since the last good one.
    attempt: Option<Instant>,
    failures: u32,
    /// Why the last one did.
    trouble: Option<String>,
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
        Arc::new(Self { issuer, fetch, state, keeper: OnceLock::new(), fetched, failed })
    }

    /// The keys that may have signed a token.
    pub(crate) async fn find(self: &Arc<Self>, jws: &Jws<'_>) -> Lookup {
        self.keep();
        let now = Instant::now();
        let wait = {
            let mut state = lock(&self.state);
            let keys = state.usable(now);
            let found = keys.as_ref().is_some_and(|keys| !fitting(keys, jws).is_empty());
            // A token of a key that is not there: perhaps it is new.
            let new =
                state.came.is_some() && !found && state.attempt.is_none_or(|at| now.duration_since(at) >= UNKNOWN);
            let begun = (new || state.is_due(now)).then(|| self.begin(&mut state, now));
            begun.or_else(|| state.under_way.clone()).filter(|_| !found)
        };
        let waited = wait.is_some();
        if let Some(mut wait) = wait {
            // It closes when the attempt is over.
            let _ = wait.changed().await;
        }
        let state = lock(&self.state);
        let Some(keys) = state.usable(Instant::now()) else { return Lookup::Unavailable };
        let found: Vec<_> = fitting(&keys, jws).into_iter().cloned().collect();
        match found.is_empty() {
            false => Lookup::Keys(found),
            // It may be one of those that just now could not be fetched.
            true if waited && state.failures > 0 => Lookup::Unavailable,
            true => Lookup::Unknown,
        }
    }

    /// Whether a key is still one of the issuer's.
    pub(crate) fn has(&self, key: &Arc<IssuerKey>) -> bool {
        lock(&self.state).usable(Instant::now()).is_some_and(|keys| keys.iter().any(|own| Arc::ptr_eq(own, key)))
    }

    /// Whether there are keys.
    pub(crate) fn are_there(&self) -> bool {
        lock(&self.state).usable(Instant::now()).is_some()
    }

    /// Why they could not be fetched, if that was so the last time.
    pub(crate) fn trouble(&self) -> Option<String> {
        lock(&self.state).trouble.clone()
    }

    /// How old the keys are, and how often they were fetched.
    pub(crate) fn levels(&self) -> KeyLevels {
        KeyLevels {
            age: lock(&self.state).came.map(|(came, _)| came.elapsed()).unwrap_or_default(),
            fetched: self.fetched.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }

    /// From now on the keys are fetched and renewed, until nobody holds this any more. Within a runtime.
    pub(crate) fn keep(self: &Arc<Self>) {
        self.keeper.get_or_init(|| future::spawn(keep(Arc::downgrade(self))));
    }

    /// Begins an attempt, or joins the one that is under way. It goes on whoever waits for it.
    fn begin(self: &Arc<Self>, state: &mut KeyState, now: Instant) -> watch::Receiver<()> {
        if let Some(under_way) = &state.under_way {
            return under_way.clone();
        }
        let (ended, under_way) = watch::channel(());
        state.under_way = Some(under_way.clone());
        state.attempt = Some(now);
        let attempt = Attempt { keys: Arc::clone(self), over: false, _ended: ended };
        future::spawn(async move {
            let found = (attempt.keys.fetch)().await;
            attempt.end(found);
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
                (state.came, state.failures, state.trouble) = (Some((Instant::now(), good)), 0, None);
            }
            Err(why) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                state.failures = state.failures.saturating_add(1);
                state.trouble = Some(why.clone());
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
        (now.duration_since(came) < good + OUTAGE).then(|| Arc::clone(&self.keys))
    }

    /// Whether an attempt is due: at four fifths of the time of the keys, and after failures in a while that grows.
    fn is_due(&self, now: Instant) -> bool {
        self.due().is_none_or(|due| due <= now)
    }

    /// When that is; nothing if it was never tried.
    fn due(&self) -> Option<Instant> {
        let renewed = self.came.map(|(came, good)| came + good * 4 / 5);
        let again = self.attempt.filter(|_| self.failures > 0).map(|at| at + pause(self.failures));
        renewed.max(again)
    }
}

/// How long nothing is tried after so many failures.
fn pause(failures: u32) -> Duration {
    Duration::from_secs(1 << (failures.saturating_sub(1)).min(6)).min(PAUSE)
}

/// Does what is due for keys, while somebody holds them.
async fn keep(keys: Weak<KeySet>) {
    loop {
        let Some(held) = keys.upgrade() else { return };
        let now = Instant::now();
        let (due, under_way) = {
            let mut state = lock(&held.state);
            (state.due(), state.is_due(now).then(|| held.begin(&mut state, now)))
        };
        drop(held);
        match under_way {
            Some(mut under_way) => {
                let _ = under_way.changed().await;
            }
            None => sleep_until(due.unwrap_or(now)).await,
        }
    }
}

/// One attempt, which is over whatever becomes of it: a panic and a runtime that ends are failures, too.
struct Attempt {
    keys: Arc<KeySet>,
    over: bool,
    _ended: watch::Sender<()>,
}

impl Attempt {
    fn end(mut self, found: Result<FoundKeys, String>) {
        self.over = true;
        self.keys.take(found);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.over {
            self.keys.take(Err("the attempt came to no end".to_owned()));
        }
    }
}

impl Drop for KeySet {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.get() {
            keeper.abort();
        }
    }
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySet").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jws::{self, Algorithm};

    /// What the issuer does: keys of these names, with the seconds that they are good for, or nothing.
    type Issuer = Arc<Mutex<(Option<(Vec<&'static str>, Option<u64>)>, u32)>>;

    fn issuer(names: &[&'static str], max_age: Option<u64>) -> Issuer {
        Arc::new(Mutex::new((Some((names.to_vec(), max_age)), 0)))
    }

    fn keys_of(issuer: &Issuer) -> Arc<KeySet> {
        let issuer = Arc::clone(issuer);
        let fetch: Fetch = Box::new(move || {
            let mut issuer = lock(&issuer);
            issuer.1 += 1;
            let found = match &issuer.0 {
                Some((names, _)) if names == &["panic"] => panic!("the fetch of a test"),
                Some((names, max_age)) => {
                    let key =
                        |name| format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{name}","x":"{}"}}"#, "A".repeat(43));
                    let document = format!("{{\"keys\":[{}]}}", names.iter().map(key).collect::<Vec<_>>().join(","));
                    let keys = jws::keys(document.as_bytes()).expect("a set of keys");
                    Ok(FoundKeys { keys, max_age: max_age.map(Duration::from_secs) })
                }
                None => Err("it is down".to_owned()),
            };
            Box::pin(std::future::ready(found))
        });
        KeySet::new("https://issuer.example.com".to_owned(), fetch)
    }

    /// Whether the key of this name is there: `None` if nobody can say.
    async fn knows(keys: &Arc<KeySet>, name: &str) -> Option<bool> {
        use base64::Engine as _;
        let part = |json: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
        let token = format!("{}.e30.AAAA", part(&format!(r#"{{"alg":"EdDSA","kid":"{name}"}}"#)));
        let jws = Jws::read(&token, &[Algorithm::EdDsa]).expect("a token");
        match keys.find(&jws).await {
            Lookup::Keys(_) => Some(true),
            Lookup::Unknown => Some(false),
            Lookup::Unavailable => None,
        }
    }

    fn asked(issuer: &Issuer) -> u32 {
        std::mem::take(&mut lock(issuer).1)
    }

    async fn after(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn keys_come_and_are_renewed_though_nobody_calls() {
        let issuer = issuer(&["a"], Some(600));
        let good = lock(&issuer).0.take();
        let keys = keys_of(&issuer);
        keys.keep();
        keys.keep();
        // At once, and after 1, 2, 4, 8, 16, 32 and from then on 60 seconds.
        after(1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 - 1).await;
        assert_eq!((asked(&issuer), keys.are_there(), keys.levels().failed), (8, false, 8));
        lock(&issuer).0 = good;
        after(2).await;
        assert_eq!((asked(&issuer), keys.are_there()), (1, true));
        after(475).await;
        assert_eq!(asked(&issuer), 0, "before four fifths of their time");
        after(10).await;
        assert_eq!(asked(&issuer), 1);
        assert!(keys.levels().age < Duration::from_secs(10) && keys.levels().fetched == 2);
        // Nobody needs them any more.
        drop(keys);
        after(100_000).await;
        assert_eq!(asked(&issuer), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn keys_live_as_long_as_was_said_within_bounds() {
        for (said, renewed) in [(None, 2880), (Some(0), 240), (Some(1000), 800), (Some(1 << 40), 69_120)] {
            let issuer = issuer(&["a"], said);
            let keys = keys_of(&issuer);
            keys.keep();
            after(renewed - 1).await;
            assert_eq!(asked(&issuer), 1, "{said:?}");
            after(2).await;
            assert_eq!(asked(&issuer), 1, "{said:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn keys_serve_on_for_a_day_while_their_issuer_is_down() {
        let issuer = issuer(&["a"], Some(3600));
        let keys = keys_of(&issuer);
        assert_eq!(knows(&keys, "a").await, Some(true));
        lock(&issuer).0 = None;
        after(3600 + 24 * 3600 - 5).await;
        assert_eq!((knows(&keys, "a").await, keys.are_there()), (Some(true), true));
        assert!(asked(&issuer) < 25 * 60 + 10, "once a minute at most");
        after(10).await;
        assert_eq!((knows(&keys, "a").await, keys.are_there()), (None, false), "and nobody can say then");
        lock(&issuer).0 = Some((vec!["b"], None));
        after(61).await;
        assert_eq!(knows(&keys, "b").await, Some(true));
        assert_eq!(knows(&keys, "a").await, Some(false));
    }

    #[tokio::test(start_paused = true)]
    async fn for_a_key_that_is_not_there_the_issuer_is_asked_twice_a_minute_at_most() {
        let issuer = issuer(&["a"], None);
        let keys = keys_of(&issuer);
        assert_eq!(knows(&keys, "a").await, Some(true));
        for n in 0..600 {
            assert_eq!(knows(&keys, &format!("none-{n}")).await, Some(false));
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert!(asked(&issuer) <= 3);
        lock(&issuer).0 = Some((vec!["a", "new"], None));
        after(30).await;
        assert_eq!(knows(&keys, "new").await, Some(true));
        // Whoever waited for an attempt that failed is not told that the key is unknown; those after it are.
        lock(&issuer).0 = None;
        after(31).await;
        assert_eq!(knows(&keys, "newer").await, None);
        assert_eq!(knows(&keys, "newer").await, Some(false));
        assert_eq!(knows(&keys, "a").await, Some(true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fetch_that_panics_is_one_that_failed() {
        let issuer = issuer(&["panic"], None);
        let keys = keys_of(&issuer);
        assert_eq!(knows(&keys, "a").await, None);
        assert!(asked(&issuer) > 0 && keys.failed.load(Ordering::Relaxed) > 0);
        lock(&issuer).0 = Some((vec!["a"], None));
        after(2).await;
        assert_eq!(knows(&keys, "a").await, Some(true));
    }
}
