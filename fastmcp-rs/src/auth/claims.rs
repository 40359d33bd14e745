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
pub(super) const SUBJECT: usize = 256;
const WORDS: usize = 256;

/// What is expected of a token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    pub(crate) issuers: Vec<String>,
    pub(crate) audiences: Vec<String>,
    /// `api://` may stand before an audience (Entra).
    pub(crate) either_audience: bool,
    pub(crate) leeway: Duration,
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
    /// Whose token it is; `resource` is the audience where none was set.
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
        let until = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs_f64(expires) + self.leeway);
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
        let leeway = self.leeway.as_secs_f64();
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
            // A token of a client for itself. Where another claim was asked for, nothing else says who it is.
            None if self.subject.is_none() => text("client_id").ok_or("subject")?.to_owned(),
            _ => return Err("subject"),
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
pub(super) fn words(value: Option<&Value>, into: &mut Vec<String>) -> Result<(), Reason> {
    match value {
        Some(Value::String(text)) => into.extend(text.split_ascii_whitespace().map(ToOwned::to_owned)),
        // One that is no text makes the whole a mistake.
        Some(Value::Array(all)) => {
            for word in all {
                into.push(word.as_str().ok_or("malformed")?.to_owned());
            }
        }
        None | Some(Value::Null) => {}
        Some(_) => return Err("malformed"),
    }
    if into.len() > WORDS { Err("malformed") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The time of these tests.
    const NOW: f64 = 1_800_000_000.0;

    fn expected() -> Expected {
        Expected {
            issuers: vec!["https://issuer.example.com".to_owned()],
            audiences: vec!["ours".to_owned()],
            leeway: Duration::from_millis(30_500),
            ..Expected::default()
        }
    }

    fn good() -> Value {
        json!({ "iss": "https://issuer.example.com", "aud": "ours", "sub": "ada", "exp": NOW + 60.0 })
    }

    fn with(change: &Value) -> String {
        let mut claims = good();
        for (name, value) in change.as_object().expect("members") {
            claims[name] = value.clone();
        }
        claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        claims.to_string()
    }

    #[track_caller]
    fn judged(by: &Expected, change: &Value) -> Result<Caller, Reason> {
        by.check(with(change).as_bytes(), None, NOW)
    }

    #[test]
    fn a_token_lives_within_its_times_to_the_part_of_a_second() {
        let early = Err("not_yet_valid");
        for (change, expects) in [
            (json!({ "exp": NOW - 30.0 }), Ok(())),
            (json!({ "exp": NOW - 31.0 }), Err("expired")),
            (json!({ "exp": NOW - 30.2 }), Err("expired")),
            (json!({ "exp": NOW + 0.9 }), Ok(())),
            (json!({ "exp": 0 }), Err("expired")),
            (json!({ "exp": -1 }), Err("malformed")),
            (json!({ "exp": 9_007_199_254_740_992_u64 }), Ok(())),
            (json!({ "exp": 9_007_199_254_740_994_u64 }), Err("malformed")),
            (json!({ "exp": 1e300 }), Err("malformed")),
            (json!({ "exp": "soon" }), Err("malformed")),
            (json!({ "exp": [NOW] }), Err("malformed")),
            (json!({ "nbf": NOW + 30.0 }), Ok(())),
            (json!({ "nbf": NOW + 31.0 }), early),
            (json!({ "nbf": true }), Err("malformed")),
            (json!({ "iat": NOW + 330.0 }), Ok(())),
            (json!({ "iat": NOW + 331.0 }), early),
            (json!({ "iat": -5 }), Err("malformed")),
        ] {
            assert_eq!(judged(&expected(), &change).map(drop), expects, "{change}");
        }
        let until = judged(&expected(), &json!({})).expect("a caller").expires_at();
        assert_eq!(until, Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_090_500)));
    }

    #[test]
    fn lists_hold_texts_and_nothing_else() {
        for (change, scopes) in [
            (json!({ "scope": "a b", "scp": ["c"] }), Some(vec!["a", "b", "c"])),
            (json!({ "scope": ["a", 7] }), None),
            (json!({ "scp": [null] }), None),
            (json!({ "scp": { "a": true } }), None),
            (json!({ "scope": true }), None),
            (json!({ "scope": vec!["x"; 257] }), None),
            (json!({ "scope": "" }), Some(vec![])),
        ] {
            let judged = judged(&expected(), &change);
            let found = judged.as_ref().ok().map(|caller| caller.scopes().collect::<Vec<_>>());
            match scopes {
                Some(scopes) => assert_eq!(found, Some(scopes), "{change}"),
                None => assert_eq!(judged.err(), Some("malformed"), "{change}"),
            }
        }
        let by = Expected { roles: vec![vec!["a".to_owned(), "b".to_owned()]], ..expected() };
        for (change, roles) in [
            (json!({ "a": { "b": ["x", "y z"] } }), Some(vec!["x", "y z"])),
            (json!({ "a": { "b": "y z" } }), Some(vec!["y z"])),
            (json!({ "a": { "c": "x" } }), Some(vec![])),
            (json!({ "a": ["b"] }), Some(vec![])),
            (json!({ "a": { "b": ["x", 1] } }), None),
            (json!({ "a": { "b": { "c": 1 } } }), None),
        ] {
            let judged = judged(&by, &change);
            let found = judged.as_ref().ok().map(|caller| caller.roles().collect::<Vec<_>>());
            match roles {
                Some(roles) => assert_eq!(found, Some(roles), "{change}"),
                None => assert_eq!(judged.err(), Some("malformed"), "{change}"),
            }
        }
    }

    #[test]
    fn who_it_is_is_said_by_one_claim() {
        let client = json!({ "sub": null, "client_id": "agent" });
        let subject =
            |by: &Expected, change: &Value| judged(by, change).map(|caller| caller.subject().map(ToOwned::to_owned));
        assert_eq!(subject(&expected(), &client), Ok(Some("agent".to_owned())));
        let by_oid = Expected { subject: Some("oid".to_owned()), ..expected() };
        assert_eq!(subject(&by_oid, &json!({ "oid": "4711" })), Ok(Some("4711".to_owned())));
        assert_eq!(subject(&by_oid, &client), Err("subject"), "nothing else says it");
        assert_eq!(subject(&by_oid, &json!({ "client_id": "agent" })), Err("subject"));
        assert_eq!(subject(&expected(), &json!({ "sub": "x".repeat(256) })).map(|_| ()), Ok(()));
        assert_eq!(subject(&expected(), &json!({ "sub": "x".repeat(257) })), Err("subject"));
    }
}
