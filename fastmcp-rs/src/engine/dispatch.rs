//! One request in, one reply out: which era it is of, whether its envelope holds, and which method it wants.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use super::core::{Core, log_level};
use super::encode::{Body, Reply};
use super::run::{Bound, Replay, Running, Work, not_found};
use crate::catalog::ListKind;
use crate::context::interaction::{Earlier, Rounds};
use crate::context::{Caller, Context, Host, OpenOutlet, Origin, ReadHeaders};
use crate::protocol::jsonrpc::{self, text};
use crate::protocol::meta::{self, Meta};
use crate::protocol::params::Params;
use crate::protocol::{LogLevel, Revision, RpcError, method};
use crate::session::Session;
use crate::text::sanitize::bounded;

/// What a connection knows of a request that its body does not say.
pub(crate) struct Link<'a> {
    pub core: &'a Arc<Core>,
    pub host: &'a Arc<dyn Host>,
    /// The conversation, where there can be one: always on a stream, by its header on HTTP.
    pub session: Option<&'a Arc<Session>>,
    pub outlet: &'a dyn OpenOutlet,
    pub headers: Option<&'a dyn ReadHeaders>,
    pub caller: &'a Caller,
    /// Holds a modern request against what the transport says of it.
    pub envelope: Option<&'a dyn Envelope>,
    /// Answers that were asked for in place, for a handler that is run again.
    pub earlier: Cell<Option<Earlier>>,
}

/// The headers of a modern HTTP request, which repeat what its body says (2026-07-28, basic/transports, "Request Metadata").
pub(crate) trait Envelope {
    /// Whether the headers claim a modern request although the body does not.
    fn claims_modern(&self) -> bool;
    /// `MCP-Protocol-Version` against the body.
    fn version(&self, body: &str) -> Result<(), RpcError>;
    /// `Mcp-Method` and `Mcp-Name` against the body.
    fn names(&self, method: &str, name: Option<&str>) -> Result<(), RpcError>;
    /// `Mcp-Param-*` against an argument: `None` where it is absent.
    fn param(&self, header: &str, argument: Option<&Value>) -> Result<(), RpcError>;
}

/// What a request comes to: a reply that is there, or a handler to be run.
pub(crate) struct Answer {
    /// The revision whose shape the reply has.
    pub revision: Revision,
    pub outcome: Outcome,
}

pub(crate) enum Outcome {
    Done(Reply),
    Run(Running),
}

/// A request whose envelope holds.
pub(crate) struct Request<'a> {
    pub link: &'a Link<'a>,
    pub revision: Revision,
    pub id: Option<&'a RawValue>,
    pub method: &'a str,
    pub params: Params<'a>,
    pub meta: Meta<'a>,
    pub log_level: Option<LogLevel>,
}

/// Answers one request.
pub(crate) fn dispatch(
    link: &Link<'_>,
    id: &RawValue,
    method: &str,
    params: Result<Params<'_>, &'static str>,
) -> Answer {
    match read(link, id, method, params) {
        Ok(request) => {
            let revision = request.revision;
            let outcome = if link.core.middleware.is_empty() || !crate::middleware::applies(method) {
                route(&request).unwrap_or_else(|error| Outcome::Done(Err(error)))
            } else {
                Outcome::Run(Running::new(link.core, revision, Work::Other(crate::middleware::through(&request))))
            };
            Answer { revision, outcome }
        }
        Err((revision, error)) => Answer { revision, outcome: Outcome::Done(Err(error)) },
    }
}

