//! The gate: the one way to a component. A request passes it whoever makes it: a client, a handler that calls another component,
//! a middleware that passes on, a round of questions that runs a handler again.
//!
//! Its stations, in order: the component is looked up; scopes and roles are asked for; the limits are; middleware, if there is any;
//! the arguments are read; the handler runs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::core::Core;
use super::encode::{Body, Reply};
use super::pipeline;
use super::request::Request;
use super::run::{CallPlace, Replay, Running, Work, not_found};
use crate::bounds;
use crate::catalog::{Catalog, Denied};
use crate::component::ComponentInfo;
use crate::component::prompt::PromptComponent;
use crate::component::resource::ResourceComponent;
use crate::component::tool::{Common, ToolComponent};
use crate::context::Context;
use crate::context::interaction::{Earlier, Rounds};
use crate::error::{ErrorKind, Parts, ToolError};
use crate::future::BoxFuture;
use crate::limits::{Asking, CountsAs, Entrance, Limited, Limits};
use crate::middleware::{CallTool, GetPrompt, Hooked as _, Outcome, ReadResource};
use crate::observe::{Admission, Observers};
use crate::protocol::jsonrpc::{self, text};
use crate::protocol::params::Members;
use crate::protocol::{PromptResult, ResourceResult, RpcError, method};
use crate::result::ToolResult;
use crate::session::KeptBytes;
use crate::text::sanitize::bounded;
use crate::uri::Captures;

/// Takes a request to its component.
pub(crate) fn enter(request: &Request<'_>) -> Result<Running, RpcError> {
    let piped = !request.core.middleware.is_empty();
    let catalog = request.core.catalog();
    if piped {
        if !catalog.is_restricted() && !request.is_recorded() && request.core.limits.is_none() {
            return Ok(pipeline::component(request, &catalog));
        }
        let asked = request.asked();
        let found = asked.as_ref().ok().and_then(|asked| Found::of(request, &catalog, asked).ok());
        if let Some(found) = &found {
            request.is_for(|| found.info());
        }
        if let Some(error) = found.as_ref().and_then(|found| found.denied(request, &catalog)) {
            return request.denied(error);
        }
        // A name that only middleware knows is called, too.
        let common = found.as_ref().map(Found::common);
        let asked = asked.as_deref().unwrap_or_default();
        return request.limited(common, asked, || observed(request, || Ok(pipeline::component(request, &catalog))));
    }
    let asked = request.asked()?;
    let found = Found::of(request, &catalog, &asked)?;
    request.is_for(|| found.info());
    match found.denied(request, &catalog) {
        Some(error) => request.denied(error),
        None => request.limited(Some(found.common()), &asked, || observed(request, || found.start(request))),
    }
}

/// Begins a call if those who want to know of it can take it.
fn observed(request: &Request<'_>, begin: impl FnOnce() -> Result<Running, RpcError>) -> Result<Running, RpcError> {
    if request.core.observers.is_empty() {
        return begin();
    }
    match request.core.observers.admit(request.record.borrow_mut().as_deref_mut()) {
        Admission::Granted => begin(),
        Admission::Refused(error) => {
            let tool = request.method == method::TOOLS_CALL;
            Ok(pipeline::answered(request, request.core.conclude(request.revision(), tool, error)))
        }
        Admission::Later(first) => Ok(begin()?.after(first)),
    }
}

/// A component that was asked for, and by which name.
pub(crate) enum Found<'c> {
    Tool(&'c Arc<ToolComponent>, &'c str),
    Resource(&'c Arc<ResourceComponent>, &'c str, Captures<'c>),
    Prompt(&'c Arc<PromptComponent>, &'c str),
}

impl<'c> Found<'c> {
    /// Looks a component up.
    pub(crate) fn of(request: &Request<'_>, catalog: &'c Catalog, asked: &'c str) -> Result<Self, RpcError> {
        let caller = request.origin.caller;
        match request.method {
            method::TOOLS_CALL => catalog.tool(asked, caller).map(|tool| Self::Tool(tool, asked)),
            method::PROMPTS_GET => catalog.prompt(asked, caller).map(|prompt| Self::Prompt(prompt, asked)),
            _ => {
                let missing = |message: &str| not_found(request.revision(), asked, message);
                match catalog.resource(asked, caller) {
                    Ok(Some((resource, captures))) => Ok(Self::Resource(resource, asked, captures)),
                    Ok(None) => Err(missing(&format!("Resource not found: {}", bounded(asked, bounds::ECHO)))),
                    Err(bad) if bad.variable.is_some() => Err(missing(&format!("Resource not found: {bad}"))),
                    Err(bad) => Err(RpcError::invalid_params(format!("Resource not found: {bad}"))),
                }
            }
        }
    }

