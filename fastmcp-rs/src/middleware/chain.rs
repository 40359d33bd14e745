//! How a message passes through the hooks of all middleware: each hook is one call of an erased middleware, and one box.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use super::hooks::{CallTool, GetPrompt, Hooks, Incoming, List, Listed, Middleware, Outcome, ReadResource};
use crate::error::ToolError;
use crate::future::BoxFuture;
use crate::protocol::{PromptResult, ResourceResult, RpcError, method};
use crate::result::ToolResult;

/// The rest of the way: further hooks, and the server at the end.
pub struct Next<'a, M: Hooked> {
    way: Way<'a>,
    message: PhantomData<fn(M)>,
}

impl<'a, M: Hooked> Next<'a, M> {
    /// Goes on with a message, the same or a changed one.
    pub fn run(self, message: M) -> impl Future<Output = M::Outcome> + Send + 'a {
        Passing { outcome: self.way.go(message.into()), message: PhantomData::<fn(M)> }
    }
}

impl<M: Hooked> fmt::Debug for Next<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").finish_non_exhaustive()
    }
}

/// The outcome of a message, as the hook wants it that passed the message on.
struct Passing<'a, M> {
    outcome: BoxFuture<'a, Outcome>,
    message: PhantomData<fn(M)>,
}

impl<M: Hooked> Future for Passing<'_, M> {
    type Output = M::Outcome;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<M::Outcome> {
        self.outcome.as_mut().poll(task).map(M::outcome)
    }
}

/// A message that a hook of its own is there for.
pub trait Hooked: Into<Incoming> + Send + 'static {
    /// What the message comes to.
    type Outcome: Send + 'static;

    /// The outcome of a message of this kind; an error if a middleware answered with that of another.
    #[doc(hidden)]
    fn outcome(outcome: Outcome) -> Self::Outcome;
}

impl Hooked for Incoming {
    type Outcome = Outcome;

    fn outcome(outcome: Outcome) -> Outcome {
        outcome
    }
}

macro_rules! hooked {
    ($($message:ident($wrapped:ident) -> Result<$result:ty, $error:ty>;)*) => {
        $(
            impl From<$message> for Incoming {
                fn from(message: $message) -> Self {
                    Self::$message(message)
                }
            }

            impl Hooked for $message {
                type Outcome = Result<$result, $error>;

                fn outcome(outcome: Outcome) -> Self::Outcome {
                    match outcome {
                        Outcome::$wrapped(outcome) => outcome,
                        _ => Err(<$error>::internal(ANOTHER_KIND)),
                    }
                }
            }
        )*
    };
}

hooked! {
    CallTool(Tool) -> Result<ToolResult, ToolError>;
    ReadResource(Resource) -> Result<ResourceResult, ToolError>;
    GetPrompt(Prompt) -> Result<PromptResult, ToolError>;
    List(List) -> Result<Listed, RpcError>;
}

/// The message of the error for an outcome that does not belong to what was asked.
pub(crate) const ANOTHER_KIND: &str = "a middleware answered with the outcome of another kind of message";

/// All middleware of a server, outermost first.
#[derive(Clone, Default)]
pub(crate) struct Chain(Arc<Vec<Layer>>);

