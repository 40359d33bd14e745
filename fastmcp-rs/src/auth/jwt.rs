//! [`Jwt`]: tokens that an authorization server signs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::time::Instant;

use super::bearer::described;
use super::claims::{self, Expected};
use super::discovery::{self, FoundKeys};
use super::explain::AuthStep;
use super::jws::{self, Algorithm, IssuerKey, Jws, NotTaken, Reason};
use super::keys::{COME_BACK, Fetch, KeySet, Lookup};
use super::remembered::Remembered;
use super::{AuthorizationServers, KeyLevels, Presented, Verdict, Verifier};
use crate::bounds;
use crate::catalog::is_scope;
use crate::context::Caller;
use crate::error::unusable;
use crate::net::{Fetcher, problem_of};
use crate::session::lock;
use crate::text::sanitize::bounded;
use crate::text::strict_json;

/// Tokens that an authorization server signs (RFC 7519, RFC 9068): its keys are found by its metadata, kept, and renewed.
///
/// ```
/// use fastmcp_rs::{Jwt, Server};
///
/// let acme = Jwt::issuer("https://acme.auth0.com/").audience("mcp-internal-crm").required_scope("crm:read");
/// let server = Server::new("crm").public_url("https://mcp.acme.com/mcp").auth(acme);
/// ```
///
/// A token is good if its signature is, it is an access token of this issuer for this audience, it names a subject, and its time has
/// come and not passed. One of another issuer is left to the next verifier. Unlike most libraries it asks for `exp`, `aud` and `sub`, and
/// refuses ID tokens, tokens that are bound to a key that was not shown, and headers that change how a token is read.
#[derive(Debug)]
#[must_use = "give it to `Server::auth`"]
pub struct Jwt {
    pub(super) expected: Expected,
    algorithms: Vec<Algorithm>,
    required: Vec<String>,
    source: KeySource,
    ca_file: Option<PathBuf>,
    pub(super) problems: Vec<String>,
    ready: OnceLock<Result<JwtState, String>>,
}

/// Where the keys are.
#[derive(Debug)]
enum KeySource {
    Discovery,
    At(String),
    Here(String),
}

/// What verifies, once it is known how.
struct JwtState {
    keys: Arc<KeySet>,
    remembered: Remembered<(Caller, Arc<IssuerKey>)>,
    /// Audiences and issuers that the log was told of, and when.
    told: Mutex<HashMap<String, Instant>>,
}

impl std::fmt::Debug for JwtState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JwtState")
    }
}

/// What the log is told of once a minute, at most so many at a time.
const TOLD: usize = 64;
const MINUTE: Duration = Duration::from_secs(60);

impl Jwt {
    /// Takes tokens of an issuer, which is written as it writes itself: byte for byte, with or without a slash at the end. One that
    /// is not `https:`, unless it is on this machine, is a start-up error.
    #[track_caller]
    pub fn issuer(issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        let mut problems = Vec::new();
        if let Some(problem) = problem_of(&issuer) {
            problems.push(unusable(&format!("Jwt::issuer({:?})", bounded(&issuer, bounds::ECHO)), problem));
        }
        Self {
            expected: Expected { issuers: vec![issuer], leeway: Duration::from_secs(30), ..Expected::default() },
            algorithms: Algorithm::ALL.iter().map(|(_, algorithm)| *algorithm).collect(),
            required: Vec::new(),
            source: KeySource::Discovery,
            ca_file: None,
            problems,
            ready: OnceLock::new(),
        }
    }

    #[track_caller]
    pub(super) fn check(mut self, usable: bool, setting: &str, why: &str) -> Self {
        if !usable {
            self.problems.push(unusable(&format!("Jwt::{setting}"), why));
        }
        self
    }