    pub(crate) fn info(&self) -> ComponentInfo {
        match self {
            Self::Tool(tool, _) => (*tool).into(),
            Self::Resource(resource, ..) => (*resource).into(),
            Self::Prompt(prompt, _) => (*prompt).into(),
        }
    }

    fn common(&self) -> &'c Common {
        match self {
            Self::Tool(tool, _) => &tool.common,
            Self::Resource(resource, ..) => &resource.common,
            Self::Prompt(prompt, _) => &prompt.common,
        }
    }

    /// Why the caller may not use it, if it may not.
    fn denied(&self, request: &Request<'_>, catalog: &Catalog) -> Option<ToolError> {
        let common = self.common();
        catalog.denies(common, request.origin.caller).map(|denied| forbidden(common, &denied))
    }

    /// The arguments are read, and the handler is made ready to run.
    pub(crate) fn start(self, request: &Request<'_>) -> Result<Running, RpcError> {
        let origin = &request.origin;
        // Before anything of it is done.
        let kept = request.keep()?;
        let running = match self {
            Self::Tool(tool, name) => {
                let arguments = request.arguments()?;
                let arguments = arguments.as_deref();
                request.check_headers(&tool.headers, arguments)?;
                request.take_rounds(name)?;
                let handler = tool.start(arguments, origin);
                request.running(Work::Tool(Arc::clone(tool), handler), name)
            }
            Self::Resource(resource, uri, captures) => {
                request.take_rounds(uri)?;
                let handler = resource.start(&captures, origin);
                let work = Work::Resource(Arc::clone(resource), uri.to_owned(), handler);
                request.running(work, uri)
            }
            Self::Prompt(prompt, name) => {
                let arguments = texts(request)?;
                request.take_rounds(name)?;
                let handler = prompt.start(&arguments, origin);
                request.running(Work::Prompt(Arc::clone(prompt), handler), name)
            }
        };
        Ok(running.keeping(kept))
    }
}

/// The arguments of a prompt, which are strings. Numbers and booleans mean themselves, unless arguments are read to the letter.
fn texts<'a>(request: &Request<'a>) -> Result<BTreeMap<Cow<'a, str>, Cow<'a, str>>, RpcError> {
    let mut texts = BTreeMap::new();
    let Some(raw) = request.params.members.arguments else { return Ok(texts) };
    let raw: BTreeMap<String, &RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| RpcError::invalid_params("`arguments` must be an object"))?;
    for (name, value) in raw {
        let text = match text(value) {
            Some(text) => text,
            None if value.get() == "null" => continue,
            None if request.origin.lenient && !value.get().starts_with(['{', '[']) => Cow::Borrowed(value.get()),
            None => {
                let what = format!("the argument `{}` must be a string", bounded(&name, 64));
                return Err(RpcError::invalid_params(what));
            }
        };
        texts.insert(Cow::Owned(name), text);
    }
    Ok(texts)
}

