//! What a running server is made of, shared by all its connections.

use std::any::{Any, TypeId};
use std::collections::HashMap;
#[cfg(feature = "http")]
use std::sync::OnceLock;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::{Semaphore, broadcast};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ending::{self, Ending};
use super::lifespan::Lifespans;
#[cfg(feature = "http")]
use super::readiness::ReadyChecks;
use crate::catalog::{Catalog, ListKind, Registry};
use crate::context::{Caller, Change, Context, Host};
use crate::error::{Error, ToolError};
use crate::extension::Extensions;
use crate::future::BoxFuture;
use crate::limits::Limits;
use crate::middleware::Chain;
use crate::observe::{Observers, Started};
use crate::protocol::{CacheHints, Implementation, LogLevel, PromptResult, ResourceResult, ServerCapabilities};
use crate::result::ToolResult;
use crate::session::{KeptRoom, lock};

/// Changes that wait for a slow listener; one that lags further is told that everything changed.
const CHANGES: usize = 256;

/// What the builder settled.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub timeout: Option<Duration>,
    /// What was said of them; see [`Core::drain_time`].
    pub drain: Option<Duration>,
    pub shutdown_grace: Duration,
    pub lenient: bool,
    pub expose_errors: bool,
    pub page_size: Option<usize>,
    pub list_cache: CacheHints,
    pub message_bytes: usize,
    pub result_bytes: usize,
    pub running: usize,
    pub kept_bytes: usize,
    /// Who is at the other end of standard input and output.
    pub stdio_caller: Caller,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Some(crate::bounds::CALL_TIMEOUT),
            drain: None,
            shutdown_grace: crate::bounds::SHUTDOWN_GRACE,
            lenient: true,
            expose_errors: false,
            page_size: None,
            list_cache: CacheHints::default(),
            message_bytes: crate::bounds::MESSAGE_BYTES,
            result_bytes: crate::bounds::RESULT_BYTES,
            running: crate::bounds::RUNNING,
            kept_bytes: crate::bounds::KEPT,
            stdio_caller: Caller::local(),
        }
    }
}

/// Takes a key once among all replicas, and keeps it for a time; an error where nobody can say.
#[cfg(feature = "http")]
pub(crate) type SharedUse = Box<dyn Fn(String, Duration) -> BoxFuture<'static, Result<bool, ()>> + Send + Sync>;

#[cfg(feature = "http")]
type Relay = Box<dyn Fn(&Change) + Send + Sync>;

pub(crate) type States = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

/// A server at work.
pub(crate) struct Core {
    pub info: Implementation,
    pub instructions: Option<String>,
    pub settings: Settings,
    pub middleware: Chain,
    pub extensions: Extensions,
    /// How often and how many at once, if anything is said of it.
    pub limits: Option<Arc<Limits>>,
    /// Who wants to know of every request.
    pub observers: Arc<Observers>,
    /// `{"name":..,"version":..}`, as every 2026-07-28 result carries it.
    pub info_json: String,
    /// The same as a member of `_meta`.
    pub info_member: String,
    #[cfg(feature = "interaction")]
    pub sealer: crate::engine::seal::LazySealer,
    #[cfg(feature = "interaction")]
    pub used_states: super::used::UsedStates,
    /// Takes a state at all replicas.
    #[cfg(feature = "http")]
    shared_use: OnceLock<SharedUse>,
    /// How much is kept for clients.
    pub kept: Arc<KeptRoom>,
    registry: Mutex<Registry>,
    catalog: RwLock<Arc<Catalog>>,
    states: RwLock<States>,
    lifespans: tokio::sync::Mutex<Option<Lifespans>>,
    started: tokio::sync::OnceCell<()>,
    /// `None` says that some were missed.
    changes: broadcast::Sender<Option<Change>>,
    /// Tells the other replicas of a change.
    #[cfg(feature = "http")]
    relay: OnceLock<Relay>,
    /// Room for notifications on their way through middleware.
    pub observing: Arc<Semaphore>,
    /// Cancelled when nothing new is taken any more.
    pub shutdown: CancellationToken,
    pub ending: Ending,
    /// What has to be well for calls to come.
    #[cfg(feature = "http")]
    pub ready_checks: ReadyChecks,
    /// Itself, for what handlers start through it.
    me: Weak<Self>,
}

