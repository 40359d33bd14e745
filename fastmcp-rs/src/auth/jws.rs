//! A signed token (RFC 7515, compact form): its parts, the key that it asks for, and its signature. Nothing of it is believed before the
//! signature is checked, and a token never brings its own key.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Map, Value};

use crate::text::sanitize::bounded;
use crate::text::strict_json;

/// The longest token, in bytes, and the longest header in one.
pub(crate) const TOKEN: usize = 16 * 1024;
const HEADER: usize = 4 * 1024;
/// The longest name of a key, in bytes.
const KEY_ID: usize = 256;
/// Keys that are tried for a token that names none.
const TRIED: usize = 4;
/// Keys of one set.
const KEYS: usize = 100;

/// Why a token is refused, in one word: for metrics, the log, and the fixed words that clients are told.
pub(crate) type Reason = &'static str;

/// How a token is signed (RFC 7518, section 3.1; RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    pub(crate) const ALL: [(&'static str, Self); 9] = [
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
    ];

    /// By its exact name; `None` for all that is not taken, such as `none` and `HS256`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm)
    }
}

/// A key of a set (RFC 7517).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct IssuerKey {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The usable keys of a document. One that cannot be used is passed over (RFC 7517, section 5); `None` if it is not a set.
pub(crate) fn keys(document: &[u8]) -> Option<Vec<IssuerKey>> {
    let document = strict_json::object(document)?;
    let keys = document.get("keys")?.as_array()?;
    Some(keys.iter().take(KEYS).filter_map(|key| IssuerKey::read(key.as_object()?)).collect())
}

impl IssuerKey {
    fn read(members: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if members.get("use").is_some_and(|of| of != "sig") {
            return None;
        }
        if let Some(operations) = members.get("key_ops")
            && !operations.as_array()?.iter().any(|operation| operation == "verify")
        {
            return None;
        }
        // An algorithm that is not known here fits no token.
        let algorithm = match members.get("alg") {
            None => None,
            Some(name) => Some(Algorithm::named(name.as_str()?)?),
        };
        let point = |length: usize| {
            let (x, y) = (number("x")?, number("y")?);
            (x.len() == length && y.len() == length).then(|| [&[4][..], &x, &y].concat())
        };
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let (n, e) = (number("n")?, number("e")?);
                let n = n.iter().position(|byte| *byte != 0).map(|from| n[from..].to_vec())?;
                let bits = n.len() * 8 - n[0].leading_zeros() as usize;
                (2048..=8192).contains(&bits).then_some(Material::Rsa { n, e })?
            }
            ("EC", Some("P-256")) => Material::P256(point(32)?),
            ("EC", Some("P-384")) => Material::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(number("x").filter(|x| x.len() == 32)?),
            _ => return None,
        };
        Some(Self { id: text("kid").map(ToOwned::to_owned), algorithm, material })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = match &self.material {
            Material::Rsa { .. } => !matches!(algorithm, Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa),
            Material::P256(_) => algorithm == Algorithm::Es256,
            Material::P384(_) => algorithm == Algorithm::Es384,
            Material::Ed25519(_) => algorithm == Algorithm::EdDsa,
        };
        kind && self.algorithm.is_none_or(|own| own == algorithm)
    }

    fn verifies(&self, algorithm: Algorithm, message: &[u8], signed: &[u8]) -> bool {
        let with = |by: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(by, key).verify(message, signed).is_ok()
        };
        match &self.material {
            Material::Rsa { n, e } => {
                let parameters: &RsaParameters = match algorithm {
                    Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
                    Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
                    Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
                    _ => &signature::RSA_PKCS1_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signed).is_ok()
            }
            Material::P256(point) => with(&signature::ECDSA_P256_SHA256_FIXED, point),
            Material::P384(point) => with(&signature::ECDSA_P384_SHA384_FIXED, point),
            Material::Ed25519(point) => with(&signature::ED25519, point),
        }
    }
}

