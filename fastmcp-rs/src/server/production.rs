//! [`Server::production`]: what a server has to have before others reach it, as one table. What is missing keeps it from starting, all
//! of it in one error, each with the line to write; `check --production` shows the table.

use std::fmt::Write as _;
use std::time::Duration;

use super::builder::Server;
use crate::limits::RateLimit;

/// How long calls may go on in production, unless the program says otherwise.
const GRACE: Duration = Duration::from_secs(10);
/// How long the listener stays open in production, unless the program says otherwise.
const DRAIN: Duration = Duration::from_secs(5);
/// How often one client may call, and how many calls run at the same time: all and of one client.
const CALLS: (u32, Duration) = (100, Duration::from_secs(60));
const AT_ONCE: usize = 1024;
const AT_ONCE_EACH: usize = 64;
/// Bounds beyond these bound nothing: bytes of one message, and how many of something there may be.
const BYTES: usize = 1 << 30;
const MANY: usize = 1_000_000;

/// What the program said about production.
#[derive(Default)]
pub(super) struct Production {
    asked: bool,
    /// Everybody may call.
    public: bool,
}

/// How a server is to be served, as far as that decides what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// Not at all: a command looks at it.
    Looked,
    /// Over standard input and output, or a stream that the program was given.
    Stream,
    #[cfg(feature = "http")]
    Http,
}

impl Served {
    /// Whatever it is that a server which was built is served over.
    pub(super) const ANYHOW: Self = {
        #[cfg(feature = "http")]
        let anyhow = Self::Http;
        #[cfg(not(feature = "http"))]
        let anyhow = Self::Stream;
        anyhow
    };

    fn name(self) -> &'static str {
        match self {
            Self::Looked | Self::Stream => "standard input and output",
            #[cfg(feature = "http")]
            Self::Http => "HTTP",
        }
    }

    fn is_http(self) -> bool {
        !matches!(self, Self::Looked | Self::Stream)
    }
}

/// How one thing stands.
enum Standing {
    /// It is there, and how.
    Good(String),
    /// It is missing: what to write.
    Gap(String),
}

use Standing::{Gap, Good};

/// One thing that production needs.
struct Need {
    name: &'static str,
    /// Only where others come by HTTP.
    http: bool,
    look: fn(&Server) -> Standing,
}

const fn always(name: &'static str, look: fn(&Server) -> Standing) -> Need {
    Need { name, http: false, look }
}

#[cfg(feature = "http")]
const fn over_http(name: &'static str, look: fn(&Server) -> Standing) -> Need {
    Need { name, http: true, look }
}

static NEEDS: &[Need] = &[
    #[cfg(feature = "http")]
    over_http("authentication", authentication),
    #[cfg(feature = "http")]
    over_http("tokens", tokens),
    #[cfg(feature = "http")]
    over_http("public URL", public_url),
    #[cfg(feature = "http")]
    over_http("hosts", hosts),
    always("rate limit", rate_limit),
    always("concurrency", concurrency),
    always("time limit", time_limit),
    always("bounds", bounds),
    always("errors", errors),
    always("log", log),
    #[cfg(feature = "interaction")]
    always("audit", audit),
    always("shutdown", shutdown),
    #[cfg(all(feature = "http", feature = "interaction"))]
    over_http("state keys", state_keys),
    #[cfg(feature = "page")]
    over_http("page", page),
];

/// # Production
///
/// See the book's chapter on it, `docs/production.md`.
impl Server {
    /// Refuses to start with a gap: without who may call ([`auth`](Self::auth), or [`public`](Self::public)), a public URL with `https`, a
    /// time limit and bounds, masked errors, [`json_logs`](Self::json_logs), an [audit log](Self::audit), and what else
    /// `your-server check --production` lists. All gaps are in the one error, each with the line to write. Over standard input and
    /// output, what only HTTP needs is not asked for.
    ///
    /// Unless the program says otherwise, one client may make 100 calls in a minute and 64 at the same time, all clients 1024, calls have a
    /// [grace](Self::shutdown_grace) of 10 s at the end, listeners are [drained](Self::drain) for 5 s, and there is no page.
    #[must_use]
    pub fn production(mut self) -> Self {
        self.production.asked = true;
        self
    }

