//! Tasks beside the one that answers.

use std::pin::Pin;

use tokio::task::JoinHandle;

/// Spawns a task on the runtime. All have one type, so that what tokio needs for a task is compiled once and not for each kind
/// of it: 100 KB of a server.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task);
    tokio::spawn(task)
}