impl Request<'_> {
    /// The answer to a caller who may not use what it asks for: over HTTP with the status that says so, as long as it is free.
    fn denied(&self, error: ToolError) -> Result<Running, RpcError> {
        if self.mirrored.is_none() && self.method == method::TOOLS_CALL {
            return Ok(pipeline::answered(self, self.core.conclude(self.revision(), true, error)));
        }
        Err(RpcError::forbidden(&error))
    }

    /// Begins a client's call if the limits of the server let it. Without any, this is one question.
    fn limited(
        &self,
        common: Option<&Common>,
        asked: &str,
        begin: impl FnOnce() -> Result<Running, RpcError>,
    ) -> Result<Running, RpcError> {
        let Some(limits) = &self.core.limits else { return begin() };
        let counts = if self.continues(asked) { CountsAs::Continued } else { CountsAs::Call };
        self.within(limits, common, counts, begin).unwrap_or_else(|error| self.refused_by_limit(error))
    }

    /// The same for the completion of an argument.
    pub(crate) fn completing(
        &self,
        common: &Common,
        begin: impl FnOnce() -> Result<Running, RpcError>,
    ) -> Result<Running, RpcError> {
        let Some(limits) = &self.core.limits else { return begin() };
        let begun = self.within(limits, Some(common), CountsAs::Completion, begin);
        begun.unwrap_or_else(|error| self.refused_by_limit(error))
    }

    /// Begins a call if the limits let it, or says why they do not.
    fn within(
        &self,
        limits: &Arc<Limits>,
        common: Option<&Common>,
        counts: CountsAs,
        begin: impl FnOnce() -> Result<Running, RpcError>,
    ) -> Result<Result<Running, RpcError>, ToolError> {
        Ok(match limits.admit(&Asking { caller: self.origin.caller, common, counts, method: self.method }) {
            Entrance::Now(None) => begin(),
            Entrance::Now(Some(permit)) => begin().map(|running| running.at(CallPlace::Held(permit))),
            Entrance::Refused(limited) => return Err(limited.told(&self.core.observers)),
            Entrance::Later(place) => {
                let (core, revision, call) = (Arc::clone(self.core), self.revision(), self.is_call());
                // Over HTTP the status is free, as long as it is a request of its own.
                let has_status = self.mirrored.is_some() && revision.has_error_statuses();
                let place = async move {
                    place.await.map_err(|limited| {
                        let by_status = limited.by_status && has_status;
                        let error = limited.told(&core.observers);
                        if by_status {
                            Err(RpcError::unavailable(&error))
                        } else {
                            core.conclude(revision, call, error)
                        }
                    })
                };
                begin().map(|running| running.at(CallPlace::Awaited(Box::pin(place))))
            }
        })
    }

    fn refused_by_limit(&self, error: ToolError) -> Result<Running, RpcError> {
        Ok(pipeline::answered(self, self.core.conclude(self.revision(), self.is_call(), error)))
    }

    /// Whether it is a call that was let in before, and comes back with the answers to its questions.
    fn continues(&self, asked: &str) -> bool {
        self.params.members.request_state.is_some()
            && self.take_rounds(asked).is_ok()
            && self.origin.rounds.get().is_some_and(|rounds| rounds.state_id().is_some())
    }

    fn is_call(&self) -> bool {
        self.method == method::TOOLS_CALL
    }

    /// The same for a request that is not for a component, but about one.
    pub(crate) fn forbidden(&self, common: &Common, denied: &Denied) -> RpcError {
        RpcError::forbidden(&forbidden(common, denied))
    }

    /// Counts the arguments among what is kept for the client, where they are long.
    fn keep(&self) -> Result<Option<KeptBytes>, RpcError> {
        let bytes = self.params.members.arguments.map_or(0, |arguments| arguments.get().len());
        if bytes < bounds::COUNTED || self.outer.is_some() {
            return Ok(None);
        }
        let of = self.origin.session.map_or(&self.core.kept, |session| session.kept());
        let full = || RpcError::internal("too much is kept for calls under way: wait for some of them");
        of.take(bytes).map(Some).ok_or_else(full)
    }

    /// A handler that is ready to run, with all that it may need when it asks a question.
    fn running(&self, work: Work, asked: &str) -> Running {
        let running = Running::new(self.core, self.revision(), work).at_most(self.origin.meta.time_limit());
        if let Some(outer) = self.outer {
            return running.within(outer.rounds_arc());
        }
        let rounds = self.origin.rounds.get().cloned();
        if !self.revision().asks_in_place() {
            if self.origin.context.is_some() {
                return running.inside_middleware(rounds);
            }
            // A handler without a context has no way to see what comes back, so nothing needs to be bound.
            let bound = rounds.is_some().then(|| self.bound(asked));
            return running.with_rounds(rounds, bound).admitted(self.admission());
        }
        // Only a handler with a context can see what it is answered.
        let replay = rounds.is_some().then(|| Replay {
            context: self.context(),
            method: self.component_method(),
            asked: asked.to_owned(),
            arguments: self.params.members.arguments.map(ToOwned::to_owned),
        });
        let running = if self.origin.context.is_some() {
            running.inside_middleware(rounds)
        } else {
            running.with_rounds(rounds, None)
        };
        match replay {
            Some(replay) => running.with_replay(replay),
            None => running,
        }
    }
}

impl Replay {
    /// Runs the handler again, with answers. It is not given the means to be run a further time by itself.
    pub(crate) fn again(&self, core: &Arc<Core>, earlier: Earlier) -> Result<Running, RpcError> {
        let mut origin = self.context.nested();
        (origin.id, origin.rounds) = (self.context.raw_id(), Arc::new(Rounds::after(earlier)).into());
        let members = Members { arguments: self.arguments.as_deref(), ..Members::default() };
        let request = Request::of(core, self.method, members, origin);
        let catalog = core.catalog();
        let found = Found::of(&request, &catalog, &self.asked)?;
        match found.denied(&request, &catalog) {
            Some(error) => request.denied(error),
            None => found.start(&request).map(Running::handing_out),
        }
    }
}

/// Calls a tool from within another call.
pub(crate) async fn call_tool(
    core: &Arc<Core>,
    name: &str,
    arguments: Value,
    outer: &Context,
) -> Result<ToolResult, ToolError> {
    let begun = {
        let arguments = to_raw_value(&arguments)?;
        let members = Members { arguments: Some(&arguments), ..Members::default() };
        begin(&Request::nested(core, method::TOOLS_CALL, members, outer), name)?
    };
    CallTool::outcome(begun.await).map_err(failed)
}

