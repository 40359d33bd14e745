//! What a server bounds: how often it is called ([`rate`]), counted [in memory](memory), and [how many](concurrency) calls run at the
//! same time.
//!
//! A call is held against all of it at once, after its component is found and its caller may use it. A refusal costs no
//! other limit anything. A server without limits has none of this.

mod concurrency;
mod memory;
mod rate;
#[cfg(feature = "http")]
mod shared;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
#[cfg(feature = "http")]
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::component::tables::Rate;
use crate::component::tool::Common;
use crate::context::Caller;
use crate::error::{ToolError, seconds_up};
use crate::future::BoxFuture;
#[cfg(feature = "http")]
use crate::observe::Levels;
#[cfg(feature = "http")]
use crate::session::lock;
#[cfg(feature = "http")]
use crate::session::store::{LimitCounter, LimitStore};
use concurrency::{Busy, CallSlots, Concurrency, Entry};
pub(crate) use concurrency::{CallPermit, ConcurrencySettings};
use memory::{Charge, Counters};
pub use rate::RateLimit;
use rate::{Gcra, LimitOf, in_words};
#[cfg(feature = "http")]
pub use shared::StoreFailure;
#[cfg(feature = "http")]
use shared::{SharedCounters, StoreAnswer};

/// Counters of callers, and of networks at the edge. An entry takes some forty bytes.
const COUNTERS: usize = 100_000;
/// In place of the number of a rule: the component's own.
const OWN: usize = usize::MAX;
/// Ten a second.
#[cfg(feature = "http")]
const TOLD: Gcra = Gcra { interval: 100_000_000, tolerance: 1_000_000_000 };
/// What a caller is told to wait who found everything in use.
const BUSY: Duration = Duration::from_secs(1);
/// Whoever started the process, and whoever nothing is known of.
const LOCAL: u64 = 0x6c6f_6361_6c00_0001;
const ANYBODY: u64 = 0x616e_7962_6f64_7901;

/// What a program says about limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct LimitSettings {
    pub rates: Vec<RateLimit>,
    pub concurrency: ConcurrencySettings,
}

/// The limits of a server that has some.
pub(crate) struct Limits {
    rules: Vec<LimitRule>,
    counters: Counters,
    #[cfg(feature = "http")]
    edge: (Vec<LimitRule>, Counters),
    /// Refusals at the edge of which an audit is told: so that no flood of them takes its room from calls.
    #[cfg(feature = "http")]
    told: Mutex<u64>,
    /// Where replicas count together, once they have joined.
    #[cfg(feature = "http")]
    shared: OnceLock<SharedCounters>,
    concurrency: Concurrency,
    hasher: RandomState,
    /// Of the limits that components have of their own.
    own_salt: u64,
    begun: Instant,
}

struct LimitRule {
    limit: RateLimit,
    gcra: Gcra,
    salt: u64,
}

/// A call that is held against the limits.
pub(crate) struct Asking<'a> {
    pub caller: &'a Caller,
    /// `None` for a name that only middleware may know.
    pub common: Option<&'a Common>,
    pub counts: CountsAs,
    /// By which method, which tells apart components of one name.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only replicas name a counter by it"))]
    pub method: &'a str,
}

/// What of the limits is for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountsAs {
    Call,
    /// Suggestions for an argument. They are counted like calls, and apart from them where it is a component's limit.
    Completion,
    /// One call that is sent again, with answers to questions.
    Continued,
    /// A call within another: its client made one call, which is counted, and its component is called once more.
    Nested,
}

