//! A signed token before its signature: what is taken apart is put together again as it was, and its header says nothing that would
//! change how it is read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastmcp_rs::__bench::jws;
use serde_json::{Map, Value};

const ALGORITHMS: [&str; 9] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

pub fn check(bytes: &[u8]) {
    let Ok(token) = std::str::from_utf8(bytes) else { return };
    // As it is, and as the header of a token that is well made otherwise.
    parts(token);
    parts(&format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(token)));
}

fn parts(token: &str) {
    let Ok((algorithm, key, payload)) = jws(token) else { return };
    let parts: Vec<_> = token.split('.').collect();
    assert!(parts.len() == 3 && token.len() <= 16 * 1024, "{token}");
    let decoded = parts.iter().map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let again: Vec<_> = decoded.clone().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
    assert_eq!(again.join("."), token, "two spellings of one token");
    let decoded: Vec<_> = decoded.collect();
    assert_eq!(payload, decoded[1]);

    let header: Map<String, Value> = serde_json::from_slice(&decoded[0]).unwrap();
    assert!(ALGORITHMS.contains(&algorithm.as_str()) && header["alg"] == algorithm.as_str(), "{header:?}");
    assert!(["crit", "b64", "zip"].iter().all(|name| !header.contains_key(*name)), "{header:?}");
    assert_eq!(header.get("kid").and_then(Value::as_str), key.as_deref());
    assert!(key.is_none_or(|key| !key.is_empty() && key.len() <= 256 && !key.contains(char::is_control)), "{header:?}");
    let kind = header.get("typ").map(|kind| kind.as_str().unwrap().to_ascii_lowercase());
    assert!(kind.is_none_or(|kind| ["jwt", "at+jwt", "application/at+jwt"].contains(&&*kind)), "{header:?}");
}
