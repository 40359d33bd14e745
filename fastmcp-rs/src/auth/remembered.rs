//! Tokens that were found good: a signature is checked once, and the rest of its life a token costs a digest and a look-up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use quick_cache::sync::Cache;
use ring::digest::{SHA256, digest};

/// Tokens that are remembered; the least used go first.
const TOKENS: usize = 10_000;

/// What is remembered of a token: never itself, but what it was found to be, by its digest.
pub(crate) struct Remembered<T> {
    tokens: Cache<Digest, T>,
    /// The latest time that was seen, in seconds: a clock that is set back makes everything forgotten.
    latest: AtomicU64,
}

pub(crate) type Digest = [u8; 32];

impl<T: Clone> Remembered<T> {
    pub(crate) fn new() -> Self {
        Self { tokens: Cache::new(TOKENS), latest: AtomicU64::new(0) }
    }

    pub(crate) fn digest(token: &str) -> Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        bytes
    }

    /// What is known of a token at a time. `leeway` is how far the clock may be set back.
    pub(crate) fn get(&self, digest: &Digest, now: SystemTime, leeway: Duration) -> Option<T> {
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let latest = self.latest.fetch_max(seconds, Ordering::Relaxed);
        if seconds + leeway.as_secs() < latest {
            self.latest.store(seconds, Ordering::Relaxed);
            self.tokens.clear();
            return None;
        }
        self.tokens.get(digest)
    }

    pub(crate) fn insert(&self, digest: Digest, known: T) {
        self.tokens.insert(digest, known);
    }

    pub(crate) fn forget(&self, digest: &Digest) {
        self.tokens.remove(digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_a_clock_that_is_set_back_makes_all_forgotten() {
        let remembered = Remembered::new();
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let digest = |n: u32| Remembered::<u32>::digest(&n.to_string());
        for n in 0..100_000 {
            remembered.insert(digest(n), n);
        }
        assert!(remembered.tokens.len() <= TOKENS);
        remembered.insert(digest(7), 7);
        let leeway = Duration::from_secs(30);
        assert_eq!(remembered.get(&digest(7), at(1000), leeway), Some(7));
        assert_eq!(remembered.get(&digest(7), at(970), leeway), Some(7), "within the leeway");
        assert_eq!(remembered.get(&digest(7), at(969), leeway), None);
        remembered.insert(digest(7), 8);
        assert_eq!(remembered.get(&digest(7), at(969), leeway), Some(8), "from then on it is that time");
        remembered.forget(&digest(7));
        assert_eq!(remembered.get(&digest(7), at(969), leeway), None);
    }
}
