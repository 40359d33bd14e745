//! One request: who asks, in which conversation, for what. It is made where the request comes in (a transport, a handler that
//! calls another component, a program that calls its own server) and is the same from there to the component.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::answered::Answered;
use super::bound::Binding;
use super::core::{Core, log_level};
use super::methods;
use super::run::Running;
use crate::bounds;
use crate::component::ComponentInfo;
use crate::context::interaction::{Earlier, Rounds, is_own_key};
use crate::context::{Caller, Context, Host, OpenNotifier, Origin};
use crate::future::BoxFuture;
use crate::incident::{self, CallNotes};
use crate::observe::record::{Record, Via};
use crate::protocol::jsonrpc::{self, text};
use crate::protocol::meta::{self, Meta};
use crate::protocol::params::{Members, Params, unique_members};
use crate::protocol::{Revision, RpcError, method};
use crate::session::Session;
use crate::text::sanitize::bounded;

/// A request on its way to its component.
pub(crate) struct Request<'a> {
    pub core: &'a Arc<Core>,
    pub method: &'a str,
    pub params: Params<'a>,
    /// Holds a modern request against what its HTTP headers say of it.
    pub mirrored: Option<&'a dyn MirroredHeaders>,
    /// The call that makes this one.
    pub outer: Option<&'a Context>,
    /// What a [`Context`] is made of.
    pub origin: Origin<'a>,
    pub via: Via,
    /// The whole message.
    pub bytes: usize,
    /// What is known of the request, where anybody wants to know.
    pub record: RefCell<Option<Box<Record>>>,
}

/// The headers of a modern HTTP request, which repeat what its body says (2026-07-28, basic/transports, "Request Metadata").
pub(crate) trait MirroredHeaders {
    /// Whether the headers claim a modern request although the body does not.
    fn claims_modern(&self) -> bool;
    /// `MCP-Protocol-Version` against the body.
    fn version(&self, body: &str) -> Result<(), RpcError>;
    /// `Mcp-Method` and `Mcp-Name` against the body.
    fn names(&self, method: &str, name: Option<&str>) -> Result<(), RpcError>;
    /// `Mcp-Param-*` against an argument: `None` where it is absent.
    fn param(&self, header: &str, argument: Option<&RawValue>) -> Result<(), RpcError>;
}

/// What a request comes to, in the shape of its revision.
pub(crate) struct Answer {
    pub revision: Revision,
    pub step: Step,
}

/// A reply that is there, or a handler to be run.
pub(crate) enum Step {
    Done(Answered),
    Run(Running),
}

impl<'a> Request<'a> {
    /// A request that came in by a transport, before anything of it is read.
    pub(crate) fn incoming(
        core: &'a Arc<Core>,
        host: &'a Arc<dyn Host>,
        session: Option<&'a Arc<Session>>,
        notifier: &'a dyn OpenNotifier,
        caller: &'a Caller,
    ) -> Self {
        Self {
            core,
            method: "",
            params: Params::default(),
            mirrored: None,
            outer: None,
            origin: Origin {
                host,
                revision: Revision::LATEST,
                id: None,
                meta: Meta::default(),
                session,
                notifier,
                headers: None,
                caller,
                log_level: None,
                lenient: core.settings.lenient,
                rounds: OnceCell::new(),
                context: None,
            },
            via: Via::Direct,
            bytes: 0,
            record: RefCell::default(),
        }
    }

    /// With how it came in, and how large its message is.
    pub(crate) fn over(self, via: Via, bytes: usize) -> Self {
        Self { via, bytes, ..self }
    }

    /// With the headers that came with it: those that a handler may ask for, and those that repeat what the body says.
    #[cfg(feature = "http")]
    pub(crate) fn headers(
        mut self,
        headers: &'a dyn crate::context::ReadHeaders,
        mirrored: &'a dyn MirroredHeaders,
    ) -> Self {
        self.origin.headers = Some(headers);
        self.mirrored = Some(mirrored);
        self
    }

    /// The same request with members that were read before, or that somebody has made.
    pub(crate) fn of(core: &'a Arc<Core>, method: &'a str, members: Members<'a>, origin: Origin<'a>) -> Self {
        Self {
            core,
            method,
            params: Params::made(members),
            mirrored: None,
            outer: None,
            origin,
            via: Via::Direct,
            bytes: 0,
            record: RefCell::default(),
        }
    }

