//! What [`Server`] says about who is told of its calls.

use std::sync::Arc;

use super::Server;
#[cfg(feature = "interaction")]
use crate::observe::audit::{Audit, AuditLog};
use crate::observe::lines::LineWriter;
use crate::observe::log::{ArgumentsKept, CallLog};
#[cfg(feature = "metrics")]
use crate::observe::metrics::Metrics;

/// # What is known of its calls
///
/// See the book's chapter on it, `docs/observability.md`.
impl Server {
    /// Writes a line of JSON for each call of a tool, each resource that is read and each prompt that is asked for: on standard
    /// output over HTTP, on standard error over stdio. Where the program has no `tracing` subscriber, warnings and errors are
    /// lines of JSON at the same place. Lines that nobody reads in time are dropped and counted. Default: no call log.
    #[must_use]
    pub fn json_logs(mut self) -> Self {
        let observers = self.observers();
        if observers.lines.is_none() {
            let lines = LineWriter::new();
            observers.add(Arc::new(CallLog::new(Arc::clone(&lines))));
            observers.lines = Some(lines);
        }
        self
    }

    /// Counts requests for Prometheus, and shows what was counted at `/metrics` where the server serves HTTP: to scrapers on the same
    /// machine or in a private network, and to nobody who comes through a proxy. Default: nothing is counted.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn metrics(mut self) -> Self {
        self.counting();
        self.observers().shows_metrics = true;
        self
    }

    /// Counts requests for Prometheus, and serves `/metrics` at an address of its own, to everybody who can reach it; over stdio, too.
    /// An address that cannot be used keeps the server from starting.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn metrics_at(mut self, address: impl Into<std::net::SocketAddr>) -> Self {
        self.counting();
        self.observers().metrics_at = Some(address.into());
        self
    }

    /// Adds metrics of the program's own to those of the server.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn registry(mut self, add: impl FnOnce(&mut prometheus_client::registry::Registry)) -> Self {
        self.counting().register(add);
        self
    }

    #[cfg(feature = "metrics")]
    fn counting(&mut self) -> Arc<Metrics> {
        let observers = self.observers();
        if let Some(metrics) = &observers.metrics {
            return Arc::clone(metrics);
        }
        let metrics = Arc::new(Metrics::new(&observers.levels));
        observers.metrics = Some(Arc::clone(&metrics));
        observers.add(Arc::clone(&metrics) as _);
        metrics
    }

    /// Writes a line for each call and each refusal into an audit log, chained so that none can be taken away unseen. Default:
    /// none. A second one is a start-up error, and so is a file that cannot be opened.
    #[cfg(feature = "interaction")]
    #[must_use]
    #[track_caller]
    pub fn audit(mut self, audit: Audit) -> Self {
        let observers = self.observers();
        let first = !std::mem::replace(&mut observers.audited, true);
        if first {
            let log = AuditLog::new(audit, &observers.levels);
            observers.add(Arc::new(log));
        }
        self.check(first, "audit(..)", "is given twice: a server has one audit log")
    }

    /// Shows the arguments of calls in the call log, and in the events of `tracing`. Those that are declared `sensitive` are
    /// `"[redacted]"`, and long ones are cut. Default: they are not shown.
    #[must_use]
    pub fn log_arguments(mut self) -> Self {
        self.observers().add_first(Arc::new(ArgumentsKept));
        self
    }
}
