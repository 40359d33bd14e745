//! [`Introspect`]: tokens that say nothing by themselves; their authorization server is asked (RFC 7662).

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::claims::{SUBJECT, words};
use super::remembered::{Digest, Remembered};
use super::{AuthorizationServers, Presented, Verdict, Verifier};
use crate::bounds;
use crate::catalog::is_scope;
use crate::context::Caller;
use crate::error::unusable;
use crate::net::{Fetcher, problem_of};
use crate::text::sanitize::bounded;
use crate::text::strict_json;

/// How long an answer is believed: that a token is good, and that it is not.
const GOOD: Duration = Duration::from_secs(60);
const BAD: Duration = Duration::from_secs(10);
/// Questions at the same time.
const ASKED: usize = 16;
const COME_BACK: Duration = Duration::from_secs(5);
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Tokens that say nothing by themselves: their authorization server is asked about each (RFC 7662), once a minute.
///
/// ```
/// use fastmcp_rs::{Introspect, Server};
///
/// let acme = Introspect::at("https://login.acme.com/introspect").client("mcp-server", "secret").issuer("https://login.acme.com");
/// let server = Server::new("crm").public_url("https://mcp.acme.com/mcp").auth(acme);
/// ```
///
/// A revoked token is refused after a minute at the latest. Every token that no verifier before it knows is sent there: give tokens
/// that others must not see, such as those of a [`TokenMap`](crate::TokenMap), a verifier that is asked earlier.
#[must_use = "give it to `Server::auth`"]
pub struct Introspect {
    url: String,
    credentials: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    required: Vec<String>,
    roles: Option<String>,
    ca_file: Option<PathBuf>,
    problems: Vec<String>,
    ready: OnceLock<Result<IntrospectState, String>>,
}

struct IntrospectState {
    fetcher: Fetcher,
    room: Semaphore,
    good: Remembered<(Caller, Instant)>,
    /// Apart, so that whoever sends many bad tokens pushes out no good one.
    bad: Remembered<Instant>,
}

impl Introspect {
    /// Asks at this URL. One that is not `https:`, unless it is on this machine, is a start-up error.
    #[track_caller]
    pub fn at(url: impl Into<String>) -> Self {
        let url = url.into();
        let mut problems = Vec::new();
        if let Some(problem) = problem_of(&url) {
            problems.push(unusable(&format!("Introspect::at({:?})", bounded(&url, bounds::ECHO)), problem));
        }
        Self {
            url,
            credentials: None,
            issuer: None,
            audience: None,
            required: Vec::new(),
            roles: None,
            ca_file: None,
            problems,
            ready: OnceLock::new(),
        }
    }

