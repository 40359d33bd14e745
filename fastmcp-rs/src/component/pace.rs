//! How a component's handler behaves when it is polled: whether it gives its thread back soon, or sits on it.
//!
//! An `async fn` that blocks (`std::thread::sleep`, a client that waits, a long computation) holds up everything else on its
//! thread. So the first calls of each component are polled on a thread where they hold up nobody; one that has proved quick is
//! polled in place from then on, and one that has not is never again. Only so many are on trial at a time: calls that wait long,
//! and do so without blocking, must not use up the threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Calls after which a handler counts as quick.
const PROOF: u8 = 8;
/// A plain function, which is not on anybody's thread.
const PLAIN: u8 = 254;
const BLOCKS: u8 = 255;

/// What is known of one component.
#[derive(Clone)]
pub(crate) struct Pace {
    /// A number that no other component of the process has; never zero.
    pub id: u64,
    state: Arc<AtomicU8>,
    /// Calls that are on trial.
    trials: Arc<AtomicU8>,
}

/// Where a call is polled.
pub(crate) enum PollPlace {
    /// On the thread that serves.
    Here,
    /// On one of the pool's, to see whether it is quick.
    OnTrial(Trial),
    /// On one of the pool's, since it blocks.
    Pool,
}

/// One call on trial, until it is dropped.
pub(crate) struct Trial(Arc<AtomicU8>);

impl Drop for Trial {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Pace {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), state: Arc::default(), trials: Arc::default() }
    }
}

impl Pace {
    /// Whether its next call is polled on the thread that serves, as that of one that is known to be quick.
    pub(crate) fn is_here(&self) -> bool {
        (PROOF..BLOCKS).contains(&self.state.load(Ordering::Relaxed))
    }

    /// Where its next call is polled.
    pub(crate) fn place(&self) -> PollPlace {
        match self.state.load(Ordering::Relaxed) {
            BLOCKS => PollPlace::Pool,
            PROOF.. => PollPlace::Here,
            _ => {
                let trial = (self.trials.fetch_add(1, Ordering::Relaxed) < PROOF, Trial(Arc::clone(&self.trials)));
                if trial.0 { PollPlace::OnTrial(trial.1) } else { PollPlace::Here }
            }
        }
    }

    /// It is a plain function.
    pub(crate) fn set_plain(&self) {
        self.state.store(PLAIN, Ordering::Relaxed);
    }

    /// One more call gave its thread back soon, each time.
    pub(crate) fn was_quick(&self) {
        let _ =
            self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| (state < PROOF).then(|| state + 1));
    }

    /// It sat on its thread; whether that is news.
    pub(crate) fn blocked(&self) -> bool {
        self.state.swap(BLOCKS, Ordering::Relaxed) != BLOCKS
    }
}
