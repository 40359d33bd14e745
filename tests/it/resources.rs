//! What is read by URI.

use std::str::FromStr;

use fastmcp_rs::{Bytes, ReadResult, prelude::*};
use fastmcp_rs_tests::{Client, Revision, Transport, served, wherever};
use serde_json::{Value, json};

/// A user by number.
#[resource("users://{id}")]
fn user(id: u64) -> Json<Value> {
    Json(json!({ "id": id }))
}

/// A user nobody confuses with another.
#[resource("users://me")]
fn me() -> &'static str {
    "me"
}

/// One level.
#[resource("tree://{parent}/{child}", mime_type = "text/markdown")]
async fn child(parent: String, child: String) -> String {
    format!("{parent} > {child}")
}

/// All levels.
#[resource("files://<path..>")]
fn file(path: String) -> String {
    path
}

/// A search.
#[resource("search://all{?q,limit}")]
fn search(q: Option<String>, #[arg(default = 10, range(1..=50))] limit: u8) -> String {
    format!("{q:?} {limit}")
}

#[derive(Debug)]
struct Shade(u8);

impl FromStr for Shade {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value = text.strip_prefix("shade-").ok_or("a shade begins with `shade-`")?;
        value.parse().map(Self).map_err(|error| format!("{error}"))
    }
}

#[model]
#[derive(Debug)]
#[serde(rename_all = "kebab-case")]
enum Paint {
    DarkRed,
    Blue,
}

/// Read by `FromStr` and as an enum.
#[resource("paint://{paint}/{shade}")]
fn paint(paint: Paint, shade: Shade) -> String {
    format!("{paint:?} {}", shade.0)
}

/// Bytes.
#[resource("blob://vec")]
fn blob() -> Vec<u8> {
    vec![0, 159, 255]
}

/// Bytes of a type.
#[resource("blob://typed", mime_type = "image/png")]
fn typed_blob() -> Bytes {
    Bytes(vec![0x89])
}

/// Contents in full.
#[resource("contents://one")]
fn contents() -> ResourceContents {
    ResourceContents::text("contents://other", "one").mime_type("text/x-own")
}

/// Several contents.
#[resource("contents://many")]
fn many() -> Result<Vec<ResourceContents>, ToolError> {
    Ok(vec![ResourceContents::text("contents://many/1", "one"), ResourceContents::blob("contents://many/2", [1, 2, 3])])
}

/// No contents.
#[resource("contents://none")]
fn none() -> Vec<ResourceContents> {
    Vec::new()
}

/// With a word of its own.
#[resource("contents://meta")]
fn with_meta() -> ReadResult {
    ReadResult::text("text").with_meta("com.example/key", 5)
}

/// For a while, for all.
#[resource(
    "cached://{name}",
    ttl = "5m",
    cache_scope = "public",
    title = "Cached",
    annotations(audience("user"), priority = 0.5)
)]
fn cached(name: String) -> String {
    name
}

fn server() -> Server {
    Server::empty("resources")
        .resource(user)
        .resource(me)
        .resource(child)
        .resource(file)
        .resource(search)
        .resource(paint)
        .resource(blob)
        .resource(typed_blob)
        .resource(contents)
        .resource(many)
        .resource(none)
        .resource(with_meta)
        .resource(cached)
}

async fn read(client: &mut Client, uri: &str) -> Value {
    client.result("resources/read", json!({ "uri": uri })).await["contents"][0].take()
}

