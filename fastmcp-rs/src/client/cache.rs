//! Answers that may be used again (2026-07-28, server/utilities/caching): as long as the server said, for this client alone, and
//! until the server says that something changed. A page of several is never kept, since the pages of one list belong together.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::Instant;

use super::dialogue::Changed;
use super::letter::ParamList;
use super::results;
use crate::protocol::method;
use crate::session::lock;

/// The longest that an answer is kept, whatever the server says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// What is kept in all, in bytes.
const ROOM: usize = 16 * 1024 * 1024;

/// What one client keeps.
#[derive(Default)]
pub(super) struct Cache {
    kept: Mutex<HashMap<(&'static str, Vec<u8>), CachedAnswer>>,
    /// Grows with each change, so that an answer that was asked for before is not kept after it.
    changes: AtomicU64,
}

struct CachedAnswer {
    result: Box<RawValue>,
    until: Instant,
}

/// What was found.
pub(super) enum Cached {
    Hit(Box<RawValue>),
    Miss,
}

impl Cache {
    pub(super) fn get(&self, method: &'static str, members: &ParamList) -> Cached {
        let mut kept = lock(&self.kept);
        let key = (method, members.to_object());
        match kept.get(&key) {
            Some(found) if found.until > Instant::now() => Cached::Hit(found.result.clone()),
            Some(_) => {
                kept.remove(&key);
                Cached::Miss
            }
            None => Cached::Miss,
        }
    }

    /// The state of the server before a question.
    pub(super) fn generation(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Keeps an answer as long as it says, unless something changed since it was asked for.
    pub(super) fn keep(&self, since: u64, method: &'static str, members: &ParamList, result: &RawValue) {
        let ttl = Duration::from_millis(results::cache_hints(result).ttl_ms).min(LONGEST);
        if ttl.is_zero() {
            return;
        }
        let mut kept = lock(&self.kept);
        // Under the lock, so that a change is either seen here or clears what is entered.
        if self.generation() != since {
            return;
        }
        let now = Instant::now();
        kept.retain(|_, kept| kept.until > now);
        let taken: usize = kept.values().map(|kept| kept.result.get().len()).sum();
        if taken + result.get().len() <= ROOM {
            kept.insert((method, members.to_object()), CachedAnswer { result: result.to_owned(), until: now + ttl });
        }
    }

    /// Something changed on the server.
    pub(super) fn forget(&self, change: &Changed) {
        let mut kept = lock(&self.kept);
        self.changes.fetch_add(1, Ordering::AcqRel);
        let stale: &[&str] = match change {
            Changed::Tools => &[method::TOOLS_LIST],
            Changed::Prompts => &[method::PROMPTS_LIST],
            Changed::Resources => &[method::RESOURCES_LIST, method::RESOURCES_TEMPLATES_LIST],
            // A change below a URI is told as a change of that URI.
            Changed::Resource(_) => &[method::RESOURCES_READ],
        };
        kept.retain(|(method, _), _| !stale.contains(method));
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let mut kept = lock(&self.kept);
        self.changes.fetch_add(1, Ordering::AcqRel);
        kept.clear();
    }
}
