//! What goes wrong for a client, and whether the server may have acted all the same.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::error::{BoxError, Error, ErrorKind};
use crate::protocol::Revision;
use crate::result::ToolResult;
use crate::text::sanitize;

/// Why a client did not get what it asked for.
///
/// Two questions decide what to do next, and each has a method: [`is_retryable`](Self::is_retryable), and
/// [`was_sent`](Self::was_sent), without which a call that is not idempotent must not be repeated.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// There is no conversation: the server could not be reached or started, or it does not speak MCP.
    Connect(ConnectError),
    /// The conversation ended before the answer came.
    #[non_exhaustive]
    Disconnected {
        /// The method that waited for its answer; `None` when nothing was asked any more.
        during: Option<String>,
        /// How the server's process ended, where it is one and has.
        exit: Option<ExitStatus>,
        /// The last 4 KiB that the server's process wrote to standard error.
        stderr_tail: String,
        /// Whether the request may have reached the server.
        sent: Sent,
    },
    /// HTTP answered with a status that is no answer to a request.
    #[non_exhaustive]
    Http {
        /// The status.
        status: u16,
        /// When to try again, if the server said so.
        retry_after: Option<Duration>,
        /// The first characters of the body.
        body_start: String,
    },
    /// The server wants to know who is asking (HTTP 401 or 403).
    Auth(AuthError),
    /// The server refused the request with a JSON-RPC error.
    #[non_exhaustive]
    Rpc {
        /// The code, as in JSON-RPC and MCP's error table.
        code: i64,
        /// What the code means, or what the server said it means.
        kind: ErrorKind,
        /// One sentence of the server's, made harmless for a terminal.
        message: String,
        /// Machine-readable details, as they came.
        data: Option<Box<RawValue>>,
    },
    /// The tool failed. Only where a value was asked for; [`call_tool`](super::Client::call_tool) gives the failed result.
    Tool(Box<ToolFailure>),
    /// No answer came in time.
    #[non_exhaustive]
    Timeout {
        /// The method.
        method: String,
        /// How long was waited.
        after: Duration,
        /// Whether the server was told that the answer is no longer wanted.
        cancelled: bool,
        /// Whether the request may have reached the server.
        sent: Sent,
    },
    /// The server answered with something that the protocol does not allow.
    #[non_exhaustive]
    Protocol {
        /// What it was.
        what: String,
    },
    /// The server asked again and again instead of answering.
    #[non_exhaustive]
    Rounds {
        /// How many rounds of questions are allowed.
        limit: usize,
    },
    /// The server asked something that nobody here answers.
    #[non_exhaustive]
    Unanswered {
        /// The method of the question, for example `elicitation/create`.
        asked: &'static str,
        /// Why there is no answer.
        why: String,
    },
    /// The answer is not of the type that was asked for.
    #[non_exhaustive]
    Decode {
        /// What was read, for example `the result of tool "add"`.
        path: String,
        /// What serde says of it.
        source: serde_json::Error,
        /// The JSON that could not be read.
        got: Box<RawValue>,
    },
    /// The request cannot be written, and was not sent: arguments that are not an object, a number that JSON does not have.
    #[non_exhaustive]
    Request {
        /// What is wrong with it.
        what: String,
    },
}

/// Whether a request reached its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Surely not: it may be sent again, whatever it is.
    No,
    /// Perhaps: a call that is not idempotent must not be repeated.
    Maybe,
    /// It did, and was answered.
    Yes,
}

