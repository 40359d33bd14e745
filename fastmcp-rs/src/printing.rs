//! What is printed in this process: it never waits for whoever reads standard error, and never fails for want of a reader.
//!
//! While a server is served, file descriptor 1 is a pipe that a thread of its own empties, into standard error where the
//! protocol has standard output, into standard output otherwise. What cannot be written there at once is dropped and counted.

#[cfg(all(unix, feature = "stdio"))]
pub(crate) use claimed::claim_stdout;
#[cfg(all(unix, feature = "stdio"))]
#[cfg(feature = "http")]
pub(crate) use claimed::guard_stdout;
#[cfg(any(feature = "stdio", feature = "http"))]
pub(crate) use panics::report_panics;

use std::io::Write as _;

/// Says something to whoever runs the server: one line or several, on standard error.
pub(crate) fn say(text: &str) {
    let line = format!("{text}\n");
    #[cfg(all(unix, feature = "stdio"))]
    if claimed::say(line.as_bytes()) {
        return;
    }
    // Nobody can be told that nobody can be told.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Lets what was printed reach its reader before the process ends, as far as that goes quickly.
pub(crate) fn finish() {
    #[cfg(all(unix, feature = "stdio"))]
    claimed::finish();
}

#[cfg(any(feature = "stdio", feature = "http"))]
mod panics {
    use std::backtrace::{Backtrace, BacktraceStatus};
    use std::panic::PanicHookInfo;
    use std::sync::Once;

    use super::say;
    use crate::bounds;
    use crate::text::sanitize;

    /// Lets panics be reported so that no text of a client's, which a panic may repeat, forges a line or reaches a terminal as a
    /// command, and so that no report waits for a reader. A hook that the program has set stays; it is left out only while nobody
    /// reads standard error.
    pub(crate) fn report_panics() {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let hook = std::panic::take_hook();
            // What is taken the second time is std's, and so the same as the first if the program has set none.
            let is_std = std::ptr::eq(&raw const *hook, &raw const *std::panic::take_hook());
            std::panic::set_hook(Box::new(move |panic| match is_std {
                true => say(&report(panic)),
                // A handler's panic is logged in any case.
                false if stderr_has_room() => hook(panic),
                false => {}
            }));
        });
    }

    /// What std would say of a panic. Only its first line begins at the margin.
    fn report(panic: &PanicHookInfo<'_>) -> String {
        let text = panic.payload();
        let text = text.downcast_ref::<&str>().copied().or_else(|| text.downcast_ref::<String>().map(String::as_str));
        let text = sanitize::bounded_lines(text.unwrap_or("(no text)"), bounds::LOG_TEXT).replace('\n', "\n    ");
        let thread = std::thread::current();
        let thread = sanitize::for_log(thread.name().unwrap_or("<unnamed>")).into_owned();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let mut report = format!("thread '{thread}' panicked at {}:\n    {text}", sanitize::for_log(&place));
        let backtrace = Backtrace::capture();
        match backtrace.status() {
            BacktraceStatus::Captured => report.push_str(&format!("\nstack backtrace:\n{backtrace}")),
            BacktraceStatus::Disabled => report.push_str("\n    (RUST_BACKTRACE=1 shows where it came from)"),
            _ => {}
        }
        report
    }

    fn stderr_has_room() -> bool {
        #[cfg(all(unix, feature = "stdio"))]
        return super::claimed::has_room(rustix::stdio::stderr());
        #[cfg(not(all(unix, feature = "stdio")))]
        true
    }
}

