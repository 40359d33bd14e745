//! The call log: a line of JSON for each call to a component, and for each warning of the server's own where the program has no
//! subscriber.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;
use tracing::field::{Field, Visit};

use super::event::CALLER;
use super::lines::LineWriter;
use super::record::Record;
use super::{Observer, event, shown};
use crate::bounds;
use crate::protocol::method;
use crate::text::escape::write_escaped;
use crate::text::sanitize::bounded;

/// The call log of a server.
pub(crate) struct CallLog {
    lines: Arc<LineWriter>,
}

impl CallLog {
    pub(crate) fn new(lines: Arc<LineWriter>) -> Self {
        Self { lines }
    }
}

impl Observer for CallLog {
    fn ended(&self, record: &Record) {
        if record.message().is_some() {
            self.lines.line(|out| write_call(out, record));
        }
    }

    fn close(&self) {
        self.lines.finish();
    }
}

/// Keeps the arguments of calls for whoever writes them down.
pub(crate) struct ArgumentsKept;

impl Observer for ArgumentsKept {
    fn begun(&self, record: &mut Record, arguments: Option<&RawValue>) {
        // Which arguments are sensitive is known of a component only.
        if let (Some(component), Some(arguments)) = (&record.component, arguments) {
            record.arguments = Some(shown::redacted(component, arguments).into());
        }
    }

    fn ended(&self, _: &Record) {}
}

/// An object's members, one after the other.
pub(super) struct JsonLine<'a>(pub(super) &'a mut Vec<u8>);

impl JsonLine<'_> {
    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(if self.0.last() == Some(&b'{') { b"\"" } else { b",\"" });
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// A text of anybody's: what a terminal would take for a command is escaped.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.push(b'"');
        write_escaped(self.0, value);
        self.0.push(b'"');
    }

    /// A text that may be long, or not harmless.
    pub(super) fn foreign(&mut self, name: &str, value: &str, most: usize) {
        self.text(name, &bounded(value, most));
    }

    /// Members that are written already.
    #[cfg(feature = "interaction")]
    pub(super) fn members(&mut self, members: &str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.0.extend_from_slice(members.as_bytes());
    }

    /// An object within it.
    #[cfg(feature = "interaction")]
    pub(super) fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.name(name);
        self.0.push(b'{');
        write(self);
        self.0.push(b'}');
    }

    /// What is JSON already, or a number.
    pub(super) fn value(&mut self, name: &str, value: impl fmt::Display) {
        self.name(name);
        let _ = write!(self.0, "{value}");
    }
}

/// Appends the line of a call, without its end.
fn write_call(out: &mut Vec<u8>, record: &Record) {
    out.push(b'{');
    let mut line = JsonLine(out);
    write_time(&mut line, "timestamp", record.time);
    line.text("level", if record.outcome.is_trouble() { "warn" } else { "info" });
    line.text("target", event::TARGET);
    line.text("message", record.message().unwrap_or_default());
    for (name, of) in [
        ("tool_name", method::TOOLS_CALL),
        ("resource_uri", method::RESOURCES_READ),
        ("prompt_name", method::PROMPTS_GET),
    ] {
        if let Some(asked) = record.asked_by(of) {
            line.foreign(name, asked, bounds::ECHO);
        }
    }
    line.value("execution_time_ms", Milliseconds(record.elapsed().as_micros() as u64));
    line.text("invocation_id", std::str::from_utf8(&record.id.digits()).unwrap_or_default());
    if let Some(id) = &record.request_id {
        // A client's, and a number or a string; never longer than the bound.
        line.value("request_id", id.get());
    }
    line.foreign("caller", record.caller_name(), CALLER);
    if let Some(client) = record.caller.client_id() {
        line.foreign("client_id", client, CALLER);
    }
    if let Some(session) = record.session_name() {
        line.text("session", &session);
    }
    line.text("transport", record.via.as_str());
    line.text("revision", record.revision.as_str());
    line.value("request_bytes", record.request_bytes);
    line.value("response_bytes", record.response_bytes);
    line.text("outcome", record.outcome.as_str());
    if let Some(error) = record.error() {
        line.foreign("error", error, bounds::LOG_TEXT);
    }
    if let Some((trace, span)) = record.trace_ids() {
        line.text("trace_id", trace);
        line.text("span_id", span);
    }
    if let Some(arguments) = &record.arguments {
        line.value("arguments", arguments);
    }
    out.push(b'}');
}

/// Thousandths, without the detour over floating-point numbers.
struct Milliseconds(u64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// `"timestamp":"2026-07-28T12:00:00.123456Z"` (RFC 3339).
pub(super) fn write_time(line: &mut JsonLine<'_>, name: &str, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    line.name(name);
    let digits = |value: u64, at: u32| b'0' + (value / 10u64.pow(at) % 10) as u8;
    let mut text = *b"\"0000-00-00T00:00:00.000000Z\"";
    let parts = [
        (1, 4, year),
        (6, 2, month),
        (9, 2, day),
        (12, 2, seconds / 3600),
        (15, 2, seconds / 60 % 60),
        (18, 2, seconds % 60),
    ];
    for (start, length, value) in parts.into_iter().chain([(21, 6, u64::from(since.subsec_micros()))]) {
        for at in 0..length {
            text[start + at] = digits(value, (length - 1 - at) as u32);
        }
    }
    line.0.extend_from_slice(&text);
}

/// Year, month and day of a day since 1970, in the Gregorian calendar: years of 400 years, then of March to February, so that the
/// day that is sometimes missing is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// Writes an event of `tracing` as a line: warnings and errors of the server's own.
pub(crate) fn write_event(lines: &LineWriter, event: &tracing::Event<'_>) {
    lines.line(|out| {
        out.push(b'{');
        let mut line = JsonLine(out);
        write_time(&mut line, "timestamp", SystemTime::now());
        line.text("level", &event.metadata().level().as_str().to_ascii_lowercase());
        line.text("target", event.metadata().target());
        event.record(&mut line);
        out.push(b'}');
    });
}

impl Visit for JsonLine<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.foreign(field.name(), value, bounds::LOG_TEXT);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_has_them() {
        for (micros, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (1_709_251_199_000_000, "2024-02-29T23:59:59.000000Z"),
            (1_785_240_000_123_456, "2026-07-28T12:00:00.123456Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        ] {
            let mut out = b"{".to_vec();
            write_time(&mut JsonLine(&mut out), "timestamp", UNIX_EPOCH + Duration::from_micros(micros));
            assert_eq!(String::from_utf8(out).unwrap(), format!("{{\"timestamp\":\"{expected}\""));
        }
    }
}
