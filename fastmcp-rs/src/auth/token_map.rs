//! [`TokenMap`]: tokens that are given out by hand.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use super::bearer::is_token;
use super::{AuthorizationServers, Presented, Verdict, Verifier};
use crate::catalog::is_scope;
use crate::context::Caller;
use crate::error::unusable;
use crate::text::sanitize;

/// The shortest token, in characters.
const SHORTEST: usize = 16;

/// Tokens that are given out by hand, each with whom it stands for: for machines, tests and small teams. What they are is
/// never shown: not in a log, not in an error, not in `Debug`.
///
/// ```
/// use fastmcp_rs::{Caller, Server, TokenMap};
///
/// let ci = Caller::new("ci").with_roles(["admin"]).with_scopes(["crm:read"]);
/// let server = Server::new("crm").auth(TokenMap::new().token("sk-prod-3f9c1b7a52", ci));
/// ```
#[derive(Default)]
#[must_use = "give it to `Server::auth`"]
pub struct TokenMap {
    hasher: RandomState,
    /// By a hash under a key of this process, so that how long a look-up takes says nothing about any token.
    tokens: HashMap<u64, Vec<(String, Caller)>>,
    scopes: Vec<String>,
    required: Vec<String>,
    in_program: bool,
    problems: Vec<String>,
}

impl TokenMap {
    /// No token yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a token and whom it stands for. One of under 16 characters, one that no header can carry (RFC 9110, section 11.2,
    /// `token68`), one that is there already, and a caller who is nobody are start-up errors.
    #[track_caller]
    pub fn token(mut self, token: impl Into<String>, caller: Caller) -> Self {
        let token = token.into();
        self.in_program = true;
        if let Err(why) = self.add(token, caller) {
            self.problems.push(unusable("TokenMap::token(..)", &why));
        }
        self
    }

    /// Adds the tokens of an environment variable, one entry after each `;` or line end: `token=subject:words`, where the words
    /// are separated by commas. A word with a colon is a scope, any other a role; `scope=word` and `role=word` say which it is.
    ///
    /// ```text
    /// MCP_AUTH_TOKENS='sk-prod-3f9c1b7a52=ci:admin,crm:read;sk-ro-77d1e0c2a9=reports:reader,scope=audit'
    /// ```
    ///
    /// A variable that is not set, and an entry that cannot be used, are start-up errors; entries are named by their number.
    #[track_caller]
    pub fn from_env(variable: &str) -> Self {
        let setting = format!("TokenMap::from_env({variable:?})");
        match std::env::var(variable) {
            Ok(text) => Self::default().entries(&setting, &text),
            Err(std::env::VarError::NotPresent) => {
                Self::default().problem(&setting, "is not set: `token=subject:role,scope:name` for each token")
            }
            Err(std::env::VarError::NotUnicode(_)) => Self::default().problem(&setting, "is not UTF-8"),
        }
    }

    /// The same of a file, an entry a line; empty lines and those that begin with `#` are left out. It is read once.
    #[track_caller]
    pub fn from_file(path: impl AsRef<Path>) -> Self {
        let setting = format!("TokenMap::from_file({:?})", path.as_ref());
        match std::fs::read_to_string(path) {
            Ok(text) => Self::default().entries(&setting, &text),
            Err(error) => Self::default().problem(&setting, &format!("cannot be read: {}", sanitize::error(&error))),
        }
    }

    /// Asks every request for a scope, see [`AuthorizationServers::required_scopes`].
    #[track_caller]
    pub fn required_scope(mut self, scope: impl Into<String>) -> Self {
        let scope = scope.into();
        if !is_scope(&scope) {
            return self.problem(
                &format!("TokenMap::required_scope({scope:?})"),
                "is not a scope: one has no spaces or quotes",
            );
        }
        self.required.push(scope);
        self
    }

    #[track_caller]
    fn problem(mut self, setting: &str, why: &str) -> Self {
        self.problems.push(unusable(setting, why));
        self
    }

