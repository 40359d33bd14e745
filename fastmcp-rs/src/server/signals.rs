//! SIGINT and SIGTERM: the first begins an orderly shutdown, the second ends the process at once.

use std::sync::Arc;

use crate::engine::core::Core;
use crate::error::Error;
use crate::future;

/// Watches for signals while it is held.
pub(crate) struct Watch(tokio::task::JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(unix)]
pub(crate) fn watch(core: &Arc<Core>) -> Result<Watch, Error> {
    use tokio::signal::unix::{SignalKind, signal};

    let failed = |error: std::io::Error| Error::new("signals cannot be watched").caused_by(error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let shutdown = core.shutdown.clone();
    Ok(Watch(future::spawn(async move {
        loop {
            std::future::poll_fn(|task| {
                if interrupt.poll_recv(task).is_ready() {
                    std::task::Poll::Ready(())
                } else {
                    terminate.poll_recv(task).map(drop)
                }
            })
            .await;
            if shutdown.is_cancelled() {
                std::process::exit(130);
            }
            shutdown.cancel();
        }
    })))
}

#[cfg(not(unix))]
pub(crate) fn watch(core: &Arc<Core>) -> Result<Watch, Error> {
    let shutdown = core.shutdown.clone();
    Ok(Watch(future::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if shutdown.is_cancelled() {
                std::process::exit(130);
            }
            shutdown.cancel();
        }
    })))
}
