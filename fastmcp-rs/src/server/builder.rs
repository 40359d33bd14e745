//! [`Server`]: what a program says about its server before it serves.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::production::{Production, Served};
use super::running::RunningServer;
#[cfg(feature = "http")]
use crate::auth::Auth;
use crate::bounds;
use crate::catalog::{Access, Dynamic, Registry, Showing, is_scope};
use crate::component::function::Named;
use crate::component::{DynamicPrompt, DynamicResource, DynamicTool, Function, Service};
use crate::context::{Caller, State};
use crate::engine::core::{Core, Settings};
use crate::engine::lifespan::Lifespans;
#[cfg(feature = "http")]
use crate::engine::readiness::ReadyChecks;
use crate::error::{BoxError, Error, Result, unusable};
use crate::extension::{Extension, Extensions};
use crate::limits::{LimitSettings, Limits};
use crate::middleware::{Chain, Middleware};
#[cfg(feature = "http")]
use crate::net::forwarded::TrustedProxies;
use crate::observe::Observers;
use crate::protocol::{CacheHints, CacheScope, Icon, Implementation};
use crate::text::sanitize::bounded;
#[cfg(feature = "page")]
use crate::transport::http::Shown;
#[cfg(feature = "http")]
use crate::transport::http::{Http, McpService};
#[cfg(feature = "stdio")]
use crate::transport::stdio::Thread;
use crate::transport::stream::Transport;

/// An MCP server: what it offers, and how it is served.
///
/// ```no_run
/// use fastmcp_rs::prelude::*;
///
/// /// Adds two numbers.
/// #[tool(read_only, inline)]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// fn main() -> fastmcp_rs::Result {
///     Server::new("calculator").instructions("Adds.").run()
/// }
/// ```
pub struct Server {
    parts: Box<BuilderParts>,
    /// The runtime is made by [`run`](Self::run), and its main thread has nothing else to do.
    own_runtime: bool,
    #[cfg(feature = "http")]
    pub(crate) http: Http,
    #[cfg(feature = "http")]
    pub(super) proxies: Option<TrustedProxies>,
    #[cfg(feature = "page")]
    pub(super) page: Shown,
    pub(super) production: Production,
    #[cfg(feature = "http")]
    pub(super) auth: Auth,
}

/// Whether a URI has one of these schemes, which are written in lower case.
fn has_scheme(uri: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known)) && !rest.trim_start_matches('/').is_empty()
}

/// What the builder gathers, until the server is built.
struct BuilderParts {
    info: Implementation,
    versioned: bool,
    instructions: Option<String>,
    settings: Settings,
    said_grace: bool,
    middleware: Chain,
    extensions: Extensions,
    access: Access,
    registry: Registry,
    lifespans: Lifespans,
    #[cfg(feature = "http")]
    ready_checks: ReadyChecks,
    observers: Observers,
    limits: LimitSettings,
    collect: bool,
    only: Vec<String>,
    except: Vec<String>,
    dynamic: Vec<Dynamic>,
    problems: Vec<String>,
    #[cfg(feature = "interaction")]
    state_keys: Vec<[u8; 32]>,
    #[cfg(feature = "interaction")]
    state_lifetime: Duration,
}

impl Server {
    /// A server of everything that carries `#[tool]`, `#[resource]` or `#[prompt]` in any linked crate, except what names
    /// another server with `server = ".."`.
    pub fn new(name: impl Into<String>) -> Self {
        Self::with(name.into(), true)
    }

    /// A server of only what is added to it by hand, with [`tool`](Self::tool) and its siblings.
    pub fn empty(name: impl Into<String>) -> Self {
        Self::with(name.into(), false)
    }