    /// Whom tokens have to be for. Given several times, any of them. Default: the server's
    /// [`public_url`](crate::Server::public_url). An empty one is a start-up error.
    #[track_caller]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        let audience = audience.into();
        let mut this = self.check(
            !audience.is_empty(),
            "audience(\"\")",
            "would be that of no token: write the one that the issuer puts into `aud`",
        );
        this.expected.audiences.push(audience);
        this
    }

    /// Asks every request for a scope. Given several times, all of them.
    #[track_caller]
    pub fn required_scope(self, scope: impl Into<String>) -> Self {
        let scope = scope.into();
        let mut this = self.check(
            is_scope(&scope),
            &format!("required_scope({:?})", bounded(&scope, bounds::ECHO)),
            "is not a scope: one has no spaces and no quotes",
        );
        this.required.push(scope);
        this
    }

    /// Takes only tokens that are signed in one of these ways. Default: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`,
    /// `ES384`, `EdDSA`. Any other, and none at all, are start-up errors.
    #[track_caller]
    pub fn algorithms<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.algorithms.clear();
        for name in names {
            let name = name.as_ref();
            match Algorithm::named(name) {
                Some(algorithm) => self.algorithms.push(algorithm),
                None => {
                    let setting = format!("algorithms([{:?}])", bounded(name, bounds::ECHO));
                    let known = Algorithm::ALL.map(|(name, _)| name).join(", ");
                    self = self.check(false, &setting, &format!("is not a way of signing that is taken here: {known}"));
                }
            }
        }
        let none = self.algorithms.is_empty() && self.problems.is_empty();
        self.check(!none, "algorithms([])", "would take no token")
    }

    /// How far the clocks of the issuer and of this server may be apart. Default: 30 seconds. Over 5 minutes is a start-up error.
    #[track_caller]
    pub fn leeway(self, leeway: Duration) -> Self {
        let usable = leeway <= 5 * MINUTE;
        let mut this =
            self.check(usable, &format!("leeway({leeway:?})"), "takes tokens long after their time: at most 5 minutes");
        this.expected.leeway = leeway;
        this
    }

    /// Where the keys are, for an issuer without metadata. It needs `https:` as the issuer does.
    #[track_caller]
    pub fn jwks_uri(self, url: impl Into<String>) -> Self {
        let url = url.into();
        let problem = problem_of(&url);
        let setting = format!("jwks_uri({:?})", bounded(&url, bounds::ECHO));
        let mut this = self.check(problem.is_none(), &setting, problem.unwrap_or_default());
        this.source = KeySource::At(url);
        this
    }

    /// The keys themselves, as a JSON Web Key Set (RFC 7517): for tests, and for servers that reach nobody. A text that holds no usable
    /// key is a start-up error.
    #[track_caller]
    pub fn jwks_json(self, keys: impl Into<String>) -> Self {
        let keys = keys.into();
        let usable = jws::keys(keys.as_bytes()).is_some_and(|keys| !keys.is_empty());
        let mut this = self.check(
            usable,
            "jwks_json(..)",
            "holds no key that can be used: `{\"keys\":[..]}` with RSA, EC or Ed25519 keys",
        );
        this.source = KeySource::Here(keys);
        this
    }

    /// Where the roles of a caller are in its token: names of members, with dots between them, such as `realm_access.roles`. For names
    /// with dots of their own see [`roles_at`](Self::roles_at). Given several times, all of them.
    pub fn roles_from(self, path: &str) -> Self {
        self.roles_at(path.split('.').map(ToOwned::to_owned))
    }

    /// The same, name by name: `roles_at(["https://acme.com/roles"])`.
    pub fn roles_at<S: Into<String>>(mut self, path: impl IntoIterator<Item = S>) -> Self {
        self.expected.roles.push(path.into_iter().map(Into::into).collect());
        self
    }

    /// A claim that has scopes, beside `scope` and `scp`: a text of words, or a list.
    pub fn scopes_from(mut self, claim: impl Into<String>) -> Self {
        self.expected.more_scopes.push(claim.into());
        self
    }

    /// The claim that says who it is; a token without it is refused. Default: `sub`, and `client_id` where a client has a token for
    /// itself and there is no `sub`.
    pub fn subject_from(mut self, claim: impl Into<String>) -> Self {
        self.expected.subject = Some(claim.into());
        self
    }

    /// A file of certificates (PEM) that are trusted where the issuer is asked, instead of those that browsers trust. Default: the one that
    /// `FASTMCP_CA_FILE` names, if it is set.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    fn ready(&self) -> &Result<JwtState, String> {
        self.ready.get_or_init(|| {
            let issuer = self.expected.issuers[0].clone();
            let fetch = self.fetch(&issuer)?;
            Ok(JwtState { keys: KeySet::new(issuer, fetch), remembered: Remembered::new(), told: Mutex::default() })
        })
    }

    fn fetch(&self, issuer: &str) -> Result<Fetch, String> {
        if let KeySource::Here(keys) = &self.source {
            let keys = jws::keys(keys.as_bytes()).unwrap_or_default();
            return Ok(Box::new(move || {
                let keys = keys.clone();
                Box::pin(std::future::ready(Ok(FoundKeys { keys, max_age: None })))
            }));
        }
        let fetcher = Fetcher::new(self.ca_file.as_deref())?;
        let issuer = issuer.to_owned();
        let at = if let KeySource::At(url) = &self.source { Some(url.clone()) } else { None };
        Ok(Box::new(move || {
            let (fetcher, issuer, at) = (fetcher.clone(), issuer.clone(), at.clone());
            Box::pin(async move {
                match at {
                    Some(url) => discovery::fetch(&fetcher, &url, fetcher.deadline()).await,
                    None => discovery::find(&fetcher, &issuer).await,
                }
            })
        }))
    }

    async fn judge(&self, ready: &JwtState, presented: &Presented<'_>) -> Verdict {
        // Before anything is worked out of it.
        if presented.token.len() > jws::TOKEN {
            return Verdict::Invalid("malformed");
        }
        let (now, leeway) = (SystemTime::now(), self.expected.leeway);
        let digest = Remembered::<()>::digest(presented.token);
        if let Some((caller, key)) = ready.remembered.get(&digest, now, leeway) {
            if ready.keys.has(&key) && caller.expires_at().is_some_and(|when| when > now) {
                return Verdict::Known(caller);
            }
            ready.remembered.forget(&digest);
        }
        let jws = match Jws::read(presented.token, &self.algorithms) {
            Ok(jws) => jws,
            Err(NotTaken::Another) => return Verdict::NotMine,
            Err(NotTaken::Refused(reason)) => return Verdict::Invalid(reason),
        };
        let issuer = claims::issuer(jws.payload());
        if issuer.as_ref().is_some_and(|issuer| !self.expected.issuers.contains(issuer)) {
            self.tell(ready, "issuer", jws.payload(), presented);
            return Verdict::NotMine;
        }
        if presented.cheaply {
            return Verdict::NotMine;
        }
        let keys = match ready.keys.find(&jws).await {
            Lookup::Keys(keys) => keys,
            Lookup::Unknown => return Verdict::Invalid("key"),
            Lookup::Unavailable => return Verdict::Unavailable(COME_BACK),
        };
        let Some(key) = keys.into_iter().find(|key| jws.is_signed_by(key)) else {
            return Verdict::Invalid("signature");
        };
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        match self.expected.check(jws.payload(), presented.resource, seconds) {
            Ok(caller) => {
                ready.remembered.insert(digest, (caller.clone(), key));
                Verdict::Known(caller)
            }
            Err(reason) => {
                self.tell(ready, reason, jws.payload(), presented);
                Verdict::Invalid(reason)
            }
        }
    }

    /// Tells the log, and nobody else, what a token was for where that is not what was expected: the commonest fault of all is in what
    /// somebody has set.
    fn tell(&self, ready: &JwtState, reason: Reason, payload: &[u8], presented: &Presented<'_>) {
        let (name, expected) = match reason {
            "issuer" => ("iss", self.expected.issuers.join(" or ")),
            "audience" if self.expected.audiences.is_empty() => {
                ("aud", presented.resource.unwrap_or_default().to_owned())
            }
            "audience" => ("aud", self.expected.audiences.join(" or ")),
            _ => return,
        };
        let received = strict_json::object(payload).and_then(|claims| claims.get(name).map(Value::to_string));
        let received = bounded(received.as_deref().unwrap_or("nothing"), 256).into_owned();
        let now = Instant::now();
        let mut told = lock(&ready.told);
        told.retain(|_, at| now.duration_since(*at) < MINUTE);
        if told.len() < TOLD && told.insert(format!("{name} {received}"), now).is_none() {
            tracing::warn!("a token was refused: its `{name}` is {received}, and {expected} was expected");
        }
    }
}