/// Reads the envelope: the era is the body's to say, everything else is held against it (2026-07-28, basic/versioning).
fn read<'a>(
    link: &'a Link<'a>,
    id: &'a RawValue,
    method: &'a str,
    params: Result<Params<'a>, &'static str>,
) -> Result<Request<'a>, (Revision, RpcError)> {
    let spoken = link.session.and_then(|session| session.handshake()).map(|handshake| handshake.revision);
    let legacy = spoken.unwrap_or(Revision::LATEST_WITH_HANDSHAKE);
    let modern_claim = link.envelope.is_some_and(Envelope::claims_modern);
    // A header that claims a stateless revision is answered in the newest shape, whichever it names.
    let shape = if modern_claim { Revision::LATEST } else { legacy };
    let params = params.map_err(|what| (shape, RpcError::bad_params(what, modern_claim)))?;
    let meta = Meta::of(&params);
    if meta.claims_modern() {
        let claimed = meta.protocol_version();
        let served = claimed.as_deref().and_then(Revision::parse).filter(|revision| !revision.has_handshake());
        // A version that is not served is refused in the newest shape.
        let fail = |error| (served.unwrap_or(Revision::LATEST), error);
        let version =
            claimed.ok_or_else(|| fail(RpcError::bad_envelope("the protocol version in `_meta` must be a string")))?;
        if !meta.client_capabilities().is_some_and(|raw| raw.get().starts_with('{')) {
            let key = meta::CLIENT_CAPABILITIES;
            return Err(fail(RpcError::bad_envelope(format!(
                "`_meta` must have `{key}`, an object; `{{}}` if there are none"
            ))));
        }
        if let Some(envelope) = link.envelope {
            envelope.version(&version).map_err(fail)?;
        }
        let Some(revision) = served else {
            let requested = bounded(&version, 64).into_owned();
            let error =
                RpcError::new(jsonrpc::UNSUPPORTED_VERSION, format!("Unsupported protocol version: {requested}"));
            let data = serde_json::json!({ "supported": Revision::STATELESS, "requested": requested });
            return Err(fail(error.with_data(data)));
        };
        let log_level = match meta.log_level() {
            None => None,
            Some(raw) => Some(
                log_level(raw.get())
                    .ok_or_else(|| fail(RpcError::invalid_params("the log level in `_meta` is none of the eight")))?,
            ),
        };
        let request = Request { link, revision, id: Some(id), method, params, meta, log_level };
        if let Some(envelope) = link.envelope {
            envelope.names(method, request.own_name().as_deref()).map_err(fail)?;
        }
        return Ok(request);
    }
    if modern_claim && method != method::INITIALIZE {
        let key = meta::PROTOCOL_VERSION;
        return Err((
            Revision::LATEST,
            RpcError::bad_envelope(format!("a request of 2026-07-28 must have `{key}` in its `_meta`")),
        ));
    }
    if modern_claim {
        return Err((
            Revision::LATEST,
            RpcError::new(jsonrpc::HEADER_MISMATCH, "`initialize` does not exist in the version that the header names"),
        ));
    }
    let known = matches!(method, method::INITIALIZE | method::PING | method::DISCOVER);
    if spoken.is_none() && !known {
        let versions = Revision::ALL.map(Revision::as_str).join(", ");
        let what = format!(
            "not initialized: send `initialize`, or a request of 2026-07-28 with its `_meta` (this server speaks {versions})"
        );
        return Err((legacy, RpcError::invalid_request(what)));
    }
    Ok(Request { link, revision: legacy, id: Some(id), method, params, meta, log_level: None })
}

impl RpcError {
    /// -32602 for parameters that are none; a modern HTTP request is answered with status 400.
    fn bad_params(what: &'static str, modern: bool) -> Self {
        if modern { Self::bad_envelope(what) } else { Self::invalid_params(what) }
    }
}

