//! Who is calling.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{Context, FromContext};
use crate::future::BoxFuture;

/// Who is calling, as far as the transport knows. It can be injected into a handler. Cheap to clone.
///
/// An identity is issuer and subject together, since two issuers may know the same subject. Sessions, states of questions and
/// streams belong to it.
///
/// ```
/// use fastmcp_rs::Caller;
///
/// let caller = Caller::new("ada").with_issuer("https://login.example.com/").with_scopes(["notes:read"]).with_roles(["editor"]);
/// assert!(caller.has_scope("notes:read") && !caller.has_role("admin"));
/// ```
#[derive(Clone, Default)]
pub struct Caller {
    who: Who,
    address: Option<IpAddr>,
}

#[derive(Clone, Default)]
enum Who {
    #[default]
    Anonymous,
    Local,
    Known(Arc<CallerParts>),
}

#[derive(Clone)]
struct CallerParts {
    subject: String,
    issuer: Option<String>,
    client_id: Option<String>,
    expires_at: Option<SystemTime>,
    scopes: Vec<String>,
    roles: Vec<String>,
    claims: Value,
    /// Issuer and subject.
    identity: String,
}

impl Caller {
    /// Nobody in particular.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self { who: Who::Anonymous, address: None }
    }

    /// Whoever started the process: the other end of standard input and output, the command line, the program itself. It has
    /// every scope and every role (2026-07-28, basic/authorization, "Protocol Requirements": stdio takes its rights from the
    /// environment).
    #[must_use]
    pub const fn local() -> Self {
        Self { who: Who::Local, address: None }
    }

    /// An authenticated caller.
    pub fn new(subject: impl Into<String>) -> Self {
        let subject = subject.into();
        let parts = CallerParts {
            identity: format!("\n{subject}"),
            subject,
            issuer: None,
            client_id: None,
            expires_at: None,
            scopes: Vec::new(),
            roles: Vec::new(),
            claims: Value::Null,
        };
        Self { who: Who::Known(Arc::new(parts)), address: None }
    }

    fn change(mut self, change: impl FnOnce(&mut CallerParts)) -> Self {
        if let Who::Known(known) = &mut self.who {
            change(Arc::make_mut(known));
        }
        self
    }

    /// Says who vouches for the subject: the issuer of its token. An anonymous caller has none.
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<String>) -> Self {
        self.change(|known| {
            let issuer = issuer.into();
            // By the length no two pairs have one text, whatever is in them; and none is a subject alone.
            known.identity = format!("{}\n{issuer}\n{}", issuer.len(), known.subject);
            known.issuer = Some(issuer);
        })
    }

    /// Says which client acts for the subject.
    #[must_use]
    pub fn with_client_id(self, client_id: impl Into<String>) -> Self {
        self.change(|known| known.client_id = Some(client_id.into()))
    }

    /// Says until when the caller is known to be who it is.
    #[must_use]
    pub fn with_expiry(self, when: SystemTime) -> Self {
        self.change(|known| known.expires_at = Some(when))
    }

    /// Adds scopes.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.change(|known| known.scopes.extend(scopes.into_iter().map(Into::into)))
    }

    /// Adds roles.
    #[must_use]
    pub fn with_roles<S: Into<String>>(self, roles: impl IntoIterator<Item = S>) -> Self {
        self.change(|known| known.roles.extend(roles.into_iter().map(Into::into)))
    }

    /// Sets the claims of the caller's token.
    #[must_use]
    pub fn with_claims(self, claims: Value) -> Self {
        self.change(|known| known.claims = claims)
    }

    /// Says where the request came from.
    #[must_use]
    pub fn with_address(mut self, address: impl Into<Option<IpAddr>>) -> Self {
        self.address = address.into();
        self
    }

    fn known(&self) -> Option<&CallerParts> {
        match &self.who {
            Who::Known(known) => Some(known),
            _ => None,
        }
    }

    /// Whether the caller is authenticated.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.known().is_some()
    }

    /// Whether the caller is whoever started the process, see [`local`](Self::local).
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.who, Who::Local)
    }

    /// Who it is, if anybody in particular.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.known().map(|known| known.subject.as_str())
    }

    /// Who vouches for the subject, if that was said.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.known()?.issuer.as_deref()
    }

    /// The client that acts for the subject, if that was said.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.known()?.client_id.as_deref()
    }

    /// Until when the caller is known to be who it is, if that was said.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.known()?.expires_at
    }

    /// Ends when the caller is no longer known to be who it is. For one of whom that was never said, it does not end.
    pub(crate) fn expiry(&self) -> Option<BoxFuture<'static, ()>> {
        /// The clock may be set in the meantime.
        const LOOK_AGAIN: Duration = Duration::from_secs(60);
        let when = self.expires_at()?;
        Some(Box::pin(async move {
            while let Ok(left) = when.duration_since(SystemTime::now()) {
                tokio::time::sleep(left.min(LOOK_AGAIN)).await;
            }
        }))
    }

    /// The address that the request came from, if the transport knows: that of a proxy, where there is one that the server does not
    /// trust (`Server::trusted_proxies`).
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Whose address it is: an IPv6 address by its /64, of which one customer has all.
    pub(crate) fn network(&self) -> Option<IpAddr> {
        Some(match self.address?.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// Issuer and subject in one text, which no other caller has.
    pub(crate) fn identity(&self) -> Option<&str> {
        self.known().map(|known| known.identity.as_str())
    }

    /// The scopes that the caller was granted. A [local](Self::local) one has all that there are.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.known().into_iter().flat_map(|known| known.scopes.iter().map(String::as_str))
    }

    /// The roles that the caller has. A [local](Self::local) one has all that there are.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.known().into_iter().flat_map(|known| known.roles.iter().map(String::as_str))
    }

    /// Whether the caller was granted a scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.is_local() || self.known().is_some_and(|known| known.scopes.iter().any(|own| own == scope))
    }

    /// Whether the caller has a role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.is_local() || self.known().is_some_and(|known| known.roles.iter().any(|own| own == role))
    }

    /// A claim of the caller's token.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.known().and_then(|known| known.claims.get(name))
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(known) = self.known() else {
            return f.write_str(if self.is_local() { "Caller(local)" } else { "Caller(anonymous)" });
        };
        // Claims may hold what belongs into no log.
        f.debug_struct("Caller")
            .field("subject", &known.subject)
            .field("issuer", &known.issuer)
            .field("client_id", &known.client_id)
            .field("scopes", &known.scopes)
            .field("roles", &known.roles)
            .finish_non_exhaustive()
    }
}

impl FromContext for Caller {
    type Error = Infallible;

    fn immediately(context: &Context) -> Option<Result<Self, Infallible>> {
        Some(Ok(context.caller().clone()))
    }

    async fn from_context(context: &Context) -> Result<Self, Infallible> {
        Ok(context.caller().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_by_its_network() {
        let network =
            |text: &str| Caller::default().with_address(text.parse::<IpAddr>().unwrap()).network().unwrap().to_string();
        for (address, expected) in [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
            ("2001:db8:1:3::", "2001:db8:1:3::"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("192.0.2.7", "192.0.2.7"),
            ("::1", "::"),
        ] {
            assert_eq!(network(address), expected, "{address}");
        }
    }
}
