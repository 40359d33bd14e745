//! Futures of one type, and tasks beside the one that answers.

use std::pin::Pin;

use tokio::task::JoinHandle;

/// A future whose type is not known where it is held.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Spawns a task on the runtime. All have one type, so that what tokio needs for a task is compiled once and not for each kind
/// of it: 100 KB of a server.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let task: BoxFuture<'static, ()> = Box::pin(task);
    tokio::spawn(task)
}

/// Runs a future to its end on a runtime of its own, for programs that have no other: `fn main() -> fastmcp_rs::Result {
/// fastmcp_rs::block_on(async { .. }) }`.
///
/// # Panics
/// Within another runtime, or where the system gives no threads.
#[cfg(feature = "client")]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("the system has threads").block_on(future)
}