/// The rules for what a token says, in their order: the word of each, what it is about, and the claims that it looks at.
const RULES: [(&str, &str, &[&str]); 8] = [
    ("issuer", "the issuer", &["iss"]),
    ("audience", "for whom it is", &["aud"]),
    (
        "malformed",
        "it is one object with an `exp`, and its members are of the right types",
        &["exp", "nbf", "iat", "scope", "scp"],
    ),
    ("expired", "its end has not passed", &["exp"]),
    ("not_yet_valid", "its time has come", &["nbf", "iat"]),
    ("subject", "it says who it is", &["sub", "client_id"]),
    ("binding", "it is bound to no key", &["cnf"]),
    ("type", "it is an access token", &["nonce", "at_hash", "c_hash", "token_use"]),
];

/// The steps of `check --auth`. The error is the one that failed.
impl Jwt {
    async fn steps(&self, presented: &Presented<'_>, steps: &mut Vec<AuthStep>) -> Result<(), String> {
        let ready = self.ready().as_ref().map_err(Clone::clone)?;
        let token = presented.token;
        let jws = Jws::read(token, &self.algorithms).map_err(|why| match why {
            NotTaken::Another => {
                "it is not a signed token (three parts, the first of them JSON): the next verifier is asked".to_owned()
            }
            NotTaken::Refused(reason) => {
                format!("{} ({reason}); its header is {}", described(reason), jws::header(token))
            }
        })?;
        steps.push(AuthStep::good(format!(
            "it is a signed token of {} bytes with the header {}",
            token.len(),
            jws::header(token)
        )));
        let said = |names: &[&str]| {
            let claims = strict_json::object(jws.payload()).unwrap_or_default();
            let said = names
                .iter()
                .filter_map(|name| Some(format!("`{name}` is {}", bounded(&claims.get(*name)?.to_string(), 256))));
            let said: Vec<_> = said.collect();
            if said.is_empty() { format!("there is no `{}`", names.join("` and no `")) } else { said.join(", ") }
        };
        match claims::issuer(jws.payload()) {
            Some(issuer) if !self.expected.issuers.contains(&issuer) => {
                let expected = self.expected.issuers.join(" or ");
                return Err(format!("{}, and {expected} was expected: the next verifier is asked", said(&["iss"])));
            }
            _ => steps.push(AuthStep::good(said(&["iss"]))),
        }
        let keys = match ready.keys.find(&jws).await {
            Lookup::Keys(keys) => keys,
            Lookup::Unknown => return Err("its issuer has no key of that name for that algorithm (key)".to_owned()),
            Lookup::Unavailable => {
                let why = ready.keys.trouble().unwrap_or_default();
                return Err(format!("the keys of its issuer are not there (unavailable): {why}"));
            }
        };
        steps.push(AuthStep::good("its issuer has the key"));
        if !keys.iter().any(|key| jws.is_signed_by(key)) {
            return Err(format!("{} (signature)", described("signature")));
        }
        steps.push(AuthStep::good("the signature is good"));
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let judged = self.expected.check(jws.payload(), presented.resource, seconds);
        for (word, what, names) in RULES {
            let expected = match word {
                "issuer" => format!(", expected: {}", self.expected.issuers.join(" or ")),
                "audience" if self.expected.audiences.is_empty() => {
                    format!(", expected: {}", presented.resource.unwrap_or("nobody said"))
                }
                "audience" => format!(", expected: {}", self.expected.audiences.join(" or ")),
                "expired" | "not_yet_valid" => format!(", now is {seconds:.0}, leeway {:?}", self.expected.leeway),
                "subject" => {
                    self.expected.subject.as_ref().map(|name| format!(", expected in `{name}`")).unwrap_or_default()
                }
                _ => String::new(),
            };
            if judged.as_ref().err().is_some_and(|reason| *reason == word) {
                return Err(format!("{what}: {}{expected} ({word})", said(names)));
            }
            // Of a binding and of an ID token's members it is good that there is nothing.
            let absent = matches!(word, "binding" | "type" | "malformed");
            steps.push(AuthStep::good(if absent {
                what.to_owned()
            } else {
                format!("{what}: {}{expected}", said(names))
            }));
        }
        match judged {
            Ok(_) => Ok(()),
            Err(reason) => Err(format!("{} ({reason})", described(reason))),
        }
    }
}

