//! Tokens that an authorization server signs, or answers for.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use fastmcp_rs::{Introspect, Jwt, prelude::*};
use fastmcp_rs_tests::{
    Example,
    client::text_of,
    example::HttpServer,
    http::{Connection, Response},
    issuer::{Issuer, Signer, encoded, in_seconds, slowly, status, text},
    within,
};
use serde_json::{Value, json};

const AUDIENCE: &str = "https://mcp.acme.com/mcp";

/// Says who is calling.
#[tool(inline)]
fn whoami(caller: Caller) -> String {
    let mut scopes: Vec<_> = caller.scopes().collect();
    scopes.sort_unstable();
    let mut said =
        format!("{} of {}: {}", caller.subject().unwrap(), caller.issuer().unwrap_or("nobody"), scopes.join(" "));
    for role in caller.roles() {
        write!(said, " +{role}").unwrap();
    }
    said
}

fn server() -> Server {
    Server::empty("crm").tool(whoami).public_url(AUDIENCE)
}

async fn serve(jwt: Jwt) -> HttpServer {
    HttpServer::serve(server().auth(jwt).build().unwrap()).await
}

async fn call(server: &HttpServer, token: &str) -> Response {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let message =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "whoami", "_meta": meta } });
    let authorization = format!("Bearer {token}");
    let headers = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", "whoami"),
        ("Authorization", &authorization),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut connection = Connection::open(&server.address).await;
    connection.send("POST", "/mcp", &headers, message.to_string().as_bytes()).await;
    connection.response().await.expect("a response")
}

/// Who the server takes a token's bearer for, or why it refuses.
async fn judged(server: &HttpServer, token: &str) -> String {
    let response = call(server, token).await;
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    match response.head.status {
        200 => text_of(&body["result"]),
        401 => body["error_description"].as_str().unwrap_or("(nothing)").to_owned(),
        503 => format!("503 after {}", response.head.header("retry-after").unwrap_or("(never)")),
        status => format!("status {status}"),
    }
}

/// `base` with these members instead; `null` takes one away.
fn with(base: &Value, change: Value) -> Value {
    let mut changed = base.clone();
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(changed.as_object_mut().unwrap().remove(name)),
            value => changed[name] = value.clone(),
        }
    }
    changed
}

/// Whether somebody else's reader of tokens takes one, told of everything that it can be told of.
fn second_opinion(issuer: &str, keys: &[Value], token: &str) -> bool {
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::Jwk};
    let Ok(header) = decode_header(token) else { return false };
    let mut rules = Validation::new(header.alg);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "aud", "iss"]);
    (rules.validate_nbf, rules.leeway) = (true, 30);
    let named = |key: &&Value| header.kid.is_none() || key["kid"].as_str() == header.kid.as_deref();
    keys.iter().filter(named).any(|key| {
        let key: Jwk = serde_json::from_value(key.clone()).unwrap();
        DecodingKey::from_jwk(&key).is_ok_and(|key| decode::<Value>(token, &key, &rules).is_ok())
    })
}

/// Each limit of bad tokens is that of a server: one for each few of them.
struct Judges {
    issuer: Issuer,
    keys: Vec<Value>,
    asked: usize,
    server: Option<HttpServer>,
}

impl Judges {
    async fn judge(&mut self, token: &str) -> String {
        if self.asked.is_multiple_of(25) {
            self.server = Some(serve(Jwt::issuer(&self.issuer.url)).await);
        }
        self.asked += 1;
        let judged = judged(self.server.as_ref().unwrap(), token).await;
        // What they refuse nobody here takes; they take more (no `typ`, no `cnf`, any `crit`).
        let taken = judged.contains(" of http");
        assert!(!taken || second_opinion(&self.issuer.url, &self.keys, token), "taken, and others refuse it: {token}");
        judged
    }
}

const MALFORMED: &str = "the token cannot be read";
const ALGORITHM: &str = "the token is signed in a way that is not taken here";
const KEY: &str = "the key of the token is not known";
const KIND: &str = "the token is not an access token";
const SIGNATURE: &str = "the signature of the token is wrong";
const AUDIENCES: &str = "the token is for another resource";
const EXPIRED: &str = "the token has expired";
const EARLY: &str = "the token is not valid yet";
const SUBJECT: &str = "the token names nobody";
const BINDING: &str = "the token belongs to a key that was not shown";
const UNKNOWN: &str = "the token is not valid here";
const ISSUER: &str = "the token is from another issuer";

