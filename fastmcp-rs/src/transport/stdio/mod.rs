//! Standard input and output. Where neither of them can block (pipes on Linux, sockets everywhere on Unix: what clients give to
//! their servers), one thread waits for both and answers in place ([`pipes`]), the main one if the runtime is ours. Files, terminals and other systems get a thread
//! each ([`threads`]). Neither pays tokio's hop to the blocking pool for every message.
//!
//! While it serves, a `println!` anywhere in the process, or in a child, goes to standard error and not into the protocol
//! ([`printing`](crate::printing)).

#[cfg(unix)]
mod pipes;
mod threads;

#[cfg(not(unix))]
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::stream_loop::run;
use crate::engine::core::Core;
use crate::error::Error;
use crate::observe::record::Via;
use crate::printing;

/// Which thread may serve, and be kept until the end.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Thread {
    /// The one that polls: it does nothing else, and drives no runtime that others need.
    This,
    Other,
}

/// Serves standard input and output until the input ends or the server shuts down.
#[cfg_attr(not(unix), allow(unused_variables, reason = "there is always a thread for each end"))]
pub(crate) async fn serve(core: Arc<Core>, on: Thread) -> Result<(), Error> {
    printing::report_panics();
    #[cfg(unix)]
    let (output, _claimed) =
        printing::claim_stdout().map_err(|error| Error::new("standard output cannot be used").caused_by(error))?;
    // Where descriptors cannot be exchanged, standard output is used as it is.
    #[cfg(not(unix))]
    let output = io::stdout();
    #[cfg(unix)]
    let output = match pipes::Pipes::new(output) {
        Ok(pipes) => return pipes::serve(core, pipes, on).await,
        Err(output) => output,
    };
    let caller = core.settings.stdio_caller.clone();
    run(core, threads::Threads::start(output)?, caller, Via::Stdio).await;
    Ok(())
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| Error::new("cannot start a thread").caused_by(error))
}
