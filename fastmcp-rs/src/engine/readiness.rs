//! Whether a server should be given calls: what it knows of itself, and what the program checks.
//!
//! Whoever asks costs nothing: checks run once a second at most, however many ask, and nobody waits for one that hangs.

use std::any::{TypeId, type_name};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

use super::core::Core;
use crate::context::{Host as _, State};
use crate::error::{BoxError, chain};
use crate::future::{self, BoxFuture};
use crate::session::lock;
use crate::text::sanitize::for_log;

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long whoever asks waits for all of them, which run at the same time.
const ASKED: Duration = Duration::from_millis(1500);
/// For how long what was found is good.
const FRESH: Duration = Duration::from_secs(1);

type AskReady = Box<dyn Fn(&Core) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// Something that calls need.
struct ReadyCheck {
    name: String,
    /// Without it, no call should come.
    needed: bool,
    ask: AskReady,
    /// An earlier asking has not come to an end.
    busy: Arc<AtomicBool>,
    /// What was found last, so that only news are logged.
    well: AtomicBool,
}

/// What all checks found, in their order, and when.
struct LastRound {
    at: Instant,
    each: Vec<bool>,
}

impl LastRound {
    fn is_good_for(&self, checks: usize) -> bool {
        self.each.len() == checks && self.at.elapsed() < FRESH
    }
}

/// What is checked, and what was found.
#[derive(Default)]
pub(crate) struct ReadyChecks {
    each: Mutex<Vec<Arc<ReadyCheck>>>,
    /// The states that the program's own look at.
    needs: Vec<(TypeId, &'static str)>,
    found: tokio::sync::Mutex<Option<LastRound>>,
}

impl ReadyChecks {
    /// A check of the program's, named by the state that it looks at.
    pub(crate) fn of_state<T, U, E, F, R>(&mut self, check: F)
    where
        T: Send + Sync + 'static,
        E: Into<BoxError>,
        F: Fn(State<T>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<U, E>> + Send + 'static,
    {
        self.needs.push((TypeId::of::<T>(), type_name::<T>()));
        let check = Arc::new(check);
        let ask: AskReady = Box::new(move |core| {
            let state = core.state(TypeId::of::<T>()).and_then(|state| state.downcast().ok());
            let check = Arc::clone(&check);
            Box::pin(async move {
                let state = State::from_arc(state.ok_or("its state is not there")?);
                let checked = check(state);
                checked.await.map(drop).map_err(Into::into)
            })
        });
        self.add(&short(type_name::<T>()), true, ask);
    }

    /// One of the server's own, of which there is one by this name. Where it is not `needed`, calls can go on without.
    pub(crate) fn of_server(
        &self,
        name: &str,
        needed: bool,
        check: impl Fn() -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync + 'static,
    ) {
        if !lock(&self.each).iter().any(|known| known.name == name) {
            self.add(name, needed, Box::new(move |_| check()));
        }
    }

    fn add(&self, name: &str, needed: bool, ask: AskReady) {
        let mut each = lock(&self.each);
        let is_new = |name: &String| each.iter().all(|check| check.name != *name);
        let numbered = (2..).map(|number| format!("{name} {number}"));
        let name = std::iter::once(name.to_owned()).chain(numbered).find(is_new).unwrap_or_default();
        let (busy, well) = (Arc::default(), AtomicBool::new(true));
        each.push(Arc::new(ReadyCheck { name, needed, ask, busy, well }));
    }

    /// The states that are looked at.
    pub(crate) fn needs(&self) -> &[(TypeId, &'static str)] {
        &self.needs
    }

    /// Whether the program has checks of its own.
    pub(crate) fn asked_for(&self) -> bool {
        !self.needs.is_empty()
    }
}

/// `alloc::sync::Arc<crm::Pool>` without its paths.
fn short(name: &str) -> String {
    let pieces = name.split_inclusive(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')));
    pieces.map(|piece| piece.rsplit("::").next().unwrap_or(piece)).collect()
}

/// A check under way.
type CheckTask = JoinHandle<Result<Result<(), BoxError>, Elapsed>>;

impl ReadyCheck {
    /// Begins to ask, unless that has never come to an end.
    fn begin(&self, core: &Core) -> Option<CheckTask> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return None;
        }
        let (busy, asked, runtime) = (CheckUnderWay(Arc::clone(&self.busy)), (self.ask)(core), Handle::current());
        // On a thread that answers nobody, so that one that blocks keeps that alone.
        Some(tokio::task::spawn_blocking(move || {
            let _busy = busy;
            runtime.block_on(async { timeout(PATIENCE, asked).await })
        }))
    }

    /// Whether it is well, which is said in the log when it changes.
    async fn end(&self, asked: Option<CheckTask>, until: Instant) -> bool {
        let found = match asked {
            None => Err("it has not come to an end since it was last asked".to_owned()),
            Some(asked) => match timeout_at(until, asked).await {
                Ok(Ok(Ok(found))) => found.map_err(|error| chain(&*error)),
                Ok(Err(_)) => Err("it panicked".to_owned()),
                Ok(Ok(Err(_))) | Err(_) => Err(format!("no answer within {PATIENCE:?}")),
            },
        };
        let well = found.is_ok();
        if self.well.swap(well, Ordering::Relaxed) != well {
            let check = for_log(&self.name);
            match found {
                Ok(()) => tracing::info!(%check, "a check of readiness is well again"),
                Err(why) => tracing::warn!(%check, "a check of readiness fails: {}", for_log(&why)),
            }
        }
        well
    }
}

/// Held while a check is under way.
struct CheckUnderWay(Arc<AtomicBool>);

impl Drop for CheckUnderWay {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Whether calls should come, and what was found.
pub(crate) struct Readiness {
    pub ready: bool,
    checks: Map<String, Value>,
}

impl Readiness {
    fn note(&mut self, name: &str, found: &'static str, ready: bool) {
        self.ready &= ready;
        self.checks.insert(name.to_owned(), found.into());
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "ready": self.ready, "checks": self.checks })
    }
}

impl Core {
    /// Whether calls should come here, and what of it is found how.
    pub(crate) async fn readiness(self: &Arc<Self>) -> Readiness {
        let ok = |well| if well { "ok" } else { "down" };
        let mut readiness = Readiness { ready: true, checks: Map::new() };
        let ends = self.ending.is_told();
        readiness.note("shutdown", if ends { "yes" } else { "no" }, !ends);
        if ends {
            return readiness;
        }
        // In a router the first request starts the server, and none comes before it is ready.
        let started = self.is_started() || matches!(timeout(PATIENCE, self.start()).await, Ok(Ok(())));
        readiness.note("lifespans", ok(started), started);
        for (name, well) in self.observers.readiness() {
            readiness.note(name, ok(well), well);
        }
        let checks = lock(&self.ready_checks.each).clone();
        if started && !checks.is_empty() {
            let found = self.found(&checks).await;
            for (index, check) in checks.iter().enumerate() {
                let well = found.get(index).is_some_and(|well| *well);
                readiness.note(&check.name, ok(well), well || !check.needed);
            }
        }
        readiness
    }

