//! What [`Server`] says about how often it may be called, and how many calls run at the same time.

use std::time::Duration;

use super::Server;
use crate::limits::RateLimit;
#[cfg(feature = "http")]
use crate::net::forwarded::TrustedProxies;

/// # How often, and how many at once
///
/// See the book's chapter on it, `docs/limits.md`.
impl Server {
    /// Bounds how often the server is called. Given several times, all of them must let a call through; one that is refused costs no
    /// limit anything. The call fails with the kind `rate_limited` and the time to wait. Default: no limit.
    ///
    /// A limit that lets nothing through, or that takes more than a year, is a start-up error.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use fastmcp_rs::{RateLimit, Server};
    ///
    /// let server = Server::new("crm").rate_limit(RateLimit::per_client(100, Duration::from_secs(60)));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        let (problem, written) = (limit.problem(), limit.written());
        self.limits().rates.push(limit);
        self.check(problem.is_none(), &format!("rate_limit({written})"), problem.unwrap_or_default())
    }

    /// How many calls may run at the same time, of all clients together; `concurrency = 4` on a component says it of that one. More fail
    /// with the kind `unavailable`, unless there is a [queue](Self::queue). The same calls count as for
    /// [`rate_limit`](Self::rate_limit). Default: 1,024 requests of one conversation, and no other bound. Zero is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.limits().concurrency.all = Some(calls);
        self.check(calls > 0, "concurrency(0)", "would let no call run: leave it out for no bound")
    }

    /// How many calls of one client may run at the same time; who is one client is as for
    /// [`RateLimit::per_client`]. Default: no bound. Zero is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn concurrency_per_client(mut self, calls: usize) -> Self {
        self.limits().concurrency.each = Some(calls);
        self.check(calls > 0, "concurrency_per_client(0)", "would let no call run: leave it out for no bound")
    }

    /// How many calls may wait until others have ended, and for how long; the first to come is the first to run. Of one client wait at most
    /// as many as [may run](Self::concurrency_per_client). Default: none waits. Zero calls or no time are a start-up error.
    #[must_use]
    #[track_caller]
    pub fn queue(mut self, calls: usize, wait: Duration) -> Self {
        self.limits().concurrency.queue = Some((calls, wait));
        let written = format!("queue({calls}, {wait:?})");
        self.check(calls > 0 && !wait.is_zero(), &written, "would let no call wait: leave it out for that")
    }

    /// Believes proxies about where requests come from: `1` for one in front, of whom everybody comes; or the networks that they are
    /// in, `["10.0.0.0/8"]`. `Forwarded` and `X-Forwarded-For` are read from right to left, as far as these proxies have written them,
    /// and give the [address](crate::Caller::address) of the caller from there on: for limits, sessions and logs. A request for which
    /// that cannot be read is answered 400. Default: nobody is believed, and the address is that of the connection's other end.
    ///
    /// By a number it is only safe where nobody reaches the server around the proxy. A network that is none, one of everybody
    /// (`0.0.0.0/0`) and `0` are start-up errors.
    #[cfg(feature = "http")]
    #[must_use]
    #[track_caller]
    pub fn trusted_proxies(mut self, proxies: impl Into<TrustedProxies>) -> Self {
        let proxies = proxies.into();
        let problem = proxies.problem().map(ToOwned::to_owned);
        self.proxies = Some(proxies);
        self.check(problem.is_none(), "trusted_proxies(..)", &problem.unwrap_or_default())
    }
}
