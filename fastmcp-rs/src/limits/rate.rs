//! How often: [`RateLimit`], as a program says it, and the one formula by which calls are counted.
//!
//! The formula is GCRA, the "generic cell rate algorithm" (ITU-T I.371): for each counter one time is kept, at which its calls
//! so far would have arrived if they had come evenly. Nothing has to run to let old calls be forgotten, and there is no edge of a
//! window at which twice as many get through.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "http")]
use super::shared::StoreFailure;
use crate::component::tables::Rate;
use crate::context::Caller;
#[cfg(feature = "http")]
use crate::session::store::LimitCounter;

/// The longest time in which a counter may be paid off.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);
/// The shortest time from one call to the next. Shared counters are kept in microseconds.
const SHORTEST: Duration = Duration::from_micros(1);

/// How often something may be called; given with [`Server::rate_limit`](crate::Server::rate_limit).
///
/// A hundred a minute are a hundred at once after a pause, and one more each 0.6 s: calls are counted by the time at which they
/// would have come evenly, so that there is no moment at which the count begins anew. Calls of tools count, resources that are
/// read, prompts that are asked for, and completions. Lists, `server/discover`, `ping` and notifications do not, and
/// a call that is sent again with the answers to its questions is one call.
///
/// ```
/// use std::time::Duration;
///
/// use fastmcp_rs::{RateLimit, Server};
///
/// const MINUTE: Duration = Duration::from_secs(60);
///
/// let server = Server::new("crm")
///     .rate_limit(RateLimit::per_client(100, MINUTE).burst(20))
///     .rate_limit(RateLimit::global(5_000, MINUTE));
/// ```
#[derive(Clone)]
#[must_use = "give it to `Server::rate_limit`"]
pub struct RateLimit {
    pub(super) of: LimitOf,
    pub(super) calls: u32,
    pub(super) per: Duration,
    pub(super) burst: Option<u32>,
    pub(super) key: Option<KeyOf>,
    #[cfg(feature = "http")]
    pub(super) failure: StoreFailure,
}

/// Names whose counter a call goes to.
pub(super) type KeyOf = Arc<dyn Fn(&Caller) -> Option<String> + Send + Sync>;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitOf {
    /// The calls of a client.
    Client,
    /// All calls.
    All,
    /// The calls of a client to a component.
    ClientAndComponent,
    /// The HTTP requests from a network.
    #[cfg(feature = "http")]
    Edge,
}

impl RateLimit {
    fn new(of: LimitOf, calls: u32, per: Duration) -> Self {
        Self {
            of,
            calls,
            per,
            burst: None,
            key: None,
            #[cfg(feature = "http")]
            failure: StoreFailure::default(),
        }
    }

    /// So many calls of each client in this time, whatever it calls. A client is an authenticated caller, by issuer and subject;
    /// one who is not authenticated is told apart by its address, an IPv6 address by its /64.
    pub fn per_client(calls: u32, per: Duration) -> Self {
        Self::new(LimitOf::Client, calls, per)
    }

    /// So many calls of all clients together.
    pub fn global(calls: u32, per: Duration) -> Self {
        Self::new(LimitOf::All, calls, per)
    }

    /// So many calls of each client to each tool, each resource and each prompt. `rate_limit = "60/min"` on a component says it of that
    /// one alone; both hold.
    pub fn per_tool(calls: u32, per: Duration) -> Self {
        Self::new(LimitOf::ClientAndComponent, calls, per)
    }

    /// So many HTTP requests of each address (an IPv6 address by its /64), whatever they ask for, before a token is looked at or a
    /// body is read: lists and handshakes count, too. More are answered with 429. It is counted by each process for itself, and
    /// does nothing over stdio.
    #[cfg(feature = "http")]
    pub fn edge(requests: u32, per: Duration) -> Self {
        Self::new(LimitOf::Edge, requests, per)
    }

    /// How many may come at once after a pause. Default: as many as the limit has calls. Zero is a start-up error.
    pub fn burst(mut self, calls: u32) -> Self {
        self.burst = Some(calls);
        self
    }

