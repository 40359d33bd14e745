//! A client that is being set up.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Client;
use super::connect::{self, ClientSettings, Era, WayIn};
use super::error::{ClientError, ConnectError};
use super::exchange::RequestLimits;
use super::hooks::{Answerer, ClientHooks, Elicitation, ServerLog, UrlElicitation};
#[cfg(feature = "client-http")]
use super::http::{BearerToken, ClientAuth, HttpWay};
use super::memory::MemoryServer;
#[cfg(unix)]
use super::process::Program;
use crate::context::Caller;
use crate::error::BoxError;
use crate::protocol::{ElicitResult, Implementation, LogLevel, Root, SamplingRequest, SamplingResult};
use crate::transport::stream::Transport;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long it may take with progress.
const MOST: Duration = Duration::from_secs(600);
/// How long a server may take to greet.
const CONNECT: Duration = Duration::from_secs(30);
/// How long is waited before a silent server is taken for an older one.
const PROBE: Duration = Duration::from_secs(2);
/// The longest message.
const MESSAGE_BYTES: usize = 64 * 1024 * 1024;
/// Rounds of questions in one call.
const ROUNDS: usize = 10;
/// Pages of one list.
const PAGES: usize = 1000;

/// A client that is being set up, made by [`Client::memory`] and its siblings.
#[must_use = "nothing happens before `connect`"]
pub struct ClientBuilder {
    way: WayIn,
    settings: ClientSettings,
    hooks: ClientHooks,
    problems: Vec<String>,
}

impl Client {
    /// A client of a server in this process: a [`Server`](crate::Server), which ends with the client, or a
    /// [`RunningServer`](crate::RunningServer), which has others.
    pub fn memory(server: impl Into<MemoryServer>) -> ClientBuilder {
        ClientBuilder::new(WayIn::Memory(Some(server.into()), Caller::local()))
    }

    /// A client at one end of a stream of bytes, with one message per line: a socket, a pipe, one end of `tokio::io::duplex`.
    pub fn stream<S: Transport>(stream: S) -> ClientBuilder {
        ClientBuilder::new(WayIn::Stream(Some(Box::new(stream))))
    }

    /// A client of a program, which is started as a child process and speaks over its standard input and output.
    ///
    /// It runs in a process group of its own, and ends with the client, with all that it started. Of this program's environment it
    /// sees `HOME`, `LOGNAME`, `PATH`, `SHELL`, `TERM` and `USER`, unless told otherwise.
    #[cfg(unix)]
    pub fn stdio<A: Into<OsString>>(program: impl Into<OsString>, args: impl IntoIterator<Item = A>) -> ClientBuilder {
        ClientBuilder::new(WayIn::Process(Program {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            env: std::collections::BTreeMap::new(),
            inherit_env: false,
            directory: None,
            show_stderr: false,
        }))
    }
}

#[cfg(feature = "client-http")]
impl Client {
    /// A client of a server over Streamable HTTP, at the URL of its endpoint (often `/mcp`). Where that takes no POST, the older
    /// HTTP+SSE is tried.
    pub fn http(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(WayIn::Http(HttpWay::new(url.into())))
    }

    /// A client of a server over HTTP+SSE, the transport of 2024-11-05, at the URL of its stream (often `/sse`).
    pub fn sse(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(WayIn::Sse(HttpWay::new(url.into())))
    }
}

#[cfg(feature = "client-http")]
impl ClientBuilder {
    /// Proves who is asking with a bearer token.
    #[track_caller]
    pub fn bearer(self, token: impl Into<String>) -> Self {
        self.auth(BearerToken::new(token))
    }

    /// The same, with the token in a variable of the environment.
    ///
    /// # Errors
    /// When it is not set, or empty.
    #[track_caller]
    pub fn bearer_env(self, variable: &str) -> Result<Self, ClientError> {
        match std::env::var(variable).ok().filter(|token| !token.is_empty()) {
            Some(token) => Ok(self.bearer(token)),
            None => {
                let variable = crate::text::sanitize::bounded(variable, crate::bounds::ECHO);
                Err(ConnectError::Setting { what: format!("the variable `{variable}` has no token") }.into())
            }
        }
    }

    /// Proves who is asking in another way.
    #[track_caller]
    pub fn auth(mut self, auth: impl ClientAuth) -> Self {
        match &mut self.way {
            WayIn::Http(way) | WayIn::Sse(way) => way.auth = Some(Arc::new(auth)),
            _ => self.only_for("auth", "a server over HTTP"),
        }
        self
    }

