//! Where an issuer's keys are, by its own metadata (RFC 8414; OpenID Connect Discovery 1.0), in the order of 2026-07-28,
//! basic/authorization, "Authorization Server Metadata Discovery".

use std::time::Instant;

use axum::http::Uri;
use serde_json::Value;

use super::jws::{self, IssuerKey};
use crate::net::{Fetched, Fetcher, problem_of};
use crate::text::sanitize::bounded;
use crate::text::strict_json;

/// Keys as they were found.
#[derive(Debug)]
pub(crate) struct FoundKeys {
    pub(crate) keys: Vec<IssuerKey>,
    pub(crate) max_age: Option<std::time::Duration>,
}

/// The documents that may describe an issuer, in order.
pub(crate) fn documents(issuer: &str) -> Vec<String> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let Ok(uri) = issuer.parse::<Uri>() else { return Vec::new() };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Vec::new() };
    let origin = format!("{scheme}://{authority}");
    match uri.path().trim_end_matches('/') {
        "" => vec![format!("{origin}{OAUTH}"), format!("{origin}{OPENID}")],
        path => {
            vec![format!("{origin}{OAUTH}{path}"), format!("{origin}{OPENID}{path}"), format!("{origin}{path}{OPENID}")]
        }
    }
}

/// Finds the keys of an issuer, all within the time of one document. A document that is none, or not this issuer's, is passed over as if it
/// were not there, but it is what the error tells of.
pub(crate) async fn find(fetcher: &Fetcher, issuer: &str) -> Result<FoundKeys, String> {
    let until = fetcher.deadline();
    let (mut away, mut wrong) = ("its metadata is nowhere".to_owned(), None);
    for url in documents(issuer) {
        match fetcher.get(&url, until).await {
            Ok(fetched) if fetched.status == 200 => match keys_of(&fetched.body, issuer) {
                Ok(keys) => return fetch(fetcher, &keys, until).await,
                Err(why) => wrong = wrong.or(Some(format!("{url} {why}"))),
            },
            Ok(fetched) => away = format!("{url} answers with status {}", fetched.status),
            Err(error) => away = format!("{url} cannot be asked: {error}"),
        }
    }
    Err(wrong.unwrap_or(away))
}

/// Where a document says that the keys of its issuer are.
fn keys_of(document: &[u8], issuer: &str) -> Result<String, String> {
    let document = strict_json::object(document).ok_or("is not a JSON object")?;
    // Byte for byte (RFC 8414, section 3.3): two spellings may be two servers.
    match document.get("issuer").and_then(Value::as_str) {
        Some(named) if named == issuer => {}
        named => {
            let named = bounded(named.unwrap_or("nobody"), 256);
            return Err(format!("describes the issuer `{named}`, and `{issuer}` was asked for: write it the same way"));
        }
    }
    let keys = document.get("jwks_uri").and_then(Value::as_str).ok_or("names no `jwks_uri`")?;
    match problem_of(keys) {
        None => Ok(keys.to_owned()),
        Some(problem) => Err(format!("names a `jwks_uri` that {problem}")),
    }
}

/// Fetches a set of keys, until some time at the latest.
pub(crate) async fn fetch(fetcher: &Fetcher, url: &str, until: Instant) -> Result<FoundKeys, String> {
    let Fetched { status, body, max_age } =
        fetcher.get(url, until).await.map_err(|error| format!("{} cannot be asked: {error}", bounded(url, 256)))?;
    if status != 200 {
        return Err(format!("{} answers with status {status}", bounded(url, 256)));
    }
    let keys = jws::keys(&body).ok_or_else(|| format!("{} is not a set of keys", bounded(url, 256)))?;
    if keys.is_empty() {
        return Err(format!("{} has no key that can be used", bounded(url, 256)));
    }
    Ok(FoundKeys { keys, max_age })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_looked_for_in_the_order_of_the_specification() {
        assert_eq!(
            documents("https://auth.example.com/tenant1/"),
            [
                "https://auth.example.com/.well-known/oauth-authorization-server/tenant1",
                "https://auth.example.com/.well-known/openid-configuration/tenant1",
                "https://auth.example.com/tenant1/.well-known/openid-configuration",
            ]
        );
        for issuer in ["https://auth.example.com", "https://auth.example.com/"] {
            assert_eq!(
                documents(issuer),
                [
                    "https://auth.example.com/.well-known/oauth-authorization-server",
                    "https://auth.example.com/.well-known/openid-configuration",
                ]
            );
        }
    }

    #[test]
    fn a_document_is_of_the_very_issuer_that_was_asked_for() {
        let document = br#"{"issuer":"https://a.example.com/","jwks_uri":"https://a.example.com/keys"}"#;
        assert_eq!(keys_of(document, "https://a.example.com/").unwrap(), "https://a.example.com/keys");
        let wrong = keys_of(document, "https://a.example.com").unwrap_err();
        assert!(wrong.contains("`https://a.example.com/`") && wrong.contains("`https://a.example.com`"), "{wrong}");
        for (document, expected) in [
            (r#"{"issuer":"i","jwks_uri":"http://169.254.169.254/"}"#, "is not encrypted"),
            (r#"{"issuer":"i","jwks_uri":"file:///etc/passwd"}"#, "is not a URL"),
            (r#"{"issuer":"i"}"#, "names no `jwks_uri`"),
            (r#"{"jwks_uri":"https://a"}"#, "`nobody`"),
            ("<html>", "is not a JSON object"),
        ] {
            let wrong = keys_of(document.as_bytes(), "i").unwrap_err();
            assert!(wrong.contains(expected), "{wrong}");
        }
    }
}
