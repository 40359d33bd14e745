//! The beginning of a conversation: opened by one of several ways, and greeted in the era that the server turns out to be of.
//!
//! A server of 2026-07-28 answers `server/discover`. What does not know it fails in three ways, and each is in the wild: an error of
//! any code, silence, and the end of the process. All three lead to the handshake of the older revisions (2026-07-28,
//! basic/transports/stdio, "Protocol Version Negotiation").

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::dialogue::Dialogue;
use super::error::{ClientError, ConnectError};
use super::exchange::{Query, RequestLimits, Tie};
use super::hooks::ClientHooks;
#[cfg(feature = "client-http")]
use super::http::{HttpCarrier, HttpParts, HttpWay, LegacyCarrier};
use super::letter::{Carrier, ParamList};
use super::memory::{MemoryCarrier, MemoryServer};
#[cfg(unix)]
use super::process::{ProcessCarrier, Program};
use super::stream::{StreamCarrier, no_epilogue};
use crate::context::Caller;
use crate::protocol::shape::Shaped;
use crate::protocol::{Implementation, LogLevel, Revision, ServerCapabilities, jsonrpc, meta, method};
use crate::text::sanitize;
use crate::transport::stream::Transport;

/// Which revisions a client offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Era {
    /// Finds out: the newest that the server speaks.
    #[default]
    Auto,
    /// Only those with an `initialize` handshake, up to 2025-11-25. Saves the question where the server is known to be old.
    Handshake,
    /// Only those without, from 2026-07-28 on.
    Modern,
    /// This one alone.
    Only(Revision),
}

impl From<Revision> for Era {
    fn from(revision: Revision) -> Self {
        Self::Only(revision)
    }
}

/// What a server says of itself when a conversation begins.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// Its name.
    pub name: String,
    /// Its version; empty if it says none.
    pub version: String,
    /// The rest of what it says it is.
    pub implementation: Implementation,
    /// What it can do.
    pub capabilities: ServerCapabilities,
    /// What a model should know before it uses the server.
    pub instructions: Option<String>,
}

/// What holds for all requests of a client.
#[derive(Clone, Debug)]
pub(super) struct ClientSettings {
    pub info: Implementation,
    pub era: Era,
    pub limits: RequestLimits,
    pub connect_timeout: Duration,
    pub probe_timeout: Duration,
    pub message_bytes: usize,
    pub log_level: Option<LogLevel>,
    pub rounds: usize,
    pub pages: usize,
    pub strict_outputs: bool,
}

/// How a conversation is opened.
pub(super) enum WayIn {
    Memory(Option<MemoryServer>, Caller),
    Stream(Option<Box<dyn OpenStream>>),
    #[cfg(unix)]
    Process(Program),
    #[cfg(feature = "client-http")]
    Http(HttpWay),
    /// The older transport of two URLs.
    #[cfg(feature = "client-http")]
    Sse(HttpWay),
}

/// A stream of any type.
pub(super) trait OpenStream: Send {
    fn start(self: Box<Self>, conversation: &Arc<Dialogue>, most: usize) -> Arc<dyn Carrier>;
}

impl<S: Transport> OpenStream for S {
    fn start(self: Box<Self>, conversation: &Arc<Dialogue>, most: usize) -> Arc<dyn Carrier> {
        let (reader, writer) = tokio::io::split(*self);
        StreamCarrier::start(conversation, reader, writer, most, no_epilogue())
    }
}

impl WayIn {
    async fn open(&mut self, conversation: &Arc<Dialogue>, settings: &ClientSettings) -> Result<Opened, ClientError> {
        let most = settings.message_bytes;
        let used = || ClientError::request("a stream can be used once");
        Ok(match self {
            Self::Memory(server, caller) => {
                let server = server.take().ok_or_else(used)?;
                let carrier = MemoryCarrier::start(server, caller.clone(), conversation, most).await?;
                Opened::of(carrier)
            }
            Self::Stream(stream) => {
                let carrier = stream.take().ok_or_else(used)?.start(conversation, most);
                Opened::of(carrier)
            }
            #[cfg(unix)]
            Self::Process(program) => {
                let process = ProcessCarrier::start(program, conversation, most)?;
                Opened { carrier: Arc::clone(&process) as _, process: Some(process) }
            }
            #[cfg(feature = "client-http")]
            Self::Http(way) => {
                let carrier = HttpCarrier::start(HttpParts::new(way, most)?, conversation);
                Opened::of(Arc::new(carrier))
            }
            #[cfg(feature = "client-http")]
            Self::Sse(way) => {
                let http = HttpParts::new(way, most)?;
                Opened::of(Arc::new(LegacyCarrier::start(http, conversation, settings.connect_timeout).await?))
            }
        })
    }
}