    #[track_caller]
    fn entries(mut self, setting: &str, text: &str) -> Self {
        let entries =
            text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty() && !entry.starts_with('#'));
        let mut count = 0;
        for entry in entries {
            count += 1;
            if let Err(why) = entry_of(entry).and_then(|(token, caller)| self.add(token.to_owned(), caller)) {
                self = self.problem(setting, &format!("has an entry, number {count}, that cannot be used: {why}"));
            }
        }
        if count == 0 {
            self = self.problem(setting, "has no token: `token=subject:role,scope:name` for each");
        }
        self
    }

    fn add(&mut self, token: String, caller: Caller) -> Result<(), String> {
        if token.chars().count() < SHORTEST {
            let length = token.chars().count();
            return Err(format!("its token has {length} characters, and needs {SHORTEST} so that nobody guesses it"));
        }
        if !is_token(&token) {
            return Err("its token has characters that no header carries: take letters, digits and `-._~+/`".to_owned());
        }
        if !caller.is_authenticated() {
            return Err("its token stands for nobody: write `Caller::new(\"..\")`".to_owned());
        }
        if let Some(scope) = caller.scopes().find(|scope| !is_scope(scope)) {
            return Err(format!("{scope:?} is not a scope: one has no spaces or quotes"));
        }
        let same_hash = self.tokens.entry(self.hasher.hash_one(&token)).or_default();
        if same_hash.iter().any(|(known, _)| *known == token) {
            return Err("its token is there already".to_owned());
        }
        self.scopes.extend(caller.scopes().map(ToOwned::to_owned));
        same_hash.push((token, caller));
        Ok(())
    }
}

/// One entry: `token=subject:words`. A token may end in `=`, so the last of those divides.
fn entry_of(entry: &str) -> Result<(&str, Caller), String> {
    const FORM: &str = "write `token=subject:role,scope:name`";
    let body = entry.find(|c: char| !c.is_ascii_alphanumeric() && !"-._~+/".contains(c)).unwrap_or(entry.len());
    let ends = entry.get(body..).unwrap_or_default();
    let padding = ends.len() - ends.trim_start_matches('=').len();
    let Some(divide) = (body + padding).checked_sub(1).filter(|_| padding > 0) else { return Err(FORM.to_owned()) };
    let (token, rest) = (entry.get(..divide).unwrap_or_default(), entry.get(divide + 1..).unwrap_or_default());
    let (subject, words) = rest.split_once(':').unwrap_or((rest, ""));
    if subject.is_empty() {
        return Err(format!("it names nobody: {FORM}"));
    }
    let (mut scopes, mut roles) = (Vec::new(), Vec::new());
    for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word.split_once('=') {
            Some(("scope", scope)) => scopes.push(scope),
            Some(("role", role)) => roles.push(role),
            Some(_) => return Err(format!("only `scope=` and `role=` stand before a word: {FORM}")),
            None if word.contains(':') => scopes.push(word),
            None => roles.push(word),
        }
    }
    Ok((token, Caller::new(subject.trim()).with_scopes(scopes).with_roles(roles)))
}

/// Whether two texts of one length are the same, in the same time wherever they differ.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

impl Verifier for TokenMap {
    fn verify<'a>(&'a self, presented: &'a Presented<'a>) -> impl Future<Output = Verdict> + Send + 'a {
        let same_hash = self.tokens.get(&self.hasher.hash_one(presented.token)).into_iter().flatten();
        let caller = same_hash.filter(|(token, _)| same(token, presented.token)).map(|(_, caller)| caller).next();
        std::future::ready(caller.map_or(Verdict::NotMine, |caller| Verdict::Known(caller.clone())))
    }

    fn describe(&self) -> AuthorizationServers {
        AuthorizationServers {
            issuers: Vec::new(),
            required_scopes: self.required.clone(),
            other_scopes: self.scopes.clone(),
            problems: self.problems.clone(),
            in_program: self.in_program,
        }
    }
}

impl fmt::Debug for TokenMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count: usize = self.tokens.values().map(Vec::len).sum();
        f.debug_struct("TokenMap").field("tokens", &count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_token_a_subject_and_words() {
        for (entry, token, subject, scopes, roles) in [
            ("sk-prod-0123456789=ci:admin,crm:read", "sk-prod-0123456789", "ci", &["crm:read"][..], &["admin"][..]),
            ("c2VjcmV0==: no", "", "", &[], &[]),
            ("c2VjcmV0c2VjcmV0===ci", "c2VjcmV0c2VjcmV0==", "ci", &[], &[]),
            ("tok=reports: reader , scope=audit,role=team:a,", "tok", "reports", &["audit"], &["reader", "team:a"]),
            ("tok=", "", "", &[], &[]),
            ("tok", "", "", &[], &[]),
            ("tok en=ci", "", "", &[], &[]),
            ("tok=ci:admin=yes", "", "", &[], &[]),
        ] {
            match entry_of(entry) {
                Ok((read, caller)) => {
                    assert_eq!((read, caller.subject()), (token, Some(subject)), "{entry}");
                    assert!(caller.scopes().eq(scopes.iter().copied()) && caller.roles().eq(roles.iter().copied()));
                }
                Err(why) => {
                    assert!(token.is_empty(), "{entry}: {why}");
                    assert!(!why.contains("tok en") && !why.contains("c2V"), "{why}");
                }
            }
        }
    }
}
