//! Where audit lines go: a file, or a writer of somebody's own.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::PathBuf;

/// How much of the end of a file is read for its last line. No line is longer.
const LAST_LINE: u64 = 64 * 1024;

pub(super) struct AuditTarget {
    path: Option<PathBuf>,
    to: Option<AuditSink>,
}

enum AuditSink {
    File(File),
    Writer(Box<dyn Write + Send>),
}

impl AuditTarget {
    pub(super) fn path(path: PathBuf) -> Self {
        Self { path: Some(path), to: None }
    }

    pub(super) fn writer(writer: Box<dyn Write + Send>) -> Self {
        Self { path: None, to: Some(AuditSink::Writer(writer)) }
    }

    /// Opens the file, if it is one. Gives its last line, with which the next is to be chained, and whether that line has no end.
    pub(super) fn open(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        let Some(path) = &self.path else { return Ok(None) };
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let last = if file.metadata()?.is_file() { last_line(&mut File::open(path)?)? } else { None };
        self.to = Some(AuditSink::File(file));
        Ok(last)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            Some(AuditSink::File(file)) => file.write(bytes),
            Some(AuditSink::Writer(writer)) => writer.write(bytes),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        match &mut self.to {
            Some(AuditSink::File(file)) => match file.sync_data() {
                // A pipe or a device has nothing to bring to a disk.
                Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
                    Ok(())
                }
                done => done,
            },
            Some(AuditSink::Writer(writer)) => writer.flush(),
            None => Ok(()),
        }
    }
}

fn last_line(file: &mut File) -> io::Result<Option<(Vec<u8>, bool)>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_LINE)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    if end.is_empty() {
        return Ok(None);
    }
    let torn = end.last() != Some(&b'\n');
    let text = end.strip_suffix(b"\n").unwrap_or(&end);
    let from = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    Ok(Some((text[from..].to_vec(), torn)))
}

impl fmt::Debug for AuditTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => path.fmt(f),
            None => f.write_str("a writer"),
        }
    }
}

impl fmt::Display for AuditTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => path.display().fmt(f),
            None => f.write_str("its writer"),
        }
    }
}
