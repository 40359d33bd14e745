//! The words of [`Server`] about what load balancers and orchestrators are told.

use std::future::Future;
use std::time::Duration;

use super::builder::Server;
use crate::context::State;
use crate::error::BoxError;

/// # What load balancers are told
///
/// Over HTTP, `/health` answers while the process does, and `/ready` with 200 where calls should come and with 503 where not; see
/// the book's chapter, `docs/production.md`.
impl Server {
    /// Adds a check to those at `/ready`: while it fails, no calls should come here. It is named by the type of its state. Checks run
    /// at most once a second, however often somebody asks, and each has a second; the text of a failure is for the log.
    ///
    /// In an axum router, `/health` and `/ready` are there only if there is such a check, since the program may have its own.
    ///
    /// ```
    /// use fastmcp_rs::prelude::*;
    ///
    /// struct Crm;
    ///
    /// impl Crm {
    ///     async fn ping(&self) -> Result<(), std::io::Error> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let server = Server::new("crm").state(Crm).ready(|crm: State<Crm>| async move { crm.ping().await });
    /// ```
    #[must_use]
    pub fn ready<T, U, E, F, R>(mut self, check: F) -> Self
    where
        T: Send + Sync + 'static,
        E: Into<BoxError>,
        F: Fn(State<T>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<U, E>> + Send + 'static,
    {
        self.ready_checks().of_state(check);
        self
    }

    /// How long the listener stays open once shutdown began and `/ready` says so, for load balancers that have not asked yet. Calls
    /// are taken as ever for as long. Default: no time at all. It does nothing where the server does not listen by itself: on standard input
    /// and output, in a router.
    #[must_use]
    pub fn drain(mut self, time: Duration) -> Self {
        self.settings().drain = Some(time);
        self
    }
}
