//! A response that is a stream of events, written to its connection here and not by hyper.
//!
//! A stream may be open for days and say next to nothing. hyper would hold two buffers of 8 KiB for it all the time, and beside
//! them the place for the future of one more request: 15 KiB, three times what the stream itself needs.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use axum::http::header::{CONNECTION, DATE, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, Response};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::body::{Events, HttpBody, gather};
use super::stall_timeout::StallTimeout;

/// What a client may send while its stream is open. More waits in the socket.
const AHEAD: usize = 8 * 1024;

/// Whether a client wants its connection to end with the response.
pub(super) fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("close"))
}

/// Writes a response until its stream ends, or fails when the client is gone.
pub(super) async fn write(io: &mut StallTimeout, response: Response<HttpBody>, close: bool) -> io::Result<()> {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    if close {
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Ok(now) = HeaderValue::from_str(&httpdate::fmt_http_date(SystemTime::now())) {
        parts.headers.entry(DATE).or_insert(now);
    }
    let mut out = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        out.extend_from_slice(name.as_ref());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    drop(parts);
    let Some(events) = body.into_events() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut writing = Writing { events, out, written: 0, ended: false, ahead: Vec::new() };
    let done = poll_fn(|task| writing.poll(io, task)).await;
    io.put_back(&writing.ahead);
    done
}

/// Appends a piece in chunked coding (RFC 9112, section 7.1).
fn chunk(out: &mut Vec<u8>, piece: &[u8]) {
    out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
    out.extend_from_slice(piece);
    out.extend_from_slice(b"\r\n");
}

struct Writing {
    events: Box<dyn Events>,
    out: Vec<u8>,
    written: usize,
    ended: bool,
    ahead: Vec<u8>,
}

impl Writing {
    fn poll(&mut self, io: &mut StallTimeout, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if !self.ended && self.written == 0 {
                self.ended = gather(&mut *self.events, task, &mut self.out, chunk);
                if self.ended {
                    self.out.extend_from_slice(b"0\r\n\r\n");
                }
            }
            // Nothing more is asked of the stream before this is gone: whoever fills it waits for a slow client.
            while self.written < self.out.len() {
                match Pin::new(&mut *io).poll_write(task, &self.out[self.written..])? {
                    Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(some) => self.written += some,
                    Poll::Pending => return self.poll_gone(io, task),
                }
            }
            if self.ended {
                return Poll::Ready(Ok(()));
            }
            if self.written == 0 {
                return self.poll_gone(io, task);
            }
            (self.out, self.written) = (Vec::new(), 0);
        }
    }

    /// Fails once the client is gone. What it sends meanwhile is its next request.
    fn poll_gone(&mut self, io: &mut StallTimeout, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.ahead.len() < AHEAD {
            let mut bytes = [0; 512];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut *io).poll_read(task, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.ahead.extend_from_slice(buffer.filled());
        }
        Poll::Pending
    }
}