impl Core {
    #[allow(clippy::too_many_arguments, reason = "called once, by the builder; one fewer without `interaction`")]
    pub(crate) fn new(
        me: Weak<Self>,
        info: Implementation,
        instructions: Option<String>,
        settings: Settings,
        middleware: Chain,
        extensions: Extensions,
        registry: Registry,
        lifespans: Lifespans,
        observers: Observers,
        limits: Option<Arc<Limits>>,
        #[cfg(feature = "http")] ready_checks: ReadyChecks,
        #[cfg(feature = "interaction")] sealer: crate::engine::seal::LazySealer,
    ) -> Self {
        let kept_bytes = settings.kept_bytes;
        let info_json = serde_json::to_string(&info).unwrap_or_else(|_| "{}".to_owned());
        let catalog = Arc::new(registry.catalog());
        Self {
            info,
            instructions,
            settings,
            middleware,
            extensions,
            limits,
            kept: KeptRoom::whole(kept_bytes),
            info_member: format!("\"{}\":{info_json}", crate::protocol::meta::SERVER_INFO),
            info_json,
            #[cfg(feature = "interaction")]
            sealer,
            #[cfg(feature = "interaction")]
            used_states: super::used::UsedStates::default(),
            #[cfg(feature = "http")]
            shared_use: OnceLock::new(),
            registry: Mutex::new(registry),
            catalog: RwLock::new(catalog),
            states: RwLock::default(),
            // Nothing to start is started.
            started: tokio::sync::OnceCell::new_with((lifespans.is_empty() && observers.is_empty()).then_some(())),
            lifespans: tokio::sync::Mutex::new(Some(lifespans)),
            observers: Arc::new(observers),
            changes: broadcast::Sender::new(CHANGES),
            #[cfg(feature = "http")]
            relay: OnceLock::new(),
            observing: Arc::new(Semaphore::new(crate::bounds::OBSERVING)),
            shutdown: CancellationToken::new(),
            ending: Ending::default(),
            #[cfg(feature = "http")]
            ready_checks,
            me,
        }
    }

    /// Runs the lifespans, once; a failed start can be tried again only by a new server.
    ///
    /// In a task of its own: a first request that is given up in the middle must not leave half a server behind.
    pub(crate) async fn start(&self) -> Result<(), Error> {
        if self.started.initialized() {
            return Ok(());
        }
        let me = self.me.upgrade().ok_or_else(|| Error::new("the server is gone"))?;
        let start = async move {
            let start = || async {
                let mut lifespans = me.lifespans.lock().await;
                let waiting = lifespans
                    .as_mut()
                    .ok_or_else(|| Error::new("the server did not start, or has already shut down"))?;
                let (catalog, methods) = (me.catalog(), super::methods::names());
                let timeout = me.settings.timeout;
                let started = Started { server: &me.info, catalog: &catalog, timeout, methods: &methods };
                me.observers.start(&started)?;
                let started = waiting.start(&me.states).await;
                if started.is_err() {
                    *lifespans = None;
                }
                started
            };
            me.started.get_or_try_init(start).await.map(|_| ())
        };
        tokio::spawn(start).await.map_err(|error| Error::new("the server did not start").caused_by(error))?
    }

    fn me(&self) -> Result<Arc<Self>, ToolError> {
        self.me.upgrade().ok_or_else(|| ToolError::unavailable("the server is gone"))
    }

    /// Whether [`start`](Self::start) is done, without waiting.
    #[cfg(feature = "http")]
    pub(crate) fn is_started(&self) -> bool {
        self.started.initialized()
    }

