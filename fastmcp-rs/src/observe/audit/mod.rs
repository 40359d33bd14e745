//! The audit log: a line for each call and each refusal, of which none can be taken away unseen.

mod check;
mod queue;
mod target;

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use ring::{digest, hmac};
use serde_json::value::RawValue;

pub(crate) use check::check;
use queue::AuditQueue;
pub(crate) use queue::AuditSlot;
use target::AuditTarget;

use super::log::{JsonLine, write_time};
use super::record::{CallOutcome, Record, hex, name_of};
use super::{Admission, Levels, Observer, Started, TurnedAway, shown};
use crate::bounds;
use crate::catalog::Catalog;
use crate::component::ComponentInfo;
use crate::context::{Caller, Change};
use crate::error::{Error, ToolError, in_band};
use crate::session::lock;

/// The environment variable with the key under which arguments are digested.
const KEY: &str = "FASTMCP_AUDIT_KEY";
/// The version of the lines.
const VERSION: u32 = 1;
/// The longest arguments that stand in a line as they came, in bytes.
const ARGUMENTS: usize = 4096;

/// An audit log: one line of JSON for each call of a tool, each resource that is read, each prompt that is asked for, and each
/// caller that is turned away; given to [`Server::audit`](crate::Server::audit).
///
/// ```no_run
/// use fastmcp_rs::{Audit, AuditFull, Server};
///
/// let server = Server::new("crm").audit(Audit::file("/var/log/crm/audit.jsonl").when_full(AuditFull::Wait));
/// ```
pub struct Audit {
    target: AuditTarget,
    settings: AuditSettings,
}

#[derive(Clone, Copy)]
struct AuditSettings {
    arguments: AuditArguments,
    fsync: AuditFsync,
    full: AuditFull,
}

/// What a line says of the arguments of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditArguments {
    /// Their HMAC-SHA256 under the key in `FASTMCP_AUDIT_KEY`. Without a key it is their SHA-256, from which small values can be
    /// guessed.
    Digest,
    /// The arguments, long ones cut, those declared `sensitive` as `"[redacted]"`.
    Redacted,
    /// The arguments as they came, `sensitive` ones too, up to 4 KiB; longer ones are digested.
    Full,
}

/// When what is written is made to reach the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditFsync {
    /// After each line, before the next is written. Answers do not wait for it.
    EachLine,
    /// At the latest so long after a line was written.
    Every(Duration),
    /// When the system sees fit, and when the server ends.
    Never,
}

/// What happens to calls that there is no room for, or while nothing can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditFull {
    /// They wait for as long as a call may take, and are refused then.
    Wait,
    /// They are answered `unavailable`, and do not run.
    Refuse,
    /// They run. Lines that there is no room for are lost, and counted.
    Count,
}

impl Audit {
    fn to(target: AuditTarget) -> Self {
        let settings = AuditSettings {
            arguments: AuditArguments::Digest,
            fsync: AuditFsync::Every(Duration::from_secs(1)),
            full: AuditFull::Refuse,
        };
        Self { target, settings }
    }

    /// Appends to a file, which only its owner may read if it is made now. It is opened anew on SIGHUP. A file that cannot be opened
    /// keeps the server from starting.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::to(AuditTarget::path(path.into()))
    }

    /// Writes to a writer of one's own, on a thread that it may keep waiting.
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Self::to(AuditTarget::writer(Box::new(writer)))
    }

    /// Writes to standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self::to(AuditTarget::writer(super::lines::standard(false)))
    }

    /// What a line says of the arguments. Default: [`AuditArguments::Digest`].
    #[must_use]
    pub fn arguments(mut self, arguments: AuditArguments) -> Self {
        self.settings.arguments = arguments;
        self
    }

    /// When lines reach the disk. Default: every second.
    #[must_use]
    pub fn fsync(mut self, fsync: AuditFsync) -> Self {
        self.settings.fsync = fsync;
        self
    }

    /// What happens where there is no room for a line, or nothing can be written. Default: [`AuditFull::Refuse`].
    #[must_use]
    pub fn when_full(mut self, full: AuditFull) -> Self {
        self.settings.full = full;
        self
    }
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").field("target", &self.target).finish_non_exhaustive()
    }
}

