//! What a program says about who may call, and what becomes of it when the server is built.

use std::sync::Arc;

use super::Verifier;
use super::failures::Failures;
use super::metadata::Metadata;
use super::public_url::PublicUrl;
use super::verifier::AnyVerifier;
use crate::catalog::{Access, is_scope};
use crate::context::Caller;

/// Who may call over HTTP.
#[derive(Default)]
pub(crate) struct Auth {
    pub(super) verifiers: Vec<AnyVerifier>,
    /// Whoever shows no token is anonymous.
    pub(crate) optional: bool,
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) advertised: Vec<String>,
    pub(super) failures: Failures,
    /// The scopes that every request needs, of all verifiers.
    pub(crate) required: Vec<String>,
    pub(crate) metadata: Option<Metadata>,
    access: Arc<Access>,
}

impl Auth {
    pub(crate) fn add(&mut self, verifier: impl Verifier) {
        self.verifiers.push(AnyVerifier::new(verifier));
    }

    /// The server starts.
    pub(crate) fn warm(&self) {
        self.verifiers.iter().for_each(AnyVerifier::warm);
    }

    /// What is known of the keys of each issuer that has some, in the order in which they were given.
    #[cfg(feature = "metrics")]
    pub(crate) fn key_levels(&self) -> Vec<super::KeyLevels> {
        self.verifiers.iter().filter_map(AnyVerifier::key_levels).collect()
    }

    /// Whether tokens of an authorization server are taken.
    pub(crate) fn has_issuers(&self) -> bool {
        self.verifiers.iter().any(|verifier| !verifier.servers().issuers.is_empty())
    }

    /// Whether there is what it takes to check tokens. Within a runtime.
    pub(crate) fn is_ready(&self) -> bool {
        self.verifiers.iter().all(AnyVerifier::is_ready)
    }

    /// Whether a token stands in the program.
    pub(crate) fn has_literals(&self) -> bool {
        self.verifiers.iter().any(|verifier| verifier.servers().in_program)
    }

    /// The URL by which clients know the server, as the program or the environment says.
    pub(crate) fn said_url(&self) -> Option<PublicUrl> {
        let named = || PublicUrl::parse(&std::env::var("FASTMCP_PUBLIC_URL").ok()?).ok();
        self.public_url.clone().or_else(named)
    }

    /// Whether anybody is asked who is calling.
    pub(crate) fn asks(&self) -> bool {
        !self.verifiers.is_empty()
    }

    pub(super) fn grants(&self, caller: &Caller, scopes: &[String]) -> bool {
        scopes.iter().all(|scope| self.access.grants(caller, scope))
    }

    /// Makes it ready for requests to the server `name`, whose components need `used` scopes. All that is wrong comes back.
    pub(crate) fn build(&mut self, name: &str, access: &Arc<Access>, used: &[&str]) -> Vec<String> {
        let mut problems = Vec::new();
        if self.public_url.is_none()
            && let Ok(text) = std::env::var("FASTMCP_PUBLIC_URL")
        {
            match PublicUrl::parse(&text) {
                Ok(url) => self.public_url = Some(url),
                Err(wrong) => problems.push(format!("FASTMCP_PUBLIC_URL {wrong}")),
            }
        }
        let (mut issuers, mut known) = (Vec::new(), used.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>());
        for verifier in &self.verifiers {
            let servers = verifier.servers();
            problems.extend(servers.problems.iter().cloned());
            issuers.extend(servers.issuers.iter().cloned());
            self.required.extend(servers.required_scopes.iter().cloned());
            known.extend(servers.required_scopes.iter().chain(&servers.other_scopes).cloned());
        }
        unique(&mut issuers);
        unique(&mut self.required);
        let mut scopes = self.required.clone();
        scopes.extend(self.advertised.iter().cloned());
        unique(&mut scopes);
        for scope in &scopes {
            if scope == "offline_access" {
                // 2026-07-28, basic/authorization, "Refresh Tokens".
                problems.push(
                    "`offline_access` is between a client and its authorization server: take it out of `required_scope` and `advertise_scopes`"
                        .to_owned(),
                );
            } else if !is_scope(scope) {
                problems.push(format!("{scope:?} is not a scope: one has no spaces or quotes"));
            }
        }
        if self.asks() {
            let unknown = |scope: &&String| !known.contains(scope);
            for scope in self.advertised.iter().filter(unknown) {
                problems.push(format!(
                    "`advertise_scopes([\"{scope}\"])` names a scope that no component needs: add `scopes(\"{scope}\")` to one, or take it out"
                ));
            }
            for scope in access.implied().filter(unknown) {
                problems.push(format!(
                    "`scope_implies(.., [\"{scope}\"])` names a scope that no component needs: add `scopes(\"{scope}\")` to one, or take it out"
                ));
            }
        }
        match &self.public_url {
            Some(url) => self.metadata = Metadata::new(url, name, &issuers, &scopes),
            None if !issuers.is_empty() => problems.push(format!(
                "tokens of {} are for one resource, and nobody said which this is: add `.public_url(\"https://..\")`, or set FASTMCP_PUBLIC_URL",
                issuers.join(", ")
            )),
            None => {}
        }
        self.access = Arc::clone(access);
        problems
    }
}

fn unique(texts: &mut Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("verifiers", &self.verifiers.len()).finish_non_exhaustive()
    }
}
