//! SIGINT and SIGTERM: the first begins an orderly shutdown, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::engine::core::Core;
use crate::error::Error;
use crate::future::{self, BoxFuture};
use crate::printing;

/// Beyond the grace that calls have, for what else there is to end.
const MARGIN: Duration = Duration::from_secs(1);

/// Watches for signals while it is held.
pub(crate) struct Watch {
    task: tokio::task::JoinHandle<()>,
    /// The server has ended by itself.
    over: Arc<AtomicBool>,
}

impl Watch {
    fn new(core: &Arc<Core>, watching: impl FnOnce(Shutdown) -> BoxFuture<'static, ()>) -> Self {
        let over = Arc::default();
        let shutdown = Shutdown { core: Arc::clone(core), over: Arc::clone(&over) };
        Self { task: future::spawn(watching(shutdown)), over }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        self.task.abort();
    }
}

/// What a signal begins.
struct Shutdown {
    core: Arc<Core>,
    over: Arc<AtomicBool>,
}

impl Shutdown {
    fn signalled(&self) {
        if self.core.shutdown.is_cancelled() {
            printing::finish();
            std::process::exit(130);
        }
        self.core.shutdown.cancel();
        let (over, limit) = (Arc::clone(&self.over), self.core.settings.shutdown_grace.saturating_add(MARGIN));
        // A thread of its own, since what keeps the others may be why it is needed. Without one, the second signal is left.
        let _ = std::thread::Builder::new().name("mcp-shutdown".to_owned()).spawn(move || {
            std::thread::sleep(limit);
            if !over.load(Ordering::Acquire) {
                printing::say("fastmcp-rs: warning: something held the server up beyond its grace; it was cut off");
                printing::finish();
                std::process::exit(1);
            }
        });
    }
}

#[cfg(unix)]
pub(crate) fn watch(core: &Arc<Core>) -> Result<Watch, Error> {
    use tokio::signal::unix::{SignalKind, signal};

    let failed = |error: std::io::Error| Error::new("signals cannot be watched").caused_by(error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    // Without files to be opened anew it keeps its meaning: the terminal is gone.
    let mut hangup = core.observers.reopens().then(|| signal(SignalKind::hangup())).transpose().map_err(failed)?;
    Ok(Watch::new(core, |shutdown| {
        Box::pin(async move {
            loop {
                std::future::poll_fn(|task| {
                    while let Some(hangup) = &mut hangup
                        && hangup.poll_recv(task).is_ready()
                    {
                        shutdown.core.observers.reopen();
                    }
                    if interrupt.poll_recv(task).is_ready() {
                        std::task::Poll::Ready(())
                    } else {
                        terminate.poll_recv(task).map(drop)
                    }
                })
                .await;
                shutdown.signalled();
            }
        })
    }))
}

#[cfg(not(unix))]
pub(crate) fn watch(core: &Arc<Core>) -> Result<Watch, Error> {
    Ok(Watch::new(core, |shutdown| {
        Box::pin(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                shutdown.signalled();
            }
        })
    }))
}