/// Reads a resource from within a call.
pub(crate) async fn read_resource(core: &Arc<Core>, uri: &str, outer: &Context) -> Result<ResourceResult, ToolError> {
    let begun = begin(&Request::nested(core, method::RESOURCES_READ, Members::default(), outer), uri)?;
    ReadResource::outcome(begun.await).map_err(failed)
}

/// Fills in a prompt from within a call. Its arguments are strings; other values are written as JSON.
pub(crate) async fn get_prompt(
    core: &Arc<Core>,
    name: &str,
    mut arguments: Map<String, Value>,
    outer: &Context,
) -> Result<PromptResult, ToolError> {
    for value in arguments.values_mut().filter(|value| !value.is_string()) {
        *value = Value::String(value.to_string());
    }
    let begun = {
        let arguments = to_raw_value(&arguments)?;
        let members = Members { arguments: Some(&arguments), ..Members::default() };
        begin(&Request::nested(core, method::PROMPTS_GET, members, outer), name)?
    };
    GetPrompt::outcome(begun.await).map_err(failed)
}

impl Limited {
    /// The failure of the call, once those who watch know which limit it is.
    fn told(self, observers: &Observers) -> ToolError {
        observers.limited(&self.limit);
        self.error
    }
}

/// Takes a nested request to its component.
fn begin(request: &Request<'_>, asked: &str) -> Result<BoxFuture<'static, Outcome>, ToolError> {
    if !request.core.middleware.is_empty() {
        return Ok(pipeline::nested(request, asked));
    }
    let running = last(request, asked, None).map_err(failed)?;
    let method = request.component_method();
    Ok(Box::pin(async move { outcome(method, running.await.reply) }))
}

/// The stations after middleware. `entered` is the component that has let the call in already.
pub(crate) fn last(request: &Request<'_>, asked: &str, entered: Option<u64>) -> Result<Running, ToolError> {
    let catalog = request.core.catalog();
    let found = Found::of(request, &catalog, asked).map_err(|error| match request.method {
        method::RESOURCES_READ => ToolError::rpc(error),
        _ => ToolError::rpc_of(ErrorKind::NotFound, error),
    })?;
    if let Some(error) = found.denied(request, &catalog) {
        return Err(error);
    }
    match &request.core.limits {
        Some(limits) if entered != Some(found.common().pace.id) => {
            let common = Some(found.common());
            let begun = request.within(limits, common, CountsAs::Nested, || found.start(request))?;
            begun.map_err(ToolError::rpc)
        }
        _ => found.start(request).map_err(ToolError::rpc),
    }
}

/// The failure of a caller who may not use a component. It names all that the component needs, so that a client can ask for it at
/// once (2026-07-28, basic/authorization, "Runtime Insufficient Scope Errors").
fn forbidden(common: &Common, denied: &Denied) -> ToolError {
    let (needs, details) = match denied {
        Denied::Scopes([one]) => (format!("the scope {one}"), json!({ "required_scopes": [one] })),
        Denied::Scopes(all) => (format!("the scopes {}", all.join(" ")), json!({ "required_scopes": all })),
        Denied::Roles([one]) => (format!("the role {one}"), json!({ "required_roles": [one] })),
        Denied::Roles(any) => (format!("one of the roles {}", any.join(" ")), json!({ "required_roles": any })),
    };
    ToolError::forbidden(format!("{} needs {needs}", common.name)).with_details(details)
}

/// A failure as a handler sees it that made the request: by its kind. Only a capability that the client lacks stays a matter
/// between the two ends.
fn failed(error: ToolError) -> ToolError {
    let kind = error.kind();
    match error.into_parts() {
        Parts::Failure(error) => error,
        Parts::Input(input) => input.into(),
        Parts::Rpc(error) if error.code == jsonrpc::MISSING_CAPABILITY => ToolError::rpc(error),
        Parts::Rpc(error) => ToolError::new(kind, error.message),
    }
}

/// The reply to the request for a component, typed.
pub(crate) fn outcome(method: &str, reply: Reply) -> Outcome {
    match method {
        method::TOOLS_CALL => Outcome::Tool(match reply {
            Ok(Body::Tool(result)) => Ok(result),
            reply => Err(other(reply)),
        }),
        method::PROMPTS_GET => Outcome::Prompt(match reply {
            Ok(Body::Prompt(result)) => Ok(result),
            reply => Err(other(reply)),
        }),
        _ => Outcome::Resource(match reply {
            Ok(Body::Read(result)) => Ok(result),
            reply => Err(other(reply)),
        }),
    }
}

/// A reply that is not a result of the kind that was asked for.
fn other(reply: Reply) -> ToolError {
    match reply {
        Ok(Body::Input(input)) => input.into(),
        Ok(_) => ToolError::internal("the answer is not of the kind that was asked for"),
        Err(error) => ToolError::rpc(error),
    }
}
