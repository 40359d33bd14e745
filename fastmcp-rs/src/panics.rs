//! A panic in a user's code is one failed call: its text is for the log, under an id that the client sees.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::ToolError;
use crate::future::BoxFuture;

/// A name for one failure, under which its cause stands in the log.
pub(crate) fn incident() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    format!("{:x}-{:x}", time & 0xffff_ffff, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The failure that a panic becomes.
pub(crate) fn panicked(panic: &(dyn Any + Send), name: &str) -> ToolError {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)");
    let incident = incident();
    tracing::error!(incident, component = name, "a handler panicked: {text}");
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
