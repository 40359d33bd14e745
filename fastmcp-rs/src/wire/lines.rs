//! Bytes into lines: one message per line (basic/transports/stdio), bounded, in whatever pieces the bytes come.

/// What was found in the bytes so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// A whole line, without its end.
    Text(&'a str),
    /// A line that is not UTF-8.
    NotText,
    /// A line longer than the limit; it was skipped, and only how it begins was kept.
    TooLong(&'a [u8]),
}

/// What is kept of a line that is too long, in bytes.
const BEGINNING: usize = 256;

/// Splits bytes into lines. What is incomplete waits here for the next bytes.
pub(crate) struct Lines {
    rest: Vec<u8>,
    /// What is in `rest` was a whole line and has been handed out.
    spent: bool,
    limit: usize,
    /// In a line that is too long: skip to its end.
    skipping: bool,
    first: bool,
}

impl Lines {
    pub(crate) fn new(limit: usize) -> Self {
        Self { rest: Vec::new(), spent: false, limit, skipping: false, first: true }
    }

    /// Takes the next line out of `bytes`, or all of them if they complete none. Lines within `bytes` are not copied.
    pub(crate) fn next<'a, 'b: 'a>(&'a mut self, bytes: &mut &'b [u8]) -> Option<Line<'a>> {
        if self.spent {
            self.spent = false;
            self.rest.clear();
            // One large message must not keep its memory for the life of the connection.
            self.rest.shrink_to(64 * 1024);
        }
        if let Some(end) = memchr::memchr(b'\n', bytes) {
            let line = &bytes[..end];
            *bytes = &bytes[end + 1..];
            if self.skipping || self.rest.len() + line.len() > self.limit {
                if !self.skipping {
                    self.keep_beginning(line);
                }
                self.skipping = false;
                self.spent = true;
                return Some(Line::TooLong(&self.rest));
            }
            // A byte order mark is tolerated once, before the first message.
            let first = std::mem::take(&mut self.first);
            if self.rest.is_empty() {
                return Some(text(line, first));
            }
            self.rest.extend_from_slice(line);
            self.spent = true;
            return Some(text(&self.rest, first));
        }
        let bytes = std::mem::take(bytes);
        if self.skipping {
            return None;
        }
        if self.rest.len() + bytes.len() > self.limit {
            self.keep_beginning(bytes);
            self.skipping = true;
        } else {
            self.rest.extend_from_slice(bytes);
        }
        None
    }

    /// What came after the last line end, at the end of all bytes; `None` if that is nothing, or no text.
    #[cfg(feature = "client")]
    pub(crate) fn last(&self) -> Option<&str> {
        if self.spent || self.skipping {
            return None;
        }
        std::str::from_utf8(&self.rest).ok().filter(|text| !text.trim_ascii().is_empty())
    }

    /// Drops a line that is too long, but for how it begins.
    fn keep_beginning(&mut self, more: &[u8]) {
        let mut beginning = Vec::with_capacity(BEGINNING);
        beginning.extend(self.rest.iter().chain(more).take(BEGINNING));
        self.rest = beginning;
    }
}

fn text(line: &[u8], first: bool) -> Line<'_> {
    let line = if first { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
    std::str::from_utf8(line).map_or(Line::NotText, Line::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(limit: usize, chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::new(limit);
        let mut found = Vec::new();
        for chunk in chunks {
            let mut bytes = *chunk;
            while let Some(line) = lines.next(&mut bytes) {
                found.push(match line {
                    Line::Text(text) => text.to_owned(),
                    Line::NotText => "NotText".to_owned(),
                    Line::TooLong(beginning) => format!("TooLong {}", String::from_utf8_lossy(beginning)),
                });
            }
        }
        found
    }

    #[test]
    fn the_same_bytes_in_any_pieces_give_the_same_lines() {
        let bytes =
            b"\xef\xbb\xbf{\"a\":1}\r\n\n  \n{\"long enough to cross eight bytes\":2}\n\xff\n{\"b\":3}\nunfinished";
        let whole = split(64, &[bytes]);
        assert_eq!(
            whole,
            ["{\"a\":1}\r", "", "  ", "{\"long enough to cross eight bytes\":2}", "NotText", "{\"b\":3}"]
        );
        for size in 1..bytes.len() {
            assert_eq!(split(64, &bytes.chunks(size).collect::<Vec<_>>()), whole, "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_skipped_and_the_next_one_read() {
        for size in [1, 3, 1000] {
            let bytes = [vec![b'x'; 100], b"\n{}\n".to_vec()].concat();
            let lines = split(10, &bytes.chunks(size).collect::<Vec<_>>());
            assert!(
                matches!(&lines[..], [long, short] if long.starts_with("TooLong xxx") && short == "{}"),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn of_a_line_over_the_limit_its_beginning_is_kept() {
        let bytes = [b"{\"id\":7,".to_vec(), vec![b'x'; 10_000], b"\n{}\n".to_vec()].concat();
        for size in [1, 7, 100, 1000, 100_000] {
            let lines = split(300, &bytes.chunks(size).collect::<Vec<_>>());
            assert!(
                lines[0].starts_with("TooLong {\"id\":7,xxx") && lines[0].len() <= "TooLong ".len() + BEGINNING,
                "{lines:?}"
            );
            assert_eq!(lines[1], "{}");
        }
    }
}
