//! Who a client says it is over HTTP: one trait, and a token that is given once as its first implementation.

use std::fmt;
use std::pin::Pin;

use crate::client::error::AuthError;

/// A future of an [`ClientAuth`]'s.
pub type AuthFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, AuthError>> + Send + 'a>>;

/// What says to a server who is asking.
///
/// Each request is given its headers. Where the server answers 401, or 403 with a challenge, it is asked once what to do, and the
/// request is sent once more if it says so; what is refused again is an error. So nothing here can go round in circles.
pub trait ClientAuth: Send + Sync + 'static {
    /// The headers that a request carries for it, by name and value.
    ///
    /// # Errors
    /// When there are no credentials.
    fn headers(&self) -> AuthFuture<'_, Vec<(String, String)>>;

    /// The server refused a request. By default nothing can be done about that.
    ///
    /// # Errors
    /// When nothing can be done about it.
    fn challenged<'a>(&'a self, challenge: &'a AuthChallenge) -> AuthFuture<'a, Again> {
        let _ = challenge;
        Box::pin(async { Ok(Again::GiveUp) })
    }
}

/// What a server refused a request with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthChallenge {
    /// 401, or 403.
    pub status: u16,
    /// The `WWW-Authenticate` header as it came, if there was one.
    pub header: Option<String>,
}

impl AuthChallenge {
    /// A parameter of the header, for example `scope` or `resource_metadata`.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let header = self.header.as_deref()?;
        let mut rest = header;
        while let Some(at) = rest.find(name) {
            let (before, after) = (&rest[..at], &rest[at + name.len()..]);
            let begins = before.chars().next_back().is_none_or(|c| c == ' ' || c == ',');
            if begins && let Some(value) = after.trim_start().strip_prefix('=') {
                let value = value.trim_start();
                return Some(match value.strip_prefix('"') {
                    Some(quoted) => unquoted(quoted),
                    None => value.split([',', ' ']).next().unwrap_or_default().to_owned(),
                });
            }
            rest = after;
        }
        None
    }
}

fn unquoted(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// What to do with a request that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Send it once more, with new headers.
    Retry,
    /// Tell the program.
    GiveUp,
}

/// A token that is given once (RFC 6750).
#[derive(Clone)]
pub struct BearerToken(String);

impl BearerToken {
    /// This token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }
}

impl ClientAuth for BearerToken {
    fn headers(&self) -> AuthFuture<'_, Vec<(String, String)>> {
        let header = ("Authorization".to_owned(), format!("Bearer {}", self.0));
        Box::pin(async move { Ok(vec![header]) })
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_by_its_parameters() {
        let header = r#"Bearer error="insufficient_scope", scope="files:read files:\"all\"", resource_metadata=https://a/b, xscope=no"#;
        let challenge = AuthChallenge { status: 403, header: Some(header.to_owned()) };
        assert_eq!(challenge.parameter("scope").as_deref(), Some("files:read files:\"all\""));
        assert_eq!(challenge.parameter("resource_metadata").as_deref(), Some("https://a/b"));
        assert_eq!(challenge.parameter("realm"), None);
        assert_eq!(AuthChallenge { status: 401, header: None }.parameter("scope"), None);
    }
}