    /// What was found a moment ago, or is found now; nothing where that takes too long.
    async fn found(self: &Arc<Self>, checks: &[Arc<ReadyCheck>]) -> Vec<bool> {
        if let Ok(found) = self.ready_checks.found.try_lock()
            && let Some(found) = found.as_ref().filter(|found| found.is_good_for(checks.len()))
        {
            return found.each.clone();
        }
        let (told, answer) = oneshot::channel();
        let (core, checks) = (Arc::clone(self), checks.to_vec());
        // It goes on without whoever asked: somebody who asks and leaves does not make it begin anew.
        future::spawn(async move {
            let mut found = core.ready_checks.found.lock().await;
            if found.as_ref().is_none_or(|found| !found.is_good_for(checks.len())) {
                let asked: Vec<_> = checks.iter().map(|check| check.begin(&core)).collect();
                let until = Instant::now() + PATIENCE + PATIENCE / 4;
                let mut each = Vec::with_capacity(checks.len());
                for (check, asked) in checks.iter().zip(asked) {
                    each.push(check.end(asked, until).await);
                }
                *found = Some(LastRound { at: Instant::now(), each });
            }
            let _ = told.send(found.as_ref().map(|found| found.each.clone()).unwrap_or_default());
        });
        timeout(ASKED, answer).await.ok().and_then(Result::ok).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_type_is_named_without_its_path() {
        for (path, name) in [
            ("crm::Pool", "Pool"),
            ("u8", "u8"),
            ("alloc::sync::Arc<crm::db::Pool<crm::Sqlite>>", "Arc<Pool<Sqlite>>"),
            ("(a::B, c::D)", "(B, D)"),
        ] {
            assert_eq!(short(path), name);
        }
    }
}