    fn with(name: String, collect: bool) -> Self {
        Self {
            parts: Box::new(BuilderParts {
                info: Implementation::new(name, "0.0.0"),
                versioned: false,
                instructions: None,
                settings: Settings::default(),
                said_grace: false,
                middleware: Chain::default(),
                extensions: Extensions::default(),
                access: Access::default(),
                registry: Registry::default(),
                lifespans: Lifespans::default(),
                #[cfg(feature = "http")]
                ready_checks: ReadyChecks::default(),
                observers: Observers::default(),
                limits: LimitSettings::default(),
                collect,
                only: Vec::new(),
                except: Vec::new(),
                dynamic: Vec::new(),
                problems: Vec::new(),
                #[cfg(feature = "interaction")]
                state_keys: Vec::new(),
                #[cfg(feature = "interaction")]
                state_lifetime: Duration::from_secs(600),
            }),
            own_runtime: false,
            #[cfg(feature = "http")]
            http: Http::default(),
            #[cfg(feature = "http")]
            proxies: None,
            #[cfg(feature = "page")]
            page: Shown::default(),
            production: Production::default(),
            #[cfg(feature = "http")]
            auth: Auth::default(),
        }
    }

    pub(super) fn observers(&mut self) -> &mut Observers {
        &mut self.parts.observers
    }

    pub(super) fn limits(&mut self) -> &mut LimitSettings {
        &mut self.parts.limits
    }

    pub(super) fn limits_now(&self) -> &LimitSettings {
        &self.parts.limits
    }

    #[cfg(feature = "http")]
    pub(super) fn ready_checks(&mut self) -> &mut ReadyChecks {
        &mut self.parts.ready_checks
    }

    pub(super) fn settings(&mut self) -> &mut Settings {
        &mut self.parts.settings
    }

    pub(super) fn settings_now(&self) -> &Settings {
        &self.parts.settings
    }

    pub(super) fn observers_now(&self) -> &Observers {
        &self.parts.observers
    }

    pub(super) fn name(&self) -> &str {
        &self.parts.info.name
    }

    /// Whether the program says how long calls may go on at the end.
    pub(super) fn said_grace(&self) -> bool {
        self.parts.said_grace
    }

    #[cfg(all(feature = "http", feature = "interaction"))]
    pub(super) fn has_state_keys(&self) -> bool {
        !self.parts.state_keys.is_empty()
    }

    fn set(mut self, change: impl FnOnce(&mut BuilderParts)) -> Self {
        change(&mut self.parts);
        self
    }

    #[cfg(feature = "http")]
    pub(super) fn problem(&mut self, problem: String) {
        self.parts.problems.push(problem);
    }

    /// Notes a setting that cannot be used.
    #[track_caller]
    pub(super) fn check(mut self, usable: bool, setting: &str, why: &str) -> Self {
        if !usable {
            self.parts.problems.push(unusable(setting, why));
        }
        self
    }
}

/// # What clients are told of the server
impl Server {
    /// The version that clients see. Default: the version of the package that the components are in, if it is one.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        self.set(|parts| {
            parts.info.version = version.into();
            parts.versioned = true;
        })
    }

    /// The name for people.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        self.set(|parts| parts.info.title = Some(title.into()))
    }

    /// What the server is, in a sentence (2025-11-25 and later).
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        self.set(|parts| parts.info.description = Some(description.into()))
    }

    /// The server's page on the web (2025-11-25 and later). Anything but an `https:` or `http:` URL is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn website_url(self, url: impl Into<String>) -> Self {
        let url = url.into();
        let usable = has_scheme(&url, &["https", "http"]);
        self.check(
            usable,
            &format!("website_url({:?})", bounded(&url, bounds::ECHO)),
            "is not a URL: write one that begins with `https://`",
        )
        .set(|parts| parts.info.website_url = Some(url))
    }

    /// An icon: an `https:` or `data:` URI (2025-11-25 and later). Anything else is a start-up error, since no client would show it.
    #[must_use]
    #[track_caller]
    pub fn icon(self, icon: impl Into<Icon>) -> Self {
        let icon = icon.into();
        let usable = has_scheme(&icon.src, &["https", "data"]);
        self.check(
            usable,
            &format!("icon({:?})", bounded(&icon.src, bounds::ECHO)),
            "is not a URI that clients show: write one that begins with `https:` or `data:`",
        )
        .set(|parts| parts.info.icons.push(icon))
    }

    /// How the server is to be used, for the model.
    #[must_use]
    pub fn instructions(self, instructions: impl Into<String>) -> Self {
        self.set(|parts| parts.instructions = Some(instructions.into()))
    }
}