struct Opened {
    carrier: Arc<dyn Carrier>,
    #[cfg(unix)]
    process: Option<Arc<ProcessCarrier>>,
}

impl Opened {
    fn of(carrier: Arc<dyn Carrier>) -> Self {
        Self {
            carrier,
            #[cfg(unix)]
            process: None,
        }
    }
}

/// A conversation that has begun.
pub(super) struct Connected {
    pub link: Tie,
    pub revision: Revision,
    pub server: ServerInfo,
}

/// Opens a conversation and greets the server.
pub(super) async fn connect(
    mut way: WayIn,
    settings: &ClientSettings,
    hooks: &Arc<ClientHooks>,
) -> Result<Connected, ClientError> {
    let era = match (settings.era, &way) {
        // Our own server is of the newest.
        (Era::Auto, WayIn::Memory(..)) => Era::Only(Revision::LATEST),
        // There is nothing newer than it there.
        #[cfg(feature = "client-http")]
        (Era::Auto, WayIn::Sse(_)) => Era::Handshake,
        (era, _) => era,
    };
    let mut greeting = Greeting { way: &mut way, settings, hooks, first: 1 };
    match era {
        Era::Handshake => greeting.handshake_anew(Revision::LATEST_WITH_HANDSHAKE, false).await,
        Era::Only(revision) if revision.has_handshake() => greeting.handshake_anew(revision, true).await,
        Era::Modern | Era::Only(_) => greeting.discover(false).await,
        Era::Auto => greeting.discover(true).await,
    }
}

struct Greeting<'a> {
    way: &'a mut WayIn,
    settings: &'a ClientSettings,
    hooks: &'a Arc<ClientHooks>,
    /// The first id that no earlier conversation used.
    first: u64,
}

