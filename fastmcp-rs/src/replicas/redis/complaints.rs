//! What the log is told: a line when something begins to fail and one when it is over, however many requests meet it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::failure::{RedisFailure, Remedy};
use crate::session::lock;

/// How long the same refusal is not told of again.
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Complaints {
    /// Whether a slot has no server that answers, so that success need not ask for more than this.
    down: AtomicBool,
    told: Mutex<Complained>,
}

#[derive(Default)]
struct Complained {
    /// The slot whose server does not answer, and since when that is known.
    down: Option<(u16, Instant)>,
    /// Errors of the operations themselves, by their words.
    refusals: Vec<(String, Instant)>,
}

impl Complaints {
    /// Something of a slot was done.
    pub(super) fn works(&self, slot: u16) {
        if self.down.load(Ordering::Relaxed) {
            let mut told = lock(&self.told);
            if told.down.is_some_and(|(down, _)| down == slot) {
                told.down = None;
                self.down.store(false, Ordering::Relaxed);
                tracing::info!("Redis answers again");
            }
        }
    }

    /// Something of a slot was not done.
    pub(super) fn fails(&self, slot: u16, failure: &RedisFailure) {
        let mut told = lock(&self.told);
        if failure.remedy == Remedy::Refused {
            told.refusals.retain(|(_, at)| at.elapsed() < MINUTE);
            if !told.refusals.iter().any(|(code, _)| *code == failure.code) {
                told.refusals.push((failure.code.clone(), Instant::now()));
                tracing::error!("Redis refuses what replicas have to share, and requests that need it fail: {failure}");
            }
            return;
        }
        // Of a cluster another part may fail as well. It is the same trouble, for a while.
        if told.down.is_none_or(|(down, at)| down != slot && at.elapsed() >= MINUTE) {
            told.down = Some((slot, Instant::now()));
            self.down.store(true, Ordering::Relaxed);
            tracing::error!("Redis does not answer, and requests of sessions are refused until it does: {failure}");
        }
    }
}
