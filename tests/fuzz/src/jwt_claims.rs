//! What a signed token says: whoever is let in by it is named by it, for us, and now.

use std::time::{Duration, SystemTime};

use fastmcp_rs::__bench::claims;
use serde_json::{Map, Value};

const NOW: f64 = 1_800_000_000.0;

pub fn check(bytes: &[u8]) {
    let Ok(caller) = claims(bytes, NOW) else { return };
    // Another reader of the same bytes finds the same.
    let said: Map<String, Value> = serde_json::from_slice(bytes).unwrap();
    assert_eq!(said["iss"], "https://issuer.example.com");
    let for_us = match &said["aud"] {
        Value::Array(all) => all.contains(&"ours".into()),
        one => one == "ours",
    };
    assert!(for_us, "{said:?}");
    let time = |name: &str| said.get(name).map(|time| time.as_f64().unwrap().floor());
    let expires = time("exp").unwrap();
    assert!(expires + 30.0 > NOW && expires <= 9_007_199_254_740_992.0, "{said:?}");
    assert!(time("nbf").is_none_or(|time| time <= NOW + 30.0), "{said:?}");
    assert!(time("iat").is_none_or(|time| time <= NOW + 330.0), "{said:?}");
    let until = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(expires) + Duration::from_secs(30);
    assert_eq!(caller.expires_at(), Some(until));
    let subject = said.get("sub").unwrap_or_else(|| &said["client_id"]).as_str().unwrap();
    assert!(!subject.is_empty() && caller.subject() == Some(subject), "{said:?}");
    assert_eq!(caller.issuer(), Some("https://issuer.example.com"));
    for name in ["cnf", "nonce", "at_hash", "c_hash"] {
        assert!(!said.contains_key(name), "{said:?}");
    }
    assert_ne!(said.get("token_use"), Some(&"id".into()));
    // No scope and no role that is not written there.
    let text = std::str::from_utf8(bytes).unwrap();
    let written = |word: &str| text.contains(word) || text.contains('\\');
    assert!(caller.scopes().chain(caller.roles()).all(written), "{said:?}");
    assert!(caller.scopes().count() <= 256 && caller.roles().count() <= 256);
}