#[cfg(all(unix, feature = "stdio"))]
mod claimed {
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, OwnedFd};
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::sync::{Mutex, PoisonError};
    use std::thread;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::{Errno, retry_on_intr};
    use rustix::pipe::{PipeFlags, pipe_with};

    /// What a pipe takes without waiting when it says that it has room (POSIX, `PIPE_BUF`, is at least an eighth of this; Linux
    /// has 4096).
    const PIECE: usize = 4096;
    /// How long the end of the process may wait for the last of it.
    const LAST: Duration = Duration::from_millis(200);
    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

    /// The pipe's writing end for our own lines, and word that it is empty.
    struct Open {
        pipe: OwnedFd,
        /// It is emptied into standard error, where our own lines belong.
        is_stderr: bool,
        emptied: Receiver<()>,
    }

    static OPEN: Mutex<Option<Open>> = Mutex::new(None);

    /// Holds descriptor 1, until it is given back.
    pub(crate) struct Claimed(());

    impl Drop for Claimed {
        fn drop(&mut self) {
            finish();
        }
    }

    /// Takes standard output for the protocol alone; what others print goes to standard error.
    pub(crate) fn claim_stdout() -> io::Result<(File, Claimed)> {
        let own = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
        let to = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3);
        Ok((File::from(own), empty_into(to.ok(), true)?))
    }

    /// Keeps a `println!` from failing where nobody reads standard output.
    #[cfg(feature = "http")]
    pub(crate) fn guard_stdout() -> io::Result<Claimed> {
        let to = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3);
        empty_into(to.ok(), false)
    }

    fn empty_into(to: Option<OwnedFd>, is_stderr: bool) -> io::Result<Claimed> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        rustix::stdio::dup2_stdout(&write)?;
        let (done, emptied) = sync_channel(1);
        thread::Builder::new().name("mcp-printing".to_owned()).spawn(move || {
            empty(&read, to);
            let _ = done.send(());
        })?;
        *OPEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(Open { pipe: write, is_stderr, emptied });
        Ok(Claimed(()))
    }

    /// Writes a line of our own; `false` if nothing is claimed. It waits for nobody, since the pipe is always being emptied.
    pub(super) fn say(line: &[u8]) -> bool {
        let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = &*open else { return false };
        if !open.is_stderr {
            put(rustix::stdio::stderr(), line);
            return true;
        }
        let mut rest = line;
        while !rest.is_empty() {
            match retry_on_intr(|| rustix::io::write(&open.pipe, rest)) {
                Ok(written) => rest = &rest[written..],
                Err(_) => break,
            }
        }
        true
    }

    /// Gives descriptor 1 back, and waits a moment for the last of what was printed.
    pub(super) fn finish() {
        let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(open) = open else { return };
        let _ = rustix::stdio::dup2_stdout(rustix::stdio::stderr());
        drop(open.pipe);
        // A child may still hold the pipe; then there is no end to wait for.
        let _ = open.emptied.recv_timeout(LAST);
    }

    /// Empties the pipe until all who could write to it are gone.
    fn empty(pipe: &OwnedFd, mut to: Option<OwnedFd>) {
        let mut piece = [0; PIECE];
        let mut dropped: u64 = 0;
        let mut stderr_is_read = true;
        loop {
            let mut awaited = vec![PollFd::new(pipe, PollFlags::IN)];
            let stderr = rustix::stdio::stderr();
            if stderr_is_read {
                // Without anything that is asked for, only its end is told.
                awaited.push(PollFd::from_borrowed_fd(stderr, PollFlags::empty()));
            }
            match poll(&mut awaited, None) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(_) => return,
            }
            if awaited.get(1).is_some_and(|stderr| stderr.revents().intersects(PollFlags::ERR | PollFlags::HUP)) {
                // Nobody will ever read it. An `eprintln!` would fail the call that it is in; now it goes nowhere.
                stderr_is_read = false;
                to = to.filter(|to| !is_same(to, stderr));
                if let Ok(nowhere) =
                    rustix::fs::open("/dev/null", rustix::fs::OFlags::WRONLY, rustix::fs::Mode::empty())
                {
                    let _ = rustix::stdio::dup2_stderr(nowhere);
                }
            }
            if awaited[0].revents().is_empty() {
                continue;
            }
            match retry_on_intr(|| rustix::io::read(pipe, &mut piece)) {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    if !to.as_ref().is_some_and(has_room) {
                        dropped += length as u64;
                        continue;
                    }
                    if dropped > 0 {
                        let note =
                            format!("\n[fastmcp-rs: {dropped} bytes of output were dropped, since nobody read them]\n");
                        to.iter().for_each(|to| put(to, note.as_bytes()));
                        dropped = 0;
                    }
                    to.iter().for_each(|to| put(to, &piece[..length]));
                }
            }
        }
    }

    fn is_same(one: impl AsFd, other: impl AsFd) -> bool {
        match (rustix::fs::fstat(one), rustix::fs::fstat(other)) {
            (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
            _ => false,
        }
    }

    pub(super) fn has_room(to: impl AsFd) -> bool {
        let mut awaited = [PollFd::new(&to, PollFlags::OUT)];
        matches!(poll(&mut awaited, Some(&AT_ONCE)), Ok(1)) && awaited[0].revents().contains(PollFlags::OUT)
    }

    /// Writes what there is room for.
    fn put(to: impl AsFd, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && has_room(&to) {
            match retry_on_intr(|| rustix::io::write(&to, &rest[..rest.len().min(PIECE)])) {
                Ok(written) => rest = &rest[written..],
                Err(_) => return,
            }
        }
    }
}
