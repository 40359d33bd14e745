//! What a server logs where its program has no subscriber: warnings and errors, one line each, on standard error.
//! `FASTMCP_LOG` sets the level: `off`, `error`, `warn` (the default), `info`, `debug` or `trace`.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::engine::ending;
use crate::observe::event::TARGET;
use crate::observe::lines::LineWriter;
use crate::observe::log::write_event;
use crate::printing;
use crate::text::sanitize::bounded;

/// The longest text of one field, in characters.
const FIELD: usize = 4096;

/// Shows warnings and errors from now on, unless the program has a subscriber of its own.
pub(crate) fn show(lines: Option<Arc<LineWriter>>) {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let said = std::env::var("FASTMCP_LOG");
    let stages = lines.is_some() && said.is_err();
    let level = match said {
        Err(_) => LevelFilter::WARN,
        Ok(name) => level(name.trim()).unwrap_or_else(|| {
            let name = bounded(&name, 64);
            printing::say(&format!(
                "fastmcp-rs: warning: FASTMCP_LOG is `{name}`: it can be off, error, warn, info, debug or trace"
            ));
            LevelFilter::WARN
        }),
    };
    // Somebody else may be quicker; then theirs is used.
    let _ = tracing::subscriber::set_global_default(LineSubscriber { level, stages, lines });
}

fn level(name: &str) -> Option<LevelFilter> {
    let levels = [
        ("off", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("warning", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    levels.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| level)
}

/// A subscriber that knows events and no spans.
struct LineSubscriber {
    level: LevelFilter,
    /// How the server ends is shown, whatever the level.
    stages: bool,
    /// Where lines of JSON go, if that is asked for.
    lines: Option<Arc<LineWriter>>,
}

impl Subscriber for LineSubscriber {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The call log has its own line for each of those.
        let twice = self.lines.is_some() && metadata.target() == TARGET;
        let stage = self.stages && metadata.target() == ending::TARGET;
        metadata.is_event() && (*metadata.level() <= self.level || stage) && !twice
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.stages { self.level.max(LevelFilter::INFO) } else { self.level })
    }

    fn event(&self, event: &Event<'_>) {
        if let Some(lines) = self.lines.as_ref().filter(|lines| lines.is_running()) {
            return write_event(lines, event);
        }
        let mut line = EventLine::default();
        event.record(&mut line);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        let target = event.metadata().target().split("::").next().unwrap_or_default().replace('_', "-");
        printing::say(&format!("{target}: {level}: {}{}", line.message, line.fields));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// One event as text. Nothing of it begins a line of its own or reaches a terminal as a command.
#[derive(Default)]
struct EventLine {
    message: String,
    fields: String,
}

impl Visit for EventLine {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = bounded(value, FIELD);
        if field.name() == "message" {
            self.message = value.into_owned();
        } else {
            let _ = write!(self.fields, " {}={value}", field.name());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
