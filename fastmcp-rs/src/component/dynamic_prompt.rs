//! A prompt added by hand, for what is only known at run time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::call::refusal;
use super::dynamic::{is_name, one_problem};
use super::output::{HandlerError, PromptOutput};
use super::prompt::{PromptComponent, PromptHandler};
use super::signature::unknown;
use super::tables::Timeout;
use super::tool::Common;
use crate::context::Context;
use crate::error::{Error, ToolError};
use crate::future::BoxFuture;
use crate::protocol::{Prompt as Entry, PromptArgument, PromptResult};
use crate::schema::{Faults, Pointer};

/// A prompt whose arguments are only known at run time.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use fastmcp_rs::protocol::PromptArgument;
/// use fastmcp_rs::{Context, DynamicPrompt, Server, ToolError};
///
/// let review = DynamicPrompt::new("review", |arguments: BTreeMap<String, String>, _: Context| async move {
///     Ok::<_, ToolError>(format!("Review this: {}", arguments["code"]))
/// });
/// let server = Server::empty("reviewer").add_prompt(review.argument(PromptArgument::new("code").required(true)));
/// ```
pub struct DynamicPrompt {
    entry: Entry,
    tags: Vec<String>,
    timeout: Timeout,
    handler: Arc<dyn DynamicFill>,
}

/// A handler of a prompt's arguments, erased.
pub(crate) trait DynamicFill: Send + Sync {
    fn fill(
        &self,
        arguments: BTreeMap<String, String>,
        context: Context,
    ) -> BoxFuture<'static, Result<PromptResult, ToolError>>;
}

impl<F, R, T, E> DynamicFill for F
where
    F: Fn(BTreeMap<String, String>, Context) -> R + Send + Sync,
    R: Future<Output = Result<T, E>> + Send + 'static,
    T: PromptOutput,
    E: HandlerError,
{
    fn fill(
        &self,
        arguments: BTreeMap<String, String>,
        context: Context,
    ) -> BoxFuture<'static, Result<PromptResult, ToolError>> {
        let answer = self(arguments, context);
        Box::pin(async move { answer.await.map_err(HandlerError::into_tool_error)?.into_messages() })
    }
}

impl DynamicPrompt {
    /// A prompt of this name. The handler gets the arguments by name: all that are required, and of the others those that were
    /// given.
    pub fn new<F, R, T, E>(name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(BTreeMap<String, String>, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T, E>> + Send + 'static,
        T: PromptOutput,
        E: HandlerError,
    {
        Self { entry: Entry::new(name), tags: Vec::new(), timeout: Timeout::Inherit, handler: Arc::new(handler) }
    }

    /// One more argument. Its value is text, as the protocol has it.
    #[must_use]
    pub fn argument(mut self, argument: PromptArgument) -> Self {
        self.entry.arguments.push(argument);
        self
    }

    /// What the prompt is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.entry.description = Some(description.into());
        self
    }

    /// The name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.entry.title = Some(title.into());
        self
    }

    /// Tags, by which a server can choose.
    #[must_use]
    pub fn tags<S: Into<String>>(mut self, tags: impl IntoIterator<Item = S>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// How long filling it in may take. Default: as the server says.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Timeout::After(limit);
        self
    }

    pub(crate) fn compile(self) -> Result<PromptComponent, Error> {
        let name = self.entry.name.clone();
        let problem = one_problem("prompt", &name);
        if !is_name(&name) {
            return Err(problem("a name is 1 to 128 of `A-Z a-z 0-9 _ - .`"));
        }
        let arguments = &self.entry.arguments;
        for (n, argument) in arguments.iter().enumerate() {
            if arguments[..n].iter().any(|earlier| earlier.name == argument.name) {
                return Err(problem(&format!("it has two arguments `{}`", argument.name)));
            }
        }
        let common = Common::dynamic(name, self.tags, self.timeout);
        Ok(PromptComponent { common, entry: self.entry, handler: PromptHandler::Dynamic(self.handler) })
    }
}

/// The arguments of a call held against those that the prompt lists.
pub(super) fn check(
    entry: &Entry,
    given: &BTreeMap<Cow<'_, str>, Cow<'_, str>>,
) -> Result<BTreeMap<String, String>, ToolError> {
    let mut faults = Faults::default();
    let names: Vec<&str> = entry.arguments.iter().map(|argument| argument.name.as_str()).collect();
    for name in given.keys().filter(|name| !names.contains(&&***name)) {
        let hint = faults.may_hint();
        faults.push(&Pointer::at(name), unknown(name, &names, hint));
    }
    for argument in entry.arguments.iter().filter(|argument| argument.required == Some(true)) {
        if !given.contains_key(argument.name.as_str()) {
            faults.push(&Pointer::at(&argument.name), format!("missing required argument `{}`", argument.name));
        }
    }
    if faults.is_empty() {
        let owned = |(name, value): (&Cow<'_, str>, &Cow<'_, str>)| (name.to_string(), value.to_string());
        return Ok(given.iter().map(owned).collect());
    }
    Err(refusal(&faults))
}

impl std::fmt::Debug for DynamicPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamicPrompt").field("name", &self.entry.name).finish_non_exhaustive()
    }
}
