//! The door for the benches and the fuzz targets of this repository, behind the feature `__bench`: single stages of a request's way,
//! which nobody else can call one by one. Nothing here is part of the public interface; anything may change with any release.

use std::cell::OnceCell;
use std::future::Future as _;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};

use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::catalog::ListKind;
use crate::component::tool::ToolComponent;
use crate::context::{Caller, Host, Origin};
use crate::engine::answered::Answered;
use crate::engine::connection::Connection;
use crate::engine::core::Core;
use crate::engine::encode::{Body, Reply};
use crate::engine::run::{Running, Work};
use crate::error::{Error, ToolError};
use crate::future::BoxFuture;
use crate::protocol::Revision;
use crate::protocol::message::JsonRpc;
use crate::protocol::meta::Meta;
use crate::protocol::params::Params;
use crate::result::ToolResult;
use crate::server::Server;
use crate::session::{Notifier, Outgoing, Session};
use crate::uri::{Router, UriTemplate};

/// Reads one message; whether it is a request that could be read.
pub fn parse(text: &str) -> bool {
    matches!(black_box(&JsonRpc::read(text)), Ok(JsonRpc::Request { params: Ok(_), .. }))
}

/// Reads one message, and says how it was understood: its kind, its id as it is spelled, and its method.
#[must_use]
pub fn read(text: &str) -> (&'static str, Option<String>, Option<String>) {
    let spelled = |id: &RawValue| Some(id.get().to_owned());
    match JsonRpc::read(text) {
        Ok(JsonRpc::Request { id, method, params: Ok(_) }) => ("request", spelled(id), Some(method.into_owned())),
        Ok(JsonRpc::Request { id, method, params: Err(_) }) => ("bad request", spelled(id), Some(method.into_owned())),
        Ok(JsonRpc::Notification { method, .. }) => ("notification", None, Some(method.into_owned())),
        Ok(JsonRpc::Response { id, outcome: Ok(_) }) => ("result", spelled(id), None),
        Ok(JsonRpc::Response { id, outcome: Err(_) }) => ("error", spelled(id), None),
        Err(unreadable) => ("unreadable", unreadable.id.as_deref().and_then(spelled), None),
    }
}

/// A server, to be asked for single stages.
#[derive(Clone)]
pub struct Stages {
    core: Arc<Core>,
    host: Arc<dyn Host>,
}

impl Stages {
    /// # Errors
    /// When the server cannot start.
    pub fn of(server: Server) -> Result<Self, Error> {
        let core = Arc::clone(server.build()?.core());
        let host: Arc<dyn Host> = Arc::clone(&core) as _;
        Ok(Self { core, host })
    }

    /// Looks a tool up by its name.
    #[must_use]
    pub fn finds(&self, name: &str) -> bool {
        black_box(self.core.catalog().tool(name, &Caller::anonymous())).is_ok()
    }

    /// One tool, found before its call is measured.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn tool(&self, name: &str) -> Handler {
        let catalog = self.core.catalog();
        Handler {
            stages: self.clone(),
            tool: Arc::clone(
                catalog.tool(name, &Caller::anonymous()).expect("the bench names a tool that it has added"),
            ),
        }
    }

    /// Writes a tool's result as a response.
    pub fn write(&self, result: &Written, out: &mut Vec<u8>) {
        let id: &RawValue = serde_json::from_str("1").expect("a number is JSON");
        self.core.write_reply(out, id, Revision::LATEST, &result.0);
    }

    /// Renders `tools/list` as for the first request of a revision; how many bytes it has.
    ///
    /// # Panics
    /// Never: there is no cursor that could be wrong.
    #[must_use]
    pub fn render(&self) -> usize {
        // A page that holds everything is made anew each time; the list without pages is kept.
        let page =
            self.core.catalog().page(ListKind::Tools, Revision::LATEST, None, Some(usize::MAX), &Caller::anonymous());
        page.expect("there is no cursor that could be wrong").items.len()
    }
}

/// A tool's result on its way out.
pub struct Written(Reply);

impl From<ToolResult> for Written {
    fn from(result: ToolResult) -> Self {
        Self(Ok(Body::Tool(result)))
    }
}

/// One tool of a server.
pub struct Handler {
    stages: Stages,
    tool: Arc<ToolComponent>,
}

impl Handler {
    /// Reads the arguments and lets go of the handler that they were read for.
    pub fn read(&self, arguments: &RawValue) {
        drop(black_box(self.start(arguments)));
    }

    /// Reads the arguments and runs the handler; whether it was done in one step, and well.
    pub fn call(&self, arguments: &RawValue) -> bool {
        let work = Work::Tool(Arc::clone(&self.tool), self.start(arguments));
        let running = Running::new(&self.stages.core, Revision::LATEST, work);
        let reply = pin!(running).poll(&mut Task::from_waker(Waker::noop()));
        matches!(black_box(&reply), Poll::Ready(Answered { reply: Ok(Body::Tool(result)), .. }) if !result.is_error())
    }

    fn start(&self, arguments: &RawValue) -> BoxFuture<'static, Result<ToolResult, ToolError>> {
        let origin = Origin {
            host: &self.stages.host,
            revision: Revision::LATEST,
            id: None,
            meta: Meta::of(&Params::default()),
            session: None,
            notifier: &None::<Notifier>,
            headers: None,
            caller: &Caller::anonymous(),
            log_level: None,
            lenient: true,
            rounds: OnceCell::new(),
            context: None,
        };
        self.tool.start(Some(arguments), &origin)
    }
}