impl Greeting<'_> {
    async fn open(&mut self) -> Result<(Tie, Opened), ClientError> {
        let conversation = Dialogue::new(Arc::clone(self.hooks), self.first);
        let opened = self.way.open(&conversation, self.settings).await?;
        let heard = self.hooks.log.is_some().then_some(LogLevel::Info);
        let log_level = self.settings.log_level.or(heard);
        let link = Tie::new(conversation, Arc::clone(&opened.carrier), &self.settings.info, log_level);
        Ok((link, opened))
    }

    /// Asks a server of 2026-07-28 what it is; what is no such server is greeted as an older one, if it `may` be one.
    async fn discover(&mut self, may: bool) -> Result<Connected, ClientError> {
        let (link, opened) = self.open().await?;
        let timeout = if may { self.settings.probe_timeout } else { self.settings.connect_timeout };
        let limits = RequestLimits { timeout: Some(timeout), most: None };
        let mut refused_once = false;
        loop {
            let ask = Query::new(method::DISCOVER, ParamList::default(), limits);
            let error = match link.ask(Revision::LATEST, ask).await {
                Ok(result) => match discovered(&result) {
                    Ok((server, versions)) => match newest(&versions, |_| true) {
                        Some(revision) if !revision.has_handshake() => {
                            link.conversation.agree_on(revision);
                            return Ok(Connected { link, revision, server });
                        }
                        Some(older) if may => return self.handshake(link, &opened, older, false).await,
                        _ => return Err(no_revision(Revision::LATEST, &versions).into()),
                    },
                    // Something that answers every request with success, perhaps.
                    Err(error) => error,
                },
                Err(error) => error,
            };
            let ClientError::Rpc { code, data, .. } = &error else {
                return self.not_discovered(link, opened, error, may).await;
            };
            match i32::try_from(*code) {
                Ok(jsonrpc::UNSUPPORTED_VERSION) if supported(data.as_deref()).is_some() => {
                    let versions = supported(data.as_deref()).unwrap_or_default();
                    match newest(&versions, |_| true) {
                        Some(revision) if !revision.has_handshake() && !refused_once => refused_once = true,
                        Some(older) if older.has_handshake() && may => {
                            return self.handshake(link, &opened, older, false).await;
                        }
                        _ => return Err(no_revision(Revision::LATEST, &versions).into()),
                    }
                }
                // Only a server of the new era says these.
                Ok(jsonrpc::HEADER_MISMATCH | jsonrpc::MISSING_CAPABILITY) => return Err(error),
                _ => return self.not_discovered(link, opened, error, may).await,
            }
        }
    }

    /// The question was not answered as the new era answers it.
    async fn not_discovered(
        &mut self,
        link: Tie,
        opened: Opened,
        error: ClientError,
        may: bool,
    ) -> Result<Connected, ClientError> {
        let newest = Revision::LATEST_WITH_HANDSHAKE;
        let gone = matches!(error, ClientError::Disconnected { .. } | ClientError::Timeout { .. });
        let answered = matches!(
            error,
            ClientError::Rpc { .. }
                | ClientError::Protocol { .. }
                // Over HTTP: 401 and 403 say who may ask, and 5xx and the like nothing at all.
                | ClientError::Http { status: 400 | 404 | 405 | 406 | 415, .. }
        );
        if !may {
            return Err(told(error, &link.conversation, self.settings.connect_timeout, "asking the server what it is"));
        }
        #[cfg(unix)]
        if gone && let Some(process) = &opened.process {
            // It ended at a first message that is not `initialize`, or it is silent, and perhaps confused: begin anew, once.
            process.kill();
            process.gone().await;
            self.first = link.conversation.next_id();
            return self.handshake_anew(newest, false).await;
        }
        let silent = gone && link.conversation.ending().is_none();
        if answered || silent {
            let greeted = self.handshake(link, &opened, newest, false).await;
            return self.or_legacy(greeted, newest, false).await;
        }
        Err(told(error, &link.conversation, self.settings.connect_timeout, "asking the server what it is"))
    }

    async fn handshake_anew(&mut self, revision: Revision, exact: bool) -> Result<Connected, ClientError> {
        let (link, opened) = self.open().await?;
        let greeted = self.handshake(link, &opened, revision, exact).await;
        self.or_legacy(greeted, revision, exact).await
    }

    /// An address that takes no POST may be that of the older transport of two URLs (2025-03-26, basic/transports, "Backwards
    /// Compatibility").
    #[cfg(feature = "client-http")]
    async fn or_legacy(
        &mut self,
        greeted: Result<Connected, ClientError>,
        revision: Revision,
        exact: bool,
    ) -> Result<Connected, ClientError> {
        if !matches!(greeted, Err(ClientError::Http { status: 400 | 404 | 405, .. })) {
            return greeted;
        }
        let WayIn::Http(way) = &*self.way else { return greeted };
        *self.way = WayIn::Sse(way.clone());
        let (link, opened) = self.open().await?;
        self.handshake(link, &opened, revision, exact).await
    }

    #[cfg(not(feature = "client-http"))]
    async fn or_legacy(
        &mut self,
        greeted: Result<Connected, ClientError>,
        _: Revision,
        _: bool,
    ) -> Result<Connected, ClientError> {
        greeted
    }

    /// The handshake of the older revisions.
    async fn handshake(
        &mut self,
        link: Tie,
        opened: &Opened,
        offered: Revision,
        exact: bool,
    ) -> Result<Connected, ClientError> {
        let timeout = self.settings.connect_timeout;
        let limits = RequestLimits { timeout: Some(timeout), most: None };
        let mut offer = offered;
        let result = loop {
            let members = ParamList::default()
                .with("protocolVersion", &offer)?
                .with("capabilities", &Shaped(&self.hooks.capabilities(), offer))?
                .with("clientInfo", &Shaped(&self.settings.info, offer))?;
            match link.ask(offer, Query::new(method::INITIALIZE, members, limits)).await {
                Ok(result) => break result,
                Err(ClientError::Rpc { ref data, .. })
                    if !exact && offer == offered && supported(data.as_deref()).is_some() =>
                {
                    let versions = supported(data.as_deref()).unwrap_or_default();
                    match newest(&versions, |revision| revision.has_handshake() && revision != offered) {
                        Some(other) => offer = other,
                        None => return Err(no_revision(offered, &versions).into()),
                    }
                }
                Err(error) => {
                    #[cfg(unix)]
                    if let (ClientError::Timeout { .. }, Some(process)) = (&error, &opened.process) {
                        // Its last words are known once it is gone.
                        process.kill();
                        process.gone().await;
                        let _ = tokio::time::timeout(timeout, link.conversation.closed().cancelled()).await;
                    }
                    let _ = opened;
                    return Err(told(error, &link.conversation, timeout, "the handshake"));
                }
            }
        };
        let initialized = serde_json::from_str::<Initialized>(result.get());
        let initialized = initialized.map_err(|error| {
            let what = format!("its answer to `initialize` cannot be read ({})", sanitize::error(&error));
            ClientError::not_mcp(what, "is this the right program or address?")
        })?;
        let answered = &*initialized.protocol_version;
        let agreed = Revision::parse(answered)
            .filter(|revision| revision.has_handshake() && (!exact || *revision == offer))
            .ok_or_else(|| no_revision(offer, std::slice::from_ref(&initialized.protocol_version)))?;
        link.conversation.agree_on(agreed);
        link.notify(agreed, method::INITIALIZED, &ParamList::default()).await?;
        let server = ServerInfo::of(initialized.server_info, &initialized.capabilities, initialized.instructions);
        if let (Some(level), true) = (self.settings.log_level, server.capabilities.logging) {
            let members = ParamList::default().with("level", &level)?;
            link.ask(agreed, Query::new(method::SET_LEVEL, members, limits)).await?;
        }
        Ok(Connected { link, revision: agreed, server })
    }
}