/// An audit log at work.
pub(crate) struct AuditLog {
    settings: AuditSettings,
    target: Mutex<Option<AuditTarget>>,
    queue: Arc<AuditQueue>,
    key: OnceLock<Option<hmac::Key>>,
    /// The server's own time limit, and its name and version as members of a line.
    server: OnceLock<(Option<Duration>, String)>,
    /// Of what each component was declared to be, by its number.
    digests: Mutex<HashMap<u64, Arc<str>>>,
}

impl AuditLog {
    pub(crate) fn new(audit: Audit, levels: &Arc<Levels>) -> Self {
        Self {
            settings: audit.settings,
            target: Mutex::new(Some(audit.target)),
            queue: AuditQueue::new(levels),
            key: OnceLock::new(),
            server: OnceLock::new(),
            digests: Mutex::default(),
        }
    }

    /// Begins a line.
    fn line(&self, time: SystemTime, rest: impl FnOnce(&mut JsonLine<'_>)) -> Vec<u8> {
        let mut out = Vec::with_capacity(768);
        out.push(b'{');
        let mut line = JsonLine(&mut out);
        line.value("v", VERSION);
        write_time(&mut line, "time", time);
        if let Some((_, server)) = self.server.get() {
            line.members(server);
        }
        rest(&mut line);
        out
    }

    /// A line about the server itself.
    fn note(&self, action: &str, component: Option<&str>) {
        let line = self.line(SystemTime::now(), |line| {
            line.text("action", action);
            if let Some(component) = component {
                line.text("component", component);
            }
        });
        self.queue.push(line, None);
    }

    fn digest_of(&self, arguments: &RawValue) -> String {
        let bytes = arguments.get().as_bytes();
        match self.key.get() {
            Some(Some(key)) => hex(hmac::sign(key, bytes).as_ref()),
            _ => hex(digest::digest(&digest::SHA256, bytes).as_ref()),
        }
    }

    fn component_digest(&self, component: &ComponentInfo) -> Arc<str> {
        let mut digests = lock(&self.digests);
        // Of components that come and go, those that are gone are not kept for ever.
        if digests.len() > 4096 {
            digests.clear();
        }
        let digest = || hex(digest::digest(&digest::SHA256, &component.definition()).as_ref()).into();
        Arc::clone(digests.entry(component.id()).or_insert_with(digest))
    }
}

impl Observer for AuditLog {
    fn start(&self, started: &Started<'_>) -> Result<(), Error> {
        let key = match std::env::var_os(KEY) {
            None => None,
            Some(key) if key.len() < 16 => {
                return Err(Error::new(format!("{KEY} is too short to be a secret: it has to have 16 bytes or more")));
            }
            Some(key) => Some(hmac::Key::new(hmac::HMAC_SHA256, key.as_encoded_bytes())),
        };
        let keyed = key.is_some();
        let _ = self.key.set(key);
        let mut members = Vec::from(*b"{");
        let mut line = JsonLine(&mut members);
        line.text("server", &started.server.name);
        line.text("version", &started.server.version);
        let members = String::from_utf8_lossy(&members[1..]).into_owned();
        let _ = self.server.set((started.timeout, members));
        let Some(target) = lock(&self.target).take() else { return Ok(()) };
        self.queue.start(target, self.settings.fsync)?;
        let line = self.line(SystemTime::now(), |line| {
            line.text("action", "start");
            line.value("keyed", keyed);
        });
        self.queue.push(line, None);
        Ok(())
    }

    fn changed(&self, change: &Change, _: &Catalog) {
        let what = match change {
            Change::Tools => "tools",
            Change::Prompts => "prompts",
            Change::Resources => "resources",
            Change::Updated(_) => return,
        };
        self.note("catalog", Some(what));
    }

