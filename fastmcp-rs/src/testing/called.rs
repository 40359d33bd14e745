//! What a call came to, and what a test expects of it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::{ClientError, ToolFailure, value_of};
use crate::error::ErrorKind;
use crate::result::ToolResult;

/// What a call of a tool came to. Each `assert_` method gives it back, so that they can be chained.
#[derive(Debug)]
pub struct Called {
    tool: String,
    outcome: Result<ToolResult, ClientError>,
}

impl Called {
    pub(super) fn new(tool: &str, outcome: Result<ToolResult, ClientError>) -> Self {
        Self { tool: tool.to_owned(), outcome }
    }

    fn shown(&self) -> String {
        match &self.outcome {
            Ok(result) if result.is_error() => format!("it failed: {}", result.to_text()),
            Ok(result) => format!("it succeeded: {}", result.to_text()),
            Err(error) => format!("it has no result: {error}"),
        }
    }

    #[track_caller]
    fn expected(&self, what: &str) -> ! {
        panic!("tool `{}` {what}, but {}", self.tool, self.shown())
    }

    fn failure(&self) -> Option<ToolFailure> {
        let failed = self.outcome.as_ref().ok().filter(|result| result.is_error())?;
        Some(ToolFailure::of(&self.tool, failed.clone()))
    }

    /// The result as a value, of a call that has to have succeeded.
    ///
    /// # Panics
    /// When it failed, or gave something else.
    #[track_caller]
    pub fn unwrap<T: DeserializeOwned>(self) -> T {
        let tool = self.tool.clone();
        let result = match &self.outcome {
            Ok(result) if !result.is_error() => result.clone(),
            _ => self.expected("should have succeeded"),
        };
        match value_of(&tool, result) {
            Ok(value) => value,
            Err(error) => self.expected(&format!("should have given a value of another type ({error})")),
        }
    }

    /// The failure, of a call that has to have failed.
    ///
    /// # Panics
    /// When it succeeded, or there is no result.
    #[track_caller]
    pub fn unwrap_failure(self) -> ToolFailure {
        match self.failure() {
            Some(failure) => failure,
            None => self.expected("should have failed"),
        }
    }

    /// The whole result, whether it succeeded or not.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn result(&self) -> &ToolResult {
        match &self.outcome {
            Ok(result) => result,
            Err(_) => self.expected("should have a result"),
        }
    }

    /// The text of the result; of a call without one, the error's.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.outcome {
            Ok(result) => result.to_text(),
            Err(error) => error.to_string(),
        }
    }

    /// The outcome itself.
    ///
    /// # Errors
    /// The client's, where there is no result.
    pub fn into_inner(self) -> Result<ToolResult, ClientError> {
        self.outcome
    }

    /// It succeeded.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn assert_ok(self) -> Self {
        match &self.outcome {
            Ok(result) if !result.is_error() => self,
            _ => self.expected("should have succeeded"),
        }
    }

    /// It succeeded, with this value: as structured content, or as text that says it.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn assert_value(self, expected: impl Into<Value>) -> Self {
        let expected = expected.into();
        let result = match &self.outcome {
            Ok(result) if !result.is_error() => result,
            _ => self.expected("should have succeeded"),
        };
        let text = result.to_text();
        let is_it = |json: &str| match serde_json::from_str::<Value>(json) {
            Ok(value) => {
                value == expected
                    || value.as_object().is_some_and(|it| it.len() == 1 && it.get("result") == Some(&expected))
            }
            Err(_) => false,
        };
        let equal = match result.structured_content() {
            Some(structured) => is_it(structured),
            None => is_it(&text) || expected.as_str() == Some(&text),
        };
        if equal { self } else { self.expected(&format!("should have given {expected}")) }
    }

    /// Its text, or the error's, has this in it.
    ///
    /// # Panics
    /// When it has not.
    #[track_caller]
    pub fn assert_text(self, part: &str) -> Self {
        if self.text().contains(part) { self } else { self.expected(&format!("should have said {part:?}")) }
    }

    /// It failed, in this way: the tool itself, or the server that refused the call.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn assert_error(self, kind: ErrorKind) -> Self {
        let got = match (&self.outcome, self.failure()) {
            (_, Some(failure)) => Some(failure.kind),
            (Err(error), None) => error.kind(),
            (Ok(_), None) => None,
        };
        if got == Some(kind) {
            return self;
        }
        let but = got.map_or_else(String::new, |got| format!(" (the kind is `{}`)", got.code()));
        self.expected(&format!("should have failed with `{}`{but}", kind.code()))
    }

    /// Its arguments were refused, and the refusal names this place in them, a JSON pointer such as `/a` or `/days/0`.
    ///
    /// # Panics
    /// When they were not, or another place is named.
    #[track_caller]
    pub fn assert_invalid(self, pointer: &str) -> Self {
        let invalid = self.failure().is_some_and(|failure| failure.kind == ErrorKind::InvalidParams);
        if !invalid {
            self.expected("should have refused its arguments");
        }
        let text = self.text();
        let names = |at: usize| {
            let after = text.get(at + pointer.len()..).and_then(|rest| rest.chars().next());
            after.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '~')))
        };
        if text.match_indices(pointer).any(|(at, _)| names(at)) {
            return self;
        }
        self.expected(&format!("should have refused the argument at `{pointer}`"))
    }
}
