//! What is known of requests: one [`Record`](record::Record) for each, which is handed to everybody who asked for it when the request
//! ends. Where nobody asks, a request costs one look at an empty list.

#![cfg_attr(
    not(all(feature = "interaction", feature = "metrics")),
    allow(dead_code, reason = "the audit log and the metrics need more than the call log")
)]

#[cfg(feature = "interaction")]
pub(crate) mod audit;
pub(crate) mod event;
pub(crate) mod lines;
pub(crate) mod log;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
pub(crate) mod record;
mod shown;

use std::fmt;
#[cfg(feature = "metrics")]
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::value::RawValue;

use crate::catalog::Catalog;
use crate::context::{Caller, Change};
use crate::error::{Error, ErrorKind, ToolError};
use crate::future::BoxFuture;
use crate::protocol::{Implementation, RpcError};
use crate::session::lock;
use lines::LineWriter;
use record::{Record, Via};

/// Somebody who wants to know of every request. Each does nothing about what it does not override.
pub(crate) trait Observer: Send + Sync {
    /// The server starts. An error keeps it from starting.
    fn start(&self, _started: &Started<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// What the server offers has changed.
    fn changed(&self, _change: &Change, _catalog: &Catalog) {}

    /// Whether a request for a component may run, which is asked before anything of it does.
    fn admit(&self, _record: &mut Record) -> Admission {
        Admission::Granted
    }

    /// A request has begun, and its component is known, if there is one. Its record may be added to.
    fn begun(&self, _record: &mut Record, _arguments: Option<&RawValue>) {}

    /// A request has ended. It is called exactly once for each that has begun.
    fn ended(&self, record: &Record);

    /// An HTTP request was asked who makes it, with this result in one word.
    fn authenticated(&self, _result: &'static str) {}

    /// Somebody was turned away before there was a request of theirs: without a token that is good, or too often.
    fn turned_away(&self, _away: &TurnedAway<'_>) {}

    /// A limit refused a call, or a request at the edge: which limit, in one word.
    fn limited(&self, _limit: &str) {}

    /// What it is called at `/ready`, and whether calls may run as far as it is concerned; `None` if it keeps none from that.
    fn readiness(&self) -> Option<(&'static str, bool)> {
        None
    }

    /// Whether it has files that somebody may move away.
    fn reopens(&self) -> bool {
        false
    }

    /// Files are to be opened anew, since somebody has moved them away (SIGHUP).
    fn reopen(&self) {}

    /// The server has ended: what is still to be written is written. It may wait, for a few seconds.
    fn close(&self) {}
}

/// A server that starts.
pub(crate) struct Started<'a> {
    pub server: &'a Implementation,
    pub catalog: &'a Catalog,
    /// How long a call may take, unless its component says otherwise.
    pub timeout: Option<Duration>,
    /// The methods that it may know, in any revision.
    pub methods: &'a [&'static str],
}

/// Somebody who was turned away.
pub(crate) struct TurnedAway<'a> {
    pub caller: &'a Caller,
    pub via: Via,
    pub kind: ErrorKind,
    /// In a word or a sentence, for whoever runs the server.
    pub why: &'a str,
}

/// Whether a request may run.
pub(crate) enum Admission {
    Granted,
    Refused(ToolError),
    /// It may, once this is done.
    Later(BoxFuture<'static, Result<(), RpcError>>),
}

/// What is counted while it lasts, or by somebody else than a request.
#[derive(Default)]
pub(crate) struct Levels {
    pub connections: AtomicI64,
    pub streams: AtomicI64,
    /// The store that rate limits share does not answer.
    pub limiter_store_down: AtomicI64,
    pub audit_lines: AtomicU64,
    pub audit_lost: AtomicU64,
    /// How many sessions each endpoint has.
    sessions: Mutex<Vec<Box<dyn Fn() -> usize + Send + Sync>>>,
    /// What is known of the keys of issuers.
    #[cfg(feature = "metrics")]
    keys: std::sync::OnceLock<Box<dyn Fn() -> Vec<crate::auth::KeyLevels> + Send + Sync>>,
}

impl Levels {
    /// Counts something for as long as what it gives is held.
    pub(crate) fn more(self: &Arc<Self>, what: fn(&Self) -> &AtomicI64) -> Counted {
        what(self).fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(self), what)
    }

    /// Counts the sessions of an endpoint, whenever somebody asks.
    pub(crate) fn count_sessions(&self, count: impl Fn() -> usize + Send + Sync + 'static) {
        lock(&self.sessions).push(Box::new(count));
    }