/// Many URI templates.
#[derive(Default)]
pub struct Templates(Router<()>);

impl Templates {
    /// # Panics
    /// When the template is none, or another answers for the same URIs.
    pub fn add(&mut self, template: &str) {
        let template = UriTemplate::parse(template).expect("the bench writes templates that can be read");
        assert!(self.0.insert(template, ()).is_none(), "the bench writes templates that differ");
    }

    /// The same of a template that may be none.
    ///
    /// # Errors
    /// When it is none.
    pub fn try_add(&mut self, template: &str) -> Result<(), String> {
        self.0.insert(UriTemplate::parse(template)?, ());
        Ok(())
    }

    /// The variables that a URI has in the template that answers for it; `None` if none does, or if it may not be asked for.
    #[must_use]
    pub fn values(&self, uri: &str) -> Option<Vec<(String, String)>> {
        let (_, found) = self.0.find(uri, &|()| true).ok()??;
        Some(found.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Whether one of them answers for a URI.
    #[must_use]
    pub fn find(&self, uri: &str) -> bool {
        matches!(black_box(&self.0.find(uri, &|()| true)), Ok(Some(_)))
    }
}

/// One conversation over a stream, without the stream.
pub struct Conversation {
    connection: Connection,
    outgoing: mpsc::Receiver<Outgoing>,
}

impl Conversation {
    /// # Errors
    /// When the server cannot start.
    pub fn with(server: Server) -> Result<Self, Error> {
        Self::by(server, Caller::anonymous())
    }

    /// The same with a caller who is known.
    ///
    /// # Errors
    /// When the server cannot start.
    pub fn by(server: Server, caller: Caller) -> Result<Self, Error> {
        let (sender, outgoing) = mpsc::channel(crate::bounds::OUTGOING);
        let core = Arc::clone(server.build()?.core());
        let session = Arc::new(Session::new(None, &core.kept));
        let connection = Connection::new(core, session, Some(Notifier::new(sender)), caller);
        Ok(Self { connection, outgoing })
    }

    /// Takes one message; the answer is appended to `out`.
    pub fn receive(&mut self, text: &str, out: &mut Vec<u8>) {
        self.connection.receive(text, &mut self.outgoing, out);
    }
}

/// What seals the state of a call between two rounds.
#[cfg(feature = "interaction")]
pub struct Seals(crate::engine::seal::LazySealer);

#[cfg(feature = "interaction")]
impl Seals {
    #[must_use]
    pub fn with(key: [u8; 32]) -> Self {
        Self(crate::engine::seal::Sealer::lazy(vec![key], std::time::Duration::from_secs(60)))
    }

    /// Seals a state, written as JSON; `None` if it is none.
    #[must_use]
    pub fn seal(&self, state: &str, bound: &[u8]) -> Option<String> {
        self.0.as_ref()?.seal(&serde_json::from_str(state).ok()?, bound)
    }

    /// Opens one.
    #[must_use]
    pub fn open(&self, sealed: &str, bound: &[u8]) -> Option<String> {
        serde_json::to_string(&self.0.as_ref()?.open(sealed, bound).ok()?).ok()
    }
}

/// The parts of a signed token, if it may be looked at: its algorithm, its key's name and its payload. Otherwise the reason, and
/// `another` for what is no such token.
///
/// # Errors
/// When it may not.
#[cfg(feature = "auth")]
pub fn jws(token: &str) -> Result<(String, Option<String>, Vec<u8>), &'static str> {
    crate::auth::jws_parts(token)
}

/// Who a payload names, of the issuer `https://issuer.example.com` for `ours`, at a time in seconds; or the reason why it is refused.
///
/// # Errors
/// When it is refused.
#[cfg(feature = "auth")]
pub fn claims(payload: &[u8], now: f64) -> Result<Caller, &'static str> {
    crate::auth::claims_of(payload, now)
}

/// How many usable keys a document has; nothing if it is not a set of them.
#[cfg(feature = "auth")]
#[must_use]
pub fn jwks(document: &[u8]) -> Option<usize> {
    crate::auth::usable_keys(document)
}

/// A challenge that says these things.
#[cfg(feature = "http")]
#[must_use]
pub fn challenge(error: &str, why: &str, scopes: &[String], url: &str) -> Vec<u8> {
    let challenge = crate::auth::bearer::Challenge::new().error(error).describe(why).scopes(scopes).metadata(Some(url));
    challenge.header().as_bytes().to_vec()
}

/// Where a request came from, given where its connection did: one from `10.0.0.0/8` is a proxy's, whose `Forwarded` or
/// `X-Forwarded-For` is read. An error where that cannot be.
///
/// # Errors
/// When what a proxy has written cannot be read.
#[cfg(feature = "http")]
pub fn came_from(
    socket: std::net::IpAddr,
    forwarded: &[&[u8]],
    x_forwarded_for: &[&[u8]],
) -> Result<Option<std::net::IpAddr>, &'static str> {
    let proxies = crate::net::forwarded::TrustedProxies::from(["10.0.0.0/8"]);
    proxies.came_from(Some(socket), forwarded.iter().copied(), x_forwarded_for.iter().copied())
}
