//! Standard input and output, each with a thread of its own: the form that works for pipes, sockets, files and terminals
//! alike, and does not pay tokio's hop to the blocking pool for every message.
//!
//! While it serves, file descriptor 1 is the same as 2, so that a `println!` anywhere in the process, or in a child,
//! goes to the log and not into the protocol.

#[cfg(unix)]
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc;

use super::pump::{BUFFERS, Ends, run};
use crate::context::Caller;
use crate::error::Error;
use crate::server::core::Core;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// Serves standard input and output until the input ends or the server shuts down.
pub(crate) async fn serve(core: Arc<Core>) -> Result<(), Error> {
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
    let (to_us, chunks) = mpsc::channel(BUFFERS);
    let (batches, to_write) = mpsc::channel(BUFFERS);
    let (written, spare) = mpsc::channel(BUFFERS);
    for _ in 0..BUFFERS {
        let _ = written.try_send(Vec::new());
    }
    spawn("mcp-stdin", move || read(&to_us))?;
    let (done, writer_done) = tokio::sync::oneshot::channel();
    spawn("mcp-stdout", move || {
        write(output, to_write, &written);
        let _ = done.send(());
    })?;
    run(Arc::clone(&core), Ends { chunks, batches, spare }, Caller::anonymous()).await;
    // The reading thread may sit in a read for ever; the process does not wait for it.
    let _ = tokio::time::timeout(core.settings.shutdown_grace, writer_done).await;
    Ok(())
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|error| Error::new("cannot start a thread").caused_by(error))
}

fn read(chunks: &mpsc::Sender<Vec<u8>>) {
    let mut stdin = io::stdin().lock();
    let mut chunk = vec![0; CHUNK];
    loop {
        match stdin.read(&mut chunk) {
            Ok(0) => return,
            Ok(length) => {
                if chunks.blocking_send(chunk[..length].to_vec()).is_err() {
                    return;
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted) => {}
            // Standard input that was made non-blocking by a parent: there is no reactor here, so wait a moment.
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock) => {
                thread::sleep(std::time::Duration::from_millis(5))
            }
            Err(error) => {
                tracing::debug!(%error, "standard input cannot be read any more");
                return;
            }
        }
    }
}

fn write(mut output: impl io::Write, mut batches: mpsc::Receiver<Vec<u8>>, written: &mpsc::Sender<Vec<u8>>) {
    while let Some(batch) = batches.blocking_recv() {
        if let Err(error) = write_all(&mut output, &batch) {
            tracing::debug!(%error, "standard output cannot be written any more");
            return;
        }
        // Nobody may be there to fill it again, and there may still be batches to write.
        let _ = written.blocking_send(batch);
    }
}

fn write_all(output: &mut impl io::Write, mut batch: &[u8]) -> io::Result<()> {
    while !batch.is_empty() {
        match output.write(batch) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => batch = &batch[length..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(std::time::Duration::from_millis(1))
            }
            Err(error) => return Err(error),
        }
    }
    output.flush()
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
