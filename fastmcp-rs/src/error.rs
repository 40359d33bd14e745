//! What goes wrong: [`ToolError`] while a handler runs, for the model's eyes; [`Error`] while a server starts or serves, for the operator's.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::bounds;
use crate::protocol::{InputRequired, RpcError, jsonrpc};
use crate::text::sanitize;

/// Any error, as `?` boxes it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a program that serves: `fn main() -> fastmcp_rs::Result`.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// The kind of a [`ToolError`]: a stable word on which agents can branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The arguments are wrong; others may work.
    InvalidParams,
    /// The thing that was asked for does not exist.
    NotFound,
    /// Too many calls; see [`ToolError::retry_after`].
    RateLimited,
    /// Nobody is authenticated.
    Unauthorized,
    /// The caller is known and may not do this.
    Forbidden,
    /// It took too long.
    Timeout,
    /// Something that this depends on does not answer.
    Unavailable,
    /// The state of the thing forbids it now.
    Conflict,
    /// The server's own fault.
    Internal,
}

impl ErrorKind {
    /// The word on the wire, for example `not_found`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidParams => "invalid_params",
            Self::NotFound => "not_found",
            Self::RateLimited => "rate_limited",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Conflict => "conflict",
            Self::Internal => "internal",
        }
    }

    /// The same in words, for a model that never sees more than the text.
    const fn words(self) -> &'static str {
        match self {
            Self::InvalidParams => "invalid arguments",
            Self::NotFound => "not found",
            Self::RateLimited => "rate limited",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Timeout => "timed out",
            Self::Unavailable => "unavailable",
            Self::Conflict => "conflict",
            Self::Internal => "internal error",
        }
    }

    /// The kind of a word on the wire.
    pub(crate) fn parse(code: &str) -> Option<Self> {
        use ErrorKind::{
            Conflict, Forbidden, Internal, InvalidParams, NotFound, RateLimited, Timeout, Unauthorized, Unavailable,
        };
        [InvalidParams, NotFound, RateLimited, Unauthorized, Forbidden, Timeout, Unavailable, Conflict, Internal]
            .into_iter()
            .find(|kind| kind.code() == code)
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Timeout | Self::Unavailable)
    }
}

/// A failure that a handler tells the model about.
///
/// The message of one of the constructors is the author's own words and is shown. Every other error converts with `?`
/// and is *foreign*: its text goes to the log under an id and the client sees the id, unless it was made visible with
/// [`ToolError::exposed`], `expose_errors` on the component or `Server::expose_errors`.
///
/// ```
/// use fastmcp_rs::prelude::*;
///
/// /// Reads a number from a file.
/// #[tool]
/// async fn read_number(path: String) -> Result<i64, ToolError> {
///     let text = std::fs::read_to_string(&path)?; // foreign: masked
///     text.trim().parse().map_err(|_| ToolError::invalid_params(format!("{path} holds no number")))
/// }
/// ```
pub struct ToolError(Box<Failure>);

struct Failure {
    kind: ErrorKind,
    message: Cow<'static, str>,
    retryable: Option<bool>,
    retry_after: Option<Duration>,
    details: Option<Value>,
    cause: Cause,
}

enum Cause {
    /// The author wrote the message.
    Author,
    /// Somebody else's error: masked.
    Foreign(BoxError),
    /// Somebody else's error that the author shows.
    Exposed,
    /// No failure at all, but questions to be answered first.
    Input(InputRequired),
    /// A JSON-RPC error in place of a result.
    Rpc(RpcError),
}