/// # What the server offers
impl Server {
    /// Adds one tool, named by its function: `.tool(add)`. A function without `#[tool]` keeps the server from starting.
    #[must_use]
    #[track_caller]
    pub fn tool<Signature>(self, function: impl Function<Signature>) -> Self {
        self.function("tool", &Named::new(&function))
    }

    /// Adds one resource, named by its function: `.resource(readme)`.
    #[must_use]
    #[track_caller]
    pub fn resource<Signature>(self, function: impl Function<Signature>) -> Self {
        self.function("resource", &Named::new(&function))
    }

    /// Adds one prompt, named by its function: `.prompt(review)`.
    #[must_use]
    #[track_caller]
    pub fn prompt<Signature>(self, function: impl Function<Signature>) -> Self {
        self.function("prompt", &Named::new(&function))
    }

    fn function(self, word: &str, named: &Named) -> Self {
        self.set(|parts| parts.registry.function(word, named))
    }

    /// Adds the marked methods of a value whose `impl` block carries `#[fastmcp_rs::server]`.
    #[must_use]
    pub fn service<S: Service>(self, service: S) -> Self {
        let instance: Arc<dyn std::any::Any + Send + Sync> = Arc::new(service);
        self.set(|parts| {
            for def in S::TOOLS {
                parts.registry.tool(def, Some(Arc::clone(&instance)));
            }
            for def in S::RESOURCES {
                parts.registry.resource(def, Some(Arc::clone(&instance)));
            }
            for def in S::PROMPTS {
                parts.registry.prompt(def, Some(Arc::clone(&instance)));
            }
        })
    }

    /// Adds a tool whose schema is only known at run time.
    #[must_use]
    pub fn add_tool(self, tool: DynamicTool) -> Self {
        self.set(|parts| parts.dynamic.push(Dynamic::Tool(tool)))
    }

    /// Adds a resource or a template that is only known at run time.
    #[must_use]
    pub fn add_resource(self, resource: DynamicResource) -> Self {
        self.set(|parts| parts.dynamic.push(Dynamic::Resource(resource)))
    }

    /// Adds a prompt that is only known at run time.
    #[must_use]
    pub fn add_prompt(self, prompt: DynamicPrompt) -> Self {
        self.set(|parts| parts.dynamic.push(Dynamic::Prompt(prompt)))
    }

    /// Serves only components with at least one of these tags. No tag at all is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn only_tags<S: Into<String>>(self, tags: impl IntoIterator<Item = S>) -> Self {
        let tags: Vec<String> = tags.into_iter().map(Into::into).collect();
        self.check(!tags.is_empty(), "only_tags([])", "would serve nothing: leave it out to serve everything")
            .set(|parts| parts.only.extend(tags))
    }

    /// Serves no component with any of these tags.
    #[must_use]
    pub fn except_tags<S: Into<String>>(self, tags: impl IntoIterator<Item = S>) -> Self {
        self.set(|parts| parts.except.extend(tags.into_iter().map(Into::into)))
    }
}

/// # What handlers share
impl Server {
    /// Gives handlers a value, as [`State<T>`].
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.set(|parts| parts.lifespans.value(value))
    }

    /// Makes a value when the server starts and gives it to handlers, as [`State<T>`]; it is dropped at shutdown, in
    /// reverse order. A failure keeps the server from starting.
    #[must_use]
    pub fn lifespan<T, E, F, R>(self, start: F) -> Self
    where
        T: Send + Sync + 'static,
        E: Into<BoxError>,
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.set(|parts| parts.lifespans.function(start))
    }

    /// Does something with a state at shutdown, before it is dropped. Later ones run first.
    #[must_use]
    pub fn on_shutdown<T, F, R>(self, stop: F) -> Self
    where
        T: Send + Sync + 'static,
        F: FnOnce(State<T>) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.set(|parts| parts.lifespans.at_end(stop))
    }
}

