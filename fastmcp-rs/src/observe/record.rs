//! One request, from its first step to its end: who asked for what, how long it took, and what came of it.
//!
//! A record ends by being dropped, and is told to everybody then: once, whether the request was answered, failed, panicked, ran out
//! of time, was cancelled, or lost its client.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::value::RawValue;

use super::Observers;
use crate::component::ComponentInfo;
use crate::context::Caller;
use crate::error::ErrorKind;
use crate::incident::{CallNotes, InvocationId};
use crate::protocol::{Revision, method};
use crate::session::Session;

/// How a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Via {
    /// Standard input and output.
    Stdio,
    /// Another stream of lines: a socket, a pair in memory.
    Stream,
    Http,
    /// The older HTTP+SSE transport.
    #[cfg_attr(not(feature = "sse"), expect(dead_code, reason = "there is no such transport"))]
    Sse,
    /// The program called its own server.
    Direct,
}

impl Via {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Stream => "stream",
            Self::Http => "http",
            Self::Sse => "sse",
            Self::Direct => "direct",
        }
    }
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CallOutcome {
    Ok,
    /// It was answered with questions.
    InputRequired,
    /// It was cancelled, or its client is gone.
    Cancelled,
    Panic,
    Failed(ErrorKind),
}

impl CallOutcome {
    pub(crate) const ALL: [Self; 13] = [
        Self::Ok,
        Self::InputRequired,
        Self::Cancelled,
        Self::Panic,
        Self::Failed(ErrorKind::InvalidParams),
        Self::Failed(ErrorKind::NotFound),
        Self::Failed(ErrorKind::RateLimited),
        Self::Failed(ErrorKind::Unauthorized),
        Self::Failed(ErrorKind::Forbidden),
        Self::Failed(ErrorKind::Timeout),
        Self::Failed(ErrorKind::Unavailable),
        Self::Failed(ErrorKind::Conflict),
        Self::Failed(ErrorKind::Internal),
    ];

    /// The word in logs and metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::InputRequired => "input_required",
            Self::Cancelled => "cancelled",
            Self::Panic => "panic",
            Self::Failed(kind) => kind.code(),
        }
    }

    /// Its place in [`ALL`](Self::ALL).
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Ok => 0,
            Self::InputRequired => 1,
            Self::Cancelled => 2,
            Self::Panic => 3,
            Self::Failed(kind) => 4 + kind as usize,
        }
    }

    /// Whether somebody should look at it: the server's own failures.
    pub(crate) const fn is_trouble(self) -> bool {
        matches!(self, Self::Panic | Self::Failed(ErrorKind::Internal | ErrorKind::Timeout))
    }
}

/// One request.
pub(crate) struct Record {
    observers: Arc<Observers>,
    pub id: InvocationId,
    pub time: SystemTime,
    begun: Instant,
    pub via: Via,
    pub revision: Revision,
    /// One of the methods that there are; `None` for any other.
    pub method: Option<&'static str>,
    pub component: Option<ComponentInfo>,
    /// The name or the URI that was asked for, bounded.
    pub asked: Option<Box<str>>,
    pub caller: Caller,
    pub session: Option<Arc<Session>>,
    /// The client's id of the request, as JSON.
    pub request_id: Option<Box<RawValue>>,
    /// `traceparent`, as it came.
    pub trace: Option<Box<str>>,
    pub request_bytes: usize,
    pub response_bytes: usize,
    /// The arguments as they may be shown, where a log of them was asked for.
    pub arguments: Option<Box<str>>,
    /// What the audit says of the arguments.
    pub digest: Option<Box<str>>,
    /// Room for the line of the audit.
    #[cfg(feature = "interaction")]
    pub slot: Option<Arc<super::audit::AuditSlot>>,
    /// What those who word failures leave; `None` while the request takes a step.
    pub notes: Option<Box<CallNotes>>,
    pub outcome: CallOutcome,
    /// The text of the failure that the client was given.
    error: Option<Cow<'static, str>>,
}

