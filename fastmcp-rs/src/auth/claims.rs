//! What a signed token says (RFC 7519, RFC 9068), held against what is expected of it. Time is passed in, in seconds since 1970.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::jws::Reason;
use crate::context::Caller;
use crate::text::strict_json;

/// How far ahead of us the clock of an issuer may be with the time of issue, beside the leeway, in seconds.
const ISSUED_AHEAD: f64 = 300.0;
/// The largest time that is one: above it a number does not hold whole seconds.
const LATEST: f64 = 9_007_199_254_740_992.0;
/// The longest subject, in bytes, and how many scopes and roles a token may have.
const SUBJECT: usize = 256;
const WORDS: usize = 256;

/// What is expected of a token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    pub(crate) issuers: Vec<String>,
    pub(crate) audiences: Vec<String>,
    /// `api://` may stand before an audience (Entra).
    pub(crate) either_audience: bool,
    /// In seconds.
    pub(crate) leeway: u32,
    /// The claims in which scopes are, beside `scope` and `scp`.
    pub(crate) more_scopes: Vec<String>,
    /// Where roles are: names of members, from the outside in.
    pub(crate) roles: Vec<Vec<String>>,
    /// The claim that says who it is. Default: `sub`.
    pub(crate) subject: Option<String>,
    /// For tokens without an audience: the clients that they may be for (Cognito).
    pub(crate) clients: Vec<String>,
}

/// The issuer that a token names, before its signature is checked: only to choose who checks it.
pub(crate) fn issuer(payload: &[u8]) -> Option<String> {
    strict_json::object(payload)?.get("iss")?.as_str().map(ToOwned::to_owned)
}

impl Expected {
    /// Whose token it is.
    /// `resource` is the audience where none was set.
    pub(crate) fn check(&self, payload: &[u8], resource: Option<&str>, now: f64) -> Result<Caller, Reason> {
        let claims = strict_json::object(payload).ok_or("malformed")?;
        let issuer = claims.get("iss").and_then(Value::as_str).ok_or("issuer")?;
        if !self.issuers.iter().any(|known| known == issuer) {
            return Err("issuer");
        }
        self.audience(&claims, resource)?;
        let expires = self.times(&claims, now)?;
        let (subject, client) = self.subject(&claims)?;
        if claims.contains_key("cnf") {
            return Err("binding");
        }
        let is_id_token = ["nonce", "at_hash", "c_hash"].iter().any(|name| claims.contains_key(*name));
        if is_id_token || claims.get("token_use").is_some_and(|of| of == "id") {
            return Err("type");
        }
        let scopes = self.scopes(&claims)?;
        let roles = self.roles(&claims)?;
        let until = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs_f64(expires + f64::from(self.leeway)));
        let mut caller = Caller::new(subject).with_issuer(issuer).with_scopes(scopes).with_roles(roles);
        if let Some(client) = client {
            caller = caller.with_client_id(client);
        }
        Ok(caller.with_expiry(until.ok_or("malformed")?).with_claims(Value::Object(claims)))
    }

    fn audience(&self, claims: &Map<String, Value>, resource: Option<&str>) -> Result<(), Reason> {
        let ours = |audience: &str| match resource {
            Some(resource) if self.audiences.is_empty() => audience == resource,
            _ => self.audiences.iter().any(|known| {
                known == audience || self.either_audience && audience.strip_prefix("api://") == Some(known.as_str())
            }),
        };
        let for_us = match claims.get("aud") {
            Some(Value::String(audience)) => ours(audience),
            Some(Value::Array(all)) => {
                // One that is no text makes the whole a mistake.
                all.iter().all(Value::is_string) && all.iter().filter_map(Value::as_str).any(ours)
            }
            None if !self.clients.is_empty() => {
                let client = claims.get("client_id").and_then(Value::as_str);
                let is_access = claims.get("token_use").is_some_and(|of| of == "access");
                is_access && client.is_some_and(|client| self.clients.iter().any(|known| known == client))
            }
            _ => false,
        };
        if for_us { Ok(()) } else { Err("audience") }
    }

    /// The time at which it expires.
    fn times(&self, claims: &Map<String, Value>, now: f64) -> Result<f64, Reason> {
        let time = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                let time = number.as_f64().map(f64::floor).filter(|time| (0.0..=LATEST).contains(time));
                time.map(Some).ok_or("malformed")
            }
            Some(_) => Err("malformed"),
        };
        let leeway = f64::from(self.leeway);
        let expires = time("exp")?.ok_or("malformed")?;
        if expires + leeway <= now {
            return Err("expired");
        }
        let early = |at: Option<f64>, more: f64| at.is_some_and(|at| at > now + leeway + more);
        if early(time("nbf")?, 0.0) || early(time("iat")?, ISSUED_AHEAD) {
            return Err("not_yet_valid");
        }
        Ok(expires)
    }

    /// Who it is, and which client acts.
    fn subject(&self, claims: &Map<String, Value>) -> Result<(String, Option<String>), Reason> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let client = ["client_id", "azp", "cid", "appid"].iter().find_map(|name| text(name)).map(ToOwned::to_owned);
        let name = self.subject.as_deref().unwrap_or("sub");
        let subject = match claims.get(name) {
            Some(Value::String(subject)) => subject.clone(),
            // A token of a client for itself.
            None => text("client_id").ok_or("subject")?.to_owned(),
            Some(_) => return Err("subject"),
        };
        if subject.is_empty() || subject.len() > SUBJECT { Err("subject") } else { Ok((subject, client)) }
    }

    fn scopes(&self, claims: &Map<String, Value>) -> Result<Vec<String>, Reason> {
        let mut scopes = Vec::new();
        for name in ["scope", "scp"].into_iter().chain(self.more_scopes.iter().map(String::as_str)) {
            words(claims.get(name), &mut scopes)?;
        }
        Ok(scopes)
    }

    fn roles(&self, claims: &Map<String, Value>) -> Result<Vec<String>, Reason> {
        let mut roles = Vec::new();
        for path in &self.roles {
            let mut found = None;
            let mut members = Some(claims);
            for name in path {
                found = members.and_then(|members| members.get(name));
                members = found.and_then(Value::as_object);
            }
            match found {
                // A role may have spaces in its name.
                Some(Value::String(role)) => roles.push(role.clone()),
                other => words(other, &mut roles)?,
            }
        }
        if roles.len() > WORDS { Err("malformed") } else { Ok(roles) }
    }
}

/// Words of a text, or of a list of texts.
fn words(value: Option<&Value>, into: &mut Vec<String>) -> Result<(), Reason> {
    match value {
        Some(Value::String(text)) => into.extend(text.split_ascii_whitespace().map(ToOwned::to_owned)),
        Some(Value::Array(all)) => into.extend(all.iter().filter_map(Value::as_str).map(ToOwned::to_owned)),
        None | Some(Value::Null) => {}
        Some(_) => return Err("malformed"),
    }
    if into.len() > WORDS { Err("malformed") } else { Ok(()) }
}
