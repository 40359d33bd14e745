//! The words of [`Server`] about who may call it over HTTP.

use super::RunningServer;
use super::builder::Server;
use crate::auth::Verifier;
use crate::auth::public_url::PublicUrl;
use crate::bounds;
use crate::error::unusable;
use crate::text::sanitize::bounded;

/// # Who may call it over HTTP
///
/// See the book's chapter on it, `docs/auth.md`. Standard input and output ask nobody: whoever started the process is there.
impl Server {
    /// Asks every HTTP request for a token that this verifier knows. Given several times, they are asked in order, and the first
    /// that knows the token decides. Default: nobody is asked.
    ///
    /// A request without a token is answered 401 before its body is read, with where to get one (2026-07-28, basic/authorization).
    ///
    /// ```
    /// use fastmcp_rs::{Caller, Server, TokenMap};
    ///
    /// let ada = Caller::new("ada").with_scopes(["notes:read"]);
    /// let server = Server::new("notes").auth(TokenMap::new().token("sk-test-0123456789", ada));
    /// ```
    #[must_use]
    pub fn auth(mut self, verifier: impl Verifier) -> Self {
        self.auth.add(verifier);
        self
    }

    /// Lets whoever shows no token in, as [`Caller::anonymous`](crate::Caller::anonymous). A bad token is still refused.
    #[must_use]
    pub fn auth_optional(mut self) -> Self {
        self.auth.optional = true;
        self
    }

    /// The URL by which clients know the server: `https://mcp.example.com/mcp`. Tokens are for it, metadata names it, and its host is
    /// one of the [allowed](crate::Http::allowed_hosts). `FASTMCP_PUBLIC_URL` says the same where nothing is said here.
    ///
    /// One with a fragment or a query, and `http://` off loopback, are start-up errors.
    #[must_use]
    #[track_caller]
    pub fn public_url(mut self, url: impl AsRef<str>) -> Self {
        let url = url.as_ref();
        match PublicUrl::parse(url) {
            Ok(url) => self.auth.public_url = Some(url),
            Err(wrong) => {
                self.problem(unusable(&format!("public_url({:?})", bounded(url, bounds::ECHO)), wrong));
            }
        }
        self
    }

    /// Adds scopes to those that the metadata tells clients to ask for at first. Default: those that every request needs; others
    /// are asked for when a call needs them. One that no component needs is a start-up error.
    #[must_use]
    pub fn advertise_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.auth.advertised.extend(scopes.into_iter().map(Into::into));
        self
    }
}

impl RunningServer {
    /// Why a token is taken, or why not, step by step.
    pub(super) async fn explain_token(&self, token: &str) -> Result<String, String> {
        self.http.auth.explain(token).await
    }
}