    fn admit(&self, record: &mut Record) -> Admission {
        let full = || {
            ToolError::unavailable("calls are not taken while there is no room in the audit log")
                .with_retry_after(Duration::from_secs(1))
        };
        let slot = AuditSlot::new(&self.queue);
        record.slot = Some(Arc::clone(&slot));
        let is_down = self.queue.down.load(Ordering::Relaxed);
        match self.settings.full {
            AuditFull::Count => {
                slot.take();
                Admission::Granted
            }
            _ if !is_down && slot.take() => Admission::Granted,
            AuditFull::Refuse => Admission::Refused(full()),
            AuditFull::Wait => {
                let server = self.server.get().and_then(|(timeout, _)| *timeout);
                let limit = record.component.as_ref().map_or(server, |component| component.limit(server));
                let queue = Arc::clone(&self.queue);
                Admission::Later(Box::pin(async move {
                    let waiting = async {
                        queue.writes().await;
                        slot.wait().await;
                    };
                    match limit {
                        None => waiting.await,
                        Some(limit) => tokio::time::timeout(limit, waiting).await.map_err(|_| in_band(&full()))?,
                    }
                    Ok(())
                }))
            }
        }
    }

    fn begun(&self, record: &mut Record, arguments: Option<&RawValue>) {
        let Some(arguments) = arguments.filter(|_| record.message().is_some()) else { return };
        let mut out = Vec::from(*b"{");
        let mut line = JsonLine(&mut out);
        match (self.settings.arguments, &record.component) {
            (AuditArguments::Redacted, Some(component)) => {
                line.value("arguments", shown::redacted(component, arguments))
            }
            (AuditArguments::Full, _) if arguments.get().len() <= ARGUMENTS => {
                line.value("arguments", shown::one_line(arguments.get()));
            }
            _ => line.text("arguments_sha256", &self.digest_of(arguments)),
        }
        record.digest = String::from_utf8(out.split_off(1)).ok().map(Into::into);
    }

    fn ended(&self, record: &Record) {
        if record.message().is_none() {
            return;
        }
        let line = self.line(record.time, |line| {
            line.text("invocation_id", std::str::from_utf8(&record.id.digits()).unwrap_or_default());
            write_caller(line, &record.caller);
            line.text("transport", record.via.as_str());
            line.text("revision", record.revision.as_str());
            line.text("action", record.method.unwrap_or_default());
            let asked = record.method.and_then(|method| record.asked_by(method)).unwrap_or_default();
            line.foreign("component", asked, bounds::ECHO);
            if let Some(component) = &record.component {
                line.text("component_digest", &self.component_digest(component));
            }
            if let Some(digest) = &record.digest {
                line.members(digest);
            }
            line.text("outcome", record.outcome.as_str());
            line.value("duration_ms", format_args!("{:.3}", record.milliseconds()));
            line.value("result_bytes", record.response_bytes);
            if let Some((trace, _)) = record.trace_ids() {
                line.text("trace_id", trace);
            }
        });
        self.queue.push(line, record.slot.as_deref());
    }

    fn turned_away(&self, away: &TurnedAway<'_>) {
        let line = self.line(SystemTime::now(), |line| {
            write_caller(line, away.caller);
            line.text("transport", away.via.as_str());
            line.text("action", "refused");
            line.text("outcome", CallOutcome::Failed(away.kind).as_str());
            line.foreign("reason", away.why, bounds::ECHO);
        });
        self.queue.push(line, None);
    }

    fn readiness(&self) -> Option<(&'static str, bool)> {
        let refuses = self.settings.full == AuditFull::Refuse;
        refuses.then(|| ("audit", !self.queue.down.load(Ordering::Relaxed)))
    }

    fn reopens(&self) -> bool {
        true
    }

    fn reopen(&self) {
        self.queue.reopen();
    }

    fn close(&self) {
        self.note("stop", None);
        self.queue.close();
    }
}

fn write_caller(line: &mut JsonLine<'_>, caller: &Caller) {
    line.object("caller", |line| {
        if let Some(issuer) = caller.issuer() {
            line.foreign("issuer", issuer, bounds::ECHO);
        }
        line.foreign("subject", name_of(caller), bounds::ECHO);
        if let Some(client) = caller.client_id() {
            line.foreign("client_id", client, bounds::ECHO);
        }
        let roles: Vec<_> = caller.roles().take(32).collect();
        if !roles.is_empty() {
            line.value("roles", serde_json::Value::from(roles));
        }
    });
    if let Some(address) = caller.address() {
        line.text("peer", &address.to_string());
    }
}
