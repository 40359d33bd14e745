//! The name of a call: in the log, in the audit, and in the text of an error whose cause is kept from the client. It is known on the
//! thread on which the call takes a step, so that whoever words a failure there needs not be handed it.

use std::cell::RefCell;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A name of 26 letters and digits that no other call has, in any process. Later ones sort after earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvocationId(u128);

impl InvocationId {
    /// The digits of Crockford's base 32, in their order.
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// Milliseconds, then a count, then what tells processes apart.
    pub(crate) fn new(now: SystemTime) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
        let time = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis()) & 0xffff_ffff_ffff;
        let count = u128::from(COUNT.fetch_add(1, Ordering::Relaxed) & 0xff_ffff);
        Self(time << 80 | count << 56 | u128::from(*PROCESS >> 8))
    }

    /// The name as text.
    pub(crate) fn digits(self) -> [u8; 26] {
        let mut digits = [0; 26];
        // In halves: a shift of 128 bits takes many steps.
        let (high, low) = ((self.0 >> 65) as u64, self.0 & ((1 << 65) - 1));
        let (middle, low) = ((low >> 60) as u64, low as u64);
        for (at, digit) in digits.iter_mut().enumerate() {
            let value = match at {
                0..13 => high >> (5 * (12 - at)),
                13 => middle,
                _ => low >> (5 * (25 - at)),
            };
            *digit = Self::DIGITS[(value & 31) as usize];
        }
        digits
    }
}

impl fmt::Display for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

/// What a call that is recorded leaves on its way for its record.
#[derive(Debug)]
pub(crate) struct CallNotes {
    pub id: InvocationId,
    pub panicked: bool,
    /// The error that was kept from the client.
    pub cause: Option<String>,
}

thread_local! {
    static NOTES: RefCell<Option<Box<CallNotes>>> = const { RefCell::new(None) };
}

/// A step of a recorded call on this thread, until it is left.
pub(crate) struct Entered {
    /// Of the call within which this one takes its step.
    outer: Option<Box<CallNotes>>,
}

/// Begins a step of a call.
pub(crate) fn enter(notes: Option<Box<CallNotes>>) -> Entered {
    Entered { outer: NOTES.replace(notes) }
}

impl Entered {
    /// Ends the step, and gives the notes back.
    pub(crate) fn leave(mut self) -> Option<Box<CallNotes>> {
        NOTES.replace(self.outer.take())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(outer) = self.outer.take() {
            NOTES.replace(Some(outer));
        }
    }
}

/// The name under which the cause of a failure stands in the log: that of the call at hand, or a new one. The record of the call is
/// told the cause.
pub(crate) fn incident(cause: &str, panicked: bool) -> InvocationId {
    NOTES.with_borrow_mut(|notes| match notes {
        Some(notes) => {
            notes.panicked |= panicked;
            notes.cause.get_or_insert_with(|| cause.to_owned());
            notes.id
        }
        None => InvocationId::new(SystemTime::now()),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn names_sort_by_time_and_differ() {
        let at = |seconds| InvocationId::new(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
        let names = [at(0), at(1_700_000_000), at(1_700_000_000), at(1_700_000_001), at(4_000_000_000)];
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
        assert!(names.iter().all(|name| name.len() == 26), "{names:?}");
    }

    #[test]
    fn digits_are_the_number_in_base_32() {
        for number in [0, 1, 31, 32, u128::MAX, 1 << 64, 1 << 65, 0x0123_4567_89ab_cdef_0011_2233_4455_6677] {
            let text = InvocationId(number).to_string();
            let value = |digit: u8| InvocationId::DIGITS.iter().position(|known| *known == digit).unwrap() as u128;
            assert_eq!(text.bytes().fold(0, |sum, digit| sum << 5 | value(digit)), number, "{text}");
        }
    }

    #[test]
    fn a_call_within_a_call_leaves_the_outer_ones_notes_alone() {
        let notes =
            || Some(Box::new(CallNotes { id: InvocationId::new(SystemTime::now()), panicked: false, cause: None }));
        let outer = enter(notes());
        let inner = enter(notes());
        let id = incident("inner", true);
        let inner = inner.leave().unwrap();
        assert_eq!((inner.id, inner.panicked, inner.cause.as_deref()), (id, true, Some("inner")));
        assert_ne!(incident("outer", false), id);
        let outer = outer.leave().unwrap();
        assert_eq!((outer.panicked, outer.cause.as_deref()), (false, Some("outer")));
    }
}