/// # Who may use it
///
/// See the book's chapter on it, `docs/access.md`.
impl Server {
    /// Says that whoever has the scope `broad` also has each of `narrow`, and what those imply. Default: every scope stands for
    /// itself.
    ///
    /// A text that is not a scope, which has no spaces and no quotes, is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn scope_implies<S: Into<String>>(
        mut self,
        broad: impl Into<String>,
        narrow: impl IntoIterator<Item = S>,
    ) -> Self {
        let (broad, narrow) = (broad.into(), narrow.into_iter().map(Into::into).collect::<Vec<String>>());
        for scope in narrow.iter().chain([&broad]).filter(|scope| !is_scope(scope)) {
            let setting = format!("scope_implies(.., {:?})", bounded(scope, bounds::ECHO));
            self.parts.problems.push(unusable(&setting, "is not a scope: one has no spaces and no quotes"));
        }
        self.set(|parts| parts.access.imply(broad, narrow))
    }

    /// Hides from callers what they may not use: it is in no list, and is unknown when it is called. Default: a component is
    /// hidden whose role is missing, since nobody can ask for a role, and shown if only a scope is missing, which a client can ask
    /// for.
    #[must_use]
    pub fn hide_forbidden(self) -> Self {
        self.set(|parts| parts.access.showing = Showing::Nothing)
    }

    /// Shows callers also what they may not use, see [`hide_forbidden`](Self::hide_forbidden).
    #[must_use]
    pub fn show_forbidden(self) -> Self {
        self.set(|parts| parts.access.showing = Showing::Everything)
    }

    /// Who is at the other end of standard input and output. Default: [`Caller::local`], who has every scope and role.
    #[must_use]
    pub fn stdio_caller(self, caller: Caller) -> Self {
        self.set(|parts| parts.settings.stdio_caller = caller)
    }
}

/// # How requests are handled
impl Server {
    /// Adds a middleware inside those added before.
    #[must_use]
    pub fn middleware(self, middleware: impl Middleware) -> Self {
        self.set(|parts| parts.middleware.add(middleware))
    }

    /// Adds an extension of the protocol: what it says in the capabilities, and the methods that it answers.
    #[must_use]
    pub fn extension(self, extension: impl Extension) -> Self {
        self.set(|parts| parts.extensions.add(extension))
    }

    /// How long a call may take unless its component says otherwise; `None` for as long as it wants. Default: 30 s. Zero is a start-up
    /// error.
    #[must_use]
    #[track_caller]
    pub fn timeout(self, limit: impl Into<Option<Duration>>) -> Self {
        let limit = limit.into();
        let why = "would let no call finish: leave it out for 30 s, or write `timeout(None)` for no limit";
        self.check(limit != Some(Duration::ZERO), "timeout(Duration::ZERO)", why)
            .set(|parts| parts.settings.timeout = limit)
    }

    /// How long calls may go on once nothing new is taken: after the listener was closed, or the client's input ended. Then they are
    /// cancelled, and have another second to let go. Default: 5 s.
    #[must_use]
    pub fn shutdown_grace(self, grace: Duration) -> Self {
        self.set(|parts| (parts.settings.shutdown_grace, parts.said_grace) = (grace, true))
    }

    /// Reads arguments to the letter: a `"5"` is not a number.
    #[must_use]
    pub fn strict_arguments(self) -> Self {
        self.set(|parts| parts.settings.lenient = false)
    }

    /// Shows clients the text of foreign errors, which is otherwise only logged.
    #[must_use]
    pub fn expose_errors(self) -> Self {
        self.set(|parts| parts.settings.expose_errors = true)
    }

