//! A handler under way: bounded in time, its panics contained, stopped by being dropped.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::Sleep;

use super::answered::Answered;
use super::bound::Binding;
use super::core::Core;
use super::encode::{Body, Reply};
use crate::bounds;
use crate::component::prompt::PromptComponent;
use crate::component::resource::ResourceComponent;
use crate::component::stall;
use crate::component::tool::ToolComponent;
use crate::context::Context;
use crate::context::interaction::{Earlier, Rounds};
use crate::context::read_capabilities;
use crate::error::{ErrorKind, InteractionError, Parts, ToolError, chain, in_band};
use crate::future::BoxFuture;
use crate::incident::{self, incident};
use crate::limits::CallPermit;
use crate::observe::record::Record;
use crate::panics::{drop_contained, panicked};
use crate::protocol::{InputRequired, PromptResult, ResourceResult, Revision, RpcError, jsonrpc, method};
use crate::result::{ReadResult, ToolResult};
use crate::session::KeptBytes;
use crate::text::sanitize;

/// What is being run, and what its outcome becomes.
pub(crate) enum Work {
    Tool(Arc<ToolComponent>, BoxFuture<'static, Result<ToolResult, ToolError>>),
    Resource(Arc<ResourceComponent>, String, BoxFuture<'static, Result<ReadResult, ToolError>>),
    Prompt(Arc<PromptComponent>, BoxFuture<'static, Result<PromptResult, ToolError>>),
    /// Anything that makes its reply itself.
    Other(BoxFuture<'static, Reply>),
    /// Done, and dropped.
    Gone,
}

/// A future of the reply to one request.
pub(crate) struct Running {
    core: Arc<Core>,
    revision: Revision,
    work: Work,
    limit: Option<Duration>,
    /// Armed when the handler did not finish at once: most do, and pay for no timer.
    deadline: Option<Pin<Box<Sleep>>>,
    /// There once a context was made.
    rounds: Option<Arc<Rounds>>,
    bound: Option<Box<Binding>>,
    /// Whether the state that came with the request may be used, which is asked before the handler takes its first step.
    admission: Option<BoxFuture<'static, Result<(), RpcError>>>,
    /// Its place among the calls that run, where they are counted.
    place: CallPlace,
    /// How to run a handler again that asked by what it returned, for a client of an older revision.
    replay: Option<Box<Replay>>,
    /// Questions in the form of a result are the result.
    hands_out: bool,
    /// The request goes on when this is done: it runs within middleware.
    within_middleware: bool,
    /// The rounds of an outer call, which may wait for a person on behalf of this one.
    outer: Option<Arc<Rounds>>,
    /// The arguments, as long as the call is under way.
    kept: Option<KeptBytes>,
    done: bool,
    /// Told how it ends, if anybody wants to know.
    record: Option<Box<Record>>,
}

/// The place of a call among those that run.
pub(crate) enum CallPlace {
    /// They are not counted.
    Free,
    /// It is held to the end of the call, and only held.
    Held(#[allow(dead_code, reason = "it is held")] CallPermit),
    /// It comes, or the reply to a call for which none came.
    Awaited(BoxFuture<'static, Result<Option<CallPermit>, Reply>>),
}

/// A request that can be run again with answers.
pub(crate) struct Replay {
    pub context: Context,
    pub method: &'static str,
    /// The name or the URI that was asked for.
    pub asked: String,
    pub arguments: Option<Box<RawValue>>,
}

impl Running {
    pub(crate) fn new(core: &Arc<Core>, revision: Revision, work: Work) -> Self {
        let server = core.settings.timeout;
        let limit = match &work {
            Work::Tool(tool, _) => tool.common.limit(server),
            Work::Resource(resource, ..) => resource.common.limit(server),
            Work::Prompt(prompt, _) => prompt.common.limit(server),
            Work::Other(_) | Work::Gone => None,
        };
        Self {
            core: Arc::clone(core),
            revision,
            work,
            limit,
            deadline: None,
            rounds: None,
            bound: None,
            admission: None,
            place: CallPlace::Free,
            replay: None,
            hands_out: false,
            within_middleware: false,
            outer: None,
            kept: None,
            done: false,
            record: None,
        }
    }

    /// Takes less time than its component may, where the client has no more; never more.
    pub(crate) fn at_most(mut self, wanted: Option<Duration>) -> Self {
        if let Some(wanted) = wanted {
            self.limit = Some(self.limit.map_or(wanted, |limit| limit.min(wanted)));
        }
        self
    }

    /// Lets the handler stop to ask, and seals what it must remember.
    pub(crate) fn with_rounds(mut self, rounds: Option<Arc<Rounds>>, bound: Option<Binding>) -> Self {
        self.rounds = rounds;
        self.bound = bound.map(Box::new);
        self
    }

    /// Counts what is kept as long as the call is under way.
    pub(crate) fn keeping(mut self, kept: Option<KeptBytes>) -> Self {
        self.kept = kept;
        self
    }

    /// Tells a record how it ends.
    pub(crate) fn recorded(mut self, record: Option<Box<Record>>) -> Self {
        self.record = record;
        self
    }

    /// The answer to a request that does not run after all.
    pub(crate) fn refused(mut self, error: RpcError) -> Answered {
        Answered::new(Err(error), self.record.take())
    }

    /// Holds its place among the calls that run, or waits for one before all else.
    pub(crate) fn at(mut self, place: CallPlace) -> Self {
        self.place = place;
        self
    }

    /// Asks before the first step whether the request may run.
    pub(crate) fn admitted(mut self, admission: Option<BoxFuture<'static, Result<(), RpcError>>>) -> Self {
        self.admission = admission;
        self
    }

    /// Waits for something before all else.
    pub(crate) fn after(mut self, first: BoxFuture<'static, Result<(), RpcError>>) -> Self {
        self.admission = Some(match self.admission.take() {
            None => first,
            Some(admission) => Box::pin(async move {
                first.await?;
                admission.await
            }),
        });
        self
    }

    /// Lets a handler ask by what it returns where the revision has no such result.
    pub(crate) fn with_replay(mut self, replay: Replay) -> Self {
        self.replay = Some(Box::new(replay));
        self
    }

    /// Hands questions out instead of asking them: whoever runs this asks.
    pub(crate) fn handing_out(mut self) -> Self {
        self.replay = None;
        self.hands_out = true;
        self
    }

    /// A handler within middleware, which shares its rounds: on 2026-07-28 its questions leave by the same way as its result.
    pub(crate) fn inside_middleware(mut self, rounds: Option<Arc<Rounds>>) -> Self {
        self.rounds = rounds;
        self.within_middleware = true;
        self.hands_out = !self.revision.asks_in_place();
        self
    }

    /// A call within another: what it asks is the other's question.
    pub(crate) fn within(mut self, outer: &Arc<Rounds>) -> Self {
        self.outer = Some(Arc::clone(outer));
        self.handing_out()
    }

    fn poll_work(&mut self, task: &mut Task<'_>) -> Poll<Reply> {
        macro_rules! run {
            ($of:expr, $handler:expr, $ok:expr) => {{
                let id = $of.common.pace.id;
                let polled = catch_unwind(AssertUnwindSafe(|| stall::step(id, || $handler.as_mut().poll(task))));
                match polled {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(Ok(value))) => Poll::Ready($ok(self, value)),
                    Ok(Poll::Ready(Err(error))) => Poll::Ready(self.fail(error)),
                    Err(panic) => Poll::Ready(self.fail(panicked(&*panic, self.name()))),
                }
            }};
        }
        match &mut self.work {
            Work::Tool(tool, handler) => run!(tool, handler, |this: &mut Self, result| this.tool_done(result)),
            Work::Resource(resource, _, handler) => {
                run!(resource, handler, |this: &mut Self, result| this.resource_done(&result))
            }
            Work::Prompt(prompt, handler) => run!(prompt, handler, |_: &mut Self, result| Ok(Body::Prompt(result))),
            Work::Other(handler) => match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(task))) {
                // Middleware may ask, or hand on what a handler asks.
                Ok(Poll::Ready(Ok(Body::Input(input)))) => Poll::Ready(self.ask(input)),
                Ok(polled) => polled,
                Err(panic) => Poll::Ready(self.fail(panicked(&*panic, self.name()))),
            },
            Work::Gone => Poll::Ready(Err(RpcError::internal("the call is already done"))),
        }
    }

    /// Ends the handler: what it holds is let go now, and not when the reply has been sent.
    fn end(&mut self) {
        match std::mem::replace(&mut self.work, Work::Gone) {
            Work::Tool(tool, handler) => drop_contained(handler, &tool.common.name),
            Work::Resource(resource, _, handler) => drop_contained(handler, &resource.common.name),
            Work::Prompt(prompt, handler) => drop_contained(handler, &prompt.common.name),
            Work::Other(handler) => drop_contained(handler, ""),
            Work::Gone => {}
        }
        self.place = CallPlace::Free;
    }

    fn end_rounds(&self) {
        if let (Some(rounds), false) = (&self.rounds, self.within_middleware) {
            rounds.end();
        }
    }

    fn name(&self) -> &str {
        match &self.work {
            Work::Tool(tool, _) => &tool.common.name,
            Work::Resource(resource, ..) => &resource.common.name,
            Work::Prompt(prompt, _) => &prompt.common.name,
            Work::Other(_) | Work::Gone => "",
        }
    }

    /// Whether the handler can see what comes back. One that cannot would ask for ever.
    fn sees_answers(&self) -> bool {
        let signature = match &self.work {
            Work::Tool(tool, _) => tool.signature(),
            Work::Resource(resource, ..) => resource.signature(),
            Work::Prompt(prompt, _) => prompt.signature(),
            Work::Other(_) | Work::Gone => None,
        };
        signature.is_none_or(|signature| signature.needs_context)
    }

    fn tool_done(&mut self, mut result: ToolResult) -> Reply {
        if let Work::Tool(tool, _) = &self.work {
            result.wrapped = tool.wrapped_output.is_some();
        }
        if let Work::Tool(tool, _) = &self.work
            && let Some(output) = &tool.output
            && !result.is_error
            && (!output.null_only || result.structured.as_deref().is_some_and(|json| json.contains("null")))
        {
            let structured = result.structured.as_deref().and_then(|json| serde_json::from_str(json).ok());
            let faults = structured.as_ref().map(|value| output.check.faults(value));
            if faults.as_ref().is_none_or(|faults| !faults.is_empty()) {
                let what =
                    faults.map_or_else(|| "there is no structured content".to_owned(), |faults| faults.to_string());
                let what = format!("the result does not fit the tool's output schema: {}", sanitize::for_log(&what));
                let incident = incident(&what, false);
                tracing::error!(%incident, tool = %tool.common.name, "{what}");
                return self.fail(ToolError::internal(format!("internal error (incident {incident})")));
            }
        }
        Ok(Body::Tool(result))
    }

    fn resource_done(&mut self, result: &ReadResult) -> Reply {
        let Work::Resource(resource, uri, _) = &self.work else { return Ok(Body::Empty) };
        let contents = resource.contents(result, uri);
        if contents.is_empty() {
            return Err(not_found(self.revision, uri, "the resource has no contents"));
        }
        // A result that depended on answers is nobody else's.
        let private = self.rounds.as_ref().is_some_and(|rounds| rounds.answered());
        let ttl = if private { Some(0) } else { resource.ttl_ms };
        let scope = if private || resource.common.is_restricted() { None } else { resource.cache_scope };
        let mut read = ResourceResult::new(contents);
        read.meta.clone_from(&result.meta);
        (read.cache.ttl_ms, read.cache.scope) = (ttl.unwrap_or(0), scope.unwrap_or_default());
        Ok(Body::Read(read))
    }

    /// Turns a failure into what the protocol wants for the kind of component.
    fn fail(&mut self, error: ToolError) -> Reply {
        let error = match error.into_parts() {
            Parts::Failure(error) => error,
            Parts::Input(input) => return self.ask(input),
            Parts::Rpc(error)
                if self.revision.has_missing_capability_code() || !matches!(self.work, Work::Tool(..)) =>
            {
                return Err(error);
            }
            Parts::Rpc(error) if error.code != jsonrpc::MISSING_CAPABILITY => return Err(error),
            Parts::Rpc(error) => ToolError::unavailable(error.message),
        };
        let common = match &self.work {
            Work::Tool(tool, _) => Some(&tool.common),
            Work::Resource(resource, ..) => Some(&resource.common),
            Work::Prompt(prompt, _) => Some(&prompt.common),
            Work::Other(_) | Work::Gone => None,
        };
        let error = if common.is_some_and(|common| common.expose_errors) { error.expose() } else { error };
        let error = self.core.mask(error, self.name());
        match &self.work {
            Work::Tool(..) => Ok(Body::Tool(ToolResult::failed(&error))),
            Work::Resource(_, uri, _) if error.kind() == ErrorKind::NotFound => {
                Err(not_found(self.revision, uri, error.message()))
            }
            _ => Err(in_band(&error)),
        }
    }

    /// The handler stopped to ask: the questions become the result, and what it must remember travels with them.
    fn ask(&mut self, mut input: InputRequired) -> Reply {
        if !self.revision.asks_in_place() && !self.sees_answers() {
            return Err(RpcError::internal("a handler that asks needs a `Context`, to see the answers"));
        }
        if self.hands_out || self.revision.asks_in_place() {
            return Ok(Body::Input(input));
        }
        let Some(bound) = &self.bound else {
            return Err(RpcError::internal("a question outside of a request for a component"));
        };
        // Only what the client declared may be asked (basic/patterns/mrtr).
        let declared = read_capabilities(bound.declared.as_deref());
        if let Some(required) = input.requests.iter().find_map(|(_, request)| request.undeclared(&declared)) {
            return self.fail(InteractionError::Unsupported(required).into());
        }
        let mut earlier = match &self.rounds {
            Some(rounds) => rounds.remember(input.state.take()),
            None => Earlier { state: input.state.take(), ..Earlier::default() },
        };
        earlier.asked = input.requests.iter().map(|(key, _)| key.clone()).collect();
        match self.core.seal(&earlier, bound) {
            Ok(state) => {
                input.state = Some(state);
                Ok(Body::Input(input))
            }
            Err(what) => Err(RpcError::internal(what)),
        }
    }
}

impl Core {
    /// Keeps a foreign error's text from the client; the log has it under the incident that the client sees.
    fn mask(&self, error: ToolError, component: &str) -> ToolError {
        let error = if self.settings.expose_errors { error.expose() } else { error };
        let Some(cause) = error.masked_cause().map(|cause| chain(cause)) else { return error };
        let cause = sanitize::for_log(&cause);
        let incident = incident(&cause, false);
        tracing::error!(%incident, component, "{cause}");
        error.mask(&incident)
    }

    /// A failure that came out of middleware, as a reply.
    pub(crate) fn conclude(&self, revision: Revision, tool: bool, error: ToolError) -> Reply {
        match error.into_parts() {
            Parts::Input(input) => Ok(Body::Input(input)),
            Parts::Rpc(error)
                if revision.has_missing_capability_code() || !tool || error.code != jsonrpc::MISSING_CAPABILITY =>
            {
                Err(error)
            }
            Parts::Rpc(error) => Ok(Body::Tool(ToolResult::failed(&ToolError::unavailable(error.message)))),
            Parts::Failure(error) => {
                let error = self.mask(error, "middleware");
                if tool { Ok(Body::Tool(ToolResult::failed(&error))) } else { Err(in_band(&error)) }
            }
        }
    }
}

impl Future for Running {
    type Output = Answered;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Answered> {
        let this = &mut *self;
        let Some(record) = &mut this.record else { return this.step(task).map(Answered::from) };
        let entered = incident::enter(record.notes.take());
        let polled = this.step(task);
        let notes = entered.leave();
        if let Some(record) = &mut this.record {
            record.notes = notes;
        }
        polled.map(|reply| Answered::new(reply, this.record.take()))
    }
}

impl Running {
    /// One step of the request.
    fn step(&mut self, task: &mut Task<'_>) -> Poll<Reply> {
        let this = self;
        if let CallPlace::Awaited(place) = &mut this.place {
            match place.as_mut().poll(task) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(permit)) => this.place = permit.map_or(CallPlace::Free, CallPlace::Held),
                Poll::Ready(Err(reply)) => {
                    this.done = true;
                    this.end_rounds();
                    this.end();
                    return Poll::Ready(reply);
                }
            }
        }
        if let Some(admission) = &mut this.admission {
            match admission.as_mut().poll(task) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => this.admission = None,
                Poll::Ready(Err(error)) => {
                    this.done = true;
                    this.end_rounds();
                    this.end();
                    return Poll::Ready(Err(error));
                }
            }
        }
        let mut polled = this.poll_work(task);
        if let Poll::Ready(Ok(Body::Input(_))) = &polled
            && this.revision.asks_in_place()
            && !this.hands_out
        {
            let Poll::Ready(Ok(Body::Input(mut input))) = polled else { return polled };
            let state = input.state.take();
            let earlier = this.rounds.as_ref().map(|rounds| rounds.remember(state)).unwrap_or_default();
            polled = match this.replay.take() {
                Some(replay) => {
                    // From here on the rounds of questions are the work, each run of the handler with its own time limit.
                    this.work = Work::Other(Box::pin(replay.rounds(Arc::clone(&this.core), input, earlier)));
                    (this.limit, this.deadline) = (None, None);
                    this.poll_work(task)
                }
                None => Poll::Ready(
                    this.fail(ToolError::unavailable("this asks a question, and there is nobody to answer it")),
                ),
            };
        }
        if polled.is_pending() {
            if this.rounds.iter().chain(&this.outer).any(|rounds| rounds.is_waiting()) {
                // A person takes the time that a person takes; the handler's own starts again after that.
                this.deadline = None;
            } else if let Some(input) = this.rounds.as_ref().and_then(|rounds| rounds.suspended(task.waker())) {
                polled = Poll::Ready(this.ask(input));
            } else if let Some(limit) = this.limit {
                let deadline = this.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
                if deadline.as_mut().poll(task).is_ready() {
                    tracing::warn!(component = this.name(), ?limit, "a call ran out of time");
                    let error = ToolError::timeout(format!("no answer within {limit:?}"));
                    polled = Poll::Ready(this.fail(error));
                    if let Some(rounds) = &this.rounds {
                        rounds.cancellation().cancel();
                    }
                }
            }
        }
        if polled.is_ready() {
            this.done = true;
            this.end_rounds();
            this.end();
        }
        polled
    }
}