#[tokio::test]
async fn good_tokens_of_every_kind_are_taken() {
    let signers = [Signer::rsa("rs"), Signer::ec("es", false), Signer::ec("es384", true), Signer::ed25519("ed")];
    let issuer = Issuer::of(&signers).await;
    let server = serve(Jwt::issuer(&issuer.url)).await;
    let claims = issuer.claims(AUDIENCE);
    let expected = format!("ada of {}: notes:read", issuer.url);
    let keys = signers.each_ref().map(Signer::public);
    for signer in &signers {
        let token = signer.token(&claims);
        assert_eq!(judged(&server, &token).await, expected, "{}", signer.algorithm());
        assert!(second_opinion(&issuer.url, &keys, &token), "{}", signer.algorithm());
    }
    for algorithm in ["RS384", "RS512", "PS256", "PS384", "PS512"] {
        let header = encoded(json!({ "alg": algorithm, "kid": "rs" }).to_string());
        let token = signers[0].sign(algorithm, &header, &encoded(claims.to_string()));
        assert_eq!(judged(&server, &token).await, expected, "{algorithm}");
        assert!(second_opinion(&issuer.url, &keys, &token), "{algorithm}");
    }
    let signer = &signers[1];
    for kind in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        let header = encoded(json!({ "alg": "ES256", "typ": kind }).to_string());
        let token = signer.sign("ES256", &header, &encoded(claims.to_string()));
        assert_eq!(judged(&server, &token).await, expected, "{kind}, and no name of a key");
    }
    for (change, expected) in [
        (json!({ "aud": ["https://other.example.com", AUDIENCE] }), "ada of {}: notes:read"),
        (json!({ "scope": null, "scp": "notes:read notes:write" }), "ada of {}: notes:read notes:write"),
        (json!({ "scope": ["a", "b"], "scp": ["c"] }), "ada of {}: a b c"),
        (json!({ "scope": null }), "ada of {}: "),
        (json!({ "sub": null }), "agent of {}: notes:read"),
        (json!({ "exp": in_seconds(-29) }), "ada of {}: notes:read"),
        (json!({ "exp": 4_102_444_800.9 }), "ada of {}: notes:read"),
        (json!({ "nbf": in_seconds(29), "iat": in_seconds(320) }), "ada of {}: notes:read"),
        (json!({ "iat": null, "token_use": "access" }), "ada of {}: notes:read"),
    ] {
        let expected = expected.replace("{}", &issuer.url);
        let token = signer.token(&with(&claims, change.clone()));
        assert_eq!(judged(&server, &token).await, expected, "{change}");
        assert!(second_opinion(&issuer.url, &keys, &token), "{change}");
    }
}