    /// Says that everybody may call a server in [`production`](Self::production) without a token.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.production.public = true;
        self
    }

    /// Makes production's defaults hold, and says what it lacks.
    pub(super) fn settle(&mut self, served: Served) -> Vec<String> {
        if !self.production.asked {
            return Vec::new();
        }
        self.take_defaults();
        if served == Served::Looked {
            return Vec::new();
        }
        let gaps = self.table(served).filter_map(|(name, standing)| match standing? {
            Gap(line) => Some(format!("production: {name}: {line}")),
            Good(_) => None,
        });
        gaps.collect()
    }

    fn take_defaults(&mut self) {
        let said = self.said_grace();
        let settings = self.settings();
        settings.drain.get_or_insert(DRAIN);
        if !said {
            settings.shutdown_grace = GRACE;
        }
        let limits = self.limits();
        if limits.rates.is_empty() {
            limits.rates.push(RateLimit::per_client(CALLS.0, CALLS.1));
        }
        limits.concurrency.all.get_or_insert(AT_ONCE);
        limits.concurrency.each.get_or_insert(AT_ONCE_EACH);
        #[cfg(feature = "page")]
        if !self.page.is_said() {
            self.page.hide();
        }
    }

    /// Each need, and how it stands; `None` where it is not one.
    fn table(&self, served: Served) -> impl Iterator<Item = (&'static str, Option<Standing>)> {
        NEEDS.iter().map(move |need| (need.name, (!need.http || served.is_http()).then(|| (need.look)(self))))
    }

    /// The table for people, and how many gaps it has.
    pub(super) fn standing(&mut self, served: Served) -> (String, usize) {
        self.take_defaults();
        let mut gaps = 0;
        let mut rows = String::new();
        for (name, standing) in self.table(served) {
            let (state, how) = match standing {
                None => ("n/a", format!("not over {}", served.name())),
                Some(Good(how)) => ("ok", how),
                Some(Gap(line)) => {
                    gaps += 1;
                    ("gap", line)
                }
            };
            let _ = write!(rows, "\n{name:16}{state:5}{how}");
        }
        let count = match gaps {
            0 => "no gap".to_owned(),
            1 => "1 gap".to_owned(),
            more => format!("{more} gaps"),
        };
        (format!("{} over {}: {count}\n{rows}", self.name(), served.name()), gaps)
    }
}

#[cfg(feature = "http")]
fn authentication(server: &Server) -> Standing {
    let anonymous = !server.auth.asks() || server.auth.optional;
    match (server.auth.asks(), server.production.public) {
        (_, false) if anonymous => Gap(
            "anybody may call: add `.auth(Jwt::issuer(\"https://..\"))` or `.auth(TokenMap::from_env(\"MCP_AUTH_TOKENS\"))`, or say `.public()`"
                .to_owned(),
        ),
        (false, _) => Good("everybody may call, as `.public()` says".to_owned()),
        (true, _) if anonymous => Good("tokens are checked, and who has none is anonymous".to_owned()),
        (true, _) => Good("every request needs a token".to_owned()),
    }
}

#[cfg(feature = "http")]
fn tokens(server: &Server) -> Standing {
    match server.auth.has_literals() {
        true => Gap(
            "a token stands in the program: write `TokenMap::from_env(\"MCP_AUTH_TOKENS\")` or `from_file(..)` instead of `.token(..)`"
                .to_owned(),
        ),
        false => Good("none stands in the program".to_owned()),
    }
}

#[cfg(feature = "http")]
fn public_url(server: &Server) -> Standing {
    let url = server.auth.said_url();
    match url.as_ref().map(crate::auth::public_url::PublicUrl::as_str) {
        Some(url) if url.starts_with("https://") => Good(url.to_owned()),
        _ => Gap("add `.public_url(\"https://mcp.example.com/mcp\")`, or set FASTMCP_PUBLIC_URL".to_owned()),
    }
}