/// Sends a request to its method.
pub(crate) fn route(request: &Request<'_>) -> Result<Outcome, RpcError> {
    let handshake = request.revision.has_handshake();
    let done = |body| Ok(Outcome::Done(Ok(body)));
    match request.method {
        method::TOOLS_CALL => request.call_tool().map(Outcome::Run),
        method::RESOURCES_READ => request.read_resource().map(Outcome::Run),
        method::PROMPTS_GET => request.get_prompt().map(Outcome::Run),
        method::TOOLS_LIST => request.list(ListKind::Tools).map(|body| Outcome::Done(Ok(body))),
        method::PROMPTS_LIST => request.list(ListKind::Prompts).map(|body| Outcome::Done(Ok(body))),
        method::RESOURCES_LIST => request.list(ListKind::Resources).map(|body| Outcome::Done(Ok(body))),
        method::RESOURCES_TEMPLATES_LIST => request.list(ListKind::Templates).map(|body| Outcome::Done(Ok(body))),
        method::COMPLETE => request.complete().map(Outcome::Run),
        method::DISCOVER if !handshake => done(request.link.core.discover(request.revision)),
        method::LISTEN if !handshake => request.listen().map(Outcome::Run),
        method::INITIALIZE if handshake => request.initialize().map(|body| Outcome::Done(Ok(body))),
        method::PING if handshake => done(Body::Empty),
        method::SET_LEVEL if handshake => request.set_level().map(|body| Outcome::Done(Ok(body))),
        method::RESOURCES_SUBSCRIBE if handshake => request.subscribe(true).map(|body| Outcome::Done(Ok(body))),
        method::RESOURCES_UNSUBSCRIBE if handshake => request.subscribe(false).map(|body| Outcome::Done(Ok(body))),
        unknown => Err(RpcError::method_not_found(unknown)),
    }
}

impl Context {
    /// The link that a request had when the context was made from it; its envelope has been checked.
    pub(crate) fn link<'a>(&'a self, core: &'a Arc<Core>) -> Link<'a> {
        Link {
            core,
            host: self.host(),
            session: self.session_handle(),
            outlet: self.own_outlet(),
            headers: Some(self),
            caller: self.caller(),
            envelope: None,
            earlier: Cell::new(None),
        }
    }
}

/// Runs a handler of an older revision again, with answers; it is not given the means to be run a further time by itself.
pub(crate) fn again(
    core: &Arc<Core>,
    context: &Context,
    method: &'static str,
    params: &RawValue,
    earlier: Earlier,
) -> Result<Running, RpcError> {
    let link = context.link(core);
    link.earlier.set(Some(earlier));
    let request = Request::rebuilt(&link, context, method, params, None)?;
    let running = match method {
        method::TOOLS_CALL => request.call_tool(),
        method::RESOURCES_READ => request.read_resource(),
        _ => request.get_prompt(),
    }?;
    Ok(running.without_replay())
}

impl<'a> Request<'a> {
    /// A request put together again after middleware has had its say.
    pub(crate) fn rebuilt(
        link: &'a Link<'a>,
        context: &'a Context,
        method: &'a str,
        raw_params: &'a RawValue,
        log_level: Option<LogLevel>,
    ) -> Result<Self, RpcError> {
        let params = Params::read(Some(raw_params)).map_err(RpcError::invalid_params)?;
        let meta = Meta::of(&params);
        Ok(Self { link, revision: context.revision(), id: context.raw_id(), method, params, meta, log_level })
    }

    /// Holds `Mcp-Param-*` against the arguments of a tool, ahead of middleware that may change them.
    pub(crate) fn check_params(&self) -> Result<(), RpcError> {
        let (Some(envelope), method::TOOLS_CALL, true) =
            (self.link.envelope, self.method, self.revision.mirrors_headers())
        else {
            return Ok(());
        };
        let catalog = self.core().catalog();
        match catalog.tool(&self.name()?) {
            Ok(tool) => check_params(envelope, &tool.headers, self.params.members.arguments),
            // Middleware may know the name.
            Err(_) => Ok(()),
        }
    }

