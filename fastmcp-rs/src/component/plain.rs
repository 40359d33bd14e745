//! Plain functions, each on a thread of the blocking pool: bounded for each caller and in all, with a queue that has an end. A call
//! that is cancelled while it waits never runs.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::bounds;
use crate::context::Origin;
use crate::error::ToolError;
use crate::session::lock;

thread_local! {
    /// Whose call is being read on this thread. What macros generate asks for it at once.
    static CALLER: Cell<u64> = const { Cell::new(0) };
}

/// Notes whose call is read on this thread: that of an authenticated caller, of whoever is at an address, or of a conversation.
pub(super) fn set_caller(origin: &Origin<'_>) {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let caller = origin.caller;
    CALLER.set(match (caller.identity(), caller.network(), origin.session) {
        (Some(identity), ..) => HASHER.hash_one(identity),
        // Otherwise who begins many conversations would have as many shares.
        (None, Some(address), _) => HASHER.hash_one(address),
        (None, None, Some(session)) => Arc::as_ptr(session).addr() as u64,
        (None, None, None) => 0,
    });
}

pub(super) fn caller() -> u64 {
    CALLER.get()
}

struct Pool {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    shares: Mutex<HashMap<u64, Weak<Share>>>,
}

/// What one caller may have.
struct Share {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
}

static POOL: LazyLock<Pool> = LazyLock::new(|| Pool {
    running: Arc::new(Semaphore::new(bounds::PLAIN_RUNNING)),
    waiting: AtomicUsize::new(0),
    shares: Mutex::default(),
});

/// The right to a thread.
pub(super) struct ThreadPermit {
    _of_caller: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
    _share: Arc<Share>,
}

/// One call more in a queue, until it is dropped.
struct Queued<'a>(&'a AtomicUsize);

impl<'a> Queued<'a> {
    fn in_queue(queue: &'a AtomicUsize, limit: usize) -> Option<Self> {
        let waiting = Self(queue);
        (queue.fetch_add(1, Ordering::Relaxed) < limit).then_some(waiting)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    fn share(&self, caller: u64) -> Arc<Share> {
        let mut shares = lock(&self.shares);
        if let Some(share) = shares.get(&caller).and_then(Weak::upgrade) {
            return share;
        }
        shares.retain(|_, share| share.strong_count() > 0);
        let running = Arc::new(Semaphore::new(bounds::PLAIN_RUNNING_EACH));
        let share = Arc::new(Share { running, waiting: AtomicUsize::new(0) });
        shares.insert(caller, Arc::downgrade(&share));
        share
    }

    async fn enter(&self, caller: u64) -> Result<ThreadPermit, ToolError> {
        let share = self.share(caller);
        let at_once = Arc::clone(&share.running).try_acquire_owned().ok();
        let at_once = at_once.and_then(|own| Some((own, Arc::clone(&self.running).try_acquire_owned().ok()?)));
        if let Some((own, all)) = at_once {
            return Ok(ThreadPermit { _of_caller: own, _of_all: all, _share: share });
        }
        let (own, all) = {
            let own = Queued::in_queue(&share.waiting, bounds::PLAIN_WAITING_EACH);
            let all = Queued::in_queue(&self.waiting, bounds::PLAIN_WAITING);
            let (Some(_own), Some(_all)) = (own, all) else {
                return Err(ToolError::unavailable("too many calls wait for a thread: try again later")
                    .with_retry_after(Duration::from_secs(1)));
            };
            let ended = |_| ToolError::unavailable("the server is shutting down");
            let own = Arc::clone(&share.running).acquire_owned().await.map_err(ended)?;
            (own, Arc::clone(&self.running).acquire_owned().await.map_err(ended)?)
        };
        Ok(ThreadPermit { _of_caller: own, _of_all: all, _share: share })
    }
}

/// Waits for the right to a thread.
pub(super) async fn enter(caller: u64) -> Result<ThreadPermit, ToolError> {
    POOL.enter(caller).await
}

/// Functions that are on a thread, and calls that wait for one.
static ON_THREADS: AtomicI64 = AtomicI64::new(0);
static AWAITED: AtomicI64 = AtomicI64::new(0);

/// How many plain functions are still on a thread although nobody waits for them any more: their time was over, or they were cancelled.
#[cfg(feature = "metrics")]
pub(crate) fn stuck() -> i64 {
    (ON_THREADS.load(Ordering::Relaxed) - AWAITED.load(Ordering::Relaxed)).max(0)
}

/// One more of something, until it is dropped.
struct OneMore(&'static AtomicI64);

impl OneMore {
    fn of(count: &'static AtomicI64) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for OneMore {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs a plain function on the blocking pool, so that it cannot stall the connections that other calls are on.
pub(super) async fn run<T: Send + 'static>(
    caller: u64,
    function: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ToolError> {
    let place = enter(caller).await?;
    let span = tracing::Span::current();
    let (_awaited, on_thread) = (OneMore::of(&AWAITED), OneMore::of(&ON_THREADS));
    let joined = tokio::task::spawn_blocking(move || {
        let _held = (place, on_thread);
        span.in_scope(function)
    });
    match joined.await {
        Ok(value) => Ok(value),
        // A panic goes on where every handler's panic is caught; the pool only cancels when the process ends.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(ToolError::unavailable("the server is shutting down")),
        },
    }
}
