//! How a server ends, stage by stage: it is told to, is ready no longer, takes nothing new, lets calls end, cuts off those that do
//! not, ends its lifespans, writes what is still to be written. Each stage is one line of the log.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::core::Core;

/// The target of the lines, which are shown wherever the log is made of JSON.
pub(crate) const TARGET: &str = "fastmcp_rs::shutdown";
/// How long calls that were cut off have to let go.
pub(crate) const LET_GO: Duration = Duration::from_secs(1);

/// Where a server stands on its way to its end.
#[derive(Default)]
pub(crate) struct Ending {
    /// It is to end: it is ready no longer.
    told: CancellationToken,
    /// Calls are not waited for any longer.
    #[cfg(feature = "http")]
    cut: CancellationToken,
    /// No call is left.
    calls_over: AtomicBool,
    began: OnceLock<Instant>,
    /// Listeners that stay open for a while after it was told.
    listeners: AtomicUsize,
}

impl Ending {
    pub(crate) fn is_told(&self) -> bool {
        self.told.is_cancelled()
    }

    /// Cancelled when calls are not waited for any longer.
    #[cfg(feature = "http")]
    pub(crate) fn cut(&self) -> &CancellationToken {
        &self.cut
    }

    pub(crate) fn has_listeners(&self) -> bool {
        self.listeners.load(Ordering::Acquire) > 0
    }

    #[cfg(any(feature = "stdio", feature = "http"))]
    pub(crate) fn are_calls_over(&self) -> bool {
        self.calls_over.load(Ordering::Acquire)
    }
}

/// A listener that is open, until this is dropped.
#[cfg(feature = "http")]
pub(crate) struct Listening {
    core: Arc<Core>,
    draining: tokio::task::JoinHandle<()>,
}

#[cfg(feature = "http")]
impl Drop for Listening {
    fn drop(&mut self) {
        self.draining.abort();
        let last = self.core.ending.listeners.fetch_sub(1, Ordering::AcqRel) == 1;
        if last && self.core.ending.is_told() {
            self.core.shutdown.cancel();
        }
    }
}

/// One line of the log: a stage that is over, and how long it was waited for.
pub(crate) fn stage(stage: &'static str, waited: Duration, what: &str) {
    tracing::info!(target: TARGET, stage, waited_ms = milliseconds(waited), "{what}");
}

/// The line about the calls that were waited for. So many of them, or of the connections that they are on, are left.
pub(crate) fn calls(waited: Duration, left: usize) {
    if left == 0 {
        return stage("calls", waited, "all calls have ended");
    }
    let waited_ms = milliseconds(waited);
    tracing::warn!(target: TARGET, stage = "calls", waited_ms, left, "calls that did not end in time were cut off");
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Core {
    /// Begins to end, on behalf of whoever said so. A listener stays open for as long as [`drain`](crate::Server::drain) says.
    pub(crate) fn end(&self, who: &str) {
        if self.ending.began.set(Instant::now()).is_err() {
            return;
        }
        stage("told", Duration::ZERO, &format!("{who} ends the server: it is ready no longer"));
        self.ending.told.cancel();
        if !self.ending.has_listeners() {
            self.shutdown.cancel();
        }
    }

    /// How long listeners stay open.
    #[cfg(any(feature = "stdio", feature = "http"))]
    pub(crate) fn drain_time(&self) -> Duration {
        self.settings.drain.unwrap_or_default()
    }

    /// Says that there is a listener, which stays open for a while after the server was told to end.
    #[cfg(feature = "http")]
    pub(crate) fn listening(self: &Arc<Self>) -> Listening {
        self.ending.listeners.fetch_add(1, Ordering::AcqRel);
        let core = Arc::clone(self);
        let draining = crate::future::spawn(async move {
            core.ending.told.cancelled().await;
            tokio::time::sleep(core.drain_time()).await;
            core.shutdown.cancel();
        });
        Listening { core: Arc::clone(self), draining }
    }

    /// How long ago it was told to end.
    #[cfg(feature = "http")]
    pub(crate) fn ending_for(&self) -> Duration {
        self.ending.began.get().map(Instant::elapsed).unwrap_or_default()
    }

    /// No call is left, or waited for.
    pub(crate) fn calls_are_over(&self) {
        self.ending.calls_over.store(true, Ordering::Release);
    }

    /// Waits for those who still record a call that was cut off, for a moment.
    pub(super) async fn recorded(&self) {
        let until = Instant::now() + LET_GO;
        // Every record holds on to them.
        while Arc::strong_count(&self.observers) > 1 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