impl ServerInfo {
    fn of(implementation: Implementation, capabilities: &Value, instructions: Option<String>) -> Self {
        Self {
            name: implementation.name.clone(),
            version: implementation.version.clone(),
            implementation,
            capabilities: ServerCapabilities::read(capabilities),
            instructions,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Initialized {
    protocol_version: String,
    #[serde(default)]
    capabilities: Value,
    #[serde(default)]
    server_info: Implementation,
    #[serde(default)]
    instructions: Option<String>,
}

/// What `server/discover` answered, and the versions in it. Members that a strict client would miss are not missed.
fn discovered(result: &RawValue) -> Result<(ServerInfo, Vec<String>), ClientError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct DiscoverWire {
        supported_versions: Vec<String>,
        #[serde(default)]
        capabilities: Value,
        #[serde(default)]
        instructions: Option<String>,
        /// Where drafts had it.
        #[serde(default)]
        server_info: Option<Implementation>,
        #[serde(default, rename = "_meta")]
        meta: Value,
    }
    let wire = serde_json::from_str::<DiscoverWire>(result.get())
        .map_err(|error| ClientError::protocol(format!("`server/discover`: {}", sanitize::error(&error))))?;
    let labelled = wire.meta.get(meta::SERVER_INFO).and_then(|info| Implementation::deserialize(info).ok());
    let info = labelled.or(wire.server_info).unwrap_or_default();
    Ok((ServerInfo::of(info, &wire.capabilities, wire.instructions), wire.supported_versions))
}

/// The versions in the data of an error.
fn supported(data: Option<&RawValue>) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct SupportedWire {
        supported: Vec<String>,
    }
    Some(serde_json::from_str::<SupportedWire>(data?.get()).ok()?.supported)
}

fn newest(versions: &[String], fits: impl Fn(Revision) -> bool) -> Option<Revision> {
    versions.iter().filter_map(|version| Revision::parse(version)).filter(|revision| fits(*revision)).max()
}

fn no_revision(offered: Revision, answered: &[String]) -> ConnectError {
    ConnectError::Revision { offered, answered: answered.join(", ") }
}

/// A failure of the greeting, by what it means.
fn told(error: ClientError, conversation: &Dialogue, after: Duration, during: &'static str) -> ClientError {
    let noise = |hint: &str| {
        conversation.noise().map(|noise| ClientError::not_mcp(format!("it wrote `{noise}`"), hint.to_owned()))
    };
    let hint = "a server writes nothing but messages to its standard output, and everything else to standard error";
    match error {
        ClientError::Timeout { .. } => noise(hint).unwrap_or_else(|| {
            let stderr_tail = conversation.ending().map(|ending| ending.stderr_tail.clone()).unwrap_or_default();
            ConnectError::Timeout { after, during, stderr_tail }.into()
        }),
        ClientError::Disconnected { exit: Some(status), stderr_tail, .. } => {
            ConnectError::Exited { status, stderr_tail }.into()
        }
        ClientError::Disconnected { during, exit, stderr_tail, sent } => {
            let gone = ClientError::Disconnected { during, exit, stderr_tail, sent };
            noise(hint).unwrap_or(gone)
        }
        other => other,
    }
}

/// What is written where nothing else is known of a client.
pub(super) fn default_info() -> Implementation {
    Implementation::new("fastmcp-rs", env!("CARGO_PKG_VERSION"))
}
