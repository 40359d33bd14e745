//! Why a token is taken, or not, step by step: for whoever runs the server, at `check --auth`. It shows what a token says, and never
//! the token.

use std::fmt;

use axum::http::{HeaderMap, Uri};

use super::bearer::{described, is_token};
use super::{Auth, Presented, PublicUrl, TokenRefusal, Verdict};
use crate::context::Caller;
use crate::text::sanitize::for_log;

/// One step of a verifier on its way to a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub struct AuthStep {
    good: bool,
    what: String,
}

impl AuthStep {
    pub(crate) fn good(what: impl Into<String>) -> Self {
        Self { good: true, what: what.into() }
    }

    pub(crate) fn bad(what: impl Into<String>) -> Self {
        Self { good: false, what: what.into() }
    }
}

impl fmt::Display for AuthStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}  {}", if self.good { "ok  " } else { "FAIL" }, for_log(&self.what))
    }
}

/// What a verdict says, where the verifier tells no more of it.
pub(crate) fn step_of(verdict: &Verdict) -> AuthStep {
    match verdict {
        Verdict::Known(caller) => AuthStep::good(format!("it is known: {}", shown(caller))),
        Verdict::NotMine => AuthStep::bad("it is not one of these"),
        Verdict::Invalid(reason) => AuthStep::bad(format!("{} ({reason})", described(reason))),
        Verdict::Unavailable(wait) => {
            AuthStep::bad(format!("nobody can say now; asked again after {} s", wait.as_secs()))
        }
    }
}

/// A caller, with what it may do.
fn shown(caller: &Caller) -> String {
    let list = |words: &mut dyn Iterator<Item = &str>| {
        let words: Vec<_> = words.collect();
        if words.is_empty() { "none".to_owned() } else { words.join(" ") }
    };
    format!(
        "{}{}, scopes: {}, roles: {}",
        caller.subject().unwrap_or("nobody"),
        caller.issuer().map(|issuer| format!(" of {issuer}")).unwrap_or_default(),
        list(&mut caller.scopes()),
        list(&mut caller.roles()),
    )
}

impl Auth {
    /// What each verifier says of a token, line by line; the error is the same for a token that is not taken.
    pub(crate) async fn explain(&self, token: &str) -> Result<String, String> {
        if !self.asks() {
            return Err("this server asks nobody for a token: give it an `.auth(..)`".to_owned());
        }
        if !is_token(token) {
            return Err("the file holds no token: it is one word of letters, digits and `-._~+/`, and `=` at its end"
                .to_owned());
        }
        let (uri, headers) = (Uri::from_static("/"), HeaderMap::new());
        let presented = Presented {
            scheme: "Bearer",
            token,
            method: "POST",
            uri: &uri,
            headers: &headers,
            resource: self.public_url.as_ref().map(PublicUrl::as_str),
            cheaply: false,
        };
        let mut lines = Vec::new();
        for (number, verifier) in self.verifiers.iter().enumerate() {
            let issuers = verifier.servers().issuers.join(", ");
            let of = if issuers.is_empty() { String::new() } else { format!(", for {issuers}") };
            lines.push(format!("verifier {}{of}", number + 1));
            lines.extend(verifier.explain(&presented).await.iter().map(ToString::to_string));
            // Those after it are not asked, nor told of the token.
            if matches!(verifier.verify(&presented).await, Verdict::Known(_) | Verdict::Invalid(_)) {
                break;
            }
        }
        let verdict = self.verify(&presented).await;
        let taken = verdict.is_ok();
        lines.push(match verdict {
            Ok(caller) => format!("The token is taken: {}", shown(&caller)),
            Err(TokenRefusal::Scopes(needed)) => {
                format!("The token is good, but every request needs {}: 403", needed.join(" "))
            }
            Err(TokenRefusal::Unavailable(_)) => "Nobody can say whether the token is good: 503".to_owned(),
            Err(refusal) => {
                format!("The token is not taken: {} ({}), 401", described(refusal.word()), refusal.word())
            }
        });
        let text = lines.join("\n");
        if taken { Ok(text) } else { Err(text) }
    }
}