    /// Lists come in pages of this many items. Default: one page. Zero is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn page_size(self, items: usize) -> Self {
        self.check(items > 0, "page_size(0)", "would list nothing: leave it out for one page")
            .set(|parts| parts.settings.page_size = Some(items))
    }

    /// How long clients may keep lists, and whether shared caches may (2026-07-28, server/utilities/caching). Default: not at all.
    #[must_use]
    pub fn cache_lists(self, ttl: Duration, scope: CacheScope) -> Self {
        self.set(|parts| {
            parts.settings.list_cache = CacheHints::new(ttl, scope);
        })
    }

    /// The largest message that is read, in bytes. Default: 4 MiB. Zero is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn max_message_bytes(self, bytes: usize) -> Self {
        self.check(bytes > 0, "max_message_bytes(0)", "would refuse every message: leave it out for 4 MiB")
            .set(|parts| parts.settings.message_bytes = bytes)
    }

    /// How much may be kept for clients, in bytes: handshakes, long arguments of calls under way, streams that can be read again. One
    /// conversation may have an eighth of it. At the limit finished streams are forgotten first; then calls and conversations are
    /// refused. Default: 1 GiB. Zero is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn max_kept_bytes(self, bytes: usize) -> Self {
        self.check(bytes > 0, "max_kept_bytes(0)", "would let no conversation begin: leave it out for 1 GiB")
            .set(|parts| parts.settings.kept_bytes = bytes)
    }

    /// The largest result that is sent, in bytes; a larger one becomes an error that says so. Default: 16 MiB. Zero is a start-up error.
    #[must_use]
    #[track_caller]
    pub fn max_result_bytes(self, bytes: usize) -> Self {
        self.check(bytes > 0, "max_result_bytes(0)", "would refuse every result: leave it out for 16 MiB")
            .set(|parts| parts.settings.result_bytes = bytes)
    }

    /// How the server is served over HTTP. Given twice, the later one holds.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn http(mut self, http: Http) -> Self {
        self.http = http;
        self
    }

    /// The keys that seal what handlers remember between rounds of questions, the current one first. Replicas of a server
    /// need the same; without any, one is made at random when the process starts. A call with no key is a start-up error.
    #[cfg(feature = "interaction")]
    #[must_use]
    #[track_caller]
    pub fn request_state_keys(self, keys: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let keys: Vec<_> = keys.into_iter().collect();
        self.check(
            !keys.is_empty(),
            "request_state_keys([])",
            "has no key: leave it out for one that is made at random",
        )
        .set(|parts| parts.state_keys.extend(keys))
    }

    /// How long a person may take to answer a question on 2026-07-28. Default: 10 minutes. Zero is a start-up error.
    #[cfg(feature = "interaction")]
    #[must_use]
    #[track_caller]
    pub fn request_state_lifetime(self, lifetime: Duration) -> Self {
        self.check(
            !lifetime.is_zero(),
            "request_state_lifetime(Duration::ZERO)",
            "would take no answer: leave it out for 10 minutes",
        )
        .set(|parts| parts.state_lifetime = lifetime)
    }
}

/// # Building and serving
impl Server {
    /// Checks everything, and gives the server that any number of clients can be served with. Its lifespans start with the
    /// first request; [`start`](Self::start) starts them now.
    ///
    /// # Errors
    /// When the server cannot start: two components of one name, state that nobody gives, nothing to offer. All that is wrong is
    /// in the one error.
    pub fn build(self) -> Result<RunningServer> {
        self.build_for(Served::ANYHOW)
    }

    /// The same, where it is known how it is to be served.
    pub(super) fn build_for(mut self, served: Served) -> Result<RunningServer> {
        let gaps = self.settle(served);
        #[cfg(feature = "page")]
        {
            self.http.page = self.page;
        }
        #[cfg(feature = "http")]
        {
            self.http.proxies = self.proxies.take();
        }
        #[cfg(feature = "http")]
        let more = |parts: &BuilderParts| {
            let mut problems = self.http.problems();
            problems.extend(gaps);
            problems.extend(self.auth.build(&parts.info.name, &parts.registry.access, &parts.registry.scopes()));
            if let Some(url) = &self.auth.public_url {
                problems.extend(self.http.guard.allow_host(url.host()).err());
            }
            problems
        };
        #[cfg(not(feature = "http"))]
        let more = |_: &BuilderParts| gaps;
        let core = (*self.parts).build(more)?;
        #[cfg(feature = "http")]
        {
            self.http.take_auth(self.auth);
        }
        Ok(RunningServer::new(
            core,
            #[cfg(feature = "http")]
            self.http,
        ))
    }