impl Chain {
    pub(crate) fn add(&mut self, middleware: impl Middleware) {
        let layer = Layer { hooks: middleware.hooks(), middleware: Box::new(middleware) };
        match Arc::get_mut(&mut self.0) {
            Some(layers) => layers.push(layer),
            None => unreachable!("the chain is shared only once the server is built"),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a message through every hook, and to the end.
    pub(crate) fn run<'a>(&'a self, message: Incoming, end: &'a dyn End) -> BoxFuture<'a, Outcome> {
        Way { layers: &self.0, step: 0, end }.go(message)
    }
}

/// What is at the end of a message's way.
pub(crate) trait End: Sync {
    fn finish(&self, message: Incoming) -> BoxFuture<'_, Outcome>;
}

/// One middleware, erased.
struct Layer {
    hooks: Hooks,
    middleware: Box<dyn ErasedMiddleware>,
}

/// Where a message is on its way: before which hook of which middleware.
#[derive(Clone, Copy)]
struct Way<'a> {
    layers: &'a [Layer],
    step: usize,
    end: &'a dyn End,
}

impl<'a> Way<'a> {
    fn go(mut self, message: Incoming) -> BoxFuture<'a, Outcome> {
        let steps = steps(&message);
        while let [layer, rest @ ..] = self.layers {
            while let Some(hook) = steps.get(self.step) {
                self.step += 1;
                if layer.hooks.contains(*hook) {
                    return layer.middleware.pass(*hook, message, self);
                }
            }
            (self.layers, self.step) = (rest, 0);
        }
        self.end.finish(message)
    }
}

/// The hooks of one middleware that a message passes, in their order.
fn steps(message: &Incoming) -> [Hooks; 3] {
    let typed = match message {
        Incoming::CallTool(_) => Hooks::CALL_TOOL,
        Incoming::ReadResource(_) => Hooks::READ_RESOURCE,
        Incoming::GetPrompt(_) => Hooks::GET_PROMPT,
        Incoming::List(list) => match list.method {
            method::TOOLS_LIST => Hooks::LIST_TOOLS,
            method::PROMPTS_LIST => Hooks::LIST_PROMPTS,
            method::RESOURCES_LIST => Hooks::LIST_RESOURCES,
            _ => Hooks::LIST_RESOURCE_TEMPLATES,
        },
        Incoming::Request { .. } => Hooks::none(),
        Incoming::Notification { .. } => return [Hooks::MESSAGE, Hooks::NOTIFICATION, Hooks::none()],
    };
    [Hooks::MESSAGE, Hooks::REQUEST, typed]
}

trait ErasedMiddleware: Send + Sync {
    /// Runs one hook.
    fn pass<'a>(&'a self, hook: Hooks, message: Incoming, way: Way<'a>) -> BoxFuture<'a, Outcome>;
}

impl<T: Middleware> ErasedMiddleware for T {
    fn pass<'a>(&'a self, hook: Hooks, message: Incoming, way: Way<'a>) -> BoxFuture<'a, Outcome> {
        fn next<M: Hooked>(way: Way<'_>) -> Next<'_, M> {
            Next { way, message: PhantomData }
        }
        match (hook, message) {
            (Hooks::MESSAGE, message) => Box::pin(self.on_message(message, next(way))),
            (Hooks::REQUEST, message) => Box::pin(self.on_request(message, next(way))),
            (Hooks::NOTIFICATION, message) => Box::pin(self.on_notification(message, next(way))),
            (_, Incoming::CallTool(call)) => {
                Box::pin(async move { Outcome::Tool(self.on_call_tool(call, next(way)).await) })
            }
            (_, Incoming::ReadResource(read)) => {
                Box::pin(async move { Outcome::Resource(self.on_read_resource(read, next(way)).await) })
            }
            (_, Incoming::GetPrompt(get)) => {
                Box::pin(async move { Outcome::Prompt(self.on_get_prompt(get, next(way)).await) })
            }
            (Hooks::LIST_TOOLS, Incoming::List(list)) => {
                Box::pin(async move { Outcome::List(self.on_list_tools(list, next(way)).await) })
            }
            (Hooks::LIST_PROMPTS, Incoming::List(list)) => {
                Box::pin(async move { Outcome::List(self.on_list_prompts(list, next(way)).await) })
            }
            (Hooks::LIST_RESOURCES, Incoming::List(list)) => {
                Box::pin(async move { Outcome::List(self.on_list_resources(list, next(way)).await) })
            }
            (_, Incoming::List(list)) => {
                Box::pin(async move { Outcome::List(self.on_list_resource_templates(list, next(way)).await) })
            }
            (_, other) => way.go(other),
        }
    }
}