/// Why there is no conversation.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The program could not be started.
    #[non_exhaustive]
    Spawn {
        /// The program, without its arguments.
        command: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Nobody answers at the address.
    #[non_exhaustive]
    Refused {
        /// Scheme, host and port, without what may be secret.
        url: String,
        /// The system's reason.
        source: BoxError,
    },
    /// The name of the host is not known.
    #[non_exhaustive]
    Dns {
        /// The host.
        host: String,
        /// The system's reason.
        source: BoxError,
    },
    /// There is no secure connection.
    #[non_exhaustive]
    Tls {
        /// The host.
        host: String,
        /// The reason.
        source: BoxError,
    },
    /// The address or another setting cannot be used.
    #[non_exhaustive]
    Setting {
        /// What is wrong with it.
        what: String,
    },
    /// The server in this process could not be built or started.
    Server(Error),
    /// Somebody is there, and does not speak MCP.
    #[non_exhaustive]
    NotMcp {
        /// What came instead.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// No revision is known to both sides.
    #[non_exhaustive]
    Revision {
        /// What this client offered.
        offered: Revision,
        /// What the server speaks, in its own words.
        answered: String,
    },
    /// The process ended before it answered.
    #[non_exhaustive]
    Exited {
        /// How.
        status: ExitStatus,
        /// The last 4 KiB that it wrote to standard error.
        stderr_tail: String,
    },
    /// Nothing came in time.
    #[non_exhaustive]
    Timeout {
        /// How long was waited.
        after: Duration,
        /// For what.
        during: &'static str,
        /// The last 4 KiB that the server's process wrote to standard error, where it is one.
        stderr_tail: String,
    },
}

/// Why a server does not let a client in.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuthError {
    /// Nobody is authenticated (401).
    #[non_exhaustive]
    Required {
        /// The server's `WWW-Authenticate`, if it sent one.
        challenge: Option<String>,
    },
    /// Who is authenticated may not do this (403).
    #[non_exhaustive]
    Scope {
        /// The scopes that the server asks for, separated by spaces; empty where it does not say.
        needed: String,
    },
    /// The credentials could not be had.
    Unavailable(BoxError),
}

/// The failed result of a tool.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ToolFailure {
    /// The tool's name.
    pub tool: String,
    /// What kind of failure, where the server is one of fastmcp-rs or says so in the same way; `Internal` otherwise.
    pub kind: ErrorKind,
    /// What the model is told.
    pub text: String,
    /// Whether the same call may succeed later, as far as the server says.
    pub retryable: bool,
    /// How long to wait before that, if the server says so.
    pub retry_after: Option<Duration>,
    /// The whole result.
    pub result: ToolResult,
}

impl ToolFailure {
    /// The failure that a result is.
    pub(crate) fn of(tool: &str, result: ToolResult) -> Self {
        let facts = result.meta(crate::ToolError::META_KEY);
        let member = |name: &str| facts.and_then(|facts| facts.get(name));
        let kind = member("code").and_then(|code| ErrorKind::parse(code.as_str()?)).unwrap_or(ErrorKind::Internal);
        Self {
            tool: tool.to_owned(),
            kind,
            text: result.to_text(),
            retryable: member("retryable").and_then(serde_json::Value::as_bool).unwrap_or_else(|| kind.is_retryable()),
            retry_after: member("retry_after").and_then(|wait| Some(Duration::from_secs(wait.as_u64()?))),
            result,
        }
    }
}

impl ClientError {
    /// Whether the same request may succeed later. It says nothing of whether it may be repeated, see [`was_sent`](Self::was_sent).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(error) => {
                matches!(error, ConnectError::Refused { .. } | ConnectError::Dns { .. } | ConnectError::Timeout { .. })
            }
            Self::Disconnected { .. } | Self::Timeout { .. } => true,
            Self::Http { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502..=504),
            Self::Rpc { kind, .. } => kind.is_retryable(),
            Self::Tool(failure) => failure.retryable,
            _ => false,
        }
    }

    /// Whether the request reached the server. After [`Sent::Maybe`], a tool that is not idempotent must not be called again.
    #[must_use]
    pub fn was_sent(&self) -> Sent {
        match self {
            Self::Connect(_) | Self::Auth(_) | Self::Request { .. } => Sent::No,
            Self::Disconnected { sent, .. } | Self::Timeout { sent, .. } => *sent,
            // These are said before a request is looked at; the others come from whatever stands between, or from its middle.
            Self::Http { status: 400..=407 | 409..=499, .. } => Sent::No,
            Self::Rpc { .. } | Self::Tool(_) | Self::Decode { .. } | Self::Rounds { .. } | Self::Unanswered { .. } => {
                Sent::Yes
            }
            Self::Http { .. } | Self::Protocol { .. } => Sent::Maybe,
        }
    }

    /// The kind of the failure, where the server said one.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Rpc { kind, .. } => Some(*kind),
            Self::Tool(failure) => Some(failure.kind),
            Self::Timeout { .. } => Some(ErrorKind::Timeout),
            Self::Auth(AuthError::Scope { .. }) => Some(ErrorKind::Forbidden),
            Self::Auth(_) => Some(ErrorKind::Unauthorized),
            _ => None,
        }
    }

    pub(crate) fn protocol(what: impl Into<String>) -> Self {
        Self::Protocol { what: what.into() }
    }

    pub(crate) fn request(what: impl Into<String>) -> Self {
        Self::Request { what: what.into() }
    }

    pub(crate) fn not_mcp(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Connect(ConnectError::NotMcp { what: what.into(), hint: hint.into() })
    }
}

