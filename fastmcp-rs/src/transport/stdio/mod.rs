//! Standard input and output. Where neither of them can block (pipes on Linux, sockets everywhere on Unix: what clients give to
//! their servers), one thread waits for both and answers in place ([`pipes`]), the main one if the runtime is ours. Files, terminals and other systems get a thread
//! each ([`threads`]). Neither pays tokio's hop to the blocking pool for every message.
//!
//! While it serves, file descriptor 1 is the same as 2, so that a `println!` anywhere in the process, or in a child,
//! goes to the log and not into the protocol.

#[cfg(unix)]
mod pipes;
mod threads;

#[cfg(unix)]
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::stream_loop::run;
use crate::context::Caller;
use crate::engine::core::Core;
use crate::error::Error;

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
    if io::stdin().is_terminal() {
        let name = &core.info.name;
        eprintln!(
            "fastmcp-rs: {name} is an MCP server and waits for JSON-RPC messages on standard input, one per line. Type one, or\n\
             - let an MCP client start this program,\n\
             - try it by hand with the `list` and `call NAME key=value` commands,\n\
             - serve HTTP with `--http`. Ctrl-D ends it."
        );
    }
    let output = claim_stdout()?;
    #[cfg(unix)]
    let output = match pipes::Pipes::new(output) {
        Ok(pipes) => return pipes::serve(core, pipes, on).await,
        Err(output) => output,
    };
    run(core, threads::Threads::start(output)?, Caller::anonymous()).await;
    Ok(())
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| Error::new("cannot start a thread").caused_by(error))
}

/// Takes standard output for the protocol alone, and points descriptor 1 at standard error.
#[cfg(unix)]
fn claim_stdout() -> Result<File, Error> {
    let claim = || -> io::Result<File> {
        let own = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
        rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
        Ok(File::from(own))
    };
    claim().map_err(|error| Error::new("standard output cannot be used").caused_by(error))
}

/// Where descriptors cannot be exchanged, standard output is used as it is.
#[cfg(not(unix))]
fn claim_stdout() -> Result<io::Stdout, Error> {
    Ok(io::stdout())
}
