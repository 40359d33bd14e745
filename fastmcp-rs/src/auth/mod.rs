//! Who is calling over HTTP: a token becomes a [`Caller`], or a refusal that says what to do.
//!
//! [`Server::auth`](crate::Server::auth) takes any number of [`Verifier`]s: a [`TokenMap`](crate::TokenMap), or one's own. They are
//! asked in the order in which they were given. See the book's chapter, `docs/auth.md`.

pub(crate) mod bearer;
#[cfg(feature = "auth")]
mod claims;
#[cfg(feature = "auth")]
mod discovery;
mod explain;
mod failures;
#[cfg(feature = "auth")]
pub(crate) mod introspect;
#[cfg(feature = "auth")]
mod jws;
#[cfg(feature = "auth")]
pub(crate) mod jwt;
#[cfg(feature = "auth")]
mod keys;
pub(crate) mod metadata;
#[cfg(feature = "auth")]
mod presets;
pub(crate) mod public_url;
#[cfg(feature = "auth")]
mod remembered;
pub(crate) mod settings;
pub(crate) mod token_map;
mod verifier;

#[doc(hidden)]
pub use explain::AuthStep;
pub(crate) use settings::Auth;
#[doc(hidden)]
pub use verifier::KeyLevels;
pub use verifier::{AuthorizationServers, FromFn, Presented, Verdict, Verifier, from_fn};

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, Method, Uri};

use crate::context::Caller;
use bearer::{Malformed, Token};
use public_url::PublicUrl;

/// Why a request does not go on, before anything of its body is read.
#[derive(Debug)]
pub(crate) enum TokenRefusal {
    /// The request cannot be read (400).
    Malformed(Malformed),
    /// There is no token (401).
    NoToken,
    /// There is one that is not good (401), for a reason of one word.
    Invalid(&'static str),
    /// The token is good for less than every request needs: for these scopes (403).
    Scopes(Vec<String>),
    /// Too many bad tokens came from there (429).
    TooMany(Duration),
    /// Nobody can say (503).
    Unavailable(Duration),
}

impl TokenRefusal {
    /// One word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::NoToken => "none",
            Self::Malformed(_) => "request",
            Self::Invalid(reason) => reason,
            Self::Scopes(_) => "scope",
            Self::TooMany(_) => "too_many",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// One word for what became of a request; see [`words`].
pub(crate) fn word(admitted: &Result<Option<Caller>, TokenRefusal>) -> &'static str {
    match admitted {
        Ok(Some(_)) => "ok",
        Ok(None) => "none",
        Err(refusal) => refusal.word(),
    }
}

/// All words that are known from the start. A verifier of the program's own may have more reasons.
#[cfg(feature = "metrics")]
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    let others = ["ok", "none", "request", "unknown", "scope", "too_many", "unavailable"];
    others.into_iter().chain(bearer::REASONS.into_iter().map(|(word, _)| word))
}

impl Auth {
    /// Who makes a request, by its head. `None`: it goes on, and nobody asked who is calling.
    pub(crate) async fn admit(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        network: Option<IpAddr>,
    ) -> Result<Option<Caller>, TokenRefusal> {
        if self.verifiers.is_empty() {
            return Ok(None);
        }
        let token = match Token::of(uri, headers).map_err(TokenRefusal::Malformed)? {
            Some(token) => token,
            None if self.optional => return Ok(None),
            None => return Err(TokenRefusal::NoToken),
        };
        let exhausted = self.failures.exhausted(network);
        let presented = Presented {
            scheme: token.scheme,
            token: token.text,
            method: method.as_str(),
            uri,
            headers,
            resource: self.public_url.as_ref().map(PublicUrl::as_str),
            cheaply: exhausted.is_some(),
        };
        let verified = self.verify(&presented).await;
        if let Err(TokenRefusal::Invalid(_)) = verified {
            if let Some(wait) = exhausted {
                return Err(TokenRefusal::TooMany(wait));
            }
            self.failures.count(network);
        }
        verified.map(Some)
    }

    /// Asks the verifiers in order. The first who knows the token, or knows that it is bad, decides.
    async fn verify(&self, presented: &Presented<'_>) -> Result<Caller, TokenRefusal> {
        let mut unavailable = None;
        for verifier in &self.verifiers {
            match verifier.verify(presented).await {
                Verdict::Known(caller) => {
                    if caller.expires_at().is_some_and(|when| when <= SystemTime::now()) {
                        return Err(TokenRefusal::Invalid("expired"));
                    }
                    let required = &verifier.servers().required_scopes;
                    if !self.grants(&caller, required) {
                        return Err(TokenRefusal::Scopes(required.clone()));
                    }
                    return Ok(caller);
                }
                Verdict::Invalid(reason) => return Err(TokenRefusal::Invalid(reason)),
                Verdict::Unavailable(wait) => unavailable = unavailable.max(Some(wait)),
                Verdict::NotMine => {}
            }
        }
        Err(unavailable.map_or(TokenRefusal::Invalid("unknown"), TokenRefusal::Unavailable))
    }
}

#[cfg(all(feature = "__bench", feature = "auth"))]
pub(crate) use probed::{claims_of, jws_parts, usable_keys};

/// Single steps of reading a token, for fuzz targets.
#[cfg(all(feature = "__bench", feature = "auth"))]
mod probed {
    use super::claims::Expected;
    use super::jws::{self, Algorithm, Jws, NotTaken};
    use crate::context::Caller;

    pub(crate) fn jws_parts(token: &str) -> Result<(String, Option<String>, Vec<u8>), &'static str> {
        let all = Algorithm::ALL.map(|(_, algorithm)| algorithm);
        let jws = Jws::read(token, &all).map_err(|why| match why {
            NotTaken::Another => "another",
            NotTaken::Refused(reason) => reason,
        })?;
        let (name, _) = Algorithm::ALL[all.iter().position(|known| *known == jws.algorithm).unwrap_or_default()];
        Ok((name.to_owned(), jws.key_id.clone(), jws.payload().to_vec()))
    }

    pub(crate) fn claims_of(payload: &[u8], now: f64) -> Result<Caller, &'static str> {
        let expected = Expected {
            issuers: vec!["https://issuer.example.com".to_owned()],
            audiences: vec!["ours".to_owned()],
            leeway: std::time::Duration::from_secs(30),
            roles: vec![vec!["realm_access".to_owned(), "roles".to_owned()]],
            ..Expected::default()
        };
        expected.check(payload, None, now)
    }

    pub(crate) fn usable_keys(document: &[u8]) -> Option<usize> {
        Some(jws::keys(document)?.len())
    }
}