impl Replay {
    /// Asks, runs the handler again with the answers, and again, until it is content.
    async fn rounds(self: Box<Self>, core: Arc<Core>, mut input: InputRequired, mut earlier: Earlier) -> Reply {
        for _ in 0..bounds::ROUNDS {
            match self.context.answers_to(input.requests).await {
                Ok(answers) => earlier.answers.extend(answers),
                Err(error) => {
                    let tool = self.method == method::TOOLS_CALL;
                    return core.conclude(self.context.revision(), tool, error.into());
                }
            }
            let running = self.again(&core, earlier)?;
            let rounds = running.rounds.clone();
            match running.await.reply {
                Ok(Body::Input(mut next)) => {
                    let state = next.state.take();
                    earlier = rounds.map(|rounds| rounds.remember(state)).unwrap_or_default();
                    input = next;
                }
                reply => return reply,
            }
        }
        Err(RpcError::internal("the handler asks without end"))
    }
}

impl Drop for Running {
    /// A call that is dropped before it is done was cancelled; work that it handed its token to should stop too.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        self.end_rounds();
        if let Some(rounds) = &self.rounds {
            rounds.cancellation().cancel();
        }
        self.end();
    }
}

impl RpcError {
    /// A call that cannot be let in for a reason of the server's own. HTTP says it with 503.
    pub(crate) fn unavailable(error: &ToolError) -> Self {
        Self { status: 503, ..in_band(error) }
    }

    /// A caller who may not use what it asks for. HTTP says it with 403.
    pub(crate) fn forbidden(error: &ToolError) -> Self {
        let text = sanitize::bounded_lines(error.message(), bounds::ERROR_TEXT).into_owned();
        Self { status: 403, ..Self::invalid_request(text).with_data(error.to_json()) }
    }
}

/// A resource that does not exist: -32602 on 2026-07-28, -32002 before (server/resources, "Error Handling").
pub(crate) fn not_found(revision: Revision, uri: &str, message: &str) -> RpcError {
    let code = if revision.has_not_found_code() { jsonrpc::RESOURCE_NOT_FOUND } else { jsonrpc::INVALID_PARAMS };
    RpcError::new(code, message.to_owned()).with_data(serde_json::json!({ "uri": sanitize::bounded(uri, 1024) }))
}