/// How a call is let in.
pub(crate) enum Entrance {
    Now(Option<CallPermit>),
    Refused(Limited),
    Later(BoxFuture<'static, Result<Option<CallPermit>, Limited>>),
}

/// A call that a limit refuses.
pub(crate) struct Limited {
    /// Which limit, in one word: a component's own by the component's name.
    pub limit: String,
    pub error: ToolError,
    /// It is not the caller's doing, and over HTTP the status says so.
    pub by_status: bool,
}

/// What a refusal says of the component.
#[derive(Clone)]
struct LimitTarget {
    name: String,
    own: Option<Rate>,
}

impl Limits {
    /// The limits of a server, if there are any; `components` says whether one of its components has some of its own.
    pub(crate) fn new(settings: LimitSettings, components: bool) -> Option<Arc<Self>> {
        if settings.rates.is_empty() && settings.concurrency.is_empty() && !components {
            return None;
        }
        let hasher = RandomState::new();
        let rule = |(index, limit): (usize, RateLimit)| {
            // Others keep the server from starting.
            let gcra = limit.gcra().ok()?;
            Some(LimitRule { limit, gcra, salt: hasher.hash_one(("rule", index)) })
        };
        let rules: Vec<LimitRule> = settings.rates.into_iter().enumerate().filter_map(rule).collect();
        #[cfg(feature = "http")]
        let (edge, rules) = rules.into_iter().partition(|rule| rule.limit.of == LimitOf::Edge);
        Some(Arc::new(Self {
            rules,
            counters: Counters::new(COUNTERS),
            #[cfg(feature = "http")]
            edge: (edge, Counters::new(COUNTERS)),
            #[cfg(feature = "http")]
            told: Mutex::default(),
            #[cfg(feature = "http")]
            shared: OnceLock::new(),
            concurrency: Concurrency::new(settings.concurrency),
            own_salt: hasher.hash_one("own"),
            hasher,
            begun: Instant::now(),
        }))
    }

    /// Whether a call may run.
    pub(crate) fn admit(self: &Arc<Self>, asking: &Asking<'_>) -> Entrance {
        let client = self.client(asking.caller);
        let charges = if asking.counts == CountsAs::Continued { Vec::new() } else { self.charges(asking, client) };
        let own = asking.counts != CountsAs::Nested;
        let slots = CallSlots {
            client: (own && self.concurrency.counts_clients()).then_some(client),
            component: asking.common.and_then(|common| common.slots.as_ref()),
            one_of_all: own,
        };
        let entry = self.concurrency.enter(&slots);
        #[cfg(feature = "http")]
        if !charges.is_empty() && self.shared.get().is_some() {
            return self.admit_with_others(asking, charges, entry);
        }
        let now = self.now();
        // How often comes before how many, but a call that does not run is not counted.
        let taken = match (charges.is_empty(), &entry) {
            (true, _) => Ok(()),
            (_, Entry::Full(_)) => self.counters.check(&charges, now),
            _ => self.counters.take(&charges, now),
        };
        if let Err((of, wait)) = taken {
            return Entrance::Refused(self.too_often(&LimitTarget::of(asking), of, Duration::from_nanos(wait)));
        }
        match entry {
            Entry::Free => Entrance::Now(None),
            Entry::Held(permit) => Entrance::Now(Some(permit)),
            Entry::Full(busy) => Entrance::Refused(too_many(busy, &LimitTarget::of(asking))),
            Entry::Queued(queued) => {
                let (limits, about) = (Arc::clone(self), LimitTarget::of(asking));
                Entrance::Later(Box::pin(async move {
                    let entered = queued.await;
                    entered.map(Some).map_err(|busy| {
                        limits.counters.give_back(&charges);
                        too_many(busy, &about)
                    })
                }))
            }
        }
    }

    /// From now on calls are counted by a store, with those of other replicas.
    #[cfg(feature = "http")]
    pub(crate) fn share(&self, store: Arc<dyn LimitStore>, levels: Arc<Levels>) {
        let _ = self.shared.set(SharedCounters::new(store, levels));
    }

