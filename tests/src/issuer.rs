//! An authorization server of the tests: it signs whatever a test wants signed, and answers as a test wants it to.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Response, Uri},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
        RsaKeyPair, RsaPublicKeyComponents,
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A key, and its name.
#[derive(Debug, Clone)]
pub struct Signer {
    /// Its name in tokens and in the set.
    pub id: String,
    key: Arc<Secret>,
}

#[derive(Debug)]
enum Secret {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// As JSON Web Signatures have it.
#[must_use]
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    /// An RSA key of 2048 bits, always the same.
    #[must_use]
    pub fn rsa(id: &str) -> Self {
        let key = RsaKeyPair::from_pkcs8(include_bytes!("../support/issuer.pk8")).unwrap();
        Self { id: id.to_owned(), key: Arc::new(Secret::Rsa(key)) }
    }

    /// A new key on the curve P-256, or on P-384.
    #[must_use]
    pub fn ec(id: &str, large: bool) -> Self {
        let random = SystemRandom::new();
        let curve = if large { &ECDSA_P384_SHA384_FIXED_SIGNING } else { &ECDSA_P256_SHA256_FIXED_SIGNING };
        let document = EcdsaKeyPair::generate_pkcs8(curve, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(curve, document.as_ref(), &random).unwrap();
        Self { id: id.to_owned(), key: Arc::new(if large { Secret::P384(key) } else { Secret::P256(key) }) }
    }

    /// A new Ed25519 key.
    #[must_use]
    pub fn ed25519(id: &str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        Self { id: id.to_owned(), key: Arc::new(Secret::Ed25519(key)) }
    }

    /// The key as everybody may see it.
    #[must_use]
    pub fn public(&self) -> Value {
        let point = |key: &EcdsaKeyPair, curve: &str| {
            let point = key.public_key().as_ref();
            let (x, y) = point[1..].split_at((point.len() - 1) / 2);
            json!({ "kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y), "kid": self.id, "use": "sig" })
        };
        match &*self.key {
            Secret::Rsa(key) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({ "kty": "RSA", "kid": self.id, "use": "sig", "n": encoded(n), "e": encoded(e) })
            }
            Secret::P256(key) => point(key, "P-256"),
            Secret::P384(key) => point(key, "P-384"),
            Secret::Ed25519(key) => {
                let x = encoded(key.public_key());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "use": "sig" })
            }
        }
    }

    /// The algorithm that is usual with it.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match &*self.key {
            Secret::Rsa(_) => "RS256",
            Secret::P256(_) => "ES256",
            Secret::P384(_) => "ES384",
            Secret::Ed25519(_) => "EdDSA",
        }
    }

    /// A token of these claims, with the usual header.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm(), "kid": self.id, "typ": "at+jwt" });
        self.sign(self.algorithm(), &encoded(header.to_string()), &encoded(claims.to_string()))
    }

    /// A token of these parts as they are, signed by an algorithm that the key has.
    #[must_use]
    pub fn sign(&self, algorithm: &str, header: &str, payload: &str) -> String {
        let (random, message) = (SystemRandom::new(), format!("{header}.{payload}"));
        let signature = match &*self.key {
            Secret::Rsa(key) => {
                let padding: &dyn ring::signature::RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(padding, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
            Secret::P256(key) | Secret::P384(key) => key.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Secret::Ed25519(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", encoded(signature))
    }
}

/// Seconds since 1970, so many from now.
#[must_use]
pub fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    i64::try_from(now).unwrap() + seconds
}

/// Answers one request: its path, its headers and its body.
type Answer = Box<dyn FnMut(&str, &HeaderMap, &str) -> Response<Body> + Send>;

/// An authorization server on loopback.
pub struct Issuer {
    /// The issuer as tokens name it.
    pub url: String,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Issuer {
    /// One that has these keys.
    pub async fn of(signers: &[Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer: Answer = Box::new(|_, _, _| status(500));
        let (answer, asked) = (Arc::new(Mutex::new(answer)), Arc::new(Mutex::new(Vec::<String>::new())));
        let app = {
            let (answer, asked) = (Arc::clone(&answer), Arc::clone(&asked));
            Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
                asked.lock().unwrap_or_else(PoisonError::into_inner).push(uri.path().to_owned());
                let body = String::from_utf8_lossy(&body).into_owned();
                let response = answer.lock().unwrap_or_else(PoisonError::into_inner)(uri.path(), &headers, &body);
                async move { response }
            })
        };
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let issuer = Self { url, answer, asked, task };
        issuer.has(signers);
        issuer
    }

    /// From now on it has these keys, and describes itself as an OAuth server does.
    pub fn has(&self, signers: &[Signer]) {
        let keys: Vec<Value> = signers.iter().map(Signer::public).collect();
        self.has_keys(&json!({ "keys": keys }).to_string());
    }

    /// From now on its set of keys is this text.
    pub fn has_keys(&self, keys: &str) {
        let (url, keys) = (self.url.clone(), keys.to_owned());
        self.answers(move |path, _, _| match path {
            "/.well-known/oauth-authorization-server" => {
                text(&json!({ "issuer": url, "jwks_uri": format!("{url}/jwks") }).to_string())
            }
            "/jwks" => text(&keys),
            _ => status(404),
        });
    }

    /// From now on it answers like this: by path, headers and body.
    pub fn answers(&self, answer: impl FnMut(&str, &HeaderMap, &str) -> Response<Body> + Send + 'static) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(answer);
    }

    /// The paths that it was asked for since this was called last.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Claims that are good for `audience`.
    #[must_use]
    pub fn claims(&self, audience: &str) -> Value {
        json!({
            "iss": self.url, "aud": audience, "sub": "ada", "client_id": "agent", "scope": "notes:read",
            "iat": in_seconds(0), "exp": in_seconds(300),
        })
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A document.
#[must_use]
pub fn text(body: &str) -> Response<Body> {
    Response::new(Body::from(body.to_owned()))
}

/// An answer without one.
#[must_use]
pub fn status(code: u16) -> Response<Body> {
    Response::builder().status(code).body(Body::empty()).unwrap()
}

/// The same document, a byte at a time.
#[must_use]
pub fn slowly(body: &str, pause: Duration) -> Response<Body> {
    let (mut writer, reader) = tokio::io::duplex(1);
    let bytes = body.as_bytes().to_vec();
    tokio::spawn(async move {
        for byte in bytes {
            tokio::time::sleep(pause).await;
            if tokio::io::AsyncWriteExt::write_all(&mut writer, &[byte]).await.is_err() {
                return;
            }
        }
    });
    Response::new(Body::new(Trickle(reader)))
}

struct Trickle(tokio::io::DuplexStream);

impl http_body::Body for Trickle {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        task: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let mut byte = [0; 64];
        let mut into = tokio::io::ReadBuf::new(&mut byte);
        let read = tokio::io::AsyncRead::poll_read(std::pin::Pin::new(&mut self.0), task, &mut into);
        read.map(|read| {
            let bytes = into.filled().to_vec();
            match read {
                Ok(()) if bytes.is_empty() => None,
                Ok(()) => Some(Ok(http_body::Frame::data(bytes.into()))),
                Err(error) => Some(Err(error)),
            }
        })
    }
}