/// The keys of a set that a token may be signed with.
pub(crate) fn fitting<'k>(keys: &'k [Arc<IssuerKey>], jws: &Jws<'_>) -> Vec<&'k Arc<IssuerKey>> {
    let fits = |key: &&Arc<IssuerKey>| {
        key.fits(jws.algorithm) && jws.key_id.as_ref().is_none_or(|id| key.id.as_ref() == Some(id))
    };
    // Of two keys of one name the first that fits.
    keys.iter().filter(fits).take(if jws.key_id.is_some() { 1 } else { TRIED }).collect()
}

/// The header of a token as people read it, whatever is wrong with it; keys that it brings along are left out.
pub(crate) fn header(token: &str) -> String {
    let first = token.split('.').next().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(first).ok().filter(|bytes| bytes.len() <= HEADER);
    let header = bytes.and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok());
    let Some(header) = header else { return "no JSON object".to_owned() };
    let told = |(name, value): (&String, &Value)| format!("{name}: {}", bounded(&value.to_string(), KEY_ID));
    let members: Vec<_> =
        header.iter().filter(|(name, _)| !["jwk", "x5c"].contains(&name.as_str())).map(told).collect();
    format!("{{ {} }}", bounded(&members.join(", "), 2 * KEY_ID))
}

/// A signed token, of which nothing is believed yet.
pub(crate) struct Jws<'t> {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<String>,
    message: &'t [u8],
    signed: Vec<u8>,
    payload: Vec<u8>,
}

/// A text that is not a signed token at all, or one that is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    Another,
    Refused(Reason),
}