    /// Adds a header to every request.
    #[track_caller]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        match &mut self.way {
            WayIn::Http(way) | WayIn::Sse(way) => way.headers.push((name.into(), value.into())),
            _ => self.only_for("header", "a server over HTTP"),
        }
        self
    }

    /// A file of certificates (PEM) to trust, instead of the authorities that browsers do. Default: what `FASTMCP_CA_FILE` names, if
    /// it is set.
    #[cfg(feature = "client-tls")]
    #[track_caller]
    pub fn authorities(mut self, file: impl Into<PathBuf>) -> Self {
        match &mut self.way {
            WayIn::Http(way) | WayIn::Sse(way) => way.authorities = Some(file.into()),
            _ => self.only_for("authorities", "a server over HTTP"),
        }
        self
    }
}

impl ClientBuilder {
    fn new(way: WayIn) -> Self {
        let settings = ClientSettings {
            info: connect::default_info(),
            era: Era::Auto,
            limits: RequestLimits { timeout: Some(TIMEOUT), most: Some(MOST) },
            connect_timeout: CONNECT,
            probe_timeout: PROBE,
            message_bytes: MESSAGE_BYTES,
            log_level: None,
            rounds: ROUNDS,
            pages: PAGES,
            strict_outputs: false,
        };
        Self { way, settings, hooks: ClientHooks::default(), problems: Vec::new() }
    }

    /// Opens the conversation and greets the server.
    ///
    /// # Errors
    /// When a setting cannot be used, the server cannot be reached, or it does not speak MCP.
    pub async fn connect(self) -> Result<Client, ClientError> {
        let Self { way, settings, hooks, problems } = self;
        if !problems.is_empty() {
            return Err(ConnectError::Setting { what: problems.join("\n") }.into());
        }
        let connected = connect::connect(way, &settings, &Arc::new(hooks)).await?;
        Ok(Client::of(connected, settings))
    }

    /// Which revisions are offered; an [`Era`] or one [`Revision`](crate::Revision). Default: the newest that the server speaks.
    pub fn era(mut self, era: impl Into<Era>) -> Self {
        self.settings.era = era.into();
        self
    }

    /// Who this client says it is. Default: this crate.
    pub fn info(mut self, info: Implementation) -> Self {
        self.settings.info = info;
        self
    }