macro_rules! constructors {
    ($($(#[$docs:meta])* $name:ident => $kind:ident),* $(,)?) => {
        $($(#[$docs])* pub fn $name(message: impl Into<Cow<'static, str>>) -> Self { Self::new(ErrorKind::$kind, message) })*
    };
}

impl ToolError {
    /// The member of a failed result's `_meta` that holds the kind as `code`, `retryable`, and, where there are any, `retry_after`
    /// in seconds and `details`. It is the same on every revision of the protocol.
    pub const META_KEY: &'static str = "fastmcp-rs/error";

    /// An error of any kind in the author's words.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::caused(kind, message.into(), Cause::Author)
    }

    constructors! {
        /// The arguments are wrong (`invalid_params`).
        invalid_params => InvalidParams,
        /// What was asked for does not exist (`not_found`).
        not_found => NotFound,
        /// Nobody is authenticated (`unauthorized`).
        unauthorized => Unauthorized,
        /// The caller may not do this (`forbidden`).
        forbidden => Forbidden,
        /// It took too long (`timeout`, retryable).
        timeout => Timeout,
        /// A dependency does not answer (`unavailable`, retryable).
        unavailable => Unavailable,
        /// The state of the thing forbids it now (`conflict`).
        conflict => Conflict,
        /// The server's own fault, in words fit for the client (`internal`).
        internal => Internal,
    }

    /// Too many calls (`rate_limited`, retryable after `retry_after`).
    pub fn rate_limited(message: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        Self::new(ErrorKind::RateLimited, message).with_retry_after(retry_after)
    }

    /// Shows the text of a foreign error: `.map_err(ToolError::exposed)`.
    pub fn exposed(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        Self::caused(ErrorKind::Internal, Cow::Owned(chain(&*error)), Cause::Exposed)
    }

    /// Keeps an error for the log and masks it from the client, like `?` does, for errors that `?` cannot convert (`anyhow::Error`, `Box<dyn Error>`).
    pub fn masked(error: impl Into<BoxError>) -> Self {
        match error.into().downcast::<Carried>() {
            Ok(carried) => carried.0,
            Err(error) => Self::caused(ErrorKind::Internal, Cow::Borrowed(""), Cause::Foreign(error)),
        }
    }

    fn caused(kind: ErrorKind, message: Cow<'static, str>, cause: Cause) -> Self {
        Self(Box::new(Failure { kind, message, retryable: None, retry_after: None, details: None, cause }))
    }

    /// Says how long to wait before trying again. Rounded up to whole seconds on the wire.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Says whether trying again may help, where the kind's own answer is wrong.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = Some(retryable);
        self
    }

    /// Adds machine-readable details.
    ///
    /// ```
    /// use fastmcp_rs::{ErrorKind, ToolError};
    /// use serde_json::json;
    ///
    /// let error = ToolError::exposed("the disk is full").with_kind(ErrorKind::Unavailable).with_details(json!({ "free": 0 }));
    /// assert_eq!(error.kind(), ErrorKind::Unavailable);
    /// assert!(error.is_retryable());
    /// assert_eq!(error.details(), Some(&json!({ "free": 0 })));
    /// ```
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.0.details = Some(details);
        self
    }

    /// Changes the kind, for example of an exposed error.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What the client is shown; empty for a masked error.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether trying again may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable.unwrap_or_else(|| self.0.kind.is_retryable())
    }

    /// How long to wait before trying again, if that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The machine-readable details, if there are any.
    #[must_use]
    pub fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    /// Makes the text of a foreign error visible, as the server or the component chose.
    pub(crate) fn expose(mut self) -> Self {
        if let Cause::Foreign(error) = self.0.cause {
            self.0.message = Cow::Owned(chain(&*error));
            self.0.cause = Cause::Exposed;
        }
        self
    }

    /// The foreign error whose text is not for the client.
    pub(crate) fn masked_cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        match &self.0.cause {
            Cause::Foreign(error) => Some(&**error),
            _ => None,
        }
    }

    /// Replaces the text of a masked error by one that names its place in the log.
    pub(crate) fn mask(mut self, incident: &dyn fmt::Display) -> Self {
        self.0.message = Cow::Owned(format!("internal error (incident {incident})"));
        self.0.cause = Cause::Author;
        self
    }

    /// A protocol error on its way through typed code; its kind is the one that it was made from, as far as it says so.
    pub(crate) fn rpc(error: RpcError) -> Self {
        let member = |name| error.data.as_ref().and_then(|data| data.get(name));
        let kind = member("code").and_then(Value::as_str).and_then(ErrorKind::parse);
        let kind = kind.unwrap_or(match error.code {
            jsonrpc::RESOURCE_NOT_FOUND => ErrorKind::NotFound,
            jsonrpc::INVALID_PARAMS if member("uri").is_some() => ErrorKind::NotFound,
            jsonrpc::INVALID_PARAMS => ErrorKind::InvalidParams,
            _ => ErrorKind::Internal,
        });
        Self::rpc_of(kind, error)
    }

    /// The same, of a kind that is known.
    pub(crate) fn rpc_of(kind: ErrorKind, error: RpcError) -> Self {
        Self::caused(kind, error.message.clone(), Cause::Rpc(error))
    }

    /// Splits off what is not a failure of the tool: questions, or a protocol error.
    pub(crate) fn into_parts(mut self) -> Parts {
        match std::mem::replace(&mut self.0.cause, Cause::Author) {
            Cause::Input(input) => Parts::Input(input),
            Cause::Rpc(error) => Parts::Rpc(error),
            cause => {
                self.0.cause = cause;
                Parts::Failure(self)
            }
        }
    }

    /// `{"code":..,"retryable":..}`, with `retry_after` in seconds and `details` where there are any.
    pub(crate) fn facts(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("code".to_owned(), Value::from(self.0.kind.code()));
        facts.insert("retryable".to_owned(), Value::from(self.is_retryable()));
        if let Some(wait) = self.0.retry_after {
            facts.insert("retry_after".to_owned(), Value::from(seconds_up(wait)));
        }
        if let Some(details) = &self.0.details {
            facts.insert("details".to_owned(), details.clone());
        }
        facts
    }

    /// The same with the message, as the `data` of a JSON-RPC error.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = self.facts();
        json.insert("message".to_owned(), Value::from(&*sanitize::bounded_lines(&self.0.message, bounds::ERROR_TEXT)));
        Value::Object(json)
    }

    /// The message, made harmless and bounded, with the kind and the time to wait in words where it does not say them itself:
    /// `one letter at a time (rate limited, retry after 12 s)`.
    pub(crate) fn to_text(&self) -> String {
        let mut text = sanitize::bounded_lines(self.message(), bounds::ERROR_TEXT).into_owned();
        let said = text.to_lowercase();
        let kind = self.0.kind;
        let stem = if kind == ErrorKind::InvalidParams { "argument" } else { kind.words() };
        // A plain text is an internal error as well: its author would not recognize his words.
        let kind_words = (kind != ErrorKind::Internal && !said.contains(stem)).then(|| Cow::Borrowed(kind.words()));
        let retry_words = match self.0.retry_after.map(seconds_up).filter(|seconds| *seconds > 0) {
            _ if said.contains("retry") || said.contains("try again") => None,
            _ if !self.is_retryable() => kind.is_retryable().then_some(Cow::Borrowed("do not retry")),
            Some(seconds) => Some(Cow::Owned(format!("retry after {seconds} s"))),
            None => Some(Cow::Borrowed("may be retried")),
        };
        let words: Vec<_> = kind_words.into_iter().chain(retry_words).collect();
        if words.is_empty() {
            return text;
        }
        let words = words.join(", ");
        match (text.is_empty(), text.contains('\n')) {
            (true, _) => text = words,
            (false, true) => text = format!("{text}\n({words})"),
            (false, false) => text = format!("{text} ({words})"),
        }
        text
    }
}

