//! The record of a call as an event of `tracing`, for programs that have a subscriber of their own: target `fastmcp_rs::call`, and
//! the fields of the [call log](super::log).

use tracing::Level;

use super::record::Record;
use crate::protocol::method;
use crate::text::sanitize::bounded;

/// The target of the events.
pub(crate) const TARGET: &str = "fastmcp_rs::call";
/// The longest caller, in characters.
pub(super) const CALLER: usize = 128;

/// Whether a subscriber is interested.
pub(super) fn is_heard() -> bool {
    tracing::enabled!(target: TARGET, Level::INFO)
}

/// Tells the subscriber of a call to a component.
pub(super) fn tell(record: &Record) {
    if is_heard() && record.message().is_some() {
        event(record);
    }
}

/// Apart, since it is seldom there.
#[cold]
fn event(record: &Record) {
    macro_rules! event {
        ($level:expr) => {{
            let id = record.id.digits();
            let error = record.error().map(|error| bounded(error, crate::bounds::LOG_TEXT));
            let caller = record.caller_name();
            let caller = bounded(caller, CALLER);
            let client = record.caller.client_id().map(|client| bounded(client, CALLER));
            let trace = record.trace_ids();
            let named = |of| record.asked_by(of).map(|name| bounded(name, crate::bounds::ECHO));
            tracing::event!(
                target: TARGET,
                $level,
                tool_name = named(method::TOOLS_CALL).as_deref(),
                resource_uri = named(method::RESOURCES_READ).as_deref(),
                prompt_name = named(method::PROMPTS_GET).as_deref(),
                execution_time_ms = record.milliseconds(),
                invocation_id = std::str::from_utf8(&id).unwrap_or_default(),
                request_id = record.request_id.as_deref().map(|id| bounded(id.get(), crate::bounds::ECHO)).as_deref(),
                caller = &*caller,
                client_id = client.as_deref(),
                session = record.session_name().as_deref(),
                transport = record.via.as_str(),
                revision = record.revision.as_str(),
                request_bytes = record.request_bytes,
                response_bytes = record.response_bytes,
                outcome = record.outcome.as_str(),
                error = error.as_deref(),
                trace_id = trace.map(|(trace, _)| trace),
                span_id = trace.map(|(_, span)| span),
                arguments = record.arguments.as_deref(),
                "{}",
                record.message().unwrap_or_default()
            )
        }};
    }
    if record.outcome.is_trouble() {
        event!(Level::WARN);
    } else {
        event!(Level::INFO);
    }
}
