//! Handlers that sit on their thread are noticed while they do, by one thread that looks in; and calls of a component that may do so
//! are polled where they hold up nobody.
//!
//! Whoever polls a handler writes down which, in a slot of its thread: two stores, and no clock. The thread that looks in sees a
//! slot that has not moved.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio_util::sync::CancellationToken;

use super::pace::{Pace, PollPlace};
use super::plain;
use super::tool::Common;
use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::session::lock;

/// How long a step may take before it counts as blocking.
const STEP: Duration = Duration::from_millis(100);
/// How often somebody looks in.
const LOOK: Duration = Duration::from_millis(50);
/// Looks without anything under way, after which nobody looks until something is.
const QUIET: u32 = 40;

/// What a thread polls now.
#[derive(Default)]
struct PollSlot {
    /// The component, or zero.
    polls: AtomicU64,
    /// How many steps there were.
    steps: AtomicU64,
}

thread_local! {
    static SLOT: Arc<PollSlot> = {
        let slot = Arc::default();
        lock(&SLOTS).push(Arc::downgrade(&slot));
        slot
    };
}

static SLOTS: Mutex<Vec<Weak<PollSlot>>> = Mutex::new(Vec::new());
static KNOWN: Mutex<Option<HashMap<u64, Nameable>>> = Mutex::new(None);
static WATCHER: OnceLock<Option<Thread>> = OnceLock::new();
static ASLEEP: AtomicBool = AtomicBool::new(false);

/// A component that may have to be named.
struct Nameable {
    pace: Pace,
    name: String,
    place: String,
}

/// Runs one step of a component's handler, in view of the thread that looks in.
pub(crate) fn step<T>(component: u64, step: impl FnOnce() -> T) -> T {
    SLOT.with(|slot| {
        let outer = slot.polls.load(Ordering::Relaxed);
        slot.steps.store(slot.steps.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        slot.polls.store(component, Ordering::Relaxed);
        if ASLEEP.load(Ordering::Relaxed) {
            wake();
        }
        let _outer = Back { slot, outer };
        step()
    })
}

/// Says that the step is over, however it ends.
struct Back<'a> {
    slot: &'a PollSlot,
    outer: u64,
}

impl Drop for Back<'_> {
    fn drop(&mut self) {
        self.slot.steps.store(self.slot.steps.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        self.slot.polls.store(self.outer, Ordering::Relaxed);
    }
}

#[cold]
fn wake() {
    if ASLEEP.swap(false, Ordering::Relaxed)
        && let Some(Some(watcher)) = WATCHER.get()
    {
        watcher.unpark();
    }
}

/// The handler, polled where it holds up nobody until it has proved quick. In a runtime of one thread there is no such place.
pub(crate) fn aside<T: Send + 'static>(
    handler: BoxFuture<'static, Result<T, ToolError>>,
    common: &Common,
) -> BoxFuture<'static, Result<T, ToolError>> {
    if common.pace.is_here() { handler } else { elsewhere(handler, common) }
}

#[cold]
fn elsewhere<T: Send + 'static>(
    mut handler: BoxFuture<'static, Result<T, ToolError>>,
    common: &Common,
) -> BoxFuture<'static, Result<T, ToolError>> {
    let runtime = match Handle::try_current() {
        Ok(runtime) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => runtime,
        _ => return handler,
    };
    look_in(common);
    let pace = common.pace.clone();
    let (trial, pooled) = match pace.place() {
        PollPlace::Here => return handler,
        PollPlace::OnTrial(trial) => (Some(trial), None),
        PollPlace::Pool => (None, Some(plain::caller())),
    };
    Box::pin(async move {
        // One that blocks has the share of threads that a plain function has.
        let place = match pooled {
            Some(caller) => Some(plain::enter(caller).await?),
            None => None,
        };
        let stop = CancellationToken::new();
        let _stopped_with_us = stop.clone().drop_guard();
        let span = tracing::Span::current();
        let id = pace.id;
        let joined = tokio::task::spawn_blocking(move || {
            let _place = (place, trial);
            let mut quick = true;
            let steps = poll_fn(|task| {
                let begun = Instant::now();
                let polled = step(id, || handler.as_mut().poll(task));
                quick &= begun.elapsed() < STEP;
                polled
            });
            let done = span.in_scope(|| runtime.block_on(stop.run_until_cancelled(steps)));
            if !quick {
                report(id);
            } else if done.is_some() {
                pace.was_quick();
            }
            done
        });
        match joined.await {
            Ok(Some(done)) => done,
            // Nobody is there to be told.
            Ok(None) => Err(ToolError::unavailable("the call was given up")),
            // A panic goes on where every handler's panic is caught; the pool only cancels when the process ends.
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(ToolError::unavailable("the server is shutting down")),
            },
        }
    })
}

/// Lets the thread that looks in know of a component, and begin if it has not.
fn look_in(common: &Common) {
    lock(&KNOWN).get_or_insert_default().entry(common.pace.id).or_insert_with(|| Nameable {
        pace: common.pace.clone(),
        name: common.name.clone(),
        place: common.place(),
    });
    // Without such a thread nothing is noticed, and all else goes on.
    WATCHER.get_or_init(|| {
        let watcher = thread::Builder::new().name("mcp-stall".to_owned()).spawn(watch).ok()?;
        Some(watcher.thread().clone())
    });
}

fn watch() {
    // What each slot showed at the last look, and since when.
    let mut seen: HashMap<usize, (u64, Instant)> = HashMap::new();
    let mut quiet = 0;
    loop {
        if quiet < QUIET {
            thread::sleep(LOOK);
        } else {
            ASLEEP.store(true, Ordering::Relaxed);
            thread::park();
            quiet = 0;
        }
        let slots: Vec<Arc<PollSlot>> = {
            let mut slots = lock(&SLOTS);
            slots.retain(|slot| slot.strong_count() > 0);
            slots.iter().filter_map(Weak::upgrade).collect()
        };
        let mut busy = false;
        let before = std::mem::take(&mut seen);
        for slot in &slots {
            let (steps, polls) = (slot.steps.load(Ordering::Relaxed), slot.polls.load(Ordering::Relaxed));
            let key = Arc::as_ptr(slot).addr();
            let since = match before.get(&key) {
                Some((same, since)) if *same == steps => *since,
                _ => {
                    busy = true;
                    Instant::now()
                }
            };
            seen.insert(key, (steps, since));
            busy |= polls != 0;
            if polls != 0 && since.elapsed() >= STEP {
                report(polls);
            }
        }
        quiet = if busy { 0 } else { quiet + 1 };
    }
}

/// Notes that a component blocks, and says so once.
fn report(component: u64) {
    let named = {
        let known = lock(&KNOWN);
        let Some(known) = known.as_ref().and_then(|known| known.get(&component)) else { return };
        known.pace.blocked().then(|| (known.name.clone(), known.place.clone()))
    };
    if let Some((component, place)) = named {
        tracing::warn!(
            component,
            place,
            "an `async fn` blocks its thread: from now on it runs on a thread of its own. Make it a plain `fn`, or put what \
             blocks into `tokio::task::spawn_blocking`"
        );
    }
}
