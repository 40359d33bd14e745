//! The way of a request through the middleware of its server: opened as a typed message, and closed as a reply.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::core::Core;
use super::encode::{Body, Reply};
use super::gate::{Found, last, outcome};
use super::request::{Request, Step};
use super::run::{Running, Work, not_found};
use crate::catalog::{Catalog, ListKind};
use crate::component::ComponentInfo;
use crate::context::Context;
use crate::error::{ErrorKind, ToolError};
use crate::future::BoxFuture;
use crate::middleware::{
    ANOTHER_KIND, Arguments, CallTool, Chain, End, Exchanged, GetPrompt, Incoming, Lazy, List, Listed, Outcome,
    ReadResource,
};
use crate::protocol::params::{Members, Params};
use crate::protocol::{Revision, RpcError, method};

/// Takes a client's request for a component through middleware, and to the component.
pub(crate) fn component(request: &Request<'_>, catalog: &Catalog) -> Running {
    let asked = request.asked();
    let mut refusal = asked.as_ref().err().cloned();
    let asked = asked.unwrap_or_default();
    if let Err(error) = request.take_rounds(&asked) {
        refusal.get_or_insert(error);
    }
    let bound = (!request.revision().asks_in_place()).then(|| request.bound(&asked));
    let (message, passage) = match open(request, catalog, &asked, refusal) {
        Ok(opened) => opened,
        Err(error) => return answered(request, Err(error)),
    };
    let rounds = Arc::clone(passage.context.rounds_arc());
    let chain = request.core.middleware.clone();
    let (core, revision) = (Arc::clone(request.core), request.revision());
    let method = request.component_method();
    // Only what there is not is named by its URI in the end.
    let asked = if method == method::RESOURCES_READ { asked.into_owned() } else { String::new() };
    let work = async move { close(&core, revision, method, &asked, chain.run(message, &passage).await) };
    Running::new(request.core, request.revision(), Work::Other(Box::pin(work)))
        .with_rounds(Some(rounds), bound)
        .admitted(request.admission())
}

