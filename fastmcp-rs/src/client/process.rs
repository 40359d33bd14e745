//! A server as a child process, in a process group of its own: wrappers such as `npx`, `uvx` or `sh -c` start the real server as
//! their child, which a signal to them alone leaves behind.
//!
//! One thread waits for the process and takes its status. It needs no runtime, so that a client that is dropped while a runtime
//! shuts down leaves no zombie either. The group is ended before its leader is reaped: until then nobody else can have its number.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::watch;

use super::dialogue::{Dialogue, Farewell};
use super::error::{ClientError, ConnectError};
use super::hooks::ClientHooks;
use super::letter::{Carriage, Carrier, Letter};
use super::stream::StreamCarrier;
use crate::error::Error;
use crate::future::{self, BoxFuture};
use crate::session::lock;

/// How long a server has to end by itself, first after the end of its input and then after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long is waited for the status and the last words of a process that closed its output.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// What is kept of standard error, in bytes.
const TAIL: usize = 4 * 1024;
/// The longest line of standard error that is handed out, in bytes.
const LINE: usize = 64 * 1024;

/// What a server may see of this program's environment: what it takes to find programs and the user's files, and no secrets.
const INHERITED: [&str; 6] = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];

/// How a process is started.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub program: OsString,
    pub args: Vec<OsString>,
    pub env: BTreeMap<OsString, OsString>,
    pub inherit_env: bool,
    pub directory: Option<PathBuf>,
    pub show_stderr: bool,
}

impl Program {
    /// The program's name, as it may be shown: arguments can be secrets.
    pub(super) fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !self.inherit_env {
            command.env_clear();
            let inherited = INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
            command.envs(inherited.filter(|(_, value)| !is_function(value)));
        }
        command.envs(&self.env);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }
}

/// Shells export functions as variables, which are code.
fn is_function(value: &OsStr) -> bool {
    value.as_encoded_bytes().starts_with(b"()")
}

/// A process that runs, or ran.
#[derive(Clone)]
struct ServerProcess {
    group: Pid,
    /// Whether the group may still be signalled. The lock is held while it is, and while the leader is reaped.
    alive: Arc<Mutex<bool>>,
    status: watch::Receiver<Option<ExitStatus>>,
}

impl ServerProcess {
    /// Begins to wait for a child.
    fn watch(mut child: Child) -> io::Result<Self> {
        let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
        let alive = Arc::new(Mutex::new(true));
        let (sender, status) = watch::channel(None);
        let shared = Arc::clone(&alive);
        let reaper = move || {
            let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(id), exited), Err(rustix::io::Errno::INTR)) {}
            let mut alive = lock(&shared);
            // Whatever it started and left behind in its group.
            let _ = kill_process_group(id, Signal::KILL);
            *alive = false;
            let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(0));
            drop(alive);
            let _ = sender.send(Some(status));
        };
        let spawned = std::thread::Builder::new().name("mcp-server-reaper".into()).stack_size(64 * 1024).spawn(reaper);
        if let Err(error) = spawned {
            let _ = kill_process_group(id, Signal::KILL);
            return Err(error);
        }
        Ok(Self { group: id, alive, status })
    }

    fn signal(&self, signal: Signal) {
        let alive = lock(&self.alive);
        if *alive {
            let _ = kill_process_group(self.group, signal);
        }
    }

    async fn ended(&self) -> Option<ExitStatus> {
        let mut status = self.status.clone();
        status.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    async fn ended_within(&self, time: Duration) -> Option<ExitStatus> {
        tokio::time::timeout(time, self.ended()).await.ok().flatten()
    }
}

/// The last that a process wrote to standard error.
#[derive(Clone, Default)]
struct StderrTail(Arc<Mutex<VecDeque<u8>>>);

impl StderrTail {
    fn push(&self, bytes: &[u8]) {
        let mut tail = lock(&self.0);
        tail.extend(bytes);
        let over = tail.len().saturating_sub(TAIL);
        tail.drain(..over);
    }