impl<'t> Jws<'t> {
    /// Takes a token apart, if it is signed in one of the `allowed` ways.
    pub(crate) fn read(token: &'t str, allowed: &[Algorithm]) -> Result<Self, NotTaken> {
        let refused = |reason| NotTaken::Refused(reason);
        if token.len() > TOKEN {
            return Err(refused("malformed"));
        }
        let mut dots = token.match_indices('.').map(|(at, _)| at);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(NotTaken::Another);
        };
        let (header, payload, signed) = (&token[..first], &token[first + 1..second], &token[second + 1..]);
        // A header without JSON in it is somebody else's way to write a token.
        if !header.starts_with("ey") {
            return Err(NotTaken::Another);
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| refused("malformed"));
        let (header, payload, signed) = (decode(header)?, decode(payload)?, decode(signed)?);
        if header.len() > HEADER {
            return Err(refused("malformed"));
        }
        let header = strict_json::object(&header).ok_or(refused("malformed"))?;
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = algorithm.filter(|algorithm| allowed.contains(algorithm)).ok_or(refused("algorithm"))?;
        // Whatever they say, it changes how the rest is to be read.
        if ["crit", "b64", "zip"].iter().any(|name| header.contains_key(*name)) {
            return Err(refused("malformed"));
        }
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id))
                if (1..=KEY_ID).contains(&id.len()) && id.bytes().all(|c| matches!(c, b' '..=b'~')) =>
            {
                Some(id.clone())
            }
            Some(_) => return Err(refused("key")),
        };
        let is_access_token = |kind: &Value| {
            let kind = kind.as_str().unwrap_or_default();
            ["JWT", "at+jwt", "application/at+jwt"].iter().any(|known| known.eq_ignore_ascii_case(kind))
        };
        if header.get("typ").is_some_and(|kind| !is_access_token(kind)) {
            return Err(refused("type"));
        }
        Ok(Self { algorithm, key_id, message: &token.as_bytes()[..second], signed, payload })
    }

    /// Whether a key made its signature.
    pub(crate) fn is_signed_by(&self, key: &IssuerKey) -> bool {
        key.fits(self.algorithm) && key.verifies(self.algorithm, self.message, &self.signed)
    }

    /// What it says; believed only after the signature was checked.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Algorithm; 9] = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];
    /// The payload of the examples of RFC 7515, and that of RFC 7520.
    const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const FRODO: &str = concat!(
        "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwg",
        "YW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9m",
        "ZiB0by4",
    );
    const BILBO: &str = concat!(
        r#"{"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","e":"AQAB","n":""#,
        "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqV",
        "wGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJls",
        "de3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkq",
        r#"gc5gHdrNP5zw"}"#,
    );

    fn verdict(key: &str, token: &str) -> Result<bool, NotTaken> {
        let keys = keys(format!("{{\"keys\":[{key}]}}").as_bytes()).expect("a set of keys");
        let keys: Vec<_> = keys.into_iter().map(Arc::new).collect();
        let jws = Jws::read(token, &ALL)?;
        Ok(fitting(&keys, &jws).into_iter().any(|key| jws.is_signed_by(key)))
    }

    /// A signature that is good is so for its message, its key and its algorithm alone.
    #[track_caller]
    fn signed(key: &str, header: &str, payload: &str, signature: &str) {
        let token = format!("{header}.{payload}.{signature}");
        assert_eq!(verdict(key, &token), Ok(true), "{token}");
        let changed = |at: usize| {
            let other = if token[at..].starts_with('A') { "B" } else { "A" };
            format!("{}{other}{}", &token[..at], &token[at + 1..])
        };
        for at in [header.len() + 5, header.len() + payload.len(), token.len() - 20] {
            assert_ne!(verdict(key, &changed(at)), Ok(true), "at {at}");
        }
    }

    #[test]
    fn the_examples_of_rfc_7515() {
        // A.2, A.3
        signed(
            concat!(
                r#"{"kty":"RSA","e":"AQAB","n":""#,
                "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-",
                "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca",
                "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb5",
                r#"4h4FRWyuXpoQ"}"#,
            ),
            "eyJhbGciOiJSUzI1NiJ9",
            JOE,
            concat!(
                "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr",
                "7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x",
                "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy",
                "pGlUPQGe77Rw",
            ),
        );
        signed(
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            "eyJhbGciOiJFUzI1NiJ9",
            JOE,
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        );
        // A.1 is a MAC, A.4 has a curve that is not taken, and A.5 is not signed at all.
        let mac = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let es512 = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AAAA";
        let unsigned = format!("eyJhbGciOiJub25lIn0.{JOE}.");
        for token in [mac.as_str(), es512, &unsigned] {
            assert_eq!(verdict("{}", token), Err(NotTaken::Refused("algorithm")), "{token}");
        }
    }

    #[test]
    fn the_signatures_of_rfc_7520() {
        signed(
            BILBO,
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
            FRODO,
            concat!(
                "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoB",
                "wA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0",
                "ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vj",
                "bU5y18kDquDg",
            ),
        );
        signed(
            BILBO,
            "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
            FRODO,
            concat!(
                "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPp",
                "cbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lf",
                "JT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifK",
                "o8DYM-X72Eaw",
            ),
        );
        // Section 4.4 is a MAC.
        let mac = format!(
            "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.{FRODO}.s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"
        );
        assert_eq!(verdict(BILBO, &mac), Err(NotTaken::Refused("algorithm")));
    }

    #[test]
    fn the_signature_of_rfc_8037() {
        signed(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "eyJhbGciOiJFZERTQSJ9",
            "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        );
    }

    #[test]
    fn nothing_is_worked_out_of_a_text_that_is_too_long() {
        for token in ["x".repeat(TOKEN + 1), format!("ey{}", ".".repeat(TOKEN)), format!("eyJ.{}.x", "A".repeat(TOKEN))]
        {
            assert_eq!(Jws::read(&token, &ALL).err(), Some(NotTaken::Refused("malformed")));
        }
        assert_eq!(Jws::read(&"x".repeat(TOKEN), &ALL).err(), Some(NotTaken::Another));
    }
}