/// Takes a request of a handler's own through middleware, and to the component.
pub(crate) fn nested(request: &Request<'_>, asked: &str) -> BoxFuture<'static, Outcome> {
    let opened = open(request, &request.core.catalog(), asked, None);
    let (chain, method) = (request.core.middleware.clone(), request.component_method());
    Box::pin(async move {
        match opened {
            Ok((message, passage)) => chain.run(message, &passage).await,
            Err(error) => outcome(method, Err(error)),
        }
    })
}

/// Takes any other request through middleware; `about` is the component that it is about.
pub(crate) fn exchange(request: &Request<'_>, about: Option<ComponentInfo>) -> Running {
    let context = request.context();
    let message = match ListKind::of(request.method) {
        Some(kind) => Incoming::List(List { method: kind.method(), context: context.clone() }),
        None => Incoming::Request { method: request.method.to_owned(), component: about, context: context.clone() },
    };
    let params = request.params.raw().map(ToOwned::to_owned);
    let passage =
        Passage { core: Arc::clone(request.core), context, outer: None, entered: None, params, refusal: None };
    let rounds = Arc::clone(passage.context.rounds_arc());
    let chain = request.core.middleware.clone();
    let (core, revision, method) = (Arc::clone(request.core), request.revision(), request.method.to_owned());
    let work = async move { close(&core, revision, &method, "", chain.run(message, &passage).await) };
    Running::new(request.core, revision, Work::Other(Box::pin(work))).with_rounds(Some(rounds), None)
}

/// Shows a notification to middleware; its effect does not depend on them.
pub(crate) async fn notify(chain: Chain, method: String, params: serde_json::Value) {
    chain.run(Incoming::Notification { method, params }, &Nowhere).await;
}

/// A reply that is there already.
pub(super) fn answered(request: &Request<'_>, reply: Reply) -> Running {
    Running::new(request.core, request.revision(), Work::Other(Box::pin(std::future::ready(reply))))
}

/// The request as a message, and the rest of its way.
fn open(
    request: &Request<'_>,
    catalog: &Catalog,
    asked: &str,
    mut refusal: Option<RpcError>,
) -> Result<(Incoming, Passage), RpcError> {
    // Middleware may know a name that the server does not.
    let found = if refusal.is_none() { Found::of(request, catalog, asked).ok() } else { None };
    if let Some(Found::Tool(tool, _)) = &found
        && !tool.headers.is_empty()
    {
        // Ahead of middleware that may change the arguments.
        let arguments = request.arguments().ok().flatten();
        request.check_headers(&tool.headers, arguments.as_deref())?;
    }
    let mut component = found.map(|found| found.info());
    let entered = component.as_ref().filter(|_| request.outer.is_none()).map(ComponentInfo::id);
    let context = request.context();
    let arguments = match request.method {
        method::RESOURCES_READ => Ok(Arguments::default()),
        method::PROMPTS_GET => Arguments::of(request.params.members.arguments.map(Cow::Borrowed)),
        _ => request.arguments().and_then(Arguments::of),
    };
    let message = match (request.method, arguments) {
        (_, Err(error)) => {
            refusal.get_or_insert(error);
            None
        }
        _ if refusal.is_some() => None,
        (method::TOOLS_CALL, Ok(arguments)) => {
            let (name, component, context) = (asked.to_owned(), component.take(), context.clone());
            Some(Incoming::CallTool(CallTool { name, arguments, component, context }))
        }
        (method::PROMPTS_GET, Ok(arguments)) => {
            let (name, component, context) = (asked.to_owned(), component.take(), context.clone());
            Some(Incoming::GetPrompt(GetPrompt { name, arguments, component, context }))
        }
        _ => {
            let (uri, component, context) = (asked.to_owned(), component.take(), context.clone());
            Some(Incoming::ReadResource(ReadResource { uri, component, context }))
        }
    };
    // What cannot be read as what it claims to be still passes, but as a refusal that nothing on the way can turn into a call.
    let message = message.unwrap_or_else(|| Incoming::Request {
        method: request.method.to_owned(),
        component,
        context: context.clone(),
    });
    let core = Arc::clone(request.core);
    Ok((message, Passage { core, context, outer: request.outer.cloned(), entered, params: None, refusal }))
}

/// The rest of a request's way, after middleware.
struct Passage {
    core: Arc<Core>,
    context: Context,
    /// The call that makes this one.
    outer: Option<Context>,
    /// The component by which it was let in.
    entered: Option<u64>,
    /// The parameters of a request that is not for a component.
    params: Option<Box<RawValue>>,
    refusal: Option<RpcError>,
}

impl End for Passage {
    fn finish(&self, message: Incoming) -> BoxFuture<'_, Outcome> {
        if let Some(error) = &self.refusal {
            return Box::pin(std::future::ready(Outcome::Other(Err(error.clone()))));
        }
        let (method, begun) = match message {
            Incoming::CallTool(call) => {
                (method::TOOLS_CALL, self.start(method::TOOLS_CALL, &call.name, &call.arguments))
            }
            Incoming::GetPrompt(get) => {
                (method::PROMPTS_GET, self.start(method::PROMPTS_GET, &get.name, &get.arguments))
            }
            Incoming::ReadResource(read) => {
                (method::RESOURCES_READ, self.start(method::RESOURCES_READ, &read.uri, &Arguments::default()))
            }
            Incoming::List(list) => return self.exchange(list.method.to_owned()),
            Incoming::Request { method, .. } => return self.exchange(method),
            Incoming::Notification { .. } => return Box::pin(std::future::ready(Outcome::Nothing)),
        };
        Box::pin(async move {
            match begun {
                Ok(running) => outcome(method, running.await.reply),
                Err(error) => Outcome::failed(method, error),
            }
        })
    }
}