impl Verifier for Jwt {
    async fn verify(&self, presented: &Presented<'_>) -> Verdict {
        match self.ready() {
            Ok(ready) => self.judge(ready, presented).await,
            // The server does not start then.
            Err(_) => Verdict::Unavailable(COME_BACK),
        }
    }

    fn describe(&self) -> AuthorizationServers {
        let mut problems = self.problems.clone();
        if problems.is_empty() {
            problems.extend(self.ready().as_ref().err().cloned());
        }
        AuthorizationServers {
            issuers: vec![self.expected.issuers[0].clone()],
            required_scopes: self.required.clone(),
            other_scopes: Vec::new(),
            problems,
            in_program: false,
        }
    }

    fn key_levels(&self) -> Option<KeyLevels> {
        let fetches = !matches!(self.source, KeySource::Here(_));
        fetches.then(|| self.ready().as_ref().map(|ready| ready.keys.levels()).unwrap_or_default())
    }

    async fn explain(&self, presented: &Presented<'_>) -> Vec<AuthStep> {
        let mut steps = Vec::new();
        let ended = self.steps(presented, &mut steps).await;
        steps.extend(ended.err().map(AuthStep::bad));
        steps
    }

    fn warm(&self) {
        if let Ok(ready) = self.ready() {
            ready.keys.keep();
        }
    }

    fn is_ready(&self) -> bool {
        self.ready().as_ref().is_ok_and(|ready| {
            // No request may come that would begin it.
            ready.keys.keep();
            ready.keys.are_there()
        })
    }
}