    /// Says by what clients are told apart: calls for which `key` gives the same text are counted together, and one for which it gives
    /// `None` is not counted. At the [edge](Self::edge), the caller has an address at most.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use fastmcp_rs::{Caller, RateLimit};
    ///
    /// let each_tenant = RateLimit::per_client(1_000, Duration::from_secs(60))
    ///     .key(|caller: &Caller| caller.claim("tenant")?.as_str().map(str::to_owned));
    /// ```
    pub fn key(mut self, key: impl Fn(&Caller) -> Option<String> + Send + Sync + 'static) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    /// What the limit does while the store that [replicas](crate::Http::replicas) share does not answer. Without replicas it does nothing.
    /// Default: each process counts alone.
    #[cfg(feature = "http")]
    pub fn when_store_fails(mut self, failure: StoreFailure) -> Self {
        self.failure = failure;
        self
    }

    /// The limit as a number of calls in a time that is burst or count, whichever was said.
    pub(super) fn gcra(&self) -> Result<Gcra, &'static str> {
        Gcra::new(self.calls, self.per, self.burst.unwrap_or(self.calls))
    }

    /// What keeps it from being used, if anything does.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        self.gcra().err()
    }

    /// It as it is written.
    pub(crate) fn written(&self) -> String {
        let of = match self.of {
            LimitOf::Client => "per_client",
            LimitOf::All => "global",
            LimitOf::ClientAndComponent => "per_tool",
            #[cfg(feature = "http")]
            LimitOf::Edge => "edge",
        };
        let burst = self.burst.map_or_else(String::new, |burst| format!(".burst({burst})"));
        format!("RateLimit::{of}({}, {:?}){burst}", self.calls, self.per)
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written())
    }
}

/// The formula: when the next call may come, given the time at which all so far would have arrived, evenly spaced. Times are in
/// nanoseconds from a beginning of the process's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gcra {
    /// From one call to the next.
    pub interval: u64,
    /// How far ahead of time calls may come.
    pub tolerance: u64,
}

impl Gcra {
    fn new(calls: u32, per: Duration, burst: u32) -> Result<Self, &'static str> {
        if calls == 0 || per.is_zero() {
            return Err("lets no call through");
        }
        if burst == 0 {
            return Err("lets no call through: a burst is one call at the least");
        }
        let interval = nanos(per) / u64::from(calls);
        let tolerance = interval.checked_mul(u64::from(burst)).filter(|tolerance| *tolerance <= nanos(LONGEST));
        match tolerance {
            _ if interval < nanos(SHORTEST) => Err("is more than a million calls a second, which nobody counts"),
            _ if per > LONGEST => Err("is longer than a year"),
            None => Err("takes more than a year to be there again once it is used up"),
            Some(tolerance) => Ok(Self { interval, tolerance }),
        }
    }

    /// Of a component's own limit, which the macro has checked.
    pub(super) fn of(rate: Rate) -> Self {
        let interval = nanos(rate.per) / u64::from(rate.calls.max(1));
        Self { interval, tolerance: interval.saturating_mul(u64::from(rate.calls.max(1))) }
    }

    /// Of a counter that a store has.
    #[cfg(feature = "http")]
    pub(super) fn of_counter(counter: &LimitCounter) -> Self {
        let interval = nanos(counter.interval);
        Self { interval, tolerance: interval.saturating_mul(u64::from(counter.burst)) }
    }

    /// It as a store counts it.
    #[cfg(feature = "http")]
    pub(super) fn counter(self, name: String) -> LimitCounter {
        let burst = u32::try_from(self.tolerance / self.interval.max(1)).unwrap_or(u32::MAX);
        LimitCounter::new(name, Duration::from_micros((self.interval / 1_000).max(1)), burst)
    }

    /// One call at `now`: the new time if it may come, or how long it has to wait.
    pub(crate) fn take(self, arrival: u64, now: u64) -> Result<u64, u64> {
        let next = arrival.max(now).saturating_add(self.interval);
        let earliest = next.saturating_sub(self.tolerance);
        if earliest <= now { Ok(next) } else { Err(earliest - now) }
    }

    /// As if one call had not been.
    pub(super) fn give_back(self, arrival: u64) -> u64 {
        arrival.saturating_sub(self.interval)
    }
}

/// Nanoseconds, as far as they go: 584 years.
fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(duration.subsec_nanos()))
}

