//! Standard input and output that never block: one thread waits for bytes from the client and for wakers alike, and runs the
//! conversation itself. A request that is answered in its first step costs no hop to another thread, whatever runtime there is.
//!
//! The descriptors are shared with whoever started the process, so they are not made non-blocking: a pipe is opened a second
//! time, and a socket is asked not to wait, call by call.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context as Task, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::SendFlags;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;

use super::{Thread, spawn};
use crate::engine::core::Core;
use crate::error::Error;
use crate::observe::record::Via;
use crate::transport::stream_loop::run;

/// Both ends.
pub(super) struct Pipes {
    input: BorrowedFd<'static>,
    output: Output,
}

enum Output {
    /// A pipe, open for us alone and not blocking.
    Pipe(File),
    Socket(File),
}

impl Pipes {
    /// Standard input and `output`, or `output` back if one of them can block.
    pub(super) fn new(output: File) -> Result<Self, File> {
        let input = rustix::stdio::stdin();
        let output = match (kind(input), kind(&output)) {
            (FileType::Fifo | FileType::Socket, FileType::Fifo) => Output::Pipe(reopen(&output).ok_or(output)?),
            (FileType::Fifo | FileType::Socket, FileType::Socket) => Output::Socket(output),
            _ => return Err(output),
        };
        Ok(Self { input, output })
    }

    fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match &self.output {
            Output::Pipe(pipe) => rustix::io::write(pipe, bytes),
            Output::Socket(socket) => rustix::net::send(socket, bytes, SendFlags::DONTWAIT),
        }
    }
}

fn kind(descriptor: impl AsFd) -> FileType {
    fstat(descriptor).map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
}

/// The same pipe with a description of its own.
#[cfg(target_os = "linux")]
fn reopen(pipe: &File) -> Option<File> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{Mode, OFlags, open};

    let path = format!("/proc/self/fd/{}", pipe.as_raw_fd());
    open(path, OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()).ok().map(File::from)
}

#[cfg(not(target_os = "linux"))]
fn reopen(_: &File) -> Option<File> {
    None
}

/// Serves one conversation over them: on this thread, if nobody else needs it, or on one of its own.
pub(super) async fn serve(core: Arc<Core>, pipes: Pipes, on: Thread) -> Result<(), Error> {
    let broken = |error| Error::new("standard input and output cannot be waited for").caused_by(error);
    let (bell, rung) = Bell::new().map_err(broken)?;
    let stop = CancellationToken::new();
    if on == Thread::This {
        return converse(core, &pipes, &stop, &bell, &rung).map_err(broken);
    }
    let runtime = Handle::current();
    let _stopped_with_us = stop.clone().drop_guard();
    let (done, over) = oneshot::channel();
    let thread = spawn("mcp-stdio", move || {
        let _entered = runtime.enter();
        let _ = done.send(converse(core, &pipes, &stop, &bell, &rung));
    })?;
    match over.await {
        Ok(driven) => driven.map_err(broken),
        // It let go without a word: it panicked.
        Err(_) => thread.join().map_err(|panic| resume_unwind(panic)),
    }
}

fn converse(
    core: Arc<Core>,
    pipes: &Pipes,
    stop: &CancellationToken,
    bell: &Arc<Bell>,
    rung: &UnixStream,
) -> io::Result<()> {
    let interest = Interest::default();
    let grace = core.settings.shutdown_grace;
    let stream = PipeStream { pipes, interest: &interest };
    let caller = core.settings.stdio_caller.clone();
    // tokio's budget for a task is renewed when the task comes back to tokio, which this one does at its end.
    let conversation = pin!(unconstrained(stop.run_until_cancelled(run(core, stream, caller, Via::Stdio))));
    drive(conversation, pipes, &interest, bell, rung, grace)
}

/// Runs the conversation, and sleeps while nothing can be done for it.
fn drive(
    mut conversation: Pin<&mut impl Future>,
    pipes: &Pipes,
    interest: &Interest,
    bell: &Arc<Bell>,
    rung: &UnixStream,
    grace: Duration,
) -> io::Result<()> {
    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    let waker = Waker::from(Arc::clone(bell));
    let mut task = Task::from_waker(&waker);
    let mut awaited = Vec::with_capacity(3);
    // The client is gone, although nothing is read from it: how long the rest may take.
    let mut until: Option<Instant> = None;
    loop {
        bell.awake();
        interest.read.set(false);
        interest.write.set(false);
        if conversation.as_mut().poll(&mut task).is_ready() {
            return Ok(());
        }
        awaited.clear();
        awaited.push(PollFd::new(rung, PollFlags::IN));
        let reads = interest.read.get();
        if reads || until.is_none() {
            // Without anything that is asked for, only its end is told.
            let events = if reads { PollFlags::IN } else { PollFlags::empty() };
            awaited.push(PollFd::from_borrowed_fd(pipes.input, events));
        }
        if interest.write.get() {
            let (Output::Pipe(output) | Output::Socket(output)) = &pipes.output;
            awaited.push(PollFd::new(output, PollFlags::OUT));
        }
        let asleep = bell.fall_asleep();
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(());
        }
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let timeout = if asleep { left.as_ref() } else { Some(&AT_ONCE) };
        match poll(&mut awaited, timeout) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if !awaited[0].revents().is_empty() {
            // One byte for each sleep at most, so that one read takes all there can be.
            let _ = (&*rung).read(&mut [0; 16]);
        }
        // Whatever is said of it (bytes, the end, an error), a read does not wait.
        interest.readable.set(reads && !awaited[1].revents().is_empty());
        if !reads && until.is_none() && awaited[1].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
            until = Some(Instant::now() + grace);
        }
    }
}

/// What the conversation waits for, and what it may go on with.
#[derive(Default)]
struct Interest {
    read: Cell<bool>,
    write: Cell<bool>,
    readable: Cell<bool>,
}

/// The pipes as the conversation sees them. Whoever drives it polls it again when they are ready, so no waker is kept.
struct PipeStream<'a> {
    pipes: &'a Pipes,
    interest: &'a Interest,
}

impl AsyncRead for PipeStream<'_> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Task<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.interest.readable.take() {
            match retry_on_intr(|| rustix::io::read(self.pipes.input, into.initialize_unfilled())) {
                Ok(length) => {
                    into.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Err(Errno::AGAIN) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        self.interest.read.set(true);
        Poll::Pending
    }
}

impl AsyncWrite for PipeStream<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Task<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match retry_on_intr(|| self.pipes.write(bytes)) {
            Ok(length) => Poll::Ready(Ok(length)),
            Err(Errno::AGAIN) => {
                self.interest.write.set(true);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Wakes the thread that drives the conversation.
struct Bell {
    state: AtomicU8,
    rope: UnixStream,
}

const AWAKE: u8 = 0;
const RUNG: u8 = 1;
const ASLEEP: u8 = 2;

impl Bell {
    /// A bell, and what becomes readable when it rings.
    fn new() -> io::Result<(Arc<Self>, UnixStream)> {
        let (rope, rung) = UnixStream::pair()?;
        rope.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        Ok((Arc::new(Self { state: AtomicU8::new(AWAKE), rope }), rung))
    }

    /// Everything is looked at from here on; what rang before is forgotten.
    fn awake(&self) {
        self.state.swap(AWAKE, Ordering::AcqRel);
    }

    /// False if it rang since [`awake`](Self::awake): then there is no time to sleep.
    fn fall_asleep(&self) -> bool {
        self.state.compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(RUNG, Ordering::AcqRel) == ASLEEP {
            let _ = (&self.rope).write(&[1]);
        }
    }
}
