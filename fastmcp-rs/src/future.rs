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