    fn text(&self) -> String {
        let bytes: Vec<u8> = lock(&self.0).iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A conversation over the pipes of a process.
pub(super) struct ProcessCarrier {
    lines: Arc<StreamCarrier>,
    process: ServerProcess,
}

impl ProcessCarrier {
    /// Starts the process and begins to talk to it.
    pub(super) fn start(
        program: &Program,
        conversation: &Arc<Dialogue>,
        most: usize,
    ) -> Result<Arc<Self>, ClientError> {
        let failed = |source| ClientError::Connect(ConnectError::Spawn { command: program.name(), source });
        let mut child = program.command().spawn().map_err(failed)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = ServerProcess::watch(child).map_err(failed)?;
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            process.signal(Signal::KILL);
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let opened = (|| {
            Ok((
                pipe::Sender::from_owned_fd(OwnedFd::from(stdin))?,
                pipe::Receiver::from_owned_fd(OwnedFd::from(stdout))?,
                pipe::Receiver::from_owned_fd(OwnedFd::from(stderr))?,
            ))
        })();
        let (stdin, stdout, stderr) = match opened {
            Ok(pipes) => pipes,
            Err(error) => {
                process.signal(Signal::KILL);
                return Err(failed(error));
            }
        };
        let tail = StderrTail::default();
        let (hooks, show) = (Arc::clone(&conversation.hooks), program.show_stderr);
        let heard = future::spawn(listen(stderr, tail.clone(), hooks, show));
        let last = process.clone();
        let epilogue = Box::new(move || -> BoxFuture<'static, Farewell> {
            Box::pin(async move {
                let exit = last.ended_within(LAST_WORDS).await;
                if exit.is_some() {
                    // Its last words are in the pipe by now, unless somebody inherited that.
                    let _ = tokio::time::timeout(LAST_WORDS, heard).await;
                }
                Farewell { exit, stderr_tail: tail.text() }
            })
        });
        let lines = StreamCarrier::start(conversation, stdout, stdin, most, epilogue);
        Ok(Arc::new(Self { lines, process }))
    }

    /// What the process wrote to standard error, and how it ended if it has.
    pub(super) fn kill(&self) {
        self.process.signal(Signal::KILL);
    }

    pub(super) async fn gone(&self) -> Option<ExitStatus> {
        self.process.ended_within(PATIENCE).await
    }
}

impl Carrier for ProcessCarrier {
    fn carry(&self, letter: Letter) -> BoxFuture<'_, Result<Carriage, ClientError>> {
        self.lines.carry(letter)
    }

    fn cancel(&self, request: u64, reason: &'static str) {
        self.lines.cancel(request, reason);
    }

    fn close(&self) -> BoxFuture<'_, crate::Result> {
        Box::pin(async move {
            // Closing its input is how a server is asked to end (basic/transports/stdio, "Shutdown").
            self.lines.hang_up();
            let mut by_itself = self.process.ended_within(PATIENCE).await.is_some();
            if !by_itself {
                self.process.signal(Signal::TERM);
                by_itself = self.process.ended_within(PATIENCE).await.is_some();
            }
            if !by_itself {
                self.process.signal(Signal::KILL);
                self.process.ended().await;
            }
            let _ = self.lines.close().await;
            if by_itself {
                Ok(())
            } else {
                Err(Error::new("the server did not end when it was told to, and was killed"))
            }
        })
    }
}

impl Drop for ProcessCarrier {
    fn drop(&mut self) {
        // Whoever has time calls `close`. The thread reaps it.
        self.process.signal(Signal::KILL);
    }
}

/// Hears what the process writes to standard error, from the first moment: a full pipe would hold it up.
async fn listen(mut stderr: pipe::Receiver, tail: StderrTail, hooks: Arc<ClientHooks>, show: bool) {
    let mut chunk = [0; 4096];
    let mut line = Vec::new();
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        tail.push(&chunk[..length]);
        if hooks.stderr.is_none() && !show {
            continue;
        }
        for piece in chunk[..length].split_inclusive(|&byte| byte == b'\n') {
            line.extend_from_slice(piece);
            if line.ends_with(b"\n") || line.len() >= LINE {
                told(&hooks, show, &line);
                line.clear();
            }
        }
    }
    if !line.is_empty() {
        told(&hooks, show, &line);
    }
}

fn told(hooks: &ClientHooks, show: bool, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end_matches(['\r', '\n']);
    if let Some(told) = &hooks.stderr {
        told(line);
    }
    if show {
        crate::printing::say(&crate::text::sanitize::for_terminal(line));
    }
}
