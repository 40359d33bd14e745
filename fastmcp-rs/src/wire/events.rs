//! Bytes into the events of an event stream (`text/event-stream`), in whatever pieces they come: every kind of line end, a split
//! within a character, and events without data, whose id and waiting time count all the same (2025-11-25, SEP-1699).

/// One event, as far as MCP reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamEvent {
    /// What kind; none is a message.
    pub kind: Option<String>,
    /// Where to go on from after it, as of now.
    pub id: Option<String>,
    /// How long to wait before coming back, in milliseconds.
    pub retry: Option<u64>,
    /// `None` if there was no `data` at all.
    pub data: Option<String>,
}

/// Splits bytes into events. What is incomplete waits here for the next bytes.
pub(crate) struct EventReader {
    line: Vec<u8>,
    event: StreamEvent,
    /// Bytes of the event so far, and of the line.
    size: usize,
    line_size: usize,
    limit: usize,
    /// The last byte was a carriage return, which ended a line; a line feed after it ends no other.
    after_return: bool,
    first: bool,
    /// The event is too long: nothing more of it is kept.
    over: bool,
}

/// An event that has more bytes than it may have. Its id is lost with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventTooLong;

impl EventReader {
    pub(crate) fn new(limit: usize) -> Self {
        let (line, event) = (Vec::new(), StreamEvent::default());
        Self { line, event, size: 0, line_size: 0, limit, after_return: false, first: true, over: false }
    }

    /// Takes the next event out of `bytes`, or all of them if they complete none.
    pub(crate) fn next(&mut self, bytes: &mut &[u8]) -> Option<Result<StreamEvent, EventTooLong>> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_return) && bytes[0] == b'\n' {
                *bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else {
                self.keep(bytes);
                *bytes = &[];
                return None;
            };
            let (line, rest) = bytes.split_at(end);
            self.after_return = rest[0] == b'\r';
            self.keep(line);
            *bytes = &rest[1..];
            if let Some(event) = self.line_ended() {
                return Some(event);
            }
        }
        None
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.size += bytes.len();
        self.line_size += bytes.len();
        if self.size <= self.limit {
            self.line.extend_from_slice(bytes);
        } else if !self.over {
            self.over = true;
            (self.line, self.event) = (Vec::new(), StreamEvent::default());
        }
    }

    fn line_ended(&mut self) -> Option<Result<StreamEvent, EventTooLong>> {
        let whole = std::mem::take(&mut self.line);
        let is_empty = std::mem::take(&mut self.line_size) == 0;
        let is_first = std::mem::take(&mut self.first);
        if self.over {
            if is_empty {
                (self.size, self.over) = (0, false);
            }
            return is_empty.then_some(Err(EventTooLong));
        }
        let line = if is_first { whole.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&whole) } else { &whole };
        if line.is_empty() {
            self.size = 0;
            let event = std::mem::take(&mut self.event);
            return (event != StreamEvent::default()).then_some(Ok(event));
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(0) => return None, // a comment, which keeps the connection alive
            Some(colon) => (&line[..colon], line[colon + 1..].strip_prefix(b" ").unwrap_or(&line[colon + 1..])),
            None => (line, &b""[..]),
        };
        let text = || String::from_utf8_lossy(value).into_owned();
        match field {
            b"event" => self.event.kind = Some(text()),
            // An id with a null in it is none (HTML, "Interpreting an event stream").
            b"id" if !value.contains(&0) => self.event.id = Some(text()),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                self.event.retry = text().parse().ok()
            }
            b"data" => match &mut self.event.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(&text());
                }
                none => *none = Some(text()),
            },
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(limit: usize, chunks: &[&[u8]]) -> Vec<Result<StreamEvent, EventTooLong>> {
        let mut events = EventReader::new(limit);
        let mut found = Vec::new();
        for chunk in chunks {
            let mut bytes = *chunk;
            while let Some(event) = events.next(&mut bytes) {
                found.push(event);
            }
        }
        found
    }

    fn event(kind: &str, id: &str, retry: Option<u64>, data: &str) -> Result<StreamEvent, EventTooLong> {
        let given = |text: &str| (text != "-").then(|| text.to_owned());
        Ok(StreamEvent { kind: given(kind), id: given(id), retry, data: given(data) })
    }

    #[test]
    fn the_same_bytes_in_any_pieces_give_the_same_events() {
        let bytes = concat!(
            "\u{feff}data: first\n\n",
            ": a comment\n\n",
            "event: message\r\nid: 7\r\ndata: one\r\ndata:two\r\n\r\n",
            "id: 8\rretry: 500\rdata:\r\r",
            "data\nunknown: x\nretry: soon\n\n",
            "id\n\n",
            "data:  \u{1f980} two spaces\n\n",
            "data: never ended\n",
        )
        .as_bytes();
        let expected = [
            event("-", "-", None, "first"),
            event("message", "7", None, "one\ntwo"),
            event("-", "8", Some(500), ""),
            event("-", "-", None, ""),
            event("-", "", None, "-"),
            event("-", "-", None, " \u{1f980} two spaces"),
        ];
        assert_eq!(split(1000, &[bytes]), expected);
        for size in 1..20 {
            assert_eq!(split(1000, &bytes.chunks(size).collect::<Vec<_>>()), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn an_event_over_the_limit_is_dropped_and_the_next_one_read() {
        let bytes = ["id: 1\ndata: ", &"x".repeat(100), "\ndata: more\n\ndata: next\n\n"].concat();
        for size in [1, 7, 1000] {
            let found = split(50, &bytes.as_bytes().chunks(size).collect::<Vec<_>>());
            assert_eq!(found, [Err(EventTooLong), event("-", "-", None, "next")], "in pieces of {size}");
        }
    }
}