impl From<ConnectError> for ClientError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

/// The end of a server's standard error, as part of a message.
fn tail(f: &mut fmt::Formatter<'_>, stderr: &str) -> fmt::Result {
    let last = stderr.trim_end();
    if last.is_empty() { Ok(()) } else { write!(f, "; it wrote: {}", sanitize::for_terminal(last)) }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Disconnected { during, exit, stderr_tail, .. } => {
                f.write_str("the server is gone")?;
                if let Some(method) = during {
                    write!(f, " before it answered `{method}`")?;
                }
                if let Some(exit) = exit {
                    write!(f, " ({exit})")?;
                }
                tail(f, stderr_tail)
            }
            Self::Http { status, body_start, .. } => {
                write!(f, "the server answered with HTTP status {status}")?;
                if body_start.is_empty() { Ok(()) } else { write!(f, ": {body_start}") }
            }
            Self::Auth(error) => error.fmt(f),
            Self::Rpc { code, message, .. } => write!(f, "{message} ({code})"),
            Self::Tool(failure) => {
                write!(f, "tool `{}` failed: {}", failure.tool, sanitize::for_terminal(&failure.text))
            }
            Self::Timeout { method, after, .. } => write!(f, "no answer to `{method}` came within {after:?}"),
            Self::Protocol { what } => write!(f, "the server does not keep to the protocol: {what}"),
            Self::Rounds { limit } => write!(f, "the server asked more than {limit} times instead of answering"),
            Self::Unanswered { asked, why } => write!(f, "the server asked `{asked}`, and {why}"),
            Self::Decode { path, source, .. } => {
                write!(f, "{path} is not of the type asked for: {}", sanitize::error(source))
            }
            Self::Request { what } => write!(f, "the request was not sent: {what}"),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn { command, source } => write!(f, "`{command}` could not be started: {source}"),
            Self::Refused { url, source } => write!(f, "nobody answers at {url}: {source}"),
            Self::Dns { host, source } => write!(f, "the host `{host}` is not known: {source}"),
            Self::Tls { host, source } => write!(f, "there is no secure connection to `{host}`: {source}"),
            Self::Setting { what } => f.write_str(what),
            Self::Server(error) => write!(f, "the server did not start: {error}"),
            Self::NotMcp { what, hint } => write!(f, "this is no MCP server: {what}; {hint}"),
            Self::Revision { offered, answered } => write!(
                f,
                "there is no revision of the protocol that both sides speak: this client offered {offered}, and the server speaks {}",
                sanitize::bounded(answered, crate::bounds::ECHO)
            ),
            Self::Exited { status, stderr_tail } => {
                write!(f, "the server ended before it answered ({status})")?;
                tail(f, stderr_tail)
            }
            Self::Timeout { after, during, stderr_tail } => {
                write!(f, "{during} took longer than {after:?}")?;
                tail(f, stderr_tail)
            }
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required { .. } => {
                f.write_str("the server wants to know who is asking: give a token (`.bearer(..)`)")
            }
            Self::Scope { needed } if needed.is_empty() => f.write_str("the server does not allow this"),
            Self::Scope { needed } => {
                write!(f, "the server does not allow this without {}", sanitize::bounded(needed, crate::bounds::ECHO))
            }
            Self::Unavailable(error) => write!(f, "there are no credentials: {error}"),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) => error.source(),
            Self::Decode { source, .. } => Some(source),
            Self::Auth(AuthError::Unavailable(error)) => Some(&**error),
            _ => None,
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Spawn { source, .. } => Some(source),
            Self::Refused { source, .. } | Self::Dns { source, .. } | Self::Tls { source, .. } => Some(&**source),
            Self::Server(error) => Some(error),
            _ => None,
        }
    }
}

impl std::error::Error for AuthError {}

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        Self::new(error.to_string())
    }
}
