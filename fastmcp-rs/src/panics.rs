//! A panic in a user's code is one failed call: its text is for the log, under an id that the client sees.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::incident::incident;
use crate::text::sanitize;

/// The failure that a panic becomes.
pub(crate) fn panicked(panic: &(dyn Any + Send), name: &str) -> ToolError {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)");
    let text = sanitize::for_log(text);
    let incident = incident(&text, true);
    tracing::error!(%incident, component = name, "a handler panicked: {text}");
    ToolError::internal(format!("internal error (incident {incident})"))
}

/// Makes a handler's future. Reading arguments already runs code of the user's: `Deserialize`, `FromStr`, defaults.
pub(crate) fn contained<T: Send + 'static>(
    name: &str,
    start: impl FnOnce() -> BoxFuture<'static, Result<T, ToolError>>,
) -> BoxFuture<'static, Result<T, ToolError>> {
    catch_unwind(AssertUnwindSafe(start))
        .unwrap_or_else(|panic| Box::pin(std::future::ready(Err(panicked(&*panic, name)))))
}

/// Drops what a user's code left behind; a panic in a destructor is logged and goes no further.
pub(crate) fn drop_contained<T>(value: T, name: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        let _ = panicked(&*panic, name);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::{Event, Metadata, Subscriber, span};

    use super::*;

    /// Writes every event on a line, as it is.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<String>>);

    impl Visit for Lines {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            let _ = write!(self.0.lock().expect("one thread"), "{field}={value:?} ");
        }

        fn record_str(&mut self, field: &Field, value: &str) {
            let _ = write!(self.0.lock().expect("one thread"), "{field}={value} ");
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
            self.0.lock().expect("one thread").push('\n');
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn a_panic_has_one_line_in_the_log_whatever_its_text_is() {
        for text in ["first\nERROR forged", "a\r\u{1b}[2Kforged", "\u{202e}forged\u{2028}more", &"x\n".repeat(1 << 20)]
        {
            let lines = Lines::default();
            let error = tracing::subscriber::with_default(lines.clone(), || panicked(&text.to_owned(), "tool"));
            let log = lines.0.lock().expect("one thread").clone();
            assert_eq!(log.lines().count(), 1, "{log}");
            assert!(
                !log.trim_end_matches('\n').contains(|c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}'))
            );
            assert!(log.len() < 16 * 1024 && log.contains("component=tool"), "{} bytes", log.len());
            assert!(!error.to_string().contains("forged"), "the client is not told");
        }
    }
}
