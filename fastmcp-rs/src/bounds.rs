//! The bounds that hold unless a server sets others, in one place.

use std::time::Duration;

/// The longest line on stdio and the largest HTTP body, in bytes.
pub(crate) const MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// What the values of one message may take in memory, in times of what a message may have in bytes.
pub(crate) const TREE: usize = 8;
/// The longest id of a request, in bytes as it is spelled.
pub(crate) const ID: usize = 256;
/// The longest `clientInfo` that a conversation keeps, in bytes.
pub(crate) const CLIENT_INFO: usize = 16 * 1024;
/// The longest `capabilities` that a conversation keeps, in bytes; in memory, [`TREE`] times as much.
pub(crate) const CAPABILITIES: usize = 8 * 1024;
/// What is kept for clients, in bytes together: handshakes, arguments of calls under way, streams that can be read again. One
/// conversation may have an eighth of it.
pub(crate) const KEPT: usize = 1024 * 1024 * 1024;
/// The least that arguments of a call have to have to be counted in that, in bytes.
pub(crate) const COUNTED: usize = 4 * 1024;
/// The HTTP bodies over [`SMALL_BODY`] that may be on their way at the same time, in bytes together; more are refused with 503.
#[cfg(feature = "http")]
pub(crate) const LARGE_BODIES: usize = 64 * 1024 * 1024;
/// What an HTTP body may have without waiting for others, in bytes.
#[cfg(feature = "http")]
pub(crate) const SMALL_BODY: usize = 64 * 1024;
/// The largest result of one call, in bytes.
pub(crate) const RESULT_BYTES: usize = 16 * 1024 * 1024;
/// How long one call may take.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a question over an open stream may wait for its answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(600);
/// Rounds of questions that one call may take from a client that is asked in place.
pub(crate) const ROUNDS: usize = 32;
/// How long calls may go on once shutdown began.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// Requests of one conversation that run at the same time.
pub(crate) const RUNNING: usize = 1024;
/// Plain functions that run at the same time, each on a thread of its own: all together, and those of one caller.
pub(crate) const PLAIN_RUNNING: usize = 256;
pub(crate) const PLAIN_RUNNING_EACH: usize = 64;
/// Calls of plain functions that wait for a thread: all together, and those of one caller. More are refused.
pub(crate) const PLAIN_WAITING: usize = 2048;
pub(crate) const PLAIN_WAITING_EACH: usize = 512;
/// The longest text of an error that a client is sent, in characters.
pub(crate) const ERROR_TEXT: usize = 8 * 1024;
/// The longest name or URI that is echoed, in characters.
pub(crate) const ECHO: usize = 128;
/// The longest text of a failure that one line of the log has, in characters.
pub(crate) const LOG_TEXT: usize = 4 * 1024;
/// The longest part of an error that is in a library's words, which may repeat a client's, in characters.
pub(crate) const CAUSE: usize = 1024;
/// Resources that one conversation may subscribe to.
pub(crate) const SUBSCRIPTIONS: usize = 1024;
/// Messages of one batch (2025-03-26).
pub(crate) const BATCH: usize = 256;
/// Notifications that middleware is shown at the same time.
pub(crate) const OBSERVING: usize = 64;
/// Messages that wait for a slow reader of one stream.
pub(crate) const OUTGOING: usize = 64;
/// What one argument may take in memory where its type sets no limit, such as any JSON: in bytes, as estimated.
pub(crate) const BUILT: usize = 64 * 1024 * 1024;
/// What one argument may take in memory while it is held against its schema, in bytes, as estimated.
pub(crate) const CHECKED: usize = 128 * 1024 * 1024;
/// What is built of an argument that is refused, to say why, in bytes, as estimated.
pub(crate) const EXPLAINED: usize = 32 * 1024 * 1024;
/// The arguments of one call, in bytes together, that are held against patterns and other rules where the call is read;
/// more is done on the blocking pool, within the call's time limit.
pub(crate) const CHECKED_INLINE: usize = 16 * 1024;