    /// How long to wait for the answer to a request, and from one message of progress to the next. Default: 60 s.
    #[track_caller]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.not_zero("timeout", timeout);
        self.settings.limits.timeout = Some(timeout);
        self.settings.limits.most = self.settings.limits.most.map(|most| most.max(timeout));
        self
    }

    /// How long to wait for an answer in all, however much progress there is. Default: 10 minutes.
    #[track_caller]
    pub fn max_time(mut self, most: Duration) -> Self {
        self.not_zero("max_time", most);
        self.settings.limits.most = Some(most);
        self
    }

    /// How long the server may take to start and to greet. Default: 30 s.
    #[track_caller]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.not_zero("connect_timeout", timeout);
        self.settings.connect_timeout = timeout;
        self
    }

    /// How long a server may be silent when it is asked for the newest revision, before it is taken for an older one. Default: 2 s.
    #[track_caller]
    pub fn probe_timeout(mut self, timeout: Duration) -> Self {
        self.not_zero("probe_timeout", timeout);
        self.settings.probe_timeout = timeout;
        self
    }

    /// The longest message that is read, in bytes. Default: 64 MiB.
    #[track_caller]
    pub fn max_message_bytes(mut self, bytes: usize) -> Self {
        if bytes == 0 {
            self.problems.push(crate::error::unusable("max_message_bytes(0)", "would let no message through"));
        }
        self.settings.message_bytes = bytes;
        self
    }

    /// How many rounds of questions one call may have on 2026-07-28. Default: 10.
    pub fn max_rounds(mut self, rounds: usize) -> Self {
        self.settings.rounds = rounds;
        self
    }

    /// Holds the structured content of every result against the tool's output schema. Default: only the type that is asked for
    /// counts, since many servers are careless.
    pub fn strict_outputs(mut self) -> Self {
        self.settings.strict_outputs = true;
        self
    }

    /// Answers forms, and declares that (spec: client/elicitation). Fields that the answer leaves out get the form's defaults. One
    /// question is asked at a time.
    pub fn on_elicit<F, Fut, E>(mut self, answer: F) -> Self
    where
        F: Fn(Elicitation) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ElicitResult, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        self.hooks.elicit = Some(Answerer::new(answer));
        self
    }

    /// Answers when the user is to be sent to a page, and declares that (2025-11-25 and later).
    pub fn on_elicit_url<F, Fut, E>(mut self, answer: F) -> Self
    where
        F: Fn(UrlElicitation) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ElicitResult, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        self.hooks.elicit_url = Some(Answerer::new(answer));
        self
    }

    /// Answers as the model, and declares that (spec: client/sampling).
    pub fn on_sample<F, Fut, E>(mut self, answer: F) -> Self
    where
        F: Fn(SamplingRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<SamplingResult, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        self.hooks.sample = Some(Answerer::new(answer));
        self
    }

    /// Declares that the model can be given tools (2025-11-25 and later). It counts with [`on_sample`](Self::on_sample).
    pub fn sampling_tools(mut self) -> Self {
        self.hooks.sampling_tools = true;
        self
    }

    /// Declares that the model can be shown context from servers (2025-11-25 and later). It counts with
    /// [`on_sample`](Self::on_sample).
    pub fn sampling_context(mut self) -> Self {
        self.hooks.sampling_context = true;
        self
    }

    /// Directories that the server may work in, as `file:` URIs; declares that there are such (spec: client/roots).
    #[track_caller]
    pub fn roots<U: Into<String>>(mut self, roots: impl IntoIterator<Item = U>) -> Self {
        let roots: Vec<Root> = roots.into_iter().map(Root::new).collect();
        for root in &roots {
            if !root.uri.starts_with("file://") {
                let shown = crate::text::sanitize::bounded(&root.uri, crate::bounds::ECHO);
                self.problems.push(crate::error::unusable(&format!("roots(\"{shown}\")"), "is no `file://` URI"));
            }
        }
        self.hooks.roots = std::sync::Mutex::new(Some(roots));
        self
    }

    /// Hears the server's log messages. The closure runs where messages are read, and must not block.
    pub fn on_log(mut self, told: impl Fn(ServerLog) + Send + Sync + 'static) -> Self {
        self.hooks.log = Some(Arc::new(told));
        self
    }

    /// From which level on the server is to send log messages. Default: from `info` on, if somebody [hears](Self::on_log) them.
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.settings.log_level = Some(level);
        self
    }

    /// Hears of what a server should not have sent: lines that are no messages, answers to nothing, entries of lists that cannot be
    /// read. All of that is passed over, and logged at `debug`. The closure runs where messages are read, and must not block.
    pub fn on_problem(mut self, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.hooks.problem = Some(Arc::new(told));
        self
    }

    /// Declares an extension, with its settings (an object).
    pub fn extension(mut self, id: impl Into<String>, settings: impl Into<Value>) -> Self {
        self.hooks.extensions.insert(id.into(), settings.into());
        self
    }

    /// Who the server in this process takes this client for. Default: the program itself ([`Caller::local`]), who may do everything.
    #[track_caller]
    pub fn caller(mut self, caller: Caller) -> Self {
        match &mut self.way {
            WayIn::Memory(_, known) => *known = caller,
            _ => self.only_for("caller", "a server in this process"),
        }
        self
    }

    /// Adds a variable to what a child process sees of the environment.
    #[track_caller]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        #[cfg(unix)]
        if let WayIn::Process(program) = &mut self.way {
            program.env.insert(name.into(), value.into());
            return self;
        }
        let _ = (name.into(), value.into());
        self.only_for("env", "a child process");
        self
    }

    /// Lets a child process see the whole environment of this program, secrets included.
    #[track_caller]
    pub fn inherit_env(mut self) -> Self {
        #[cfg(unix)]
        if let WayIn::Process(program) = &mut self.way {
            program.inherit_env = true;
            return self;
        }
        self.only_for("inherit_env", "a child process");
        self
    }

    /// Where a child process works. Default: where this program does.
    #[track_caller]
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        #[cfg(unix)]
        if let WayIn::Process(program) = &mut self.way {
            program.directory = Some(directory.into());
            return self;
        }
        let _: PathBuf = directory.into();
        self.only_for("current_dir", "a child process");
        self
    }

    /// Hears what a child process writes to standard error, line by line. The last 4 KiB are kept for errors in any case.
    pub fn on_stderr(mut self, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.hooks.stderr = Some(Arc::new(told));
        self
    }

    /// Shows what a child process writes to standard error on this program's, made harmless for a terminal. Default: it is kept for
    /// errors, and not shown.
    #[track_caller]
    pub fn show_stderr(mut self) -> Self {
        #[cfg(unix)]
        if let WayIn::Process(program) = &mut self.way {
            program.show_stderr = true;
            return self;
        }
        self.only_for("show_stderr", "a child process");
        self
    }

    #[track_caller]
    fn only_for(&mut self, setting: &str, what: &str) {
        self.problems.push(crate::error::unusable(setting, &format!("is for a client of {what}")));
    }

    #[track_caller]
    fn not_zero(&mut self, setting: &str, time: Duration) {
        if time.is_zero() {
            self.problems.push(crate::error::unusable(&format!("{setting}(0)"), "would let nothing be answered"));
        }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("settings", &self.settings)
            .field("hooks", &self.hooks)
            .finish_non_exhaustive()
    }
}
