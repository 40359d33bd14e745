//! Lines on their way to a file descriptor. Who has a line appends it to a buffer and goes on; a thread writes what has gathered.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::session::lock;

/// What may wait to be written, in bytes; lines beyond it are dropped, and counted.
const ROOM: usize = 1024 * 1024;
/// How long the end of the process may wait for the last of it.
const LAST: Duration = Duration::from_secs(1);

/// Where a thread takes lines from.
pub(crate) struct LineWriter {
    state: Mutex<LineState>,
    came: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct LineState {
    buffer: Vec<u8>,
    dropped: u64,
    /// The thread waits for lines.
    idle: bool,
    to: Option<Box<dyn Write + Send>>,
    running: bool,
}

impl LineWriter {
    /// Lines that are kept until it is known where they go.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), came: Condvar::new(), written: Condvar::new() })
    }

    /// From now on, lines go here.
    pub(crate) fn write_to(self: &Arc<Self>, to: Box<dyn Write + Send>) {
        let mut state = lock(&self.state);
        state.to = Some(to);
        if state.running {
            return;
        }
        let lines = Arc::clone(self);
        // Without a thread nothing is written; the buffer stays bounded.
        state.running = thread::Builder::new().name("mcp-log".to_owned()).spawn(move || lines.run()).is_ok();
    }

    /// Appends a line: what `write` writes, and a line end.
    pub(crate) fn line(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = lock(&self.state);
        let before = state.buffer.len();
        if before > ROOM {
            state.dropped += 1;
            return;
        }
        write(&mut state.buffer);
        state.buffer.push(b'\n');
        let wake = std::mem::take(&mut state.idle);
        drop(state);
        if wake {
            self.came.notify_one();
        }
    }

    /// Whether it is known where lines go.
    pub(crate) fn is_running(&self) -> bool {
        lock(&self.state).running
    }

    fn run(&self) {
        let mut batch = Vec::new();
        let mut to: Box<dyn Write + Send> = Box::new(std::io::sink());
        loop {
            let dropped = {
                let mut state = lock(&self.state);
                while state.buffer.is_empty() {
                    state.idle = true;
                    self.written.notify_all();
                    state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                if let Some(other) = state.to.take() {
                    to = other;
                }
                batch.clear();
                std::mem::swap(&mut batch, &mut state.buffer);
                std::mem::take(&mut state.dropped)
            };
            if dropped > 0 {
                let note = format!(
                    "{{\"level\":\"warn\",\"message\":\"lines of the call log were dropped\",\"dropped\":{dropped}}}\n"
                );
                batch.extend_from_slice(note.as_bytes());
            }
            // Nobody can be told that nobody can be told.
            let _ = to.write_all(&batch).and_then(|()| to.flush());
            if batch.capacity() > ROOM / 4 {
                batch = Vec::new();
            }
        }
    }

    /// Waits a moment for the last lines.
    pub(crate) fn finish(&self) {
        let state = lock(&self.state);
        if state.running {
            let waiting = |state: &mut LineState| !(state.idle && state.buffer.is_empty());
            let _ = self.written.wait_timeout_while(state, LAST, waiting);
        }
    }
}

/// Standard output or standard error as it is now, whatever takes its place later.
pub(super) fn standard(output: bool) -> Box<dyn Write + Send> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        let own = if output {
            std::io::stdout().as_fd().try_clone_to_owned()
        } else {
            std::io::stderr().as_fd().try_clone_to_owned()
        };
        if let Ok(own) = own {
            return Box::new(std::fs::File::from(own));
        }
    }
    if output { Box::new(std::io::stdout()) } else { Box::new(std::io::stderr()) }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Says what is written, and waits until it is let go on.
    struct Slow {
        written: Sender<Vec<u8>>,
        go: Receiver<()>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.written.send(bytes.to_vec());
            let _ = self.go.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_slow_reader_has_no_room_for_is_dropped_and_counted() {
        let ((written, texts), (go_on, go)) = (channel(), channel());
        let lines = LineWriter::new();
        lines.write_to(Box::new(Slow { written, go }));
        lines.line(|out| out.extend_from_slice(b"first"));
        assert_eq!(texts.recv().unwrap(), b"first\n");
        let long = vec![b'x'; ROOM / 4];
        for _ in 0..20 {
            lines.line(|out| out.extend_from_slice(&long));
        }
        go_on.send(()).unwrap();
        let text = String::from_utf8(texts.recv().unwrap()).unwrap();
        // The last that fits begins within the room.
        assert_eq!(text.lines().filter(|line| line.starts_with('x')).count(), 4, "{} bytes", text.len());
        assert!(text.ends_with("\"dropped\":16}\n"), "{}", &text[text.len() - 100..]);
        go_on.send(()).unwrap();
        lines.finish();
        lines.line(|out| out.extend_from_slice(b"last"));
        assert_eq!(texts.recv().unwrap(), b"last\n");
        go_on.send(()).unwrap();
    }
}