    /// Asks this for what is known of the keys of issuers. The endpoints of a server all have the same.
    #[cfg(feature = "metrics")]
    pub(crate) fn watch_keys(&self, levels: impl Fn() -> Vec<crate::auth::KeyLevels> + Send + Sync + 'static) {
        let _ = self.keys.set(Box::new(levels));
    }

    fn sessions(&self) -> usize {
        lock(&self.sessions).iter().map(|count| count()).sum()
    }
}

impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Levels").finish_non_exhaustive()
    }
}

/// One of something, until it is dropped.
pub(crate) struct Counted(Arc<Levels>, fn(&Levels) -> &AtomicI64);

impl Drop for Counted {
    fn drop(&mut self) {
        (self.1)(&self.0).fetch_sub(1, Ordering::Relaxed);
    }
}

/// All who want to know.
#[derive(Default)]
pub(crate) struct Observers {
    each: Vec<Arc<dyn Observer>>,
    pub levels: Arc<Levels>,
    #[cfg(feature = "metrics")]
    pub metrics: Option<Arc<metrics::Metrics>>,
    /// Whether the listener that clients use shows the metrics, and where else they are.
    #[cfg(feature = "metrics")]
    pub shows_metrics: bool,
    #[cfg(feature = "metrics")]
    pub metrics_at: Option<SocketAddr>,
    /// Where the call log goes, if there is one.
    pub lines: Option<Arc<LineWriter>>,
    /// There is an audit log.
    #[cfg(feature = "interaction")]
    pub audited: bool,
}

impl Observers {
    pub(crate) fn add(&mut self, observer: Arc<dyn Observer>) {
        self.each.push(observer);
    }

    /// The same, who is told before all others.
    pub(crate) fn add_first(&mut self, observer: Arc<dyn Observer>) {
        self.each.insert(0, observer);
    }

    /// Says where the call log goes, unless that is known: to standard output, or to standard error.
    pub(crate) fn log_to(&self, output: bool) {
        if let Some(lines) = self.lines.as_ref().filter(|lines| !lines.is_running()) {
            lines.write_to(lines::standard(output));
        }
    }

    /// Whether nobody wants to know.
    pub(crate) fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    pub(crate) fn start(&self, started: &Started<'_>) -> Result<(), Error> {
        self.log_to(false);
        self.each.iter().try_for_each(|observer| observer.start(started))
    }

    /// A record for a request that begins now, if anybody wants to know of it.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<Box<Record>> {
        if self.each.is_empty() && !event::is_heard() {
            return None;
        }
        Some(Box::new(Record::new(self)))
    }

    fn begun(&self, record: &mut Record, arguments: Option<&RawValue>) {
        for observer in &self.each {
            observer.begun(record, arguments);
        }
    }

    /// Whether a request for a component may run. The first who refuses is who matters.
    pub(crate) fn admit(&self, record: Option<&mut Record>) -> Admission {
        let mut admission = Admission::Granted;
        let Some(record) = record else { return admission };
        for observer in &self.each {
            match observer.admit(record) {
                Admission::Granted => {}
                Admission::Refused(error) => return Admission::Refused(error),
                later @ Admission::Later(_) => admission = later,
            }
        }
        admission
    }

    pub(crate) fn changed(&self, change: &Change, catalog: impl FnOnce() -> Arc<Catalog>) {
        if !self.each.is_empty() {
            let catalog = catalog();
            self.each.iter().for_each(|observer| observer.changed(change, &catalog));
        }
    }

    pub(crate) fn authenticated(&self, result: &'static str) {
        self.each.iter().for_each(|observer| observer.authenticated(result));
    }

    pub(crate) fn limited(&self, limit: &str) {
        self.each.iter().for_each(|observer| observer.limited(limit));
    }

    pub(crate) fn turned_away(&self, away: &TurnedAway<'_>) {
        self.each.iter().for_each(|observer| observer.turned_away(away));
    }

    /// Whether calls may run, as far as each is concerned who could keep them from it.
    #[cfg(feature = "http")]
    pub(crate) fn readiness(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.each.iter().filter_map(|observer| observer.readiness())
    }

    pub(crate) fn reopens(&self) -> bool {
        self.each.iter().any(|observer| observer.reopens())
    }

    pub(crate) fn reopen(&self) {
        self.each.iter().for_each(|observer| observer.reopen());
    }

    pub(crate) fn close(&self) {
        self.each.iter().for_each(|observer| observer.close());
    }

    fn ended(&self, record: &Record) {
        for observer in &self.each {
            observer.ended(record);
        }
        event::tell(record);
    }
}
