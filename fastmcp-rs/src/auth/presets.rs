//! What the issuers that most people have do in ways of their own. None says anything that the words of [`Jwt`] could not.

use super::jwt::Jwt;
use crate::bounds;
use crate::net::problem_of;
use crate::text::sanitize::bounded;

impl Jwt {
    /// Auth0: `Jwt::auth0("acme.auth0.com").audience("..")`. Its issuer ends in a slash; permissions of its RBAC are scopes too.
    #[track_caller]
    pub fn auth0(domain: &str) -> Self {
        Self::issuer(format!("https://{}/", host(domain))).scopes_from("permissions")
    }

    /// Okta: a custom authorization server, `Jwt::okta("acme.okta.com", "default").audience("..")`. Tokens of the organization's own server
    /// are not for others to verify, so that an empty name is a start-up error. Groups are roles, where they are in the token.
    #[track_caller]
    pub fn okta(domain: &str, server: &str) -> Self {
        let jwt = Self::issuer(format!("https://{}/oauth2/{server}", host(domain))).roles_from("groups");
        jwt.check(
            !server.is_empty(),
            "okta(.., \"\")",
            "is the organization's own server, whose tokens are not for you: write `\"default\"`",
        )
    }

    /// Microsoft Entra ID: `Jwt::entra(tenant).audience(id)`, with the tenant's id and the application's. Tokens of both versions are taken,
    /// with the id alone and as `api://id`; a caller is its `oid`; application roles are roles. Clients are told of the issuer of version 2,
    /// which gives out both: which one a token is of, the API's registration says. `common`, `organizations` and
    /// `consumers` are no tenants, and start-up errors.
    #[track_caller]
    pub fn entra(tenant: &str) -> Self {
        let mut jwt = Self::issuer(format!("https://login.microsoftonline.com/{tenant}/v2.0"));
        jwt.expected.issuers.push(format!("https://sts.windows.net/{tenant}/"));
        jwt.expected.either_audience = true;
        let is_tenant = !tenant.is_empty() && !["common", "organizations", "consumers"].contains(&tenant);
        jwt.subject_from("oid").roles_from("roles").check(
            is_tenant,
            &format!("entra({:?})", bounded(tenant, bounds::ECHO)),
            "takes the tokens of everybody: write the id of your tenant, and one `.auth(..)` for each",
        )
    }

    /// Amazon Cognito: `Jwt::cognito("eu-west-1", "eu-west-1_AbCdEf").client_ids([".."])`. Its access tokens may have no audience: then
    /// one of these clients must have asked for it. Groups are roles.
    #[track_caller]
    pub fn cognito(region: &str, pool: &str) -> Self {
        Self::issuer(format!("https://cognito-idp.{region}.amazonaws.com/{pool}")).roles_from("cognito:groups")
    }

    /// Keycloak: `Jwt::keycloak("https://login.acme.com", "realm").audience("..")`. A token has the audience only after an audience mapper
    /// was added to the client. Roles of the realm are roles.
    #[track_caller]
    pub fn keycloak(url: &str, realm: &str) -> Self {
        let problem = problem_of(url);
        let jwt =
            Self::issuer(format!("{}/realms/{realm}", url.trim_end_matches('/'))).roles_from("realm_access.roles");
        match problem {
            // Said of the issuer already.
            Some(_) => jwt,
            None => jwt.check(!realm.is_empty(), "keycloak(.., \"\")", "names no realm"),
        }
    }

    /// The clients that tokens without an audience may be for, see [`cognito`](Self::cognito). An empty list is a start-up error.
    #[track_caller]
    pub fn client_ids<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.expected.clients.extend(ids.into_iter().map(Into::into));
        let usable = !self.expected.clients.is_empty() && self.expected.clients.iter().all(|id| !id.is_empty());
        self.check(usable, "client_ids([..])", "names no client")
    }
}

/// A domain, also where somebody wrote a URL.
fn host(domain: &str) -> &str {
    domain.trim_start_matches("https://").trim_end_matches('/')
}
