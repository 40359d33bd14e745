//! The body of a response: nothing, one piece with a known length, or a stream of events.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// Events of at most about this size go out at once, if they are there at the same time.
const AT_ONCE: usize = 16 * 1024;

/// A response's body.
pub struct HttpBody(BodyKind);

enum BodyKind {
    Empty,
    Full(Bytes),
    Events(Box<dyn Events>),
}

/// A source of server-sent events, already in their wire form.
pub(crate) trait Events: Send {
    /// The next piece of the stream; `None` at its end.
    fn poll_next(&mut self, task: &mut Context<'_>) -> Poll<Option<Bytes>>;
}

/// Takes the events that are there, each written by `write`; whether the stream has ended.
pub(super) fn gather(
    events: &mut dyn Events,
    task: &mut Context<'_>,
    out: &mut Vec<u8>,
    write: impl Fn(&mut Vec<u8>, &[u8]),
) -> bool {
    while out.len() < AT_ONCE {
        match events.poll_next(task) {
            Poll::Ready(Some(piece)) => write(out, &piece),
            Poll::Ready(None) => return true,
            Poll::Pending => break,
        }
    }
    false
}

impl HttpBody {
    pub(crate) const fn empty() -> Self {
        Self(BodyKind::Empty)
    }

    pub(crate) fn full(bytes: Vec<u8>) -> Self {
        Self(BodyKind::Full(bytes.into()))
    }

    #[cfg(feature = "page")]
    pub(crate) const fn fixed(bytes: &'static [u8]) -> Self {
        Self(BodyKind::Full(Bytes::from_static(bytes)))
    }

    pub(crate) fn events(events: impl Events + 'static) -> Self {
        Self(BodyKind::Events(Box::new(events)))
    }

    /// The same, of one piece with a known length if its events end with what is there already.
    pub(crate) async fn settled(self) -> Self {
        let BodyKind::Events(mut events) = self.0 else { return self };
        let mut there = Vec::new();
        let plain = |there: &mut Vec<u8>, piece: &[u8]| there.extend_from_slice(piece);
        let ended = poll_fn(|task| Poll::Ready(gather(&mut *events, task, &mut there, plain))).await;
        match (ended, there.is_empty()) {
            (true, _) => Self::full(there),
            (false, true) => Self(BodyKind::Events(events)),
            (false, false) => Self::events(Begun { there: Some(there.into()), rest: events }),
        }
    }

    pub(crate) const fn is_events(&self) -> bool {
        matches!(self.0, BodyKind::Events(_))
    }

    pub(crate) fn into_events(self) -> Option<Box<dyn Events>> {
        match self.0 {
            BodyKind::Events(events) => Some(events),
            BodyKind::Empty | BodyKind::Full(_) => None,
        }
    }
}

/// Events of which some have been taken.
struct Begun {
    there: Option<Bytes>,
    rest: Box<dyn Events>,
}

impl Events for Begun {
    fn poll_next(&mut self, task: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.there.take() {
            Some(there) => Poll::Ready(Some(there)),
            None => self.rest.poll_next(task),
        }
    }
}

impl Body for HttpBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            BodyKind::Empty => Poll::Ready(None),
            BodyKind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = BodyKind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            BodyKind::Events(events) => events.poll_next(task).map(|piece| piece.map(|piece| Ok(Frame::data(piece)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, BodyKind::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            BodyKind::Empty => SizeHint::with_exact(0),
            BodyKind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            BodyKind::Events(_) => SizeHint::default(),
        }
    }
}

impl std::fmt::Debug for HttpBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            BodyKind::Empty => "HttpBody::Empty",
            BodyKind::Full(_) => "HttpBody::Full",
            BodyKind::Events(_) => "HttpBody::Events",
        })
    }
}
