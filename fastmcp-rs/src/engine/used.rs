//! States that were used: each can be brought back once.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::context::interaction::StateId;
use crate::session::lock;

/// States that are remembered. With more, the ones that expire first are forgotten, and with them all that expire before: what
/// may have been used counts as used.
const REMEMBERED: usize = 64 * 1024;

#[derive(Default)]
pub(crate) struct UsedStates(Mutex<Used>);

#[derive(Default)]
struct Used {
    /// In the order in which they expire.
    states: BTreeSet<StateId>,
    /// Whatever expires no later than this may have been forgotten.
    forgotten: u64,
}

impl UsedStates {
    /// Takes a state, once: `false` if it was taken before, or may have been.
    pub(crate) fn take(&self, state: StateId, now: u64) -> bool {
        let mut used = lock(&self.0);
        // Whatever has expired is refused for that.
        while used.states.first().is_some_and(|first| first.expires < now) {
            used.states.pop_first();
        }
        if state.expires <= used.forgotten || !used.states.insert(state) {
            return false;
        }
        if used.states.len() > REMEMBERED
            && let Some(first) = used.states.pop_first()
        {
            used.forgotten = first.expires;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(expires: u64, number: u64) -> StateId {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        StateId { expires, nonce }
    }

    #[test]
    fn each_is_taken_once_and_what_was_forgotten_is_not_taken_again() {
        let used = UsedStates::default();
        assert!(used.take(state(1000, 0), 0));
        assert!(!used.take(state(1000, 0), 0));
        assert!(used.take(state(1000, 1), 0), "another of the same moment");
        for number in 0..REMEMBERED as u64 {
            assert!(used.take(state(2000 + number, number), 0));
        }
        // Two more than are remembered: the first two are forgotten, and refused all the same.
        assert!(!used.take(state(1000, 0), 0) && !used.take(state(1000, 1), 0) && !used.take(state(1000, 7), 0));
        assert!(used.take(state(1_000_000, 0), 0));
        assert!(lock(&used.0).states.len() <= REMEMBERED);
    }

    #[test]
    fn what_has_expired_is_not_kept() {
        let used = UsedStates::default();
        assert!(used.take(state(1000, 0), 0) && used.take(state(5000, 0), 1001));
        assert_eq!(lock(&used.0).states.len(), 1);
    }
}
