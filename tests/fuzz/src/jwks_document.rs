//! A set of keys as an issuer may publish it: no key comes from nowhere, and one that cannot be used takes no other with it.

use fastmcp_rs::__bench::jwks;
use serde_json::{Value, json};

pub fn check(bytes: &[u8]) {
    let Some(usable) = jwks(bytes) else { return };
    let document: Value = serde_json::from_slice(bytes).unwrap();
    let keys = document["keys"].as_array().unwrap();
    assert!(usable <= keys.len().min(100), "{document}");
    // Symmetric keys, and those of other curves, are none.
    let known = |key: &&Value| ["RSA", "EC", "OKP"].iter().any(|kind| key["kty"] == *kind);
    assert!(usable <= keys.iter().filter(known).count(), "{document}");
    let good = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let more: Vec<_> = [good].iter().chain(keys).cloned().collect();
    let of_hundred = jwks(json!({ "keys": keys.iter().take(99).collect::<Vec<_>>() }).to_string().as_bytes()).unwrap();
    assert_eq!(jwks(json!({ "keys": more }).to_string().as_bytes()), Some(1 + of_hundred), "{document}");
}
