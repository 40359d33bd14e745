//! How long requests take, handed to a function of the user's.

use std::time::{Duration, Instant};

use super::{Hooks, Incoming, Middleware, Next, Outcome};

/// Measures every request and tells a function: the method, the tool (or prompt, or URI) it was for, and the time.
///
/// ```
/// use fastmcp_rs::Server;
/// use fastmcp_rs::middleware::Timing;
///
/// let server = Server::new("timed").middleware(Timing::new(|method, target, took| {
///     eprintln!("{method} {} {took:?}", target.unwrap_or(""));
/// }));
/// ```
#[derive(Clone, Debug)]
pub struct Timing<F>(F);

impl<F: Fn(&str, Option<&str>, Duration) + Send + Sync + 'static> Timing<F> {
    /// Measures, and tells `report`.
    pub const fn new(report: F) -> Self {
        Self(report)
    }
}

impl<F: Fn(&str, Option<&str>, Duration) + Send + Sync + 'static> Middleware for Timing<F> {
    fn hooks(&self) -> Hooks {
        Hooks::REQUEST
    }

    async fn on_request(&self, request: Incoming, next: Next<'_, Incoming>) -> Outcome {
        let method = request.method().to_owned();
        let target = request.target().map(ToOwned::to_owned);
        let start = Instant::now();
        let outcome = next.run(request).await;
        (self.0)(&method, target.as_deref(), start.elapsed());
        outcome
    }
}
