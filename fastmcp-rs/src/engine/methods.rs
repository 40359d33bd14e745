//! Every method that the server answers, and which revisions know it: one table.

use super::encode::Body;
use super::request::{Request, Step};
use super::{gate, pipeline};
use crate::catalog::ListKind;
use crate::component::ComponentInfo;
use crate::protocol::{Revision, RpcError, method};

/// One method.
pub(crate) struct Method {
    name: &'static str,
    era: KnownIn,
    kind: MethodKind,
}

/// The revisions that know a method.
#[derive(Clone, Copy)]
enum KnownIn {
    Every,
    /// 2025-11-25 and before.
    Handshake,
    /// 2026-07-28.
    Stateless,
}

/// How a method is answered.
#[derive(Clone, Copy)]
enum MethodKind {
    /// By running a component: it goes through the gate.
    Component,
    /// By one answer, which middleware sees.
    Exchange(Exchange),
    /// The same, about an argument of a component.
    About(Exchange, fn(&Request<'_>) -> Option<ComponentInfo>),
    /// By a stream, which is not shown to middleware: it is not an exchange.
    Stream(Exchange),
}

type Exchange = fn(&Request<'_>) -> Result<Step, RpcError>;

/// The commonest first.
static METHODS: [Method; 15] = {
    use KnownIn::{Every, Handshake, Stateless};
    use MethodKind::{About, Component, Exchange, Stream};
    const fn method(name: &'static str, era: KnownIn, kind: MethodKind) -> Method {
        Method { name, era, kind }
    }
    [
        method(method::TOOLS_CALL, Every, Component),
        method(method::RESOURCES_READ, Every, Component),
        method(method::PROMPTS_GET, Every, Component),
        method(method::TOOLS_LIST, Every, Exchange(|request| request.list(ListKind::Tools).map(done))),
        method(method::PROMPTS_LIST, Every, Exchange(|request| request.list(ListKind::Prompts).map(done))),
        method(method::RESOURCES_LIST, Every, Exchange(|request| request.list(ListKind::Resources).map(done))),
        method(
            method::RESOURCES_TEMPLATES_LIST,
            Every,
            Exchange(|request| request.list(ListKind::Templates).map(done)),
        ),
        method(method::COMPLETE, Every, About(|request| request.complete().map(Step::Run), completed)),
        method(method::DISCOVER, Stateless, Exchange(|request| Ok(done(request.core.discover(request.revision()))))),
        method(method::LISTEN, Stateless, Stream(|request| request.listen().map(Step::Run))),
        method(method::INITIALIZE, Handshake, Exchange(|request| request.initialize().map(done))),
        method(method::PING, Handshake, Exchange(|_| Ok(done(Body::Empty)))),
        method(method::SET_LEVEL, Handshake, Exchange(|request| request.set_level().map(done))),
        method(method::RESOURCES_SUBSCRIBE, Handshake, Exchange(|request| request.subscribe(true).map(done))),
        method(method::RESOURCES_UNSUBSCRIBE, Handshake, Exchange(|request| request.subscribe(false).map(done))),
    ]
};

/// The names of all methods of the protocol.
pub(crate) fn names() -> Vec<&'static str> {
    METHODS.iter().map(|known| known.name).collect()
}

/// The method's name, if it is one of the protocol's, in any revision.
pub(crate) fn known(method: &str) -> Option<&'static str> {
    METHODS.iter().map(|known| known.name).find(|known| *known == method)
}

/// Whether a method is one of the protocol's, in any revision.
pub(crate) fn is_taken(method: &str) -> bool {
    known(method).is_some()
}

fn completed(request: &Request<'_>) -> Option<ComponentInfo> {
    request.completed()
}

fn done(body: Body) -> Step {
    Step::Done(Ok(body).into())
}

impl KnownIn {
    fn has(self, revision: Revision) -> bool {
        match self {
            Self::Every => true,
            Self::Handshake => revision.has_handshake(),
            Self::Stateless => !revision.has_handshake(),
        }
    }
}

impl Request<'_> {
    /// Sends the request to its method.
    pub(crate) fn route(&self) -> Result<Step, RpcError> {
        let bare = self.core.middleware.is_empty();
        match self.known().map(|known| known.kind) {
            Some(MethodKind::Component) => gate::enter(self).map(Step::Run),
            Some(MethodKind::Stream(answer)) => answer(self),
            Some(MethodKind::Exchange(answer) | MethodKind::About(answer, _)) if bare => answer(self),
            None if bare => self.extended(),
            Some(MethodKind::About(_, about)) => Ok(Step::Run(pipeline::exchange(self, about(self)))),
            Some(MethodKind::Exchange(_)) | None => Ok(Step::Run(pipeline::exchange(self, None))),
        }
    }

    /// Answers an exchange that has been through middleware.
    pub(crate) fn exchange(&self) -> Result<Step, RpcError> {
        match self.known().map(|known| known.kind) {
            Some(MethodKind::Exchange(answer) | MethodKind::About(answer, _)) => answer(self),
            _ => self.extended(),
        }
    }

    fn known(&self) -> Option<&'static Method> {
        METHODS.iter().find(|known| known.name == self.method && known.era.has(self.revision()))
    }
}
