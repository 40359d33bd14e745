//! Counters in memory: as many as there is room for, and no more, whoever comes.
//!
//! A counter is a key and a time. One whose time has passed says nothing that a new one would not say, so it makes room when room
//! is needed. One whose time has not passed is never forgotten: nobody is rid of what he used up by coming under many names. If
//! every counter is in use, newcomers share one.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Mutex;

use super::rate::Gcra;
use crate::session::lock;

/// Counters that are looked at to find one that makes room. The search goes on where the last one ended.
const LOOKED_AT: usize = 32;

/// One call's claim on one counter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charge {
    /// The counter: a hash under a key that nobody knows, which is its own hash in the table.
    pub key: u64,
    /// The counter that newcomers share if there is no room: one for each limit, not for each client.
    pub shared: u64,
    pub rule: Gcra,
    /// Which limit it is, for whoever makes it.
    pub of: usize,
}

/// All counters of a kind.
pub(super) struct Counters(Mutex<Table>);

type Keyed<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

struct Table {
    places: Keyed<u32>,
    counters: Vec<Counter>,
    /// Those that are shared. There are as many as there are limits and components.
    shared: Keyed<u64>,
    /// Where the next search for room begins.
    hand: usize,
    room: usize,
}

struct Counter {
    key: u64,
    arrival: u64,
}

impl Counters {
    pub(super) fn new(room: usize) -> Self {
        Self(Mutex::new(Table {
            places: Keyed::default(),
            counters: Vec::new(),
            shared: Keyed::default(),
            hand: 0,
            room,
        }))
    }

    /// Takes one call from every counter, or from none: then which limit has the longest to wait, and how long.
    ///
    /// One lock for all, held for some dozen nanoseconds, so that a call that one limit refuses costs no other anything.
    pub(super) fn take(&self, charges: &[Charge], now: u64) -> Result<(), (usize, u64)> {
        let table = &mut *lock(&self.0);
        table.check(charges, now)?;
        for charge in charges {
            table.charge(charge, now);
        }
        Ok(())
    }

    /// Whether [`take`](Self::take) would take them.
    pub(super) fn check(&self, charges: &[Charge], now: u64) -> Result<(), (usize, u64)> {
        lock(&self.0).check(charges, now)
    }

    /// As if the call had not been.
    pub(super) fn give_back(&self, charges: &[Charge]) {
        let table = &mut *lock(&self.0);
        for charge in charges {
            // One that was forgotten meanwhile had nothing left.
            if let Some(arrival) = table.arrival(charge) {
                *arrival = charge.rule.give_back(*arrival);
            }
        }
    }
}

impl Table {
    fn check(&mut self, charges: &[Charge], now: u64) -> Result<(), (usize, u64)> {
        let mut worst = None;
        for charge in charges {
            // A newcomer is held against the shared counter where it would have to use that.
            let arrival = match self.places.get(&charge.key).copied() {
                Some(place) => self.counters[place as usize].arrival,
                None if self.counters.len() < self.room || self.find_room(now) => 0,
                None => self.shared.get(&charge.shared).copied().unwrap_or(0),
            };
            if let Err(wait) = charge.rule.take(arrival, now)
                && worst.is_none_or(|(_, longest)| wait > longest)
            {
                worst = Some((charge.of, wait));
            }
        }
        worst.map_or(Ok(()), Err)
    }

    /// Leaves the hand at a counter that is not in use, if there is one near.
    fn find_room(&mut self, now: u64) -> bool {
        for _ in 0..LOOKED_AT.min(self.counters.len()) {
            if self.counters[self.hand].arrival <= now {
                return true;
            }
            self.hand = (self.hand + 1) % self.counters.len();
        }
        false
    }

    fn charge(&mut self, charge: &Charge, now: u64) {
        let arrival = match self.places.get(&charge.key) {
            Some(place) => &mut self.counters[*place as usize].arrival,
            None => match self.newcomer(charge.key, now) {
                Some(place) => &mut self.counters[place].arrival,
                None => self.shared.entry(charge.shared).or_insert(0),
            },
        };
        // Where a search for room ended otherwise than the check's did, nothing is taken that may not be.
        if let Ok(next) = charge.rule.take(*arrival, now) {
            *arrival = next;
        }
    }