    /// Whether a call may run, where replicas count together. It is counted once it has its place, so that one that gets none is not.
    #[cfg(feature = "http")]
    fn admit_with_others(self: &Arc<Self>, asking: &Asking<'_>, charges: Vec<Charge>, entry: Entry) -> Entrance {
        let (limits, about) = (Arc::clone(self), LimitTarget::of(asking));
        let counters: Vec<LimitCounter> =
            charges.iter().map(|charge| charge.rule.counter(self.name_of(charge, asking))).collect();
        Entrance::Later(Box::pin(async move {
            let permit = match entry {
                Entry::Free => None,
                Entry::Held(permit) => Some(permit),
                Entry::Queued(queued) => Some(queued.await.map_err(|busy| too_many(busy, &about))?),
                Entry::Full(busy) => return Err(too_many(busy, &about)),
            };
            let asked = match limits.shared.get() {
                Some(shared) => shared.take(&counters).await,
                None => StoreAnswer::Away,
            };
            match asked {
                StoreAnswer::Taken => Ok(permit),
                StoreAnswer::Refused(which, wait) => {
                    Err(limits.too_often(&about, charges.get(which).map_or(OWN, |charge| charge.of), wait))
                }
                StoreAnswer::Away => limits.alone(&charges, &about).map(|()| permit),
            }
        }))
    }

    /// Whether a call may run while nobody can say how many there are elsewhere.
    #[cfg(feature = "http")]
    fn alone(&self, charges: &[Charge], about: &LimitTarget) -> Result<(), Limited> {
        let failure =
            |charge: &Charge| self.rules.get(charge.of).map_or_else(StoreFailure::default, |rule| rule.limit.failure);
        if let Some(closed) = charges.iter().find(|charge| failure(charge) == StoreFailure::Closed) {
            let error = ToolError::unavailable("calls cannot be counted at the moment").with_retry_after(BUSY);
            return Err(Limited { limit: self.word_of(about, closed.of).to_owned(), error, by_status: true });
        }
        let local: Vec<Charge> =
            charges.iter().filter(|charge| failure(charge) == StoreFailure::Local).copied().collect();
        let taken = self.counters.take(&local, self.now());
        taken.map_err(|(of, wait)| self.too_often(about, of, Duration::from_nanos(wait)))
    }

    /// The name of a counter that all replicas have for it. One of a limit that was changed is another.
    #[cfg(feature = "http")]
    fn name_of(&self, charge: &Charge, asking: &Asking<'_>) -> String {
        let common = asking.common.map_or("", |common| &*common.name);
        let own = asking.common.and_then(|common| common.rate_limit);
        let rule = self.rules.get(charge.of);
        let (written, by_component) = match (rule, own) {
            (Some(rule), _) => (rule.limit.written(), rule.limit.of == LimitOf::ClientAndComponent),
            (None, own) => (own.map(|own| in_words(own.calls, own.per)).unwrap_or_default(), true),
        };
        let of = if by_component { format!("{} {common}", asking.method) } else { String::new() };
        let client = match rule.map(|rule| &rule.limit) {
            Some(RateLimit { key: Some(key), .. }) => key(asking.caller).unwrap_or_default(),
            Some(limit) if limit.of == LimitOf::All => String::new(),
            _ => match (asking.caller.identity(), asking.caller.network()) {
                (Some(identity), _) => format!("is {identity}"),
                (None, Some(network)) => format!("at {network}"),
                (None, None) if asking.caller.is_local() => "local".to_owned(),
                (None, None) => "anybody".to_owned(),
            },
        };
        format!("{written}\n{of}\n{client}")
    }

    /// Whether an HTTP request may be looked at; if not, how long its network has to wait.
    #[cfg(feature = "http")]
    pub(crate) fn at_the_edge(&self, from: &Caller) -> Result<(), Duration> {
        let (rules, counters) = &self.edge;
        if rules.is_empty() {
            return Ok(());
        }
        let client = self.client(from);
        let charge = |rule: &LimitRule| {
            let key = rule.salt ^ self.whose(rule, from, client)?;
            Some(Charge { key, shared: rule.salt, rule: rule.gcra, of: 0 })
        };
        let charges: Vec<Charge> = rules.iter().filter_map(charge).collect();
        counters.take(&charges, self.now()).map_err(|(_, wait)| Duration::from_nanos(wait))
    }

    /// Whether those who watch are told of one more refusal at the edge.
    #[cfg(feature = "http")]
    pub(crate) fn is_told(&self) -> bool {
        let mut told = lock(&self.told);
        TOLD.take(*told, self.now()).map(|next| *told = next).is_ok()
    }

