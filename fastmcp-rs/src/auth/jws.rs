//! A signed token (RFC 7515, compact form): its parts, the key that it asks for, and its signature. Nothing of it is believed before the
//! signature is checked, and a token never brings its own key.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Map, Value};

use crate::text::strict_json;

/// The longest token, in bytes, and the longest header in one.
const TOKEN: usize = 16 * 1024;
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
        let mut dots = token.match_indices('.').map(|(at, _)| at);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(NotTaken::Another);
        };
        let (header, payload, signed) = (&token[..first], &token[first + 1..second], &token[second + 1..]);
        // A header without JSON in it is somebody else's way to write a token.
        if !header.starts_with("ey") {
            return Err(NotTaken::Another);
        }
        if token.len() > TOKEN {
            return Err(refused("malformed"));
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
            Some(Value::String(id)) if id.len() <= KEY_ID && id.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
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
