//! The end of a request: its reply, and the record that is told what the reply is.

use std::borrow::Cow;

use super::encode::{Body, Reply};
use crate::error::{ErrorKind, ToolError};
use crate::observe::record::{CallOutcome, Record};
use crate::protocol::{RpcError, jsonrpc};
use crate::result::ToolResult;

/// A reply on its way to its client. Once it is dropped, written or not, the request has ended.
pub(crate) struct Answered {
    pub reply: Reply,
    pub record: Option<Box<Record>>,
}

impl Answered {
    pub(crate) fn new(reply: Reply, mut record: Option<Box<Record>>) -> Self {
        if let Some(record) = &mut record {
            let (outcome, error) = outcome_of(&reply);
            record.conclude(outcome, error);
        }
        Self { reply, record }
    }

    /// In how many seconds the client may ask again, where the reply is a refusal that says so.
    #[cfg(feature = "http")]
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let member = |name: &str| match &self.reply {
            Ok(Body::Tool(result)) if result.is_error => result.meta(ToolError::META_KEY)?.get(name),
            Err(error) => error.data.as_ref()?.get(name),
            Ok(_) => None,
        };
        let wait = member("retry_after")?.as_u64()?;
        let kind = member("code")?.as_str().and_then(ErrorKind::parse)?;
        matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable).then_some(wait)
    }

    /// An error in place of the reply.
    pub(crate) fn instead(mut self, error: RpcError) -> Self {
        Self::new(Err(error), self.record.take())
    }
}

impl From<Reply> for Answered {
    fn from(reply: Reply) -> Self {
        Self { reply, record: None }
    }
}

fn outcome_of(reply: &Reply) -> (CallOutcome, Option<Cow<'static, str>>) {
    match reply {
        Ok(Body::Tool(result)) if result.is_error => {
            (CallOutcome::Failed(kind_of(result)), Some(Cow::Owned(result.to_text())))
        }
        Ok(Body::Input(_)) => (CallOutcome::InputRequired, None),
        Ok(_) => (CallOutcome::Ok, None),
        Err(error) => (CallOutcome::Failed(error.kind()), Some(error.message.clone())),
    }
}

/// The kind of a failed result, which it says itself if a `ToolError` became it.
fn kind_of(result: &ToolResult) -> ErrorKind {
    let code = result.meta(ToolError::META_KEY).and_then(|facts| facts.get("code")?.as_str());
    code.and_then(ErrorKind::parse).unwrap_or(ErrorKind::Internal)
}

impl RpcError {
    /// The kind that says the same in one word.
    pub(crate) fn kind(&self) -> ErrorKind {
        match (self.code, self.status) {
            (_, 401) => ErrorKind::Unauthorized,
            (_, 403) => ErrorKind::Forbidden,
            (jsonrpc::METHOD_NOT_FOUND, _) => ErrorKind::NotFound,
            (
                jsonrpc::PARSE_ERROR
                | jsonrpc::INVALID_REQUEST
                | jsonrpc::HEADER_MISMATCH
                | jsonrpc::MISSING_CAPABILITY
                | jsonrpc::UNSUPPORTED_VERSION,
                _,
            ) => ErrorKind::InvalidParams,
            _ => ToolError::rpc(self.clone()).kind(),
        }
    }
}
