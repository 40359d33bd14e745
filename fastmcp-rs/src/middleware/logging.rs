//! One log line per message: what was asked, of what, by which request, and how it ended.

use std::time::Instant;

use crate::bounds;
use crate::text::sanitize::bounded;

use super::{Hooks, Incoming, Middleware, Next, Outcome};

/// Logs every message through `tracing`, at `info`. Arguments are left out: they may hold secrets.
///
/// ```
/// use fastmcp_rs::Server;
/// use fastmcp_rs::middleware::Logging;
///
/// let server = Server::new("quiet").middleware(Logging::new());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Logging;

impl Logging {
    /// The middleware.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Middleware for Logging {
    fn hooks(&self) -> Hooks {
        Hooks::MESSAGE
    }

    async fn on_message(&self, message: Incoming, next: Next<'_, Incoming>) -> Outcome {
        let shown = |text: &str| bounded(text, bounds::ECHO).into_owned();
        let method = shown(message.method());
        let target = message.target().map(shown);
        let request_id = message.context().and_then(|context| context.request_id()).map(shown);
        let start = Instant::now();
        let outcome = next.run(message).await;
        let execution_time_ms = start.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(method, target, request_id, execution_time_ms, is_error = outcome.is_error(), "message");
        outcome
    }
}