impl Record {
    pub(super) fn new(observers: &Arc<Observers>) -> Self {
        let time = SystemTime::now();
        let id = InvocationId::new(time);
        Self {
            observers: Arc::clone(observers),
            id,
            time,
            begun: Instant::now(),
            via: Via::Direct,
            revision: Revision::LATEST,
            method: None,
            component: None,
            asked: None,
            caller: Caller::anonymous(),
            session: None,
            request_id: None,
            trace: None,
            request_bytes: 0,
            response_bytes: 0,
            arguments: None,
            digest: None,
            #[cfg(feature = "interaction")]
            slot: None,
            notes: Some(Box::new(CallNotes { id, panicked: false, cause: None })),
            // Until it is known to have come to anything else.
            outcome: CallOutcome::Cancelled,
            error: None,
        }
    }

    /// The component is known now, or that there is none.
    pub(crate) fn is_for(&mut self, component: Option<ComponentInfo>, arguments: Option<&RawValue>) {
        self.component = component;
        let observers = Arc::clone(&self.observers);
        observers.begun(self, arguments);
    }

    /// What came of the request, and the text of its failure.
    pub(crate) fn conclude(&mut self, outcome: CallOutcome, error: Option<Cow<'static, str>>) {
        let panicked = self.notes.as_ref().is_some_and(|notes| notes.panicked);
        self.outcome = match outcome {
            CallOutcome::Failed(ErrorKind::Internal) if panicked => CallOutcome::Panic,
            outcome => outcome,
        };
        self.error = error;
    }

    /// How long it has taken.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The same as logs have it.
    pub(crate) fn milliseconds(&self) -> f64 {
        self.elapsed().as_nanos() as f64 / 1e6
    }

    /// What kind of call it is, if it is one to a component.
    pub(crate) fn message(&self) -> Option<&'static str> {
        match self.method? {
            method::TOOLS_CALL => Some("tool call"),
            method::RESOURCES_READ => Some("resource read"),
            method::PROMPTS_GET => Some("prompt get"),
            _ => None,
        }
    }

    /// What a request of one of these methods asked for: the component, or what the client named, if there is no such.
    pub(crate) fn asked_by(&self, method: &str) -> Option<&str> {
        if self.method != Some(method) {
            return None;
        }
        match &self.component {
            Some(component) => component.uri().or_else(|| Some(component.name())),
            None => Some(self.asked.as_deref().unwrap_or_default()),
        }
    }

    /// Who asked.
    pub(crate) fn caller_name(&self) -> &str {
        name_of(&self.caller)
    }

    /// A name for the session, from which its id cannot be told.
    pub(crate) fn session_name(&self) -> Option<Cow<'_, str>> {
        #[cfg(feature = "interaction")]
        return self
            .session
            .as_ref()?
            .id()
            .map(|id| hex(&ring::digest::digest(&ring::digest::SHA256, id.as_bytes()).as_ref()[..4]).into());
        #[cfg(not(feature = "interaction"))]
        None
    }

    /// The text of the failure, for whoever runs the server: the cause, where the client was not told it.
    pub(crate) fn error(&self) -> Option<&str> {
        if matches!(self.outcome, CallOutcome::Ok | CallOutcome::InputRequired) {
            return None;
        }
        self.notes.as_ref().and_then(|notes| notes.cause.as_deref()).or(self.error.as_deref())
    }

    /// The trace and the span that the request belongs to (W3C Trace Context, `traceparent`).
    pub(crate) fn trace_ids(&self) -> Option<(&str, &str)> {
        let mut parts = self.trace.as_deref()?.split('-');
        let (_, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        (is_hex(trace, 32) && is_hex(span, 16)).then_some((trace, span))
    }
}

/// A caller's subject, or what stands for one who has none.
pub(super) fn name_of(caller: &Caller) -> &str {
    let other = if caller.is_local() { "local" } else { "anonymous" };
    caller.subject().unwrap_or(other)
}

/// Bytes as pairs of hexadecimal digits.
#[cfg(feature = "interaction")]
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

impl Drop for Record {
    fn drop(&mut self) {
        let observers = Arc::clone(&self.observers);
        observers.ended(self);
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("id", &self.id).field("outcome", &self.outcome).finish_non_exhaustive()
    }
}
