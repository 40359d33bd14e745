//! Bad tokens by where they come from: after some of them nothing more is worked out for that place, for the rest of a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::session::lock;

/// Bad tokens that a place may send in a minute.
const ALLOWED: u32 = 30;
const WINDOW: Duration = Duration::from_secs(60);
/// Places that are counted apart. More share one count.
const PLACES: usize = 10_000;

/// What came from one place.
struct Failed {
    since: Instant,
    count: u32,
}

#[derive(Default)]
pub(crate) struct Failures(Mutex<Places>);

#[derive(Default)]
struct Places {
    by_network: HashMap<IpAddr, Failed>,
    others: Option<Failed>,
}

impl Failures {
    /// Notes a bad token. Where nobody knows the place, nobody is held to account for it.
    pub(crate) fn count(&self, network: Option<IpAddr>) {
        let Some(network) = network else { return };
        let now = Instant::now();
        let places = &mut *lock(&self.0);
        if places.by_network.len() >= PLACES && !places.by_network.contains_key(&network) {
            places.by_network.retain(|_, failed| now.duration_since(failed.since) < WINDOW);
        }
        let failed = if places.by_network.len() < PLACES || places.by_network.contains_key(&network) {
            places.by_network.entry(network).or_insert(Failed { since: now, count: 0 })
        } else {
            places.others.get_or_insert(Failed { since: now, count: 0 })
        };
        if now.duration_since(failed.since) >= WINDOW {
            *failed = Failed { since: now, count: 0 };
        }
        failed.count += 1;
    }

    /// How long nothing more is worked out for a place, if that is so.
    pub(crate) fn exhausted(&self, network: Option<IpAddr>) -> Option<Duration> {
        let network = network?;
        let places = lock(&self.0);
        let failed = match places.by_network.get(&network) {
            Some(failed) => failed,
            None if places.by_network.len() >= PLACES => places.others.as_ref()?,
            None => return None,
        };
        let left = WINDOW.saturating_sub(failed.since.elapsed());
        (failed.count >= ALLOWED && !left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_place_is_exhausted_for_the_rest_of_its_minute_and_memory_is_bounded() {
        let failures = Failures::default();
        let place = |n: u32| Some(IpAddr::V4(n.into()));
        for _ in 0..ALLOWED {
            assert_eq!(failures.exhausted(place(1)), None);
            failures.count(place(1));
        }
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(failures.exhausted(place(1)), Some(Duration::from_secs(40)));
        assert_eq!(failures.exhausted(place(2)), None, "nobody else");
        assert_eq!(failures.exhausted(None), None);
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(failures.exhausted(place(1)), None);

        for n in 0..3 * PLACES as u32 {
            failures.count(place(n));
        }
        assert!(lock(&failures.0).by_network.len() <= PLACES);
        assert!(failures.exhausted(place(u32::MAX)).is_some(), "those beyond share one count");
    }
}
