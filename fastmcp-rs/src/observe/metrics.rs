//! Metrics for Prometheus: what every request leaves is counted in series that are there from the start, so that a rate can be told
//! from the first one on.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use serde_json::value::RawValue;

use super::record::{CallOutcome, Record};
use super::{Levels, Observer, Started};
use crate::catalog::Catalog;
use crate::context::Change;
use crate::error::Error;
use crate::protocol::{Revision, method};
use crate::session::lock;
use std::sync::Arc;

/// Upper bounds of the buckets, in seconds: around the second that people wait gladly.
const BUCKETS: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0];
/// What is not known by a name of its own.
const UNKNOWN: &str = "_unknown";
/// Series of tools that come and go at run time; more are counted as unknown.
const TOOLS: usize = 4096;

/// Limits that are not a component's own.
const LIMITS: [&str; 5] = ["client", "global", "edge", "auth", "concurrency"];

type Labels = Vec<(&'static str, String)>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// One thing's outcomes and durations.
#[derive(Clone)]
struct Series {
    ended: [Counter; CallOutcome::ALL.len()],
    took: Histogram,
}

/// The metrics of a server.
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    calls: Family<Labels, Counter>,
    call_seconds: Histograms,
    requests: Family<Labels, Counter>,
    request_seconds: Histograms,
    limited: Family<Labels, Counter>,
    in_flight: Gauge,
    request_bytes: Counter,
    response_bytes: Counter,
    methods: OnceLock<Vec<(&'static str, Series)>>,
    /// By the number of the tool.
    tools: RwLock<HashMap<u64, Series>>,
    unknown: Series,
    /// By what became of requests that were asked who makes them; the last is for words that nobody knew before.
    auth: OnceLock<Vec<(&'static str, Counter)>>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// All series of one name, each at 0.
fn series(label: &'static str, name: &str, counts: &Family<Labels, Counter>, seconds: &Histograms) -> Series {
    let labels = |outcome: CallOutcome| vec![(label, name.to_owned()), ("outcome", outcome.as_str().to_owned())];
    Series {
        ended: CallOutcome::ALL.map(|outcome| counts.get_or_create_owned(&labels(outcome))),
        took: seconds.get_or_create_owned(&vec![(label, name.to_owned())]),
    }
}

impl Metrics {
    pub(crate) fn new(levels: &Arc<Levels>) -> Self {
        let calls = Family::<Labels, Counter>::default();
        let call_seconds = Histograms::new_with_constructor(histogram);
        let unknown = series("tool", UNKNOWN, &calls, &call_seconds);
        let metrics = Self {
            registry: Mutex::default(),
            calls,
            call_seconds,
            requests: Family::default(),
            request_seconds: Histograms::new_with_constructor(histogram),
            limited: Family::default(),
            in_flight: Gauge::default(),
            request_bytes: Counter::default(),
            response_bytes: Counter::default(),
            methods: OnceLock::new(),
            tools: RwLock::default(),
            unknown,
            auth: OnceLock::new(),
        };
        {
            let mut registry = lock(&metrics.registry);
            registry.register("mcp_tool_calls", "Calls of tools that have ended", metrics.calls.clone());
            registry.register(
                "mcp_tool_duration_seconds",
                "How long calls of tools took",
                metrics.call_seconds.clone(),
            );
            registry.register("mcp_requests", "Requests that have ended", metrics.requests.clone());
            registry.register(
                "mcp_request_duration_seconds",
                "How long requests took",
                metrics.request_seconds.clone(),
            );
            registry.register("mcp_rate_limited", "Calls and requests that a limit refused", metrics.limited.clone());
            registry.register("mcp_requests_in_flight", "Requests under way", metrics.in_flight.clone());
            registry.register("mcp_request_bytes", "Bytes of requests", metrics.request_bytes.clone());
            registry.register("mcp_response_bytes", "Bytes of responses", metrics.response_bytes.clone());
            registry.register_collector(Box::new(LevelsNow(Arc::clone(levels))));
        }
        metrics
    }

    /// Lets the program add metrics of its own.
    pub(crate) fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut lock(&self.registry));
    }

    /// Requests are asked who makes them, with these results.
    pub(crate) fn expect_auth(&self, results: impl Iterator<Item = &'static str>) {
        self.auth.get_or_init(|| {
            let counts = Family::<Labels, Counter>::default();
            self.register(|registry| {
                registry.register("mcp_auth", "Requests that were asked who makes them", counts.clone());
            });
            let count =
                |result: &'static str| (result, counts.get_or_create_owned(&vec![("result", result.to_owned())]));
            results.chain([UNKNOWN]).map(count).collect()
        });
    }

    /// All of them as text: OpenMetrics, or the older format of Prometheus.
    pub(crate) fn text(&self, open: bool) -> String {
        let mut out = String::new();
        let _ = text::encode(&mut out, &lock(&self.registry));
        if open { out } else { prometheus(&out) }
    }

    /// Series for tools that have none.
    fn meet(&self, catalog: &Catalog) {
        let mut tools = self.tools.write().unwrap_or_else(PoisonError::into_inner);
        for tool in &catalog.sorted_tools {
            if tools.len() < TOOLS {
                let new = || series("tool", &tool.common.name, &self.calls, &self.call_seconds);
                tools.entry(tool.common.pace.id).or_insert_with(new);
            }
        }
    }
}

impl Observer for Metrics {
    fn start(&self, started: &Started<'_>) -> Result<(), Error> {
        let named = started.methods.iter().copied().chain([UNKNOWN]);
        let methods = named.map(|name| (name, series("method", name, &self.requests, &self.request_seconds)));
        let _ = self.methods.set(methods.collect());
        self.meet(started.catalog);
        for limit in LIMITS.into_iter().chain(limited(started.catalog)) {
            self.limited.get_or_create_owned(&vec![("limit", limit.to_owned())]);
        }
        let info = Family::<Labels, Gauge>::default();
        let labels = [
            ("server", &*started.server.name),
            ("version", &*started.server.version),
            ("revision", Revision::LATEST.as_str()),
        ];
        info.get_or_create(&labels.map(|(name, value)| (name, value.to_owned())).to_vec()).set(1);
        self.register(|registry| registry.register("mcp_build_info", "Which server this is", info));
        Ok(())
    }

    fn changed(&self, change: &Change, catalog: &Catalog) {
        if *change == Change::Tools {
            self.meet(catalog);
        }
    }

    fn authenticated(&self, result: &'static str) {
        let Some(counts) = self.auth.get() else { return };
        let count = counts.iter().find(|(word, _)| *word == result).or(counts.last());
        if let Some((_, count)) = count {
            count.inc();
        }
    }

    fn limited(&self, limit: &str) {
        self.limited.get_or_create_owned(&vec![("limit", limit.to_owned())]).inc();
    }

    fn begun(&self, _: &mut Record, _: Option<&RawValue>) {
        self.in_flight.inc();
    }

    fn ended(&self, record: &Record) {
        self.in_flight.dec();
        self.request_bytes.inc_by(record.request_bytes as u64);
        self.response_bytes.inc_by(record.response_bytes as u64);
        let (seconds, outcome) = (record.elapsed().as_secs_f64(), record.outcome.index());
        let wanted = record.method.unwrap_or(UNKNOWN);
        if let Some((_, series)) = self.methods.get().into_iter().flatten().find(|(name, _)| *name == wanted) {
            series.ended[outcome].inc();
            series.took.observe(seconds);
        }
        if record.method == Some(method::TOOLS_CALL) {
            let tools = self.tools.read().unwrap_or_else(PoisonError::into_inner);
            let tool = record.component.as_ref().and_then(|component| tools.get(&component.id()));
            let series = tool.unwrap_or(&self.unknown);
            series.ended[outcome].inc();
            series.took.observe(seconds);
        }
    }
}

/// The components that have a limit of their own.
fn limited(catalog: &Catalog) -> impl Iterator<Item = &str> {
    let tools = catalog.sorted_tools.iter().map(|tool| &tool.common);
    let prompts = catalog.sorted_prompts.iter().map(|prompt| &prompt.common);
    let resources = catalog.sorted_resources.iter().map(|resource| &resource.common);
    let all = tools.chain(prompts).chain(resources);
    all.filter(|common| common.rate_limit.is_some()).map(|common| common.name.as_str())
}

/// What is counted elsewhere, read when somebody asks.
#[derive(Debug)]
struct LevelsNow(Arc<Levels>);

impl Collector for LevelsNow {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let levels = &self.0;
        let mut gauge = |name: &str, help: &str, value: i64| {
            ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
        };
        gauge("mcp_sessions", "Sessions of older revisions over HTTP", levels.sessions() as i64)?;
        gauge("mcp_streams", "Event streams that are open", levels.streams.load(Ordering::Relaxed))?;
        gauge("mcp_connections", "HTTP connections that are open", levels.connections.load(Ordering::Relaxed))?;
        let up = 1 - levels.limiter_store_down.load(Ordering::Relaxed);
        gauge("mcp_limiter_store_up", "Whether the store that rate limits share answers, if there is one", up)?;
        let stuck = crate::component::plain::stuck();
        gauge("mcp_blocking_stuck", "Plain functions on a thread that nobody waits for any more", stuck)?;
        let mut counter = |name: &str, help: &str, value: &AtomicU64| {
            let value = ConstCounter::new(value.load(Ordering::Relaxed));
            value.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
        };
        counter("mcp_audit_lines", "Audit lines that were written", &levels.audit_lines)?;
        counter("mcp_audit_lost", "Audit lines for which there was no room", &levels.audit_lost)?;
        let keys = levels.keys.get().map(|keys| keys()).unwrap_or_default();
        if keys.is_empty() {
            return Ok(());
        }
        let help = "How long ago the keys of an issuer were fetched; 0 before they ever were";
        let mut ages = encoder.encode_descriptor("mcp_jwks_age_seconds", help, None, MetricType::Gauge)?;
        for (number, levels) in keys.iter().enumerate() {
            ConstGauge::new(levels.age.as_secs_f64()).encode(ages.encode_family(&[("issuer", number.to_string())])?)?;
        }
        let help = "Attempts to fetch the keys of an issuer";
        let mut fetches = encoder.encode_descriptor("mcp_jwks_fetches", help, None, MetricType::Counter)?;
        for (number, levels) in keys.iter().enumerate() {
            for (result, count) in [("ok", levels.fetched), ("failed", levels.failed)] {
                let labels = [("issuer", number.to_string()), ("result", result.to_owned())];
                ConstCounter::new(count).encode(fetches.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

/// OpenMetrics as Prometheus had it before: a counter's family has the name of its samples, and there is no end mark.
fn prometheus(open: &str) -> String {
    let counters: Vec<&str> =
        open.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut out = String::with_capacity(open.len());
    for line in open.lines().filter(|line| *line != "# EOF" && !line.starts_with("# UNIT ")) {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(what), Some(name), rest) if counters.contains(&name) => {
                let _ = writeln!(out, "# {what} {name}_total {}", rest.unwrap_or_default());
            }
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}