#[tokio::test]
async fn bad_tokens_are_refused_each_for_its_own_reason() {
    let (rsa, ec, other) = (Signer::rsa("rs"), Signer::ec("es", false), Signer::ec("es", false));
    let issuer = Issuer::of(&[rsa.clone(), ec.clone()]).await;
    let good = issuer.claims(AUDIENCE);
    let payload = encoded(good.to_string());
    let usual = json!({ "alg": "ES256", "kid": "es" });
    let keys = vec![rsa.public(), ec.public()];
    let mut judges = Judges { issuer, keys, asked: 0, server: None };

    for (change, expected) in [
        (json!({ "exp": null }), MALFORMED),
        (json!({ "exp": "2030-01-01" }), MALFORMED),
        (json!({ "exp": -1 }), MALFORMED),
        (json!({ "exp": 1e300 }), MALFORMED),
        (json!({ "exp": in_seconds(-31) }), EXPIRED),
        (json!({ "exp": 0 }), EXPIRED),
        (json!({ "nbf": in_seconds(60) }), EARLY),
        (json!({ "nbf": "soon" }), MALFORMED),
        (json!({ "iat": in_seconds(7200) }), EARLY),
        (json!({ "aud": null }), AUDIENCES),
        (json!({ "aud": 7 }), AUDIENCES),
        (json!({ "aud": [] }), AUDIENCES),
        (json!({ "aud": "" }), AUDIENCES),
        (json!({ "aud": [AUDIENCE, 7] }), AUDIENCES),
        (json!({ "aud": format!("{AUDIENCE}/") }), AUDIENCES),
        (json!({ "aud": "https://mcp.acme.com" }), AUDIENCES),
        (json!({ "aud": "https://MCP.acme.com/mcp" }), AUDIENCES),
        (json!({ "aud": { "x": AUDIENCE } }), AUDIENCES),
        (json!({ "iss": null }), ISSUER),
        (json!({ "iss": [judges.issuer.url] }), ISSUER),
        (json!({ "iss": format!("{}/", judges.issuer.url) }), UNKNOWN),
        (json!({ "iss": "https://evil.example.com" }), UNKNOWN),
        (json!({ "sub": "" }), SUBJECT),
        (json!({ "sub": null, "client_id": null }), SUBJECT),
        (json!({ "sub": 7 }), SUBJECT),
        (json!({ "sub": "x".repeat(257) }), SUBJECT),
        (json!({ "cnf": { "jkt": "x" } }), BINDING),
        (json!({ "nonce": "x" }), KIND),
        (json!({ "at_hash": "x" }), KIND),
        (json!({ "token_use": "id" }), KIND),
        (json!({ "scope": 7 }), MALFORMED),
        (json!({ "scope": ["a", 7] }), MALFORMED),
        (json!({ "scp": [["a"]] }), MALFORMED),
        (json!({ "scope": "a ".repeat(300) }), MALFORMED),
    ] {
        let judged = judges.judge(&ec.token(&with(&good, change.clone()))).await;
        assert_eq!(judged, expected, "{change}");
    }
    for (change, expected) in [
        (json!({ "alg": "none" }), ALGORITHM),
        (json!({ "alg": "NONE" }), ALGORITHM),
        (json!({ "alg": "HS256" }), ALGORITHM),
        (json!({ "alg": "es256" }), ALGORITHM),
        (json!({ "alg": "ES512" }), ALGORITHM),
        (json!({ "alg": null }), ALGORITHM),
        (json!({ "alg": ["ES256"] }), ALGORITHM),
        (json!({ "crit": [] }), MALFORMED),
        (json!({ "crit": ["exp"] }), MALFORMED),
        (json!({ "b64": false }), MALFORMED),
        (json!({ "zip": "DEF" }), MALFORMED),
        (json!({ "kid": 7 }), KEY),
        (json!({ "kid": "" }), KEY),
        (json!({ "kid": "../../etc/passwd" }), KEY),
        (json!({ "kid": "x".repeat(257) }), KEY),
        (json!({ "kid": "a\u{0}" }), KEY),
        (json!({ "kid": "nobodys" }), KEY),
        (json!({ "kid": "rs" }), KEY),
        (json!({ "typ": "dpop+jwt" }), KIND),
        (json!({ "typ": "logout+jwt" }), KIND),
        (json!({ "typ": "secevent+jwt" }), KIND),
        (json!({ "typ": "oauth-id-jag+jwt" }), KIND),
        (json!({ "typ": 7 }), KIND),
    ] {
        let header = encoded(with(&usual, change.clone()).to_string());
        assert_eq!(judges.judge(&ec.sign("ES256", &header, &payload)).await, expected, "{change}");
    }
    // A key or a place of one that a token brings along is nothing.
    for (name, value) in
        [("jwk", other.public()), ("jku", json!("https://evil.example.com/jwks")), ("x5c", json!(["MIIB"]))]
    {
        let header = encoded(with(&usual, json!({ name: value })).to_string());
        assert_eq!(judges.judge(&other.sign("ES256", &header, &payload)).await, SIGNATURE, "{name}");
        assert!(judges.judge(&ec.sign("ES256", &header, &payload)).await.starts_with("ada of"), "{name}");
    }
    let token = ec.token(&good);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let last = signature.char_indices().next_back().unwrap().0;
    let unusual = signature[..last].to_owned() + if signature.ends_with('B') { "C" } else { "B" };
    let twice = |text: &str| format!("{header}.{}.{signature}", encoded(text));
    let as_rsa = encoded(json!({ "alg": "RS256", "kid": "rs" }).to_string());
    for (token, expected) in [
        (other.token(&good), SIGNATURE),
        (format!("{signed}.{}", encoded([0; 64])), SIGNATURE),
        (format!("{signed}."), SIGNATURE),
        (format!("{signed}.{}", encoded([1; 16])), SIGNATURE),
        (format!("{signed}.{signature}=="), MALFORMED),
        (format!("{signed}.{unusual}"), MALFORMED),
        (format!("{header}.{}.{signature}", encoded("{}")), SIGNATURE),
        (ec.sign("ES256", header, &encoded("[]")), MALFORMED),
        (ec.sign("ES256", header, &encoded("not JSON")), MALFORMED),
        (twice(&good.to_string().replacen('{', "{\"sub\":\"eve\",", 1)), SIGNATURE),
        (ec.sign("ES256", header, &encoded(good.to_string().replacen('{', "{\"sub\":\"eve\",", 1))), MALFORMED),
        (ec.sign("ES256", header, &encoded(format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000)))), MALFORMED),
        (ec.sign("ES256", &encoded(r#"{"alg":"ES256","alg":"ES256","kid":"es"}"#), &payload), MALFORMED),
        (ec.sign("ES256", &encoded(format!(r#"{{"alg":"ES256","a":"{}"}}"#, "x".repeat(5000))), &payload), MALFORMED),
        (ec.sign("ES256", header, &encoded(with(&good, json!({ "x": "y".repeat(16_000) })).to_string())), MALFORMED),
        // What is no such token at all.
        (signed.to_owned(), UNKNOWN),
        (format!("{token}.x"), UNKNOWN),
        (format!("{token}.x.y"), UNKNOWN),
        ("x".repeat(16 * 1024 + 1), MALFORMED),
        ("opaque".to_owned(), UNKNOWN),
        ("a.b.c".to_owned(), UNKNOWN),
        // The public key as the secret of a MAC.
        (format!("{as_rsa}.{payload}.{}", encoded([0; 256])), SIGNATURE),
    ] {
        let shown: String = token.chars().take(300).collect();
        assert_eq!(judges.judge(&token).await, expected, "{shown}");
    }
    assert!(judges.judge(&rsa.token(&good)).await.starts_with("ada of"), "and the good one is good");
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_passed_over() {
    let signer = Signer::ec("es", false);
    let issuer = Issuer::of(&[]).await;
    let good = signer.public();
    let token = signer.token(&issuer.claims(AUDIENCE));
    let exotic = [
        json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        json!({ "kty": "oct", "k": "AAAA" }),
        json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "OKP", "crv": "X25519", "x": "AA" }),
        json!("not a key"),
        json!({}),
    ];
    for (keys, expected) in [
        ([&exotic[..], std::slice::from_ref(&good)].concat(), "ada"),
        (vec![with(&good, json!({ "use": null, "key_ops": ["verify"] }))], "ada"),
        (vec![with(&good, json!({ "alg": "ES256" }))], "ada"),
        (vec![with(&Signer::rsa("es").public(), json!({})), good.clone()], "ada"),
        (vec![Signer::ec("es", false).public(), good.clone()], SIGNATURE),
        (vec![with(&good, json!({ "use": "enc" })), Signer::rsa("rs").public()], KEY),
        (vec![with(&good, json!({ "key_ops": ["sign"] })), Signer::rsa("rs").public()], KEY),
        (vec![with(&good, json!({ "alg": "ES384" })), Signer::rsa("rs").public()], KEY),
        (std::iter::repeat_with(|| Signer::ec("no", false).public()).take(100).chain([good.clone()]).collect(), KEY),
    ] {
        issuer.has_keys(&json!({ "keys": keys }).to_string());
        let server = serve(Jwt::issuer(&issuer.url)).await;
        let judged = judged(&server, &token).await;
        assert!(judged.starts_with(expected), "{judged}: {expected}");
    }
}

#[tokio::test]
async fn an_issuer_in_trouble_is_no_reason_to_throw_a_token_away() {
    let signer = Signer::ec("es", false);
    let good: Document = |url| json!({ "issuer": url, "jwks_uri": format!("{url}/jwks") });
    let away: [(&str, Document, Response2); 9] = [
        ("down", good, || status(500)),
        ("HTML", good, || text("<html>maintenance</html>")),
        ("no key", good, || text("{\"keys\":[]}")),
        ("no set", good, || text("[]")),
        ("too large", good, || text(&format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(1 << 20)))),
        ("elsewhere", good, || {
            let mut redirect = status(302);
            redirect.headers_mut().insert("location", "http://169.254.169.254/".parse().unwrap());
            redirect
        }),
        ("another", |url| json!({ "issuer": format!("{url}/"), "jwks_uri": format!("{url}/jwks") }), || status(500)),
        ("no keys", |url| json!({ "issuer": url }), || status(500)),
        ("not encrypted", |url| json!({ "issuer": url, "jwks_uri": "http://keys.example.com/" }), || status(500)),
    ];
    for (what, document, keys) in away {
        let issuer = Issuer::of(std::slice::from_ref(&signer)).await;
        let (token, document) = (signer.token(&issuer.claims(AUDIENCE)), document(&issuer.url).to_string());
        issuer.answers(move |path, _, _| match path {
            "/.well-known/oauth-authorization-server" => text(&document),
            _ => keys(),
        });
        let (server, begun) = (serve(Jwt::issuer(&issuer.url)).await, Instant::now());
        for _ in 0..10 {
            assert_eq!(judged(&server, &token).await, "503 after 5", "{what}");
        }
        // Two documents and the keys; again after a second, and not with each request.
        let attempts = 1 + begun.elapsed().as_secs() as usize;
        assert!(issuer.asked().len() <= 3 * attempts, "{what}");
    }
    // Nobody is there at all.
    let issuer = Issuer::of(std::slice::from_ref(&signer)).await;
    let (url, token) = (issuer.url.clone(), signer.token(&issuer.claims(AUDIENCE)));
    drop(issuer);
    let server = serve(Jwt::issuer(&url)).await;
    assert_eq!(judged(&server, &token).await, "503 after 5");
}

/// What an issuer of some URL says of itself.
type Document = fn(&str) -> Value;

/// An answer, each time anew.
type Response2 = fn() -> axum::http::Response<axum::body::Body>;

#[tokio::test]
async fn an_issuer_that_is_slow_holds_a_request_for_five_seconds() {
    let signer = Signer::ec("es", false);
    let issuer = Issuer::of(std::slice::from_ref(&signer)).await;
    issuer.answers(|_, _, _| slowly(&" ".repeat(1000), Duration::from_secs(1)));
    let (server, begun) = (serve(Jwt::issuer(format!("{}/tenant", issuer.url))).await, Instant::now());
    let token = signer.token(&with(&issuer.claims(AUDIENCE), json!({ "iss": format!("{}/tenant", issuer.url) })));
    assert_eq!(judged(&server, &token).await, "503 after 5");
    // Of its three documents none has time of its own.
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_document_that_is_none_is_passed_over() {
    let signer = Signer::ec("es", false);
    let issuer = Issuer::of(std::slice::from_ref(&signer)).await;
    let (url, keys) = (issuer.url.clone(), json!({ "keys": [signer.public()] }).to_string());
    issuer.answers(move |path, _, _| match path {
        // What a page with routes of its own says of everything.
        "/.well-known/oauth-authorization-server" => text("<!doctype html>"),
        "/.well-known/openid-configuration" => {
            text(&json!({ "issuer": url, "jwks_uri": format!("{url}/keys") }).to_string())
        }
        "/keys" => text(&keys),
        _ => status(404),
    });
    let server = serve(Jwt::issuer(&issuer.url)).await;
    assert!(judged(&server, &signer.token(&issuer.claims(AUDIENCE))).await.starts_with("ada"));
}

#[tokio::test]
async fn keys_are_there_before_anybody_calls() {
    let signer = Signer::ec("es", false);
    let issuer = Issuer::of(std::slice::from_ref(&signer)).await;
    let server = server().metrics().auth(Jwt::issuer(&issuer.url)).build().unwrap();
    let server = HttpServer::listening(server).await;
    within("the keys", async {
        while issuer.asked().last().is_none_or(|path| path != "/jwks") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(judged(&server, &signer.token(&issuer.claims(AUDIENCE))).await.starts_with("ada"));
    assert_eq!(issuer.asked(), [""; 0], "they are not fetched again for it");
    let mut connection = Connection::open(&server.address).await;
    connection.send("GET", "/metrics", &[], b"").await;
    let metrics = String::from_utf8(connection.response().await.expect("a response").body).unwrap();
    for series in [
        "mcp_jwks_age_seconds{issuer=\"0\"} 0.",
        "mcp_jwks_fetches_total{issuer=\"0\",result=\"ok\"} 1\n",
        "mcp_jwks_fetches_total{issuer=\"0\",result=\"failed\"} 0\n",
    ] {
        assert!(metrics.contains(series), "{series}\n{metrics}");
    }
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_is_forgotten() {
    let (old, new) = (Signer::ec("old", false), Signer::ec("new", false));
    let issuer = Issuer::of(std::slice::from_ref(&old)).await;
    let claims = issuer.claims(AUDIENCE);
    let server = serve(Jwt::issuer(&issuer.url)).await;
    assert!(judged(&server, &old.token(&claims)).await.starts_with("ada"));
    assert_eq!(issuer.asked(), ["/.well-known/oauth-authorization-server", "/jwks"]);
    for n in 0..10 {
        let fresh = with(&claims, json!({ "jti": n }));
        assert!(judged(&server, &old.token(&fresh)).await.starts_with("ada"));
    }
    assert_eq!(issuer.asked(), [""; 0], "keys are kept");
    issuer.has(std::slice::from_ref(&new));
    // Of a flood of names that nobody has the issuer sees nothing for half a minute.
    for n in 0..5 {
        let unknown = Signer::ec(&format!("unknown-{n}"), false);
        assert_eq!(judged(&server, &unknown.token(&claims)).await, KEY);
    }
    assert_eq!(issuer.asked(), [""; 0]);
}

#[tokio::test]
async fn two_issuers_are_two_worlds() {
    let (one, other) = (Signer::ec("k", false), Signer::ec("k", false));
    let (first, second) =
        (Issuer::of(std::slice::from_ref(&one)).await, Issuer::of(std::slice::from_ref(&other)).await);
    let server = server().auth(Jwt::issuer(&first.url)).auth(Jwt::issuer(&second.url)).build().unwrap();
    let server = HttpServer::serve(server).await;
    for (issuer, signer) in [(&first, &one), (&second, &other)] {
        let who = judged(&server, &signer.token(&issuer.claims(AUDIENCE))).await;
        assert_eq!(who, format!("ada of {}: notes:read", issuer.url));
    }
    assert_eq!(judged(&server, &other.token(&first.claims(AUDIENCE))).await, SIGNATURE);
}

#[tokio::test]
async fn audiences_roles_and_subjects_are_where_a_server_says_that_they_are() {
    let signer = Signer::ed25519("ed");
    let issuer = Issuer::of(std::slice::from_ref(&signer)).await;
    let jwt = Jwt::issuer(&issuer.url)
        .audience("one")
        .audience("two")
        .roles_from("realm_access.roles")
        .roles_at(["https://acme.com/roles"])
        .scopes_from("permissions")
        .subject_from("oid")
        .algorithms(["EdDSA"])
        .leeway(Duration::ZERO);
    let server = serve(jwt).await;
    let claims = with(
        &issuer.claims("two"),
        json!({
            "oid": "4711", "permissions": ["notes:write"], "realm_access": { "roles": ["editor", "admin"] },
            "https://acme.com/roles": "team lead",
        }),
    );
    let expected = format!("4711 of {}: notes:read notes:write +editor +admin +team lead", issuer.url);
    assert_eq!(judged(&server, &signer.token(&claims)).await, expected);
    assert_eq!(judged(&server, &signer.token(&with(&claims, json!({ "aud": AUDIENCE })))).await, AUDIENCES);
    assert_eq!(judged(&server, &signer.token(&with(&claims, json!({ "exp": in_seconds(-1) })))).await, EXPIRED);
    let rsa = Signer::rsa("rs");
    assert_eq!(judged(&server, &rsa.token(&claims)).await, ALGORITHM);
}

#[tokio::test]
async fn presets_take_the_tokens_of_those_issuers_and_no_others() {
    let signer = Signer::rsa("rs");
    let keys = json!({ "keys": [signer.public()] }).to_string();
    let base = json!({ "sub": "ada", "exp": in_seconds(300), "scope": "read" });
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let v2 = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let v1 = format!("https://sts.windows.net/{tenant}/");
    let cognito = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC";
    let cases: Vec<(Jwt, Value, String)> = vec![
        (
            Jwt::auth0("acme.auth0.com").audience("crm"),
            json!({ "iss": "https://acme.auth0.com/", "aud": ["crm", "https://acme.auth0.com/userinfo"], "permissions": ["write"] }),
            "ada of https://acme.auth0.com/: read write".to_owned(),
        ),
        (
            Jwt::okta("acme.okta.com", "default").audience("crm"),
            json!({ "iss": "https://acme.okta.com/oauth2/default", "aud": "crm", "scope": null, "scp": ["read"], "groups": ["Everyone"] }),
            "ada of https://acme.okta.com/oauth2/default: read +Everyone".to_owned(),
        ),
        (
            Jwt::entra(tenant).audience("id"),
            json!({ "iss": v2, "aud": "id", "scope": null, "scp": "read write", "oid": "4711", "ver": "2.0" }),
            format!("4711 of {v2}: read write"),
        ),
        (
            Jwt::entra(tenant).audience("id"),
            json!({ "iss": v1, "aud": "api://id", "scope": null, "oid": "4711", "roles": ["App.Read"] }),
            format!("4711 of {v1}:  +App.Read"),
        ),
        (
            Jwt::entra(tenant).audience("id"),
            json!({ "iss": "https://sts.windows.net/other/", "aud": "id", "oid": "4711" }),
            UNKNOWN.to_owned(),
        ),
        (
            Jwt::cognito("eu-west-1", "eu-west-1_AbC").client_ids(["app"]),
            json!({ "iss": cognito, "client_id": "app", "token_use": "access", "cognito:groups": ["staff"] }),
            format!("ada of {cognito}: read +staff"),
        ),
        (
            Jwt::cognito("eu-west-1", "eu-west-1_AbC").client_ids(["app"]),
            json!({ "iss": cognito, "client_id": "other", "token_use": "access" }),
            AUDIENCES.to_owned(),
        ),
        (
            Jwt::cognito("eu-west-1", "eu-west-1_AbC").client_ids(["app"]),
            json!({ "iss": cognito, "client_id": "app" }),
            AUDIENCES.to_owned(),
        ),
        (
            Jwt::cognito("eu-west-1", "eu-west-1_AbC").client_ids(["app"]),
            json!({ "iss": cognito, "client_id": "app", "token_use": "access", "aud": "https://other.example.com" }),
            AUDIENCES.to_owned(),
        ),
        (
            Jwt::keycloak("https://login.acme.com/", "staff").audience("crm"),
            json!({ "iss": "https://login.acme.com/realms/staff", "aud": ["crm", "account"], "azp": "app", "realm_access": { "roles": ["editor"] } }),
            "ada of https://login.acme.com/realms/staff: read +editor".to_owned(),
        ),
        (
            Jwt::keycloak("https://login.acme.com/", "staff").audience("crm"),
            json!({ "iss": "https://login.acme.com/realms/staff", "aud": "account", "azp": "crm" }),
            AUDIENCES.to_owned(),
        ),
    ];
    for (jwt, claims, expected) in cases {
        let server = serve(jwt.jwks_json(&keys)).await;
        assert_eq!(judged(&server, &signer.token(&with(&base, claims.clone()))).await, expected, "{claims}");
    }
}

#[tokio::test]
async fn a_token_that_says_nothing_is_asked_about() {
    let issuer = Issuer::of(&[]).await;
    let url = issuer.url.clone();
    issuer.answers(move |path, headers, body| {
        assert_eq!(path, "/introspect");
        // `mcp-server` and `se:cret/`, each encoded by itself.
        assert_eq!(headers["authorization"], "Basic bWNwLXNlcnZlcjpzZSUzQWNyZXQlMkY=");
        let token = body.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap();
        match token {
            "opaque-good" => text(
                &json!({
                    "active": true, "sub": "ada", "client_id": "agent", "scope": "read write", "iss": url, "aud": AUDIENCE,
                    "exp": in_seconds(300), "groups": ["staff"],
                })
                .to_string(),
            ),
            "opaque-client" => text("{\"active\":true,\"client_id\":\"agent\"}"),
            "opaque-other" => text("{\"active\":true,\"sub\":\"ada\",\"aud\":\"https://other.example.com\"}"),
            "opaque-foreign" => text("{\"active\":true,\"sub\":\"ada\",\"iss\":\"https://other.example.com\"}"),
            "opaque-bound" => text("{\"active\":true,\"sub\":\"ada\",\"cnf\":{\"jkt\":\"x\"}}"),
            "opaque-nobody" => text("{\"active\":true}"),
            "opaque-late" => text(&format!("{{\"active\":true,\"sub\":\"ada\",\"exp\":{}}}", in_seconds(-5))),
            "opaque-html" => text("<html>"),
            "opaque-odd" => text("{\"active\":\"true\"}"),
            "opaque-down" => status(500),
            "opaque-refused" => status(401),
            _ => text("{\"active\":false}"),
        }
    });
    let introspect = Introspect::at(format!("{}/introspect", issuer.url)).client("mcp-server", "se:cret/");
    let introspect = introspect.issuer(&issuer.url).roles_from("groups");
    assert!(!format!("{introspect:?}").contains("cret"), "{introspect:?}");
    let server = HttpServer::serve(server().auth(introspect).build().unwrap()).await;
    for (token, expected) in [
        ("opaque-good", format!("ada of {}: read write +staff", issuer.url)),
        ("opaque-client", format!("agent of {}: ", issuer.url)),
        ("opaque-other", UNKNOWN.to_owned()),
        ("opaque-foreign", UNKNOWN.to_owned()),
        ("opaque-bound", UNKNOWN.to_owned()),
        ("opaque-nobody", UNKNOWN.to_owned()),
        ("opaque-late", EXPIRED.to_owned()),
        ("opaque-inactive", UNKNOWN.to_owned()),
        ("opaque-html", "503 after 5".to_owned()),
        ("opaque-odd", "503 after 5".to_owned()),
        ("opaque-down", "503 after 5".to_owned()),
        ("opaque-refused", "503 after 5".to_owned()),
    ] {
        assert_eq!(judged(&server, token).await, expected, "{token}");
    }
    let _ = issuer.asked();
    for _ in 0..3 {
        assert!(judged(&server, "opaque-good").await.starts_with("ada"));
        assert_eq!(judged(&server, "opaque-inactive").await, UNKNOWN);
    }
    assert_eq!(issuer.asked(), [""; 0], "an answer is believed for a while");
}

/// `guarded` with the keys of a signer and a token given out by hand; what it writes goes to its log and to `audit`.
fn guarded(signer: &Signer, canary: &str, audit: &std::path::Path) -> Example {
    Example::named("guarded")
        .env("JWKS", json!({ "keys": [signer.public()] }).to_string())
        .env("TOKENS", format!("{canary}=ci:admin,notes:read"))
        .env("AUDIT", audit)
        .env("FASTMCP_LOG", "trace")
}

#[tokio::test]
async fn no_token_is_ever_shown_whatever_becomes_of_it() {
    let signer = Signer::ec("es", false);
    let claims = json!({ "iss": "https://issuer.example.com", "aud": AUDIENCE, "sub": "ada", "exp": in_seconds(300) });
    let by_hand = "sk-canary-5f0e6c1d77aa";
    let good = signer.token(&claims);
    let bad = [
        signer.token(&with(&claims, json!({ "exp": in_seconds(-300) }))),
        signer.token(&with(&claims, json!({ "aud": "https://other.example.com" }))),
        signer.token(&with(&claims, json!({ "iss": "https://other.example.com" }))),
        signer.token(&with(&claims, json!({ "nonce": "n" }))),
        Signer::ec("es", false).token(&claims),
        Signer::ec("other", false).token(&claims),
        "sk-canary-that-nobody-knows".to_owned(),
        format!("{by_hand}="),
        format!("eyJhbGciOiJub25lIn0.{}.", encoded(claims.to_string())),
    ];
    let directory = tempfile::tempdir().unwrap();
    let audit = directory.path().join("audit.jsonl");
    let server = HttpServer::start(guarded(&signer, by_hand, &audit)).await;
    let mut told = String::new();
    for (token, expected) in
        [(by_hand, 200), (good.as_str(), 200)].into_iter().chain(bad.iter().map(|bad| (&**bad, 401)))
    {
        for _ in 0..2 {
            let response = call(&server, token).await;
            assert_eq!(response.head.status, expected);
            writeln!(told, "{response:?} {}", String::from_utf8_lossy(&response.body)).unwrap();
        }
    }
    let asked = |path: String| {
        let address = server.address.clone();
        async move {
            let mut connection = Connection::open(&address).await;
            connection.send("GET", &path, &[], b"").await;
            connection.response().await.expect("a response")
        }
    };
    let response = asked(format!("/mcp?access_token={by_hand}")).await;
    assert_eq!(response.head.status, 400);
    for response in
        [response, asked("/metrics".to_owned()).await, asked("/.well-known/oauth-protected-resource".to_owned()).await]
    {
        writeln!(told, "{response:?} {}", String::from_utf8_lossy(&response.body)).unwrap();
    }
    for (number, token) in [by_hand, &good].into_iter().chain(bad.iter().map(|bad| &**bad)).enumerate() {
        let file = directory.path().join(format!("token-{number}"));
        std::fs::write(&file, token).unwrap();
        let output = guarded(&signer, by_hand, &audit).args(["check", "--auth"]).arg(&file).output().await;
        told.push_str(&String::from_utf8([output.stdout, output.stderr].concat()).unwrap());
    }
    let (log, output) = (server.log.clone(), server.output.clone());
    server.terminate().await;
    told.push_str(&log.ended().await);
    told.push_str(&output.ended().await);
    told.push_str(&std::fs::read_to_string(&audit).unwrap());
    assert!(told.contains("whoami") && told.contains("mcp_auth_total") && told.contains("\"ci\""), "{told}");

    for token in [by_hand, &good].into_iter().chain(bad.iter().map(|bad| &**bad)) {
        // Each part of it, but for a header that everybody's tokens have.
        for part in token.split('.').filter(|part| part.len() > 12).skip(usize::from(token.contains('.'))) {
            assert!(!told.contains(part), "{part} is in\n{told}");
        }
        assert!(!told.contains(token), "{token} is in\n{told}");
    }
}

#[tokio::test]
async fn check_auth_says_step_by_step_why_a_token_is_taken_or_not() {
    let signer = Signer::ec("es", false);
    let claims = json!({
        "iss": "https://issuer.example.com", "aud": AUDIENCE, "sub": "ada", "exp": in_seconds(300), "scope": "notes:read",
    });
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let by_hand = "sk-canary-5f0e6c1d77aa";
    for (token, taken, expected) in [
        (
            signer.token(&claims),
            true,
            &[
                "a signed token",
                "alg: \"ES256\"",
                "the signature is good",
                "ada of https://issuer.example.com, scopes: notes:read",
            ][..],
        ),
        (by_hand.to_owned(), true, &["it is known: ci, scopes: notes:read, roles: admin"]),
        (format!("Bearer {by_hand}\n"), true, &["The token is taken: ci"]),
        (
            signer.token(&with(&claims, json!({ "aud": "https://other.example.com" }))),
            false,
            &["`aud` is \"https://other.example.com\", expected: https://mcp.acme.com/mcp (audience)", "401"],
        ),
        (
            signer.token(&with(&claims, json!({ "iss": "https://issuer.example.com/" }))),
            false,
            &["`iss` is \"https://issuer.example.com/\", and https://issuer.example.com was expected"],
        ),
        (
            signer.token(&with(&claims, json!({ "exp": 1_000_000_000 }))),
            false,
            &["`exp` is 1000000000, now is", "(expired)"],
        ),
        (signer.token(&with(&claims, json!({ "nbf": in_seconds(900) }))), false, &["`nbf` is", "(not_yet_valid)"]),
        (
            signer.token(&with(&claims, json!({ "sub": null }))),
            false,
            &["there is no `sub` and no `client_id` (subject)"],
        ),
        (signer.token(&with(&claims, json!({ "cnf": {} }))), false, &["`cnf` is {} (binding)"]),
        (signer.token(&with(&claims, json!({ "at_hash": "x" }))), false, &["`at_hash` is \"x\" (type)"]),
        (signer.token(&with(&claims, json!({ "exp": "soon" }))), false, &["`exp` is \"soon\"", "(malformed)"]),
        (Signer::ec("es", false).token(&claims), false, &["the signature of the token is wrong (signature)"]),
        (Signer::ec("no", false).token(&claims), false, &["no key of that name", "(key)"]),
        (
            format!("{}.{}.", encoded(r#"{"alg":"none"}"#), encoded(claims.to_string())),
            false,
            &["(algorithm); its header is { alg: \"none\" }"],
        ),
        ("sk-canary-that-nobody-knows".to_owned(), false, &["it is not one of these", "not a signed token"]),
        ("two words".to_owned(), false, &["the file holds no token"]),
        (String::new(), false, &["the file holds no token"]),
    ] {
        std::fs::write(&file, &token).unwrap();
        let audit = directory.path().join("audit.jsonl");
        let output = guarded(&signer, by_hand, &audit).args(["check", "--auth"]).arg(&file).output().await;
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.success(), taken, "{told}");
        for expected in expected {
            assert!(told.contains(expected), "{expected}\n{told}");
        }
    }
    let away = guarded(&signer, by_hand, &file).args(["check", "--auth", "/nowhere/token"]).output().await;
    let told = String::from_utf8(away.stderr).unwrap();
    assert!(!away.status.success() && told.contains("/nowhere/token cannot be read"), "{told}");
    let open = Example::named("hello").args(["check", "--auth"]).arg(&file).output().await;
    let told = String::from_utf8([open.stdout, open.stderr].concat()).unwrap();
    assert!(!open.status.success() && told.contains("asks nobody for a token"), "{told}");
}

#[test]
fn all_that_is_wrong_with_an_issuer_is_said_at_once() {
    let server = server()
        .auth(Jwt::issuer("http://login.acme.com").audience("").algorithms(["HS256", "ES512"]).jwks_uri("file:///keys"))
        .auth(Jwt::issuer("https://a.example.com").algorithms([""; 0]))
        .auth(
            Jwt::issuer("https://b.example.com").leeway(Duration::from_secs(301)).required_scope("a b").jwks_json("{}"),
        )
        .auth(Jwt::entra("common").audience("x"))
        .auth(Jwt::okta("acme.okta.com", ""))
        .auth(Jwt::cognito("eu-west-1", "pool").client_ids([""; 0]))
        .auth(Jwt::issuer("https://c.example.com").ca_file("/nowhere/ca.pem"))
        .auth(Introspect::at("http://login.acme.com/introspect"));
    let error = server.build().unwrap_err().to_string();
    for expected in [
        "`Jwt::issuer(\"http://login.acme.com\")` at tests/it/jwt.rs:",
        "is not encrypted: write `https://`",
        "`Jwt::audience(\"\")`",
        "`Jwt::algorithms([\"HS256\"])`",
        "`Jwt::algorithms([\"ES512\"])`",
        "`Jwt::jwks_uri(\"file:///keys\")`",
        "`Jwt::algorithms([])`",
        "`Jwt::leeway(301s)`",
        "`Jwt::required_scope(\"a b\")`",
        "`Jwt::jwks_json(..)`",
        "`Jwt::entra(\"common\")`",
        "`Jwt::okta(.., \"\")`",
        "`Jwt::client_ids([..])`",
        "the certificates in /nowhere/ca.pem cannot be read",
        "`Introspect::at(\"http://login.acme.com/introspect\")`",
        "has no `.client(id, secret)`",
    ] {
        assert!(error.contains(expected), "{expected}\n{error}");
    }
    let nobody_said = Server::empty("crm").tool(whoami).auth(Jwt::issuer("https://a.example.com")).build().unwrap_err();
    assert!(nobody_said.to_string().contains("add `.public_url(\"https://..\")`"), "{nobody_said}");
}