    /// Starts the server: checks everything, and makes what its lifespans make. Nothing is served yet.
    ///
    /// ```
    /// use fastmcp_rs::prelude::*;
    ///
    /// /// Adds two numbers.
    /// #[tool(inline)]
    /// fn add(a: i64, b: i64) -> i64 {
    ///     a + b
    /// }
    ///
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let server = Server::empty("calculator").tool(add).start().await?;
    /// let sum = server.call_tool("add", serde_json::json!({ "a": 1, "b": 2 })).await?;
    /// assert_eq!(sum.to_text(), "3");
    /// # Ok::<(), fastmcp_rs::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`build`](Self::build), and when a lifespan fails.
    pub async fn start(self) -> Result<RunningServer> {
        let server = self.build()?;
        server.core().start().await?;
        Ok(server)
    }

    /// Does what the command line says: serves stdio unless told otherwise. See [`cli`](crate::server::cli) for flags and commands.
    ///
    /// Makes a runtime of its own; inside one, use [`run_async`](Self::run_async).
    ///
    /// # Errors
    /// When the server cannot start or serve. Returned from `main`, it is printed on standard error and the exit code is 1.
    /// A tool that fails on the command line, and a `health` that finds nobody, end the process with codes of their own.
    pub fn run(mut self) -> Result {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Error::new(
                "`run()` makes a runtime of its own and was called inside one: write `run_async().await`",
            ));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::new("the runtime cannot be started").caused_by(error))?;
        self.own_runtime = true;
        let done = runtime.block_on(self.run_async());
        // A plain function may sit on the blocking pool for ever; it does not keep the process.
        runtime.shutdown_background();
        done
    }

    /// [`run`](Self::run) inside a runtime of the caller's.
    ///
    /// # Errors
    /// When the server cannot start or serve.
    pub async fn run_async(self) -> Result {
        crate::server::cli::run(self, std::env::args_os()).await
    }

    /// Serves standard input and output until the input ends or the process is told to stop.
    ///
    /// # Errors
    /// When the server cannot start.
    #[cfg(feature = "stdio")]
    pub async fn serve_stdio(self) -> Result {
        let thread = if self.own_runtime { Thread::This } else { Thread::Other };
        let server = self.build_for(Served::Stream)?;
        let core = server.core();
        core.observers.log_to(false);
        let _signals = crate::server::signals::watch(core)?;
        core.start().await?;
        #[cfg(feature = "metrics")]
        if let Some(address) = core.observers.metrics_at {
            crate::transport::http::metrics::serve_at(core, address).await?;
        }
        let served = crate::transport::stdio::serve(Arc::clone(core), thread).await;
        core.end("the end of the input");
        core.stop().await;
        served
    }

    /// Serves one conversation over any stream of bytes, one JSON-RPC message per line, and shuts down after it. For more than
    /// one, [`start`](Self::start) the server and give each stream to [`RunningServer::serve`].
    ///
    /// # Errors
    /// When the server cannot start.
    pub async fn serve<S: Transport>(self, stream: S) -> Result {
        let server = self.build_for(Served::Stream)?;
        server.core().start().await?;
        server.serve(stream).await;
        server.stop().await;
        Ok(())
    }

    /// Serves Streamable HTTP at an address until the process is told to stop. Port 0 takes a free one; where it serves is
    /// said on standard error.
    ///
    /// # Errors
    /// When the server cannot start, or the address cannot be used.
    #[cfg(feature = "http")]
    pub async fn serve_http(self, address: SocketAddr) -> Result {
        let server = self.build()?;
        server.core().observers.log_to(true);
        let _signals = crate::server::signals::watch(server.core())?;
        crate::printing::report_panics();
        // A `println!` in a handler must not fail its call because nobody reads.
        #[cfg(all(unix, feature = "stdio"))]
        let _claimed = crate::printing::guard_stdout()
            .map_err(|error| Error::new("standard output cannot be used").caused_by(error))?;
        let served = server.serve_http(address).await;
        server.stop().await;
        served
    }

    /// The server as an axum router with its path (`/mcp`) inside, to merge or nest into one's own. See
    /// [`RunningServer::router`], which leaves the server at hand.
    ///
    /// # Errors
    /// When the server cannot start.
    #[cfg(feature = "http")]
    pub fn into_router(self) -> Result<axum::Router> {
        Ok(self.build()?.router())
    }

    /// The server as a tower service of HTTP requests, for whatever serves those.
    ///
    /// # Errors
    /// When the server cannot start.
    #[cfg(feature = "http")]
    pub fn into_service(self) -> Result<McpService> {
        Ok(self.build()?.service())
    }
}