    /// Nanoseconds since the limits were made.
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The number of a client. It is a hash under a key of the process's own, so that nobody can choose to have another's; that
    /// any two of a hundred thousand have the same is a matter of one in four billion.
    fn client(&self, caller: &Caller) -> u64 {
        match (caller.identity(), caller.network()) {
            (Some(identity), _) => self.hasher.hash_one(identity),
            (None, Some(network)) => self.hasher.hash_one(network),
            (None, None) if caller.is_local() => LOCAL,
            (None, None) => ANYBODY,
        }
    }

    /// What a call takes, one for each limit that is for it: first the server's in their order, then the component's own.
    fn charges(&self, asking: &Asking<'_>, client: u64) -> Vec<Charge> {
        let component = asking.common.map(|common| {
            // Apart from those of other components, and what is counted as a completion from calls.
            let completion = u64::from(asking.counts == CountsAs::Completion);
            ((common.pace.id << 1) | completion).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        let mut charges = Vec::with_capacity(self.rules.len() + 1);
        charges.extend(self.rules.iter().enumerate().filter_map(|(of, rule)| {
            let shared = match rule.limit.of {
                LimitOf::ClientAndComponent => rule.salt ^ component?,
                _ if asking.counts == CountsAs::Nested => return None,
                _ => rule.salt,
            };
            Some(Charge { key: shared ^ self.whose(rule, asking.caller, client)?, shared, rule: rule.gcra, of })
        }));
        if let (Some(component), Some(rate)) = (component, asking.common.and_then(|common| common.rate_limit)) {
            let shared = self.own_salt ^ component;
            charges.push(Charge { key: shared ^ client, shared, rule: Gcra::of(rate), of: OWN });
        }
        charges
    }

    /// With whose calls it is counted; `None` if it is not.
    fn whose(&self, rule: &LimitRule, caller: &Caller, client: u64) -> Option<u64> {
        match &rule.limit.key {
            Some(key) => key(caller).map(|key| self.hasher.hash_one(key)),
            None if rule.limit.of == LimitOf::All => Some(0),
            None => Some(client),
        }
    }

    /// A limit in one word: a component's own by the component's name.
    fn word_of<'a>(&self, about: &'a LimitTarget, of: usize) -> &'a str {
        match self.rules.get(of).map(|rule| rule.limit.of) {
            Some(LimitOf::All) => "global",
            Some(LimitOf::Client) => "client",
            _ => &about.name,
        }
    }

    /// The refusal of a call by the limit that has the longest to wait.
    fn too_often(&self, about: &LimitTarget, of: usize, wait: Duration) -> Limited {
        let limit = self.word_of(about, of);
        let rate = match (self.rules.get(of), about.own) {
            (Some(rule), _) => in_words(rule.limit.calls, rule.limit.per),
            (None, Some(own)) => in_words(own.calls, own.per),
            (None, None) => String::new(),
        };
        let text = match self.rules.get(of).map(|rule| rule.limit.of) {
            Some(LimitOf::All) => "too many calls of this server".to_owned(),
            Some(LimitOf::Client) => "too many calls".to_owned(),
            _ => format!("too many calls of {}", about.name),
        };
        let text = format!("{text}: at most {rate}; try again in {} s", seconds_up(wait));
        Limited { limit: limit.to_owned(), error: ToolError::rate_limited(text, wait), by_status: false }
    }
}

impl LimitTarget {
    fn of(asking: &Asking<'_>) -> Self {
        let own = asking.common.and_then(|common| common.rate_limit);
        Self { name: asking.common.map_or_else(String::new, |common| common.name.clone()), own }
    }
}

/// The refusal of a call while too many others run.
fn too_many(busy: Busy, about: &LimitTarget) -> Limited {
    let text = match busy {
        Busy::Component => format!("too many calls of {} run at the same time", about.name),
        Busy::Client => "too many calls of yours run at the same time".to_owned(),
        Busy::All => "too many calls run at the same time".to_owned(),
    };
    let error = ToolError::unavailable(text).with_retry_after(BUSY);
    Limited { limit: "concurrency".to_owned(), error, by_status: false }
}
