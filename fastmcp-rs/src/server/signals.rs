//! SIGINT and SIGTERM: the first begins an orderly shutdown, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::engine::core::Core;
use crate::engine::ending::LET_GO;
use crate::error::Error;
use crate::future::{self, BoxFuture};
use crate::printing;

/// Beyond the time that something has, for whoever ends it.
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
    fn signalled(&self, name: &str) {
        if self.core.ending.is_told() {
            printing::finish();
            std::process::exit(130);
        }
        self.core.end(name);
        let (over, core) = (Arc::clone(&self.over), Arc::clone(&self.core));
        // A thread of its own, since what keeps the others may be why it is needed. Without one, the second signal is left.
        let _ = std::thread::Builder::new().name("mcp-shutdown".to_owned()).spawn(move || {
            let drain = if core.ending.has_listeners() { core.drain_time() } else { Duration::ZERO };
            let grace = core.settings.shutdown_grace;
            std::thread::sleep(drain.saturating_add(grace).saturating_add(LET_GO).saturating_add(MARGIN));
            if !core.ending.are_calls_over() {
                cut_off(&core, "something held the server up beyond its grace");
            }
            // The lifespans have the same time again.
            std::thread::sleep(grace.saturating_add(MARGIN));
            if !over.load(Ordering::Acquire) {
                cut_off(&core, "a lifespan did not end in time");
            }
        });
    }
}

/// Ends the process, come what may, and tries to leave nothing unwritten.
fn cut_off(core: &Arc<Core>, why: &str) {
    let (observers, (written, done)) = (Arc::clone(&core.observers), std::sync::mpsc::channel());
    let _ = std::thread::Builder::new().name("mcp-last-lines".to_owned()).spawn(move || {
        observers.close();
        let _ = written.send(());
    });
    let _ = done.recv_timeout(MARGIN);
    printing::say(&format!("fastmcp-rs: warning: {why}; it was cut off"));
    printing::finish();
    std::process::exit(1);
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
                let signal = std::future::poll_fn(|task| {
                    while let Some(hangup) = &mut hangup
                        && hangup.poll_recv(task).is_ready()
                    {
                        shutdown.core.observers.reopen();
                    }
                    match interrupt.poll_recv(task) {
                        std::task::Poll::Ready(_) => std::task::Poll::Ready("SIGINT"),
                        std::task::Poll::Pending => terminate.poll_recv(task).map(|_| "SIGTERM"),
                    }
                })
                .await;
                shutdown.signalled(signal);
            }
        })
    }))
}

#[cfg(not(unix))]
pub(crate) fn watch(core: &Arc<Core>) -> Result<Watch, Error> {
    Ok(Watch::new(core, |shutdown| {
        Box::pin(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                shutdown.signalled("Ctrl-C");
            }
        })
    }))
}