    pub(crate) fn core(&self) -> &'a Arc<Core> {
        self.link.core
    }

    /// The name or URI that `Mcp-Name` repeats.
    fn own_name(&self) -> Option<Cow<'a, str>> {
        match self.method {
            method::TOOLS_CALL | method::PROMPTS_GET => self.params.members.name.and_then(text),
            method::RESOURCES_READ => self.params.members.uri.and_then(text),
            _ => None,
        }
    }

    pub(crate) fn name(&self) -> Result<Cow<'a, str>, RpcError> {
        self.params
            .members
            .name
            .and_then(text)
            .ok_or_else(|| RpcError::invalid_params("`name` must be given, as a string"))
    }

    pub(crate) fn uri(&self) -> Result<Cow<'a, str>, RpcError> {
        self.params
            .members
            .uri
            .and_then(text)
            .ok_or_else(|| RpcError::invalid_params("`uri` must be given, as a string"))
    }

    pub(crate) fn origin(&'a self, rounds: &'a OnceCell<Arc<Rounds>>) -> Origin<'a> {
        Origin {
            host: self.link.host,
            revision: self.revision,
            id: self.id,
            meta: self.meta,
            session: self.link.session,
            outlet: self.link.outlet,
            headers: self.link.headers,
            caller: self.link.caller,
            log_level: self.log_level,
            lenient: self.core().settings.lenient,
            rounds,
        }
    }

    pub(crate) fn context(&self) -> Context {
        Context::new(&self.origin(&OnceCell::new()))
    }

    /// What the client brought back from an earlier round.
    fn rounds(&self, bound: impl FnOnce() -> Bound) -> Result<OnceCell<Arc<Rounds>>, RpcError> {
        let cell = OnceCell::new();
        if let Some(earlier) = self.link.earlier.take() {
            let _ = cell.set(Arc::new(Rounds::after(earlier)));
            return Ok(cell);
        }
        if self.revision.asks_in_place()
            || (self.params.members.input_responses.is_none() && self.params.members.request_state.is_none())
        {
            return Ok(cell);
        }
        let mut earlier = match self.params.members.request_state {
            None => Earlier::default(),
            Some(raw) => {
                let state = text(raw).ok_or_else(|| RpcError::invalid_params("`requestState` must be a string"))?;
                self.core().unseal(&state, &bound())?
            }
        };
        if let Some(raw) = self.params.members.input_responses {
            let answers: serde_json::Map<String, Value> = serde_json::from_str(raw.get())
                .map_err(|_| RpcError::invalid_params("`inputResponses` must be an object"))?;
            earlier.answers.extend(answers);
        }
        let _ = cell.set(Arc::new(Rounds::after(earlier)));
        Ok(cell)
    }

    fn bound(&self, method: &'static str, name: &str) -> Bound {
        Bound {
            subject: self.link.caller.subject().map(ToOwned::to_owned),
            method,
            name: name.to_owned(),
            arguments: self.params.members.arguments.map(ToOwned::to_owned),
            declared: self.meta.client_capabilities().map(ToOwned::to_owned),
        }
    }

    fn run(&self, work: Work, rounds: OnceCell<Arc<Rounds>>, method: &'static str, name: &str) -> Running {
        let running = Running::new(self.core(), self.revision, work);
        let rounds = rounds.into_inner();
        if self.revision.asks_in_place() {
            // Only a handler with a context can see what it is answered.
            let replay = rounds.as_ref().and_then(|_| self.params.raw()).map(|params| Replay {
                context: self.context(),
                method,
                params: params.to_owned(),
            });
            let running = running.with_rounds(rounds, None);
            return match replay {
                Some(replay) => running.with_replay(replay),
                None => running,
            };
        }
        // A handler without a context has no way to see what comes back, so nothing needs to be bound.
        let bound = rounds.is_some().then(|| self.bound(method, name));
        running.with_rounds(rounds, bound)
    }

    fn call_tool(&self) -> Result<Running, RpcError> {
        let name = self.name()?;
        let catalog = self.core().catalog();
        let tool = catalog.tool(&name)?;
        let unquoted;
        let arguments = match self.params.members.arguments {
            Some(raw) if raw.get().starts_with('{') => Some(raw),
            None => None,
            Some(raw) => {
                // Some clients send the object as a string.
                unquoted = text(raw)
                    .filter(|_| self.core().settings.lenient)
                    .and_then(|inner| RawValue::from_string(inner.trim().to_owned()).ok());
                match unquoted.as_deref() {
                    Some(inner) if inner.get().starts_with('{') => Some(inner),
                    _ => return Err(RpcError::invalid_params("`arguments` must be an object")),
                }
            }
        };
        if let (Some(envelope), true) = (self.link.envelope, self.revision.mirrors_headers()) {
            check_params(envelope, &tool.headers, arguments)?;
        }
        let rounds = self.rounds(|| self.bound(method::TOOLS_CALL, &name))?;
        let handler = tool.start(arguments, &self.origin(&rounds));
        Ok(self.run(Work::Tool(Arc::clone(tool), handler), rounds, method::TOOLS_CALL, &name))
    }

    fn read_resource(&self) -> Result<Running, RpcError> {
        let uri = self.uri()?;
        let catalog = self.core().catalog();
        let found = catalog.resource(&uri).map_err(|bad| {
            let code = if bad.variable.is_some() {
                not_found(self.revision, &uri, "Resource not found")
            } else {
                RpcError::invalid_params("")
            };
            RpcError { message: Cow::Owned(format!("Resource not found: {bad}")), ..code }
        })?;
        let Some((resource, captures)) = found else {
            let shown = bounded(&uri, crate::bounds::ECHO);
            return Err(not_found(self.revision, &uri, &format!("Resource not found: {shown}")));
        };
        let rounds = self.rounds(|| self.bound(method::RESOURCES_READ, &uri))?;
        let handler = resource.start(&captures, &self.origin(&rounds));
        let work = Work::Resource(Arc::clone(resource), uri.clone().into_owned(), handler);
        Ok(self.run(work, rounds, method::RESOURCES_READ, &uri))
    }

    fn get_prompt(&self) -> Result<Running, RpcError> {
        let name = self.name()?;
        let catalog = self.core().catalog();
        let prompt = catalog.prompt(&name)?;
        let mut arguments = BTreeMap::new();
        if let Some(raw) = self.params.members.arguments {
            let raw: BTreeMap<String, &'a RawValue> = serde_json::from_str(raw.get())
                .map_err(|_| RpcError::invalid_params("`arguments` must be an object"))?;
            for (name, value) in raw {
                let text = match text(value) {
                    Some(text) => text,
                    None if value.get() == "null" => continue,
                    // Strings are what the protocol says; numbers and booleans mean themselves.
                    None if self.core().settings.lenient && !value.get().starts_with(['{', '[']) => {
                        Cow::Borrowed(value.get())
                    }
                    None => {
                        let what = format!("the argument `{}` must be a string", bounded(&name, 64));
                        return Err(RpcError::invalid_params(what));
                    }
                };
                arguments.insert(Cow::Owned(name), text);
            }
        }
        let rounds = self.rounds(|| self.bound(method::PROMPTS_GET, &name))?;
        let handler = prompt.start(&arguments, &self.origin(&rounds));
        Ok(self.run(Work::Prompt(Arc::clone(prompt), handler), rounds, method::PROMPTS_GET, &name))
    }

    pub(crate) fn list(&self, kind: ListKind) -> Result<Body, RpcError> {
        let core = self.core();
        let cursor = match self.params.members.cursor {
            None => None,
            Some(raw) => Some(text(raw).ok_or_else(|| RpcError::invalid_params("`cursor` must be a string"))?),
        };
        let catalog = core.catalog();
        if !self.revision.has_handshake() && !catalog.has(kind) {
            // Older clients often ask for what was not declared, and fail on anything but an empty list.
            return Err(RpcError::method_not_found(self.method));
        }
        let page = catalog.page(kind, self.revision, cursor.as_deref(), core.settings.page_size)?;
        let mut members = Vec::with_capacity(page.items.len() + 64);
        jsonrpc::write_json(&mut members, kind.member());
        members.extend_from_slice(b":[");
        members.extend_from_slice(&page.items);
        members.push(b']');
        if let Some(next) = page.next {
            members.extend_from_slice(b",\"nextCursor\":");
            jsonrpc::write_json(&mut members, &next);
        }
        Ok(Body::Cached { members, ttl_ms: core.settings.list_ttl_ms, scope: core.settings.list_scope })
    }
}

/// `Mcp-Param-*` against the arguments that they repeat.
fn check_params(
    envelope: &dyn Envelope,
    headers: &[(Vec<String>, String)],
    arguments: Option<&RawValue>,
) -> Result<(), RpcError> {
    if headers.is_empty() {
        return Ok(());
    }
    let arguments: Value = arguments.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    for (path, header) in headers {
        let argument = path.iter().try_fold(&arguments, |value, step| value.get(step)).filter(|value| !value.is_null());
        envelope.param(header, argument)?;
    }
    Ok(())
}