    /// Ends the lifespans in reverse order, and writes what is still to be written.
    pub(crate) async fn stop(&self) {
        self.end("the program");
        self.shutdown.cancel();
        self.calls_are_over();
        if let Some(lifespans) = self.lifespans.lock().await.take() {
            let begun = Instant::now();
            let any = !lifespans.is_over();
            lifespans.stop(&self.states).await;
            if any {
                ending::stage("lifespans", begun.elapsed(), "the lifespans have ended");
            }
        }
        if !self.observers.is_empty() {
            let begun = Instant::now();
            self.recorded().await;
            let observers = Arc::clone(&self.observers);
            // It may wait for a disk.
            let _ = tokio::task::spawn_blocking(move || observers.close()).await;
            ending::stage("records", begun.elapsed(), "what is known of the calls is written");
        }
    }

    /// The components that are enabled now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the registry, replaces the catalog and tells whom it concerns.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Registry) -> Result<(T, Vec<Change>), Error>,
    ) -> Result<T, Error> {
        let mut registry = lock(&self.registry);
        let (value, changes) = change(&mut registry)?;
        if !changes.is_empty() {
            *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(registry.catalog());
        }
        drop(registry);
        for change in changes {
            self.changed(change);
        }
        Ok(value)
    }

    /// Hears of every change from now on.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Option<Change>> {
        self.changes.subscribe()
    }

    /// Tells whoever listens here of a change in another replica, or that some may have been missed.
    #[cfg(feature = "http")]
    pub(crate) fn changed_elsewhere(&self, change: Option<Change>) {
        let _ = self.changes.send(change);
    }

    /// From now on, changes here are also told by `relay`.
    #[cfg(feature = "http")]
    pub(crate) fn relay_changes(&self, relay: impl Fn(&Change) + Send + Sync + 'static) {
        let _ = self.relay.set(Box::new(relay));
    }

    /// From now on, states are also taken by `take`, of which all replicas know.
    #[cfg(feature = "http")]
    pub(crate) fn share_use(&self, take: SharedUse) {
        let _ = self.shared_use.set(take);
    }

    #[cfg(all(feature = "http", feature = "interaction"))]
    pub(crate) fn shared_use(&self) -> Option<&SharedUse> {
        self.shared_use.get()
    }

    pub(crate) fn capabilities(&self) -> ServerCapabilities {
        let catalog = self.catalog();
        let mut capabilities = ServerCapabilities::new().logging();
        if catalog.has(ListKind::Tools) {
            capabilities = capabilities.tools(true);
        }
        if catalog.has(ListKind::Prompts) {
            capabilities = capabilities.prompts(true);
        }
        if catalog.has(ListKind::Resources) {
            capabilities = capabilities.resources(true, true);
        }
        if catalog.completes() {
            capabilities = capabilities.completions();
        }
        self.extensions.declare(capabilities)
    }
}

impl Host for Core {
    fn state(&self, of: TypeId) -> Option<Arc<dyn Any + Send + Sync>> {
        self.states.read().unwrap_or_else(PoisonError::into_inner).get(&of).cloned()
    }

    fn changed(&self, change: Change) {
        self.observers.changed(&change, || self.catalog());
        #[cfg(feature = "http")]
        if let Some(relay) = self.relay.get() {
            relay(&change);
        }
        // That nobody listens is not a failure.
        let _ = self.changes.send(Some(change));
    }

    fn call_tool<'a>(
        &'a self,
        name: &'a str,
        arguments: Value,
        on_behalf: &'a Context,
    ) -> BoxFuture<'a, Result<ToolResult, ToolError>> {
        Box::pin(async move { super::gate::call_tool(&self.me()?, name, arguments, on_behalf).await })
    }

    fn read_resource<'a>(
        &'a self,
        uri: &'a str,
        on_behalf: &'a Context,
    ) -> BoxFuture<'a, Result<ResourceResult, ToolError>> {
        Box::pin(async move { super::gate::read_resource(&self.me()?, uri, on_behalf).await })
    }

    fn get_prompt<'a>(
        &'a self,
        name: &'a str,
        arguments: Map<String, Value>,
        on_behalf: &'a Context,
    ) -> BoxFuture<'a, Result<PromptResult, ToolError>> {
        Box::pin(async move { super::gate::get_prompt(&self.me()?, name, arguments, on_behalf).await })
    }
}

/// A log level that a 2026-07-28 request asks for.
pub(crate) fn log_level(raw: &str) -> Option<LogLevel> {
    serde_json::from_str(raw).ok()
}