    /// A place for a key that has none.
    fn newcomer(&mut self, key: u64, now: u64) -> Option<usize> {
        let place = if self.counters.len() < self.room {
            self.counters.push(Counter { key, arrival: 0 });
            self.counters.len() - 1
        } else if self.find_room(now) {
            let place = self.hand;
            let earlier = std::mem::replace(&mut self.counters[place], Counter { key, arrival: 0 });
            self.places.remove(&earlier.key);
            place
        } else {
            return None;
        };
        self.places.insert(key, u32::try_from(place).ok()?);
        Some(place)
    }

    fn arrival(&mut self, charge: &Charge) -> Option<&mut u64> {
        match self.places.get(&charge.key) {
            Some(place) => Some(&mut self.counters[*place as usize].arrival),
            None => self.shared.get_mut(&charge.shared),
        }
    }
}

/// Keys are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::rate::RateLimit;
    use super::*;

    fn rule(calls: u32, per: u64) -> Gcra {
        RateLimit::global(calls, Duration::from_secs(per)).gcra().unwrap()
    }

    /// Keys that are spread as hashes are.
    fn key(number: u64) -> u64 {
        number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn call(counters: &Counters, number: u64, rule: Gcra, now: u64) -> bool {
        counters.take(&[Charge { key: key(number), shared: 7, rule, of: 0 }], now).is_ok()
    }

    fn kept(counters: &Counters) -> (usize, usize, usize) {
        let table = lock(&counters.0);
        (table.counters.len(), table.places.len(), table.counters.capacity())
    }

    #[test]
    fn a_million_names_take_no_more_room_than_there_is_and_win_nothing() {
        const ROOM: u64 = 1_000;
        let (counters, rule) = (Counters::new(ROOM as usize), rule(2, 3_600));
        let mut through = 0;
        for number in 0..1_000_000 {
            through += u64::from(call(&counters, number, rule, 1));
            if number == 2 * ROOM {
                assert_eq!(through, ROOM + 2, "each of the first, and two of all others together");
            }
        }
        assert_eq!(through, ROOM + 2);
        let (counted, placed, capacity) = kept(&counters);
        assert_eq!((counted, placed), (1_000, 1_000));
        assert!(capacity <= 2_048, "{capacity}");
        assert_eq!(lock(&counters.0).shared.len(), 1);
    }

    #[test]
    fn nobody_is_rid_of_what_he_used_up_by_coming_under_many_names() {
        let (counters, rule) = (Counters::new(100), rule(2, 3_600));
        assert!(call(&counters, 0, rule, 1) && call(&counters, 0, rule, 1));
        assert!(!call(&counters, 0, rule, 1));
        for number in 1..10_000 {
            call(&counters, number, rule, 1);
        }
        assert!(!call(&counters, 0, rule, 1), "it is still known");
    }

    #[test]
    fn counters_that_say_nothing_make_room() {
        let (counters, rule) = (Counters::new(100), rule(1, 60));
        let later = 61 * 1_000_000_000;
        for number in 0..100 {
            assert!(call(&counters, number, rule, 1));
        }
        assert!(call(&counters, 100, rule, 1) && !call(&counters, 101, rule, 1), "two newcomers share one counter");
        for number in 200..300 {
            assert!(call(&counters, number, rule, later), "{number}");
        }
        assert_eq!(kept(&counters).0, 100);
        for number in 200..300 {
            assert!(!call(&counters, number, rule, later), "each has one of its own: {number}");
        }
    }

    #[test]
    fn a_call_that_one_limit_refuses_costs_no_other_anything() {
        let (counters, few, many) = (Counters::new(10), rule(1, 60), rule(3, 60));
        let charges = [Charge { key: 1, shared: 1, rule: many, of: 0 }, Charge { key: 2, shared: 2, rule: few, of: 1 }];
        assert_eq!(counters.take(&charges, 0), Ok(()));
        for _ in 0..10 {
            assert_eq!(counters.take(&charges, 0), Err((1, 60_000_000_000)));
        }
        assert_eq!(counters.take(&charges[..1], 0), Ok(()));
        assert_eq!(counters.take(&charges[..1], 0), Ok(()));
        assert_eq!(counters.take(&charges[..1], 0), Err((0, 20_000_000_000)));
        assert_eq!(counters.take(&charges, 0), Err((1, 60_000_000_000)), "the longer wait is told");
        counters.give_back(&charges);
        assert_eq!(counters.take(&charges, 0), Ok(()));
        assert!(counters.check(&charges, 0).is_err());
    }
}