    /// A request of a handler's own, on behalf of the call that it serves.
    pub(crate) fn nested(core: &'a Arc<Core>, method: &'a str, members: Members<'a>, outer: &'a Context) -> Self {
        let request = Self::of(core, method, members, outer.nested());
        // What it asks is a question of the outer call's.
        let _ = request.origin.rounds.set(Arc::clone(outer.rounds_arc()));
        Self { outer: Some(outer), ..request }
    }

    /// Answers the request.
    pub(crate) fn answer(
        mut self,
        id: &'a RawValue,
        method: &'a str,
        params: Result<Params<'a>, &'static str>,
    ) -> Answer {
        let record = self.core.observers.begin();
        match self.read(id, method, params) {
            Ok(()) => Answer { revision: self.revision(), step: self.recorded(record) },
            Err((revision, error)) => {
                self.origin.id = Some(id);
                (self.method, self.origin.revision) = (method, revision);
                Answer { revision, step: self.refused(record, error) }
            }
        }
    }

    /// Answers a request before anything of it is read.
    pub(crate) fn refuse(mut self, id: &'a RawValue, method: &'a str, error: RpcError) -> Answer {
        let record = self.core.observers.begin();
        (self.method, self.origin.id) = (method, Some(id));
        // An error has the same shape in all.
        Answer { revision: Revision::LATEST, step: self.refused(record, error) }
    }

    fn refused(&self, record: Option<Box<Record>>, error: RpcError) -> Step {
        if record.is_some() {
            self.begin(record);
            self.unknown();
        }
        Step::Done(Answered::new(Err(error), self.record.take()))
    }

    /// Sends the request to its method, under the eyes of those who want to know what comes of it.
    pub(crate) fn recorded(&self, record: Option<Box<Record>>) -> Step {
        if record.is_none() {
            return self.route().unwrap_or_else(|error| Step::Done(Err(error).into()));
        }
        let entered = incident::enter(self.begin(record));
        let step = self.route();
        let notes = entered.leave();
        if let Some(record) = &mut *self.record.borrow_mut() {
            record.notes = notes;
        }
        self.unknown();
        let record = self.record.take();
        match step {
            Ok(Step::Run(running)) => Step::Run(running.recorded(record)),
            Ok(Step::Done(answered)) => Step::Done(Answered::new(answered.reply, record)),
            Err(error) => Step::Done(Answered::new(Err(error), record)),
        }
    }

    /// Puts down who asks for what, and gives the notes that are made on the way.
    fn begin(&self, record: Option<Box<Record>>) -> Option<Box<CallNotes>> {
        let mut record = record?;
        let origin = &self.origin;
        record.via = self.via;
        record.revision = origin.revision;
        record.method = methods::known(self.method);
        record.caller = origin.caller.clone();
        record.session = origin.session.cloned();
        record.request_id = origin.id.map(ToOwned::to_owned);
        record.trace = origin.meta.traceparent().map(|trace| bounded(&trace, bounds::ECHO).into());
        record.request_bytes = self.bytes;
        let notes = record.notes.take();
        *self.record.borrow_mut() = Some(record);
        notes
    }

    /// Whether anybody wants to know of it.
    pub(crate) fn is_recorded(&self) -> bool {
        self.record.borrow().is_some()
    }

    /// Puts down which component it is that is asked for.
    pub(crate) fn is_for(&self, component: impl FnOnce() -> ComponentInfo) {
        if let Some(record) = &mut *self.record.borrow_mut() {
            record.is_for(Some(component()), self.params.members.arguments);
        }
    }

    /// Puts down what was asked for where there is no such component.
    fn unknown(&self) {
        let Some(record) = &mut *self.record.borrow_mut() else { return };
        if record.component.is_none() {
            record.asked = self.own_name().map(|name| bounded(&name, bounds::ECHO).into());
            record.is_for(None, self.params.members.arguments);
        }
    }