#[cfg(feature = "http")]
fn hosts(server: &Server) -> Standing {
    let named = std::env::var("FASTMCP_ALLOWED_HOSTS").unwrap_or_default();
    if server.proxies.is_some() {
        return Good("those that are named, or that the trusted proxies pass on".to_owned());
    }
    if server.http.guard.takes_any_host() || named.split(',').any(|host| host.trim() == "*") {
        return Gap(
            "any host is taken: leave out `.allow_any_host()` and the `*` of FASTMCP_ALLOWED_HOSTS, and name them with `.allowed_hosts([\"mcp.example.com\"])`"
                .to_owned(),
        );
    }
    Good("loopback and those that are named".to_owned())
}

fn rate_limit(server: &Server) -> Standing {
    Good(server.limits_now().rates.iter().map(RateLimit::written).collect::<Vec<_>>().join(", "))
}

fn concurrency(server: &Server) -> Standing {
    let concurrency = &server.limits_now().concurrency;
    let most = |calls: Option<usize>| calls.unwrap_or_default();
    Good(format!("{} calls at the same time, {} of one client", most(concurrency.all), most(concurrency.each)))
}

fn time_limit(server: &Server) -> Standing {
    match server.settings_now().timeout {
        Some(limit) => Good(format!("{limit:?} for a call, unless its component says otherwise")),
        None => {
            Gap("calls have none: leave out `.timeout(None)`, or write `.timeout(Duration::from_secs(30))`".to_owned())
        }
    }
}

fn bounds(server: &Server) -> Standing {
    let settings = server.settings_now();
    let bounds = [
        ("max_message_bytes", settings.message_bytes, BYTES),
        ("max_result_bytes", settings.result_bytes, BYTES),
        ("max_running", settings.running, MANY),
        #[cfg(feature = "http")]
        ("Http::max_connections", server.http.max_connections, MANY),
        #[cfg(feature = "http")]
        ("Http::max_sessions", server.http.max_sessions, MANY),
    ];
    let raised: Vec<_> = bounds
        .iter()
        .filter(|(_, value, most)| value > most)
        .map(|(word, value, most)| format!("`{word}({value})`, where {most} is the most"))
        .collect();
    match raised.is_empty() {
        true => Good("bytes, calls, connections and sessions are bounded".to_owned()),
        false => Gap(format!("write less for {}", raised.join(", "))),
    }
}

fn errors(server: &Server) -> Standing {
    match server.settings_now().expose_errors {
        true => Gap("clients are shown the text of foreign errors: leave out `.expose_errors()`".to_owned()),
        false => Good("the text of foreign errors is for the log".to_owned()),
    }
}

fn log(server: &Server) -> Standing {
    match server.observers_now().lines.is_some() {
        true => Good("a line of JSON for each call".to_owned()),
        false => Gap("add `.json_logs()`".to_owned()),
    }
}

#[cfg(feature = "interaction")]
fn audit(server: &Server) -> Standing {
    match server.observers_now().audited {
        true => Good("a line for each call and each refusal".to_owned()),
        false => Gap(format!("add `.audit(Audit::file(\"/var/log/{}/audit.jsonl\"))`", server.name())),
    }
}

fn shutdown(server: &Server) -> Standing {
    let settings = server.settings_now();
    if settings.shutdown_grace.is_zero() {
        return Gap("calls under way are cut off at once: write `.shutdown_grace(Duration::from_secs(10))`".to_owned());
    }
    let drain = settings.drain.unwrap_or_default();
    Good(format!("the listener stays open for {drain:?}, calls may go on for {:?}", settings.shutdown_grace))
}

#[cfg(all(feature = "http", feature = "interaction"))]
fn state_keys(server: &Server) -> Standing {
    let shared =
        server.http.replicas.is_some() || std::env::var_os("FASTMCP_REDIS_URL").is_some_and(|url| !url.is_empty());
    match (shared, server.has_state_keys()) {
        (true, false) => Gap(
            "replicas cannot read the states of each other's questions: add `.request_state_keys([key])`, the same 32 bytes for all".to_owned(),
        ),
        (true, true) => Good("the same for all replicas".to_owned()),
        (false, _) => Good("one process, which makes its own".to_owned()),
    }
}

#[cfg(feature = "page")]
fn page(server: &Server) -> Standing {
    Good(match server.page.path() {
        Some(path) => format!("at {path}, as the program says"),
        None => "none".to_owned(),
    })
}