#[tokio::test]
async fn a_uri_finds_the_most_literal_resource_and_its_variables() {
    served(server, async |client| {
        for (uri, text) in [
            ("users://5", "{\"id\":5}"),
            ("users://me", "me"),
            ("tree://a/b", "a > b"),
            ("tree://a%20b/c%2Bd", "a b > c+d"),
            ("tree://%C3%A4/%25", "ä > %"),
            ("files://a", "a"),
            ("files://a/b/c.txt", "a/b/c.txt"),
            ("search://all", "None 10"),
            ("search://all?q=rust", "Some(\"rust\") 10"),
            ("search://all?limit=50&q=a%26b", "Some(\"a&b\") 50"),
            ("paint://dark-red/shade-7", "DarkRed 7"),
            ("paint://blue/shade-0", "Blue 0"),
        ] {
            assert_eq!(read(client, uri).await["text"], text, "{uri}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_uri() {
    served(server, async |client| {
        let not_found = if client.revision().is_modern() { -32602 } else { -32002 };
        for uri in [
            "nothing://here",
            "users://",
            "users://5/6",
            "tree://a",
            "tree://a/b/c",
            "search://other",
            "contents://none",
            "",
            "no uri at all",
        ] {
            let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
            assert_eq!((refusal.code, &refusal.data["uri"]), (not_found, &json!(uri)), "{uri}: {refusal}");
        }
        // A variable that cannot be what the function takes.
        for (uri, variable) in [
            ("users://five", "id"),
            ("users://-5", "id"),
            ("paint://green/shade-1", "paint"),
            ("paint://blue/1", "shade"),
            ("search://all?limit=51", "limit"),
            ("search://all?limit=x", "limit"),
        ] {
            let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
            assert_eq!(refusal.code, -32602, "{uri}: {refusal}");
            assert!(refusal.message.contains(variable), "{uri}: {refusal}");
        }
        for uri in [json!(null), json!(5), json!(["users://5"])] {
            assert!(matches!(client.refusal("resources/read", json!({ "uri": uri })).await.code, -32602 | -32020));
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_climbs_out_of_a_directory() {
    served(server, async |client| {
        for uri in [
            "files://..",
            "files://../secret",
            "files://a/../../secret",
            "files://a/..%2f..%2fsecret",
            "files://%2e%2e/secret",
            "files://a/%2e%2e%2fsecret",
            "files://..\\secret",
            "files://%5c..%5csecret",
            "files:///etc/passwd",
            "files://%2fetc/passwd",
            "files://a%00b",
            "files://a/%zz",
            "files://a/%",
            "files://%ff",
            "tree://..%2fa/b",
            "tree://a%2Fb/c",
            "tree://../b",
            "users://..%2f5",
        ] {
            let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
            assert!(matches!(refusal.code, -32602 | -32002), "{uri}: {refusal}");
        }
        // Decoded once, and once only.
        assert_eq!(read(client, "files://%252e%252e").await["text"], "%2e%2e");
        // HTTP repeats the URI in a header, which has limits of its own.
        let long = if client.transport() == Transport::Stdio { 300_000 } else { 3000 };
        let refusal =
            client.refusal("resources/read", json!({ "uri": format!("files://{}", "a,/".repeat(long)) })).await;
        assert!(refusal.message.len() < 1000, "{} bytes", refusal.message.len());
    })
    .await;
}

#[tokio::test]
async fn a_uri_is_found_however_it_is_encoded() {
    /// A page of the menu.
    #[resource("docs://caf%C3%A9/{name}")]
    fn page(name: String) -> String {
        name
    }
    /// The house rules.
    #[resource("docs://caf%c3%a9/r%C3%a8gles%20%7Ehere")]
    fn rules() -> &'static str {
        "rules"
    }
    let server = || Server::empty("café").resource(page).resource(rules);
    served(server, async |client| {
        for (uri, text) in [
            ("docs://café/thé", "thé"),
            ("docs://caf%C3%A9/thé", "thé"),
            ("docs://caf%c3%a9/th%c3%a9", "thé"),
            ("DOCS://c%61fé/%74h%C3%A9", "thé"),
            ("docs://café/règles ~here", "rules"),
            ("docs://caf%c3%a9/r%C3%a8gles%20%7Ehere", "rules"),
            ("docs://caf%C3%A9/r%C3%A8gles%20%7ehere", "rules"),
        ] {
            assert_eq!(read(client, uri).await["text"], text, "{uri}");
        }
        for uri in ["docs://cafe/thé", "docs://caf%E9/a", "docs://cafe%CC%81/a", "docs:/%2fcafé/a", "docs://café%2fa"]
        {
            let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
            assert!(matches!(refusal.code, -32602 | -32002), "{uri}: {refusal}");
            assert_eq!(refusal.data["uri"], uri);
        }
    })
    .await;
}

#[tokio::test]
async fn values_in_a_uri_are_screened_before_the_function_runs() {
    /// Never reached.
    #[resource("never://{id}/{path*}{?q}")]
    fn never(id: String, path: String, q: Option<String>) -> String {
        panic!("{id:?} {path:?} {q:?} came through")
    }
    served(
        || Server::empty("screening").resource(never),
        async |client| {
            let unseen =
                ["%00", "%0a", "%0D%0A", "%1b[2J", "%7F", "%C2%9B", "\u{7}", "\u{202e}", "%E2%80%8f", "%e2%81%a7"];
            let hidden = unseen.iter().flat_map(|bad| {
                [
                    format!("never://a{bad}/x"),
                    format!("never://a/x{bad}y"),
                    format!("never://a/x?q=x{bad}"),
                    format!("never://a/x?r=1&q={bad}"),
                ]
            });
            let climbing = [
                "..",
                "../../etc/passwd",
                "%2e%2e/x",
                "%2E%2E%2Fx",
                "x/..%2f..",
                "..%5cx",
                "x%5C..%5Cy",
                "/etc/passwd",
                "%2Fetc",
            ];
            for uri in hidden.chain(climbing.map(|bad| format!("never://a/x?q={bad}"))) {
                let refusal = client.refusal("resources/read", json!({ "uri": uri })).await;
                assert!(matches!(refusal.code, -32602 | -32002), "{uri}: {refusal}");
                assert!(refusal.message.contains("in the URI must not"), "{uri}: {refusal}");
                let text = format!("{} {}", refusal.message, refusal.data);
                assert!(
                    !text.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200f}' | '\u{2067}')),
                    "{uri}: {text:?}"
                );
            }
        },
    )
    .await;
    served(server, async |client| {
        // What is none of these comes through: joiners in words, paths and dots in a query.
        for (uri, text) in [
            ("files://\u{645}\u{6cc}\u{200c}\u{62e}", "\u{645}\u{6cc}\u{200c}\u{62e}"),
            ("search://all?q=a/b..c", "Some(\"a/b..c\") 10"),
            ("search://all?q=%25.%2E.", "Some(\"%...\") 10"),
        ] {
            assert_eq!(read(client, uri).await["text"], text, "{uri}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_subscription_holds_however_its_uri_is_encoded() {
    /// A page.
    #[resource("docs://caf%C3%A9/{name}")]
    fn page(name: String) -> String {
        name
    }
    /// Changes a page.
    #[tool]
    async fn change(uri: String, ctx: Context) {
        ctx.resource_updated(uri);
    }
    let server = Server::empty("café").resource(page).tool(change);
    let mut client = Client::of(server, Revision::V2025_11_25).await;
    client.result("resources/subscribe", json!({ "uri": "docs://café/a" })).await;
    client.call("change", json!({ "uri": "docs://caf%C3%A9/b" })).await;
    client.call("change", json!({ "uri": "docs://caf%c3%a9/%61" })).await;
    let notice = client.receive().await;
    assert_eq!(
        (&notice["method"], &notice["params"]["uri"]),
        (&json!("notifications/resources/updated"), &json!("docs://caf%c3%a9/%61"))
    );
    client.result("resources/unsubscribe", json!({ "uri": "docs://caf%C3%A9/a" })).await;
    client.call("change", json!({ "uri": "docs://caf%C3%A9/a" })).await;
    client.finish().await;
}

#[tokio::test]
async fn contents_have_the_type_that_the_function_returns_or_the_attribute_names() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            for (uri, expected) in [
                ("users://5", json!({ "mimeType": "application/json", "text": "{\"id\":5}" })),
                ("users://me", json!({ "mimeType": "text/plain", "text": "me" })),
                ("tree://a/b", json!({ "mimeType": "text/markdown", "text": "a > b" })),
                ("blob://vec", json!({ "mimeType": "application/octet-stream", "blob": "AJ//" })),
                ("blob://typed", json!({ "mimeType": "image/png", "blob": "iQ==" })),
                ("contents://one", json!({ "uri": "contents://other", "mimeType": "text/x-own", "text": "one" })),
            ] {
                let mut expected = expected;
                if expected.get("uri").is_none() {
                    expected["uri"] = json!(uri);
                }
                assert_eq!(read(client, uri).await, expected, "{uri}");
            }
            let read = client.result("resources/read", json!({ "uri": "contents://many" })).await;
            let many = json!([
                { "uri": "contents://many/1", "text": "one" },
                { "uri": "contents://many/2", "blob": "AQID" },
            ]);
            assert_eq!(read["contents"], many);
            let read = client.result("resources/read", json!({ "uri": "contents://meta" })).await;
            assert_eq!(read["_meta"]["com.example/key"], 5);
        },
    )
    .await;
}

#[tokio::test]
async fn how_long_and_for_whom_an_answer_keeps_is_said_where_it_can_be() {
    served(server, async |client| {
        for (uri, ttl, scope) in [("cached://a", 300_000, "public"), ("users://me", 0, "private")] {
            let read = client.result("resources/read", json!({ "uri": uri })).await;
            if client.revision().is_modern() {
                assert_eq!((&read["ttlMs"], &read["cacheScope"]), (&json!(ttl), &json!(scope)), "{uri}");
            } else {
                assert!(read.get("ttlMs").is_none());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn fixed_uris_and_templates_are_listed_apart() {
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            let fixed = client.list("resources/list", "resources").await;
            let uris: Vec<_> = fixed.iter().map(|entry| entry["uri"].as_str().unwrap()).collect();
            let expected = [
                "blob://typed",
                "blob://vec",
                "contents://many",
                "contents://meta",
                "contents://none",
                "contents://one",
                "users://me",
            ];
            assert_eq!(uris, expected);
            assert_eq!(fixed[0]["description"], "Bytes of a type.");
            let templates = client.list("resources/templates/list", "resourceTemplates").await;
            let uris: Vec<_> = templates.iter().map(|entry| entry["uriTemplate"].as_str().unwrap()).collect();
            let expected = [
                "cached://{name}",
                "files://{path*}",
                "paint://{paint}/{shade}",
                "search://all{?q,limit}",
                "tree://{parent}/{child}",
                "users://{id}",
            ];
            assert_eq!(uris, expected);
            let title = (client.revision() >= Revision::V2025_06_18).then_some("Cached");
            assert_eq!(templates[0]["title"].as_str(), title);
            assert_eq!(templates[0]["annotations"], json!({ "audience": ["user"], "priority": 0.5 }));
        },
    )
    .await;
}

#[tokio::test]
async fn templates_that_answer_for_the_same_uris_keep_the_server_from_starting() {
    /// The same again.
    #[resource("users://{name}")]
    fn by_name(name: String) -> String {
        name
    }
    let error = Server::empty("twice").resource(user).resource(by_name).build().unwrap_err().to_string();
    assert!(error.contains("users://{id}") && error.contains("users://{name}"), "{error}");
    assert_eq!(error.matches("resources.rs:").count(), 2, "both places:\n{error}");
}
