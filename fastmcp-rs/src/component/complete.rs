//! Completion of one argument of a prompt or a resource template (2025-11-25 and 2026-07-28, server/utilities/completion).

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

/// What is being completed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Completing {
    /// What the person has typed so far.
    pub value: String,
    /// The other arguments that are already filled in, by name.
    pub arguments: BTreeMap<String, String>,
}

#[doc(hidden)]
pub type CompleteFuture = Pin<Box<dyn Future<Output = Vec<String>> + Send>>;

/// A function that completes an argument: from [`Completing`] to any collection of strings, `async` or not.
#[diagnostic::on_unimplemented(
    message = "this function cannot complete an argument",
    note = "write `fn cities(typed: Completing) -> Vec<String>`, or the same as `async fn`"
)]
pub trait Completer<Marker>: Send + 'static {
    #[doc(hidden)]
    fn complete(self, completing: Completing) -> CompleteFuture;
}

#[doc(hidden)]
pub enum Plain {}

#[doc(hidden)]
pub enum Async {}

#[diagnostic::do_not_recommend]
impl<F, C> Completer<(Plain, C)> for F
where
    F: FnOnce(Completing) -> C + Send + 'static,
    C: IntoIterator<Item: Into<String>>,
{
    fn complete(self, completing: Completing) -> CompleteFuture {
        let values = self(completing).into_iter().map(Into::into).collect();
        Box::pin(std::future::ready(values))
    }
}

#[diagnostic::do_not_recommend]
impl<F, R, C> Completer<(Async, C)> for F
where
    F: FnOnce(Completing) -> R + Send + 'static,
    R: Future<Output = C> + Send + 'static,
    C: IntoIterator<Item: Into<String>>,
{
    fn complete(self, completing: Completing) -> CompleteFuture {
        let future = self(completing);
        Box::pin(async move { future.await.into_iter().map(Into::into).collect() })
    }
}

#[doc(hidden)]
pub fn complete<F: Completer<M>, M>(function: F, completing: Completing) -> CompleteFuture {
    function.complete(completing)
}
