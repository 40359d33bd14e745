//! What [`Server`] says about who is told of its calls.

use std::sync::Arc;

use super::Server;
#[cfg(feature = "interaction")]
use crate::observe::audit::{Audit, AuditLog};
use crate::observe::lines::LineWriter;
use crate::observe::log::{ArgumentsKept, CallLog};

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

    /// Writes a line for each call and each refusal into an audit log, chained so that none can be taken away unseen. Default:
    /// none. A second one is a start-up error, and so is a file that cannot be opened.
    #[cfg(feature = "interaction")]
    #[must_use]
    #[track_caller]
    pub fn audit(mut self, audit: Audit) -> Self {
        let observers = self.observers();
        let first = !std::mem::replace(&mut observers.audited, true);
        if first {
            observers.add(Arc::new(AuditLog::new(audit)));
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