#[cfg(not(feature = "http"))]
const _: Option<SocketAddr> = None;

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("name", &self.parts.info.name).finish_non_exhaustive()
    }
}

impl BuilderParts {
    /// `more` is asked what else is wrong, once all components are there.
    fn build(mut self, more: impl FnOnce(&Self) -> Vec<String>) -> Result<Arc<Core>, Error> {
        if self.collect {
            self.registry.collect(&self.info.name);
        }
        self.registry.access = Arc::new(std::mem::take(&mut self.access));
        let mut problems = std::mem::take(&mut self.problems);
        for dynamic in std::mem::take(&mut self.dynamic) {
            self.registry.dynamic(dynamic);
        }
        problems.extend(self.extensions.problems(crate::engine::methods::is_taken));
        let given = !self.registry.is_empty();
        let (only, except) = (std::mem::take(&mut self.only), std::mem::take(&mut self.except));
        self.registry.retain(|common| {
            (only.is_empty() || common.tags.iter().any(|tag| only.contains(tag)))
                && !common.tags.iter().any(|tag| except.contains(tag))
        });
        problems.extend(more(&self));
        problems.extend(self.registry.problems());
        for (whose, of, name) in self.registry.needs() {
            if !self.lifespans.provides(of) {
                problems.push(format!(
                    "{whose} needs `State<{name}>`, which the server does not have: add `.state(..)` or `.lifespan(..)` with a `{name}` to the server"
                ));
            }
        }
        #[cfg(feature = "http")]
        for (of, name) in self.ready_checks.needs() {
            if !self.lifespans.provides(*of) {
                problems.push(format!(
                    "`.ready(..)` needs `State<{name}>`, which the server does not have: add `.state(..)` or `.lifespan(..)` with a `{name}` to the server"
                ));
            }
        }
        if let Some(twice) = self.lifespans.twice() {
            problems.push(format!("state of type `{twice}` is given twice: wrap one of them in a type of its own"));
        }
        if self.limits.concurrency.queues_for_nothing(self.registry.is_limited()) {
            problems.push("`queue(..)` has nothing to wait for: add `.concurrency(64)`, or leave it out".to_owned());
        }
        if problems.is_empty() && self.registry.is_empty() {
            problems.push(if given {
                format!("the server `{}` has nothing to offer: its tags leave nothing to serve", self.info.name)
            } else {
                format!(
                    "the server `{}` has nothing to offer: put `#[tool]`, `#[resource(\"..\")]` or `#[prompt]` on a function. If they are in \
                     another crate, name it once (`use my_tools as _;`) so that it is linked",
                    self.info.name
                )
            });
        }
        #[cfg(feature = "interaction")]
        let sealer = crate::engine::seal::Sealer::lazy(self.state_keys, self.state_lifetime);
        if !problems.is_empty() {
            return Err(Error::several(problems));
        }
        let limits = Limits::new(self.limits, self.registry.is_limited());
        if !self.versioned
            && let Some(version) = self.registry.version()
        {
            version.clone_into(&mut self.info.version);
        }
        Ok(Arc::new_cyclic(|me| {
            Core::new(
                me.clone(),
                self.info,
                self.instructions,
                self.settings,
                self.middleware,
                self.extensions,
                self.registry,
                self.lifespans,
                self.observers,
                limits,
                #[cfg(feature = "http")]
                self.ready_checks,
                #[cfg(feature = "interaction")]
                sealer,
            )
        }))
    }
}