/// `60 a minute`, for people and models.
pub(super) fn in_words(calls: u32, per: Duration) -> String {
    let stretch = match (per.as_secs(), per.subsec_nanos()) {
        (1, 0) => "a second".to_owned(),
        (60, 0) => "a minute".to_owned(),
        (3_600, 0) => "an hour".to_owned(),
        (86_400, 0) => "a day".to_owned(),
        _ => format!("in {per:?}"),
    };
    format!("{calls} {stretch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn gcra(calls: u32, seconds: u64, burst: u32) -> Gcra {
        Gcra::new(calls, Duration::from_secs(seconds), burst).unwrap()
    }

    /// The numbers of a generator that is the same everywhere (xorshift64*).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound
        }
    }

    #[test]
    fn sixty_a_minute_are_sixty_at_once_and_then_one_a_second() {
        let (rule, mut arrival) = (gcra(60, 60, 60), 0);
        for _ in 0..60 {
            arrival = rule.take(arrival, 5 * SECOND).unwrap();
        }
        assert_eq!(rule.take(arrival, 5 * SECOND), Err(SECOND));
        assert_eq!(rule.take(arrival, 5 * SECOND + SECOND / 4), Err(3 * SECOND / 4));
        arrival = rule.take(arrival, 6 * SECOND).unwrap();
        assert_eq!(rule.take(arrival, 6 * SECOND), Err(SECOND));
        assert_eq!(rule.take(rule.give_back(arrival), 6 * SECOND), Ok(arrival), "as if it had not been");
    }

    /// Whatever the calls' times are: a call is let through exactly if the burst and what has come since have room for it, where a
    /// bucket that is filled evenly says how much room there is. The wait that is told is the shortest that helps.
    #[test]
    fn the_formula_is_a_bucket_that_is_filled_evenly() {
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
        for round in 0..300 {
            let (calls, seconds) = (1 + numbers.below(50) as u32, 1 + numbers.below(120));
            let burst = 1 + numbers.below(80) as u32;
            let rule = gcra(calls, seconds, burst);
            let (interval, full) = (rule.interval, rule.interval * u64::from(burst));
            // The bucket's content in nanoseconds of filling; a call takes an interval.
            let (mut content, mut filled) = (full, 0);
            let (mut now, mut arrival) = (numbers.below(SECOND), 0);
            for _ in 0..200 {
                now += numbers.below(2 * interval);
                content = (content + (now - filled)).min(full);
                filled = now;
                let what = format!("round {round}, {rule:?}, at {now}");
                match rule.take(arrival, now) {
                    Ok(next) => {
                        assert!(content >= interval, "{what}");
                        content -= interval;
                        arrival = next;
                    }
                    Err(wait) => {
                        assert_eq!(wait, interval - content, "{what}");
                        assert!(rule.take(arrival, now + wait).is_ok(), "{what}");
                        assert_eq!(rule.take(arrival, now + wait - 1), Err(1), "{what}");
                    }
                }
            }
        }
    }

    #[test]
    fn in_no_stretch_of_time_more_get_through_than_the_burst_and_what_comes_in_it() {
        let mut numbers = Numbers(42);
        let rule = gcra(7, 10, 3);
        let (mut now, mut arrival, mut taken) = (0, 0, Vec::new());
        for _ in 0..5_000 {
            now += numbers.below(rule.interval);
            if let Ok(next) = rule.take(arrival, now) {
                arrival = next;
                taken.push(now);
            }
        }
        for (first, from) in taken.iter().enumerate() {
            for (more, to) in taken[first..].iter().take(60).enumerate() {
                let comes = (to - from) / rule.interval;
                assert!((more as u64) < 3 + comes, "{} within {}", more + 1, to - from);
            }
        }
    }

    #[test]
    fn a_limit_that_cannot_be_counted_says_why() {
        let day = Duration::from_secs(86_400);
        for (limit, why) in [
            (RateLimit::per_client(0, day), "lets no call through"),
            (RateLimit::global(1, Duration::ZERO), "lets no call through"),
            (RateLimit::per_tool(1, day).burst(0), "lets no call through: a burst is one call at the least"),
            (
                RateLimit::global(u32::MAX, Duration::from_secs(1)),
                "is more than a million calls a second, which nobody counts",
            ),
            (RateLimit::global(1, Duration::MAX), "is longer than a year"),
            (RateLimit::global(1, day).burst(400), "takes more than a year to be there again once it is used up"),
        ] {
            assert_eq!(limit.problem(), Some(why), "{limit:?}");
        }
        for fine in [RateLimit::global(1_000_000, Duration::from_secs(1)), RateLimit::per_client(1, day).burst(366)] {
            assert_eq!(fine.problem(), None, "{fine:?}");
        }
    }

    #[test]
    fn rates_in_words() {
        for (calls, seconds, words) in [
            (5, 1, "5 a second"),
            (60, 60, "60 a minute"),
            (1, 3_600, "1 an hour"),
            (9, 86_400, "9 a day"),
            (3, 90, "3 in 90s"),
        ] {
            assert_eq!(in_words(calls, Duration::from_secs(seconds)), words);
        }
    }
}
