//! Work that everybody waits for together who needs it: one connection is made and not a hundred, and it is made even if nobody has
//! the time to wait for it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;

use crate::future;
use crate::session::lock;

pub(super) struct Flight<T>(Mutex<Option<watch::Receiver<Option<T>>>>);

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    /// What becomes of the work that is under way, or else of what `begin` gives; `None` if its task was lost.
    pub(super) async fn join<W>(&self, begin: impl FnOnce() -> W) -> Option<T>
    where
        W: Future<Output = T> + Send + 'static,
    {
        let mut landed = {
            let mut flying = lock(&self.0);
            // One whose sender is gone has landed, and so has one with a value: who comes now needs a new one.
            match &*flying {
                Some(flight) if flight.borrow().is_none() && flight.has_changed().is_ok() => flight.clone(),
                _ => {
                    let (lands, landed) = watch::channel(None);
                    let work = begin();
                    future::spawn(async move {
                        let value = work.await;
                        lands.send_replace(Some(value));
                    });
                    *flying = Some(landed.clone());
                    landed
                }
            }
        };
        landed.wait_for(Option::is_some).await.ok().and_then(|value| value.clone())
    }

    /// Lets go of what has landed.
    pub(super) fn clear(&self) {
        let mut flying = lock(&self.0);
        if flying.as_ref().is_some_and(|flight| flight.borrow().is_some()) {
            *flying = None;
        }
    }
}

/// A pause around `time`, by half of it more or less, so that many who lost the same server do not all come back at once.
pub(super) fn jittered(time: Duration) -> Duration {
    // Every RandomState has keys of its own, and that is random enough for this.
    let random = RandomState::new().build_hasher().finish();
    time.mul_f64(0.5 + (random >> 11) as f64 / (1_u64 << 53) as f64)
}