/// What a [`ToolError`] turned out to be.
pub(crate) enum Parts {
    Failure(ToolError),
    Input(InputRequired),
    Rpc(RpcError),
}

/// A failure outside of a tool is a JSON-RPC error, with its kind in `data`.
pub(crate) fn in_band(error: &ToolError) -> RpcError {
    let code = match error.kind() {
        ErrorKind::InvalidParams | ErrorKind::NotFound => jsonrpc::INVALID_PARAMS,
        _ => jsonrpc::INTERNAL_ERROR,
    };
    let text = sanitize::bounded_lines(error.message(), bounds::ERROR_TEXT).into_owned();
    RpcError::new(code, text).with_data(error.to_json())
}

/// Whole seconds, rounded up, so that whoever waits that long has waited long enough.
pub(crate) fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// An error and its sources on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        // Many errors already repeat their source in their own text.
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = error.source();
    }
    text
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolError")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Cause::Foreign(error) => f.write_str(&chain(&**error)),
            Cause::Input(_) => f.write_str("input required"),
            _ => f.write_str(&self.0.message),
        }
    }
}

/// Any standard error is foreign. (`ToolError` is therefore no `Error` itself; it boxes as one, see below.)
impl<E: std::error::Error + Send + Sync + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        let mut slot = Some(error);
        // The framework's own errors say by their type what they are.
        let any: &mut dyn Any = &mut slot;
        if let Some(error) = any.downcast_mut::<Option<InteractionError>>().and_then(Option::take) {
            return error.into_tool_error();
        }
        if let Some(error) = any.downcast_mut::<Option<RpcError>>().and_then(Option::take) {
            return Self::rpc(error);
        }
        match slot {
            Some(error) => Self::masked(error),
            None => Self::internal("an error was lost"),
        }
    }
}

impl From<InputRequired> for ToolError {
    fn from(input: InputRequired) -> Self {
        Self::caused(ErrorKind::Internal, Cow::Borrowed("input required"), Cause::Input(input))
    }
}

/// How a [`ToolError`] travels as `Box<dyn Error>` and comes back as itself.
struct Carried(ToolError);

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Carried {}

impl From<ToolError> for BoxError {
    fn from(error: ToolError) -> Self {
        Box::new(Carried(error))
    }
}

/// Why a question to the client's side (elicitation, sampling, roots) got no answer. A handler may catch it; with `?` it becomes the right error on its own.
#[derive(Debug)]
#[non_exhaustive]
pub enum InteractionError {
    /// The client did not declare what the question needs; the value has the form of `requiredCapabilities`, for example
    /// `{"sampling": {}}`. On 2026-07-28 it becomes error -32021.
    Unsupported(Value),
    /// The client answered with an error.
    Refused(RpcError),
    /// The client's answer does not have the form that was asked for.
    BadAnswer(String),
    /// What was asked cannot be put into a question, for example a form with nested objects.
    BadQuestion(String),
    /// The connection ended before the answer came, or there is none (a direct call).
    Disconnected,
}