    /// The name and the secret by which the authorization server knows this server. Without them the server does not start.
    pub fn client(mut self, id: &str, secret: &str) -> Self {
        // Each is encoded by itself (RFC 6749, section 2.3.1).
        let [id, secret] = [id, secret].map(|text| utf8_percent_encode(text, FORM).to_string());
        self.credentials = Some(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
        self
    }

    /// The issuer of the tokens, for the metadata that clients read, and for who a caller is. Tokens of others are refused.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Whom tokens have to be for. Default: the server's [`public_url`](crate::Server::public_url). A token whose answer names no
    /// audience is taken, since the authorization server decides then.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Asks every request for a scope. Given several times, all of them.
    #[track_caller]
    pub fn required_scope(mut self, scope: impl Into<String>) -> Self {
        let scope = scope.into();
        if !is_scope(&scope) {
            let setting = format!("Introspect::required_scope({:?})", bounded(&scope, bounds::ECHO));
            self.problems.push(unusable(&setting, "is not a scope: one has no spaces and no quotes"));
        }
        self.required.push(scope);
        self
    }

    /// The member of the answer that has roles: a text or a list. Default: none.
    pub fn roles_from(mut self, member: impl Into<String>) -> Self {
        self.roles = Some(member.into());
        self
    }

    /// A file of certificates (PEM) that are trusted there, see [`Jwt::ca_file`](crate::Jwt::ca_file).
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    fn ready(&self) -> &Result<IntrospectState, String> {
        self.ready.get_or_init(|| {
            let fetcher = Fetcher::new(self.ca_file.as_deref())?;
            let (good, bad) = (Remembered::new(), Remembered::new());
            Ok(IntrospectState { fetcher, room: Semaphore::new(ASKED), good, bad })
        })
    }

    async fn judge(&self, ready: &IntrospectState, presented: &Presented<'_>) -> Verdict {
        let digest = Remembered::<()>::digest(presented.token);
        if let Some(known) = Self::known(ready, &digest) {
            return known;
        }
        if presented.cheaply {
            return Verdict::NotMine;
        }
        let room = tokio::time::timeout(COME_BACK, ready.room.acquire()).await;
        let Ok(Ok(_room)) = room else { return Verdict::Unavailable(COME_BACK) };
        // Somebody may have asked in the meantime.
        if let Some(known) = Self::known(ready, &digest) {
            return known;
        }
        match self.ask(ready, presented.token).await {
            Ok(answer) => {
                let Some(caller) = answer.and_then(|answer| self.caller(answer, presented.resource)) else {
                    ready.bad.insert(digest, Instant::now() + BAD);
                    return Verdict::NotMine;
                };
                let left = caller.expires_at().map(|until| until.duration_since(SystemTime::now()).unwrap_or_default());
                ready.good.insert(digest, (caller.clone(), Instant::now() + left.unwrap_or(GOOD).min(GOOD)));
                Verdict::Known(caller)
            }
            Err(why) => {
                tracing::warn!("tokens cannot be looked up: {why}");
                Verdict::Unavailable(COME_BACK)
            }
        }
    }

    fn known(ready: &IntrospectState, digest: &Digest) -> Option<Verdict> {
        let (clock, now) = (SystemTime::now(), Instant::now());
        match ready.good.get(digest, clock, BAD) {
            Some((caller, until)) if until > now => Some(Verdict::Known(caller)),
            _ => ready.bad.get(digest, clock, BAD).filter(|until| *until > now).map(|_| Verdict::NotMine),
        }
    }

    /// What the authorization server says of a token; nothing if it is not good.
    async fn ask(&self, ready: &IntrospectState, token: &str) -> Result<Option<Map<String, Value>>, String> {
        let form = format!("token={}&token_type_hint=access_token", utf8_percent_encode(token, FORM));
        let fetched = ready.fetcher.post(&self.url, self.credentials.clone().unwrap_or_default(), form).await?;
        if fetched.status != 200 {
            return Err(format!("the answer has status {}", fetched.status));
        }
        let answer = strict_json::object(&fetched.body).ok_or("the answer is not a JSON object")?;
        match answer.get("active") {
            Some(Value::Bool(active)) => Ok(active.then_some(answer)),
            _ => Err("the answer does not say whether the token is active".to_owned()),
        }
    }

    fn caller(&self, answer: Map<String, Value>, resource: Option<&str>) -> Option<Caller> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let words = |value: Option<&Value>| {
            let mut all = Vec::new();
            words(value, &mut all).ok().map(|()| all)
        };
        let issuer = text("iss").or(self.issuer.as_deref());
        if self.issuer.is_some() && issuer != self.issuer.as_deref() {
            return None;
        }
        let expected = self.audience.as_deref().or(resource);
        let for_us = match (answer.get("aud"), expected) {
            (None, _) | (_, None) => true,
            (Some(Value::String(audience)), Some(expected)) => audience == expected,
            (Some(Value::Array(all)), Some(expected)) => all.iter().any(|audience| audience == expected),
            _ => false,
        };
        // It is bound to a key that was not shown.
        if !for_us || answer.contains_key("cnf") {
            return None;
        }
        let subject = text("sub")
            .or(text("username"))
            .or(text("client_id"))
            .filter(|subject| (1..=SUBJECT).contains(&subject.len()))?;
        let mut caller = Caller::new(subject).with_scopes(words(answer.get("scope"))?);
        if let Some(issuer) = issuer {
            caller = caller.with_issuer(issuer);
        }
        if let Some(client) = text("client_id") {
            caller = caller.with_client_id(client);
        }
        if let Some(roles) = &self.roles {
            caller = caller.with_roles(words(answer.get(roles))?);
        }
        if let Some(until) = answer.get("exp") {
            let until = until.as_f64().filter(|until| (0.0..1e15).contains(until))?;
            caller = caller.with_expiry(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(until));
        }
        Some(caller.with_claims(Value::Object(answer)))
    }
}

impl Verifier for Introspect {
    async fn verify(&self, presented: &Presented<'_>) -> Verdict {
        match self.ready() {
            Ok(ready) => self.judge(ready, presented).await,
            // The server does not start then.
            Err(_) => Verdict::Unavailable(COME_BACK),
        }
    }

    fn describe(&self) -> AuthorizationServers {
        let mut problems = self.problems.clone();
        if self.credentials.is_none() {
            problems.push(format!(
                "`Introspect::at({:?})` has no `.client(id, secret)`: only a client may ask",
                bounded(&self.url, bounds::ECHO)
            ));
        }
        problems.extend(self.ready().as_ref().err().cloned());
        AuthorizationServers {
            issuers: self.issuer.clone().into_iter().collect(),
            required_scopes: self.required.clone(),
            other_scopes: Vec::new(),
            problems,
            in_program: false,
        }
    }
}

impl std::fmt::Debug for Introspect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Introspect").field("url", &self.url).finish_non_exhaustive()
    }
}