impl Passage {
    fn start(&self, method: &str, asked: &str, arguments: &Arguments) -> Result<Running, ToolError> {
        let arguments = arguments.raw()?;
        let members = Members { arguments: arguments.as_deref(), ..Members::default() };
        let request = Request::of(&self.core, method, members, self.context.origin());
        last(&Request { outer: self.outer.as_ref(), ..request }, asked, self.entered)
    }

    fn exchange(&self, method: String) -> BoxFuture<'_, Outcome> {
        let step = Params::read(self.params.as_deref()).map_err(RpcError::invalid_params).and_then(|params| {
            let request = Request::of(&self.core, &method, Members::default(), self.context.origin());
            Request { params, ..request }.exchange()
        });
        Box::pin(async move {
            let reply = match step {
                Ok(Step::Done(answered)) => answered.reply,
                Ok(Step::Run(running)) => running.await.reply,
                Err(error) => Err(error),
            };
            if ListKind::of(&method).is_some() {
                return Outcome::List(match reply {
                    Ok(Body::List { items, next, cache, .. }) => {
                        Ok(Listed { items: Lazy::written(items), next_cursor: next, cache })
                    }
                    Ok(_) => Err(RpcError::internal("the answer is not a list")),
                    Err(error) => Err(error),
                });
            }
            Outcome::Other(reply.and_then(|body| match body {
                Body::Empty => Ok(Exchanged::default()),
                Body::Members(members) => Ok(Exchanged { members: Lazy::written(members.into()), cache: None }),
                Body::Cached { members, cache } => {
                    Ok(Exchanged { members: Lazy::written(members.into()), cache: Some(cache) })
                }
                _ => Err(RpcError::internal("the answer is not one of an exchange")),
            }))
        })
    }
}

/// The end of a notification's way.
struct Nowhere;

impl End for Nowhere {
    fn finish(&self, _: Incoming) -> BoxFuture<'_, Outcome> {
        Box::pin(std::future::ready(Outcome::Nothing))
    }
}

/// The outcome as a reply.
fn close(core: &Core, revision: Revision, method: &str, asked: &str, outcome: Outcome) -> Reply {
    match (method, outcome) {
        (method::TOOLS_CALL, Outcome::Tool(Ok(result))) => Ok(Body::Tool(result)),
        (method::TOOLS_CALL, Outcome::Tool(Err(error))) => core.conclude(revision, true, error),
        (method::RESOURCES_READ, Outcome::Resource(Ok(result))) => Ok(Body::Read(result)),
        (method::RESOURCES_READ, Outcome::Resource(Err(error))) if error.kind() == ErrorKind::NotFound => {
            Err(not_found(revision, asked, error.message()))
        }
        (method::PROMPTS_GET, Outcome::Prompt(Ok(result))) => Ok(Body::Prompt(result)),
        (method::RESOURCES_READ, Outcome::Resource(Err(error)))
        | (method::PROMPTS_GET, Outcome::Prompt(Err(error))) => core.conclude(revision, false, error),
        (_, Outcome::Other(Err(error))) => Err(error),
        (list, Outcome::List(outcome)) => {
            let Some(kind) = ListKind::of(list) else { return Err(RpcError::internal(ANOTHER_KIND)) };
            let Listed { items, next_cursor, cache } = outcome?;
            Ok(Body::List { kind, items: items.into_written()?, next: next_cursor, cache })
        }
        (_, Outcome::Other(Ok(Exchanged { mut members, cache }))) => {
            if !members.is_written() {
                // These are the server's to write.
                members.remove("_meta");
                members.remove("resultType");
            }
            let members = members.into_written()?.to_vec();
            Ok(match cache {
                Some(cache) => Body::Cached { members, cache },
                None => Body::Members(members),
            })
        }
        _ => Err(RpcError::internal(ANOTHER_KIND)),
    }
}