impl InteractionError {
    fn into_tool_error(self) -> ToolError {
        match self {
            Self::Unsupported(ref required) => ToolError::rpc(
                RpcError::new(jsonrpc::MISSING_CAPABILITY, self.to_string())
                    .with_data(serde_json::json!({ "requiredCapabilities": required })),
            ),
            Self::BadAnswer(_) => ToolError::invalid_params(self.to_string()),
            Self::BadQuestion(_) => ToolError::internal(self.to_string()),
            Self::Refused(_) | Self::Disconnected => ToolError::unavailable(self.to_string()),
        }
    }
}

impl fmt::Display for InteractionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(required) => {
                write!(f, "the client did not declare a capability that this needs: {required}")
            }
            Self::Refused(error) => write!(f, "the client refused: {}", error.message),
            Self::BadAnswer(what) => write!(f, "the client's answer does not fit: {what}"),
            Self::BadQuestion(what) => write!(f, "this cannot be asked: {what}"),
            Self::Disconnected => f.write_str("there is nobody to ask: the connection is gone"),
        }
    }
}

impl std::error::Error for InteractionError {}

/// Why a server did not start, or stopped serving. `main` prints it as one clear text.
#[derive(Default)]
pub struct Error {
    problems: Vec<String>,
    source: Option<BoxError>,
    /// How a program ends that was asked for one thing on its command line, if not with 1.
    exit: Option<i32>,
}

impl Error {
    /// An error with a text for the operator.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()], ..Self::default() }
    }

    /// Adds what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Several problems at once: a start-up check reports all of them.
    pub(crate) fn several(problems: Vec<String>) -> Self {
        Self { problems, ..Self::default() }
    }
}

/// A setting that cannot be used, and where it was given. Whoever takes it carries `#[track_caller]` too, and the server that was
/// given it does not start.
#[track_caller]
pub(crate) fn unusable(setting: &str, why: &str) -> String {
    let at = std::panic::Location::caller();
    format!("`{setting}` at {}:{} {why}", at.file(), at.line())
}

impl Error {
    pub(crate) fn exit_with(mut self, code: i32) -> Self {
        self.exit = Some(code);
        self
    }

    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.exit
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(problem)?;
        }
        match &self.source {
            Some(source) => write!(f, ": {}", chain(&**source)),
            None => Ok(()),
        }
    }
}

/// `main` returns this, and Rust prints errors of `main` with `Debug`: the text, not the fields, and nothing in it that a
/// terminal would take for a command.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize::for_terminal(&self.to_string()))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        Self::new(chain(&*error))
    }
}

impl From<RpcError> for Error {
    fn from(error: RpcError) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_error_survives_being_boxed() {
        let boxed: BoxError = ToolError::not_found("no such city").into();
        let back = ToolError::masked(boxed);
        assert_eq!((back.kind(), back.message()), (ErrorKind::NotFound, "no such city"));
    }

    #[test]
    fn a_foreign_error_shows_nothing_until_it_is_exposed() {
        let error = || std::io::Error::other("/etc/secret");
        assert_eq!(ToolError::from(error()).message(), "");
        assert_eq!(ToolError::exposed(error()).message(), "/etc/secret");
        assert_eq!(ToolError::from(error()).expose().message(), "/etc/secret");
    }

    #[test]
    fn waiting_times_round_up() {
        let json = ToolError::rate_limited("slow down", Duration::from_millis(1200)).to_json();
        assert_eq!((json["retry_after"].as_u64(), json["retryable"].as_bool()), (Some(2), Some(true)));
    }

    #[test]
    fn the_text_says_the_kind_and_the_time_once() {
        let wait = Duration::from_secs(12);
        for (error, text) in [
            (ToolError::rate_limited("slow down", wait), "slow down (rate limited, retry after 12 s)"),
            (ToolError::rate_limited("", wait), "rate limited, retry after 12 s"),
            (ToolError::rate_limited("Rate limited, retry after 12 s.", wait), "Rate limited, retry after 12 s."),
            (ToolError::rate_limited("Rate limited.", wait), "Rate limited. (retry after 12 s)"),
            (ToolError::unavailable("gone").with_retryable(false), "gone (unavailable, do not retry)"),
            (ToolError::conflict("two\nlines").with_retryable(true), "two\nlines\n(conflict, may be retried)"),
            (ToolError::internal("plain words"), "plain words"),
        ] {
            assert_eq!(error.to_text(), text);
        }
    }
}