    /// Reads the envelope: the era is the body's to say, everything else is held against it (2026-07-28, basic/versioning).
    fn read(
        &mut self,
        id: &'a RawValue,
        method: &'a str,
        params: Result<Params<'a>, &'static str>,
    ) -> Result<(), (Revision, RpcError)> {
        let spoken = self.origin.session.and_then(|session| session.handshake()).map(|handshake| handshake.revision);
        let legacy = spoken.unwrap_or(Revision::LATEST_WITH_HANDSHAKE);
        let modern_claim = self.mirrored.is_some_and(MirroredHeaders::claims_modern);
        // A header that claims a stateless revision is answered in the newest shape, whichever it names.
        let shape = if modern_claim { Revision::LATEST } else { legacy };
        let params = params.map_err(|what| (shape, RpcError::bad_params(what, modern_claim)))?;
        let meta = Meta::of(&params);
        if meta.claims_modern() {
            let claimed = meta.protocol_version();
            let served = claimed.as_deref().and_then(Revision::parse).filter(|revision| !revision.has_handshake());
            // A version that is not served is refused in the newest shape.
            let fail = |error| (served.unwrap_or(Revision::LATEST), error);
            let version = claimed
                .ok_or_else(|| fail(RpcError::bad_envelope("the protocol version in `_meta` must be a string")))?;
            if !meta.client_capabilities().is_some_and(|raw| raw.get().starts_with('{')) {
                let key = meta::CLIENT_CAPABILITIES;
                return Err(fail(RpcError::bad_envelope(format!(
                    "`_meta` must have `{key}`, an object; `{{}}` if there are none"
                ))));
            }
            if let Some(mirrored) = self.mirrored {
                mirrored.version(&version).map_err(fail)?;
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
                Some(raw) => Some(log_level(raw.get()).ok_or_else(|| {
                    fail(RpcError::invalid_params("the log level in `_meta` is not one of the eight"))
                })?),
            };
            self.origin.log_level = log_level;
            self.take(revision, id, method, params, meta);
            if let Some(mirrored) = self.mirrored {
                mirrored.names(method, self.own_name().as_deref()).map_err(fail)?;
            }
            return Ok(());
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
                RpcError::new(
                    jsonrpc::HEADER_MISMATCH,
                    "`initialize` does not exist in the version that the header names",
                ),
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
        self.take(legacy, id, method, params, meta);
        Ok(())
    }

    fn take(&mut self, revision: Revision, id: &'a RawValue, method: &'a str, params: Params<'a>, meta: Meta<'a>) {
        self.method = method;
        self.params = params;
        self.origin.revision = revision;
        self.origin.id = Some(id);
        self.origin.meta = meta;
    }

    pub(crate) fn revision(&self) -> Revision {
        self.origin.revision
    }

    pub(crate) fn context(&self) -> Context {
        Context::of(&self.origin)
    }

    /// The name or URI that `Mcp-Name` repeats.
    fn own_name(&self) -> Option<Cow<'a, str>> {
        match self.method {
            method::TOOLS_CALL | method::PROMPTS_GET => self.params.members.name.and_then(text),
            method::RESOURCES_READ => self.params.members.uri.and_then(text),
            _ => None,
        }
    }

    /// The name of the tool or prompt, or the URI of the resource, that is asked for.
    pub(crate) fn asked(&self) -> Result<Cow<'a, str>, RpcError> {
        if self.method == method::RESOURCES_READ { self.uri() } else { self.name() }
    }

    fn name(&self) -> Result<Cow<'a, str>, RpcError> {
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

    /// The arguments of a tool. Some clients send the object as a string.
    pub(crate) fn arguments(&self) -> Result<Option<Cow<'a, RawValue>>, RpcError> {
        let Some(raw) = self.params.members.arguments else { return Ok(None) };
        if raw.get().starts_with('{') {
            return Ok(Some(Cow::Borrowed(raw)));
        }
        let inside = text(raw)
            .filter(|_| self.origin.lenient)
            .and_then(|inside| RawValue::from_string(inside.trim().to_owned()).ok())
            .filter(|inside| inside.get().starts_with('{'));
        inside
            .map(|inside| Some(Cow::Owned(inside)))
            .ok_or_else(|| RpcError::invalid_params("`arguments` must be an object"))
    }

    /// Takes what the client brought back from an earlier round, unless the request has its rounds already.
    pub(crate) fn take_rounds(&self, asked: &str) -> Result<(), RpcError> {
        let members = &self.params.members;
        if self.revision().asks_in_place() || self.origin.rounds.get().is_some() {
            return Ok(());
        }
        let unreadable = || RpcError::invalid_params("`inputResponses` must be an object with each member once");
        let raw = match (members.request_state, members.input_responses) {
            (None, None) => return Ok(()),
            // Nobody may answer what was not asked: the state says what was.
            (None, Some(responses)) => {
                let members = unique_members(responses).ok_or_else(unreadable)?;
                if !members.iter().any(|(key, _)| is_own_key(key)) {
                    // Keys that an author chose: a handler that asks by hand may do without a state, and then takes answers
                    // from whoever gives them.
                    let read =
                        |(key, answer): (String, &RawValue)| Some((key, serde_json::from_str(answer.get()).ok()?));
                    let answers = members.into_iter().map(read).collect::<Option<_>>().ok_or_else(unreadable)?;
                    let _ = self.origin.rounds.set(Arc::new(Rounds::after(Earlier { answers, ..Earlier::default() })));
                    return Ok(());
                }
                return Err(RpcError::invalid_params(
                    "`inputResponses` must come with the `requestState` that came with the questions",
                ));
            }
            (Some(raw), _) => raw,
        };
        let state = text(raw).ok_or_else(|| RpcError::invalid_params("`requestState` must be a string"))?;
        let mut earlier = self.core.unseal(&state, &self.bound(asked))?;
        if let Some(raw) = members.input_responses {
            for (key, answer) in unique_members(raw).ok_or_else(unreadable)? {
                // An answer to what was not asked, or was answered in an earlier round, changes nothing.
                if earlier.asked.contains(&key) {
                    let answer = serde_json::from_str(answer.get()).map_err(|error| {
                        let key = bounded(&key, bounds::ECHO);
                        RpcError::invalid_params(format!(
                            "the answer `{key}` in `inputResponses` cannot be read: {error}"
                        ))
                    })?;
                    earlier.answers.insert(key, answer);
                }
            }
        }
        let _ = self.origin.rounds.set(Arc::new(Rounds::after(earlier)));
        Ok(())
    }

    /// Whether the state that the client brought back may be used, which is found out before anything runs.
    pub(crate) fn admission(&self) -> Option<BoxFuture<'static, Result<(), RpcError>>> {
        let state = self.origin.rounds.get()?.state_id()?;
        Some(self.core.admission(state))
    }

    /// The method of a request for a component.
    pub(crate) fn component_method(&self) -> &'static str {
        match self.method {
            method::TOOLS_CALL => method::TOOLS_CALL,
            method::PROMPTS_GET => method::PROMPTS_GET,
            _ => method::RESOURCES_READ,
        }
    }

    /// What a state that is given out for this request is bound to.
    pub(crate) fn bound(&self, asked: &str) -> Binding {
        Binding {
            subject: self.origin.caller.identity().map(ToOwned::to_owned),
            method: self.component_method(),
            name: asked.to_owned(),
            arguments: self.params.members.arguments.map(ToOwned::to_owned),
            declared: self.origin.meta.client_capabilities().map(ToOwned::to_owned),
        }
    }

    /// `Mcp-Param-*` of a modern request against the arguments that they repeat.
    pub(crate) fn check_headers(
        &self,
        headers: &[(Vec<String>, String)],
        arguments: Option<&RawValue>,
    ) -> Result<(), RpcError> {
        let Some(mirrored) = self.mirrored.filter(|_| self.revision().mirrors_headers()) else { return Ok(()) };
        for (path, header) in headers {
            let mut argument = arguments;
            for step in path {
                let Some(json) = argument.filter(|json| json.get().starts_with('{')) else {
                    argument = None;
                    break;
                };
                // What cannot be read cannot be compared, and must not pass for absent.
                let members = unique_members(json).ok_or_else(|| {
                    RpcError::invalid_params("`arguments` must be an object with each member once, and readable names")
                })?;
                argument = members.into_iter().find(|(name, _)| name == step).map(|(_, value)| value);
            }
            mirrored.param(header, argument.filter(|argument| argument.get() != "null"))?;
        }
        Ok(())
    }
}

impl RpcError {
    /// -32602 for parameters that are none; a modern HTTP request is answered with status 400.
    fn bad_params(what: &'static str, modern: bool) -> Self {
        if modern { Self::bad_envelope(what) } else { Self::invalid_params(what) }
    }
}
