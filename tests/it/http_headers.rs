//! Headers: arguments that travel as headers too, and what a browser is told.

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Client, Revision, Transport, http::Head};
use serde_json::{Value, json};

/// Repeats what it got.
#[tool(inline)]
fn route(
    #[arg(header = "Region")] region: Option<String>,
    #[arg(header = "Shard")] shard: Option<i64>,
    #[arg(header = "Dry-Run")] dry_run: Option<bool>,
    note: Option<String>,
) -> String {
    format!("{region:?} {shard:?} {dry_run:?} {note:?}")
}

async fn client(revision: Revision) -> Client {
    Client::start(Server::empty("routes").tool(route), Transport::Http, revision).await
}

/// The HTTP status and the JSON-RPC code of a call with these arguments and these headers beside the usual ones.
async fn verdict(client: &mut Client, arguments: &Value, own: &[(&str, &str)]) -> (u16, Option<i64>) {
    let request = client.request("tools/call", json!({ "name": "route", "arguments": arguments }));
    let mut headers = client.headers(&request);
    headers.extend(own.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
    let response = client.post(&headers, request.to_string().as_bytes()).await;
    let [answer] = &response.messages()[..] else { panic!("one answer: {}", response.text()) };
    assert_eq!(answer["id"], request["id"]);
    assert_ne!(answer["result"]["isError"], true, "{answer}");
    (response.head.status, answer["error"]["code"].as_i64())
}

const FINE: (u16, Option<i64>) = (200, None);
const MISMATCH: (u16, Option<i64>) = (400, Some(-32020));

#[tokio::test]
async fn an_argument_and_its_header_have_to_agree() {
    let mut client = client(Revision::V2026_07_28).await;
    let tools = client.list("tools/list", "tools").await;
    let properties = &tools[0]["inputSchema"]["properties"];
    assert_eq!(
        [
            &properties["region"]["x-mcp-header"],
            &properties["shard"]["x-mcp-header"],
            &properties["note"]["x-mcp-header"]
        ],
        [&json!("Region"), &json!("Shard"), &Value::Null]
    );
    let text = |text: &str| json!({ "region": text });
    for (arguments, headers, expected) in [
        // Text is compared as it is, and white space around a header is none of it.
        (text("eu"), &[("Mcp-Param-Region", "eu")][..], FINE),
        (text("eu"), &[("mcp-param-REGION", " \teu ")], FINE),
        (text("eu"), &[], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "us")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "EU")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "eu"), ("Mcp-Param-Region", "eu")], MISMATCH),
        (text("eu"), &[("Region", "eu")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "eu"), ("Mcp-Param-Other", "ignored")], FINE),
        // What no header can hold comes in base64, and so may everything else.
        (text("Kölner Straße\n"), &[("Mcp-Param-Region", "=?base64?S8O2bG5lciBTdHJhw59lCg==?=")], FINE),
        (text("eu"), &[("Mcp-Param-Region", "=?base64?ZXU=?=")], FINE),
        (text("eu"), &[("Mcp-Param-Region", "=?base64?ZXU?=")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "=?base64?ZXV=?=")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "=?base64?Z X U=?=")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "=?BASE64?ZXU=?=")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "=?base64?dXM=?=")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "=?base64?/w==?=")], MISMATCH),
        (text("eu"), &[("Mcp-Param-Region", "ZXU=")], MISMATCH),
        (text("=?base64?ZXU=?="), &[("Mcp-Param-Region", "=?base64?ZXU=?=")], MISMATCH),
        (text("=?base64?ZXU=?="), &[("Mcp-Param-Region", "=?base64?PT9iYXNlNjQ/WlhVPT89?=")], FINE),
        (text("=?base64?ZXU="), &[("Mcp-Param-Region", "=?base64?ZXU=")], FINE),
        // Numbers are compared as numbers.
        (json!({ "shard": 42 }), &[("Mcp-Param-Shard", "42")], FINE),
        (json!({ "shard": 42 }), &[("Mcp-Param-Shard", "42.0")], FINE),
        (json!({ "shard": 42.0 }), &[("Mcp-Param-Shard", "42")], FINE),
        (json!({ "shard": -1 }), &[("Mcp-Param-Shard", "-1")], FINE),
        (json!({ "shard": 42 }), &[("Mcp-Param-Shard", "43")], MISMATCH),
        (json!({ "shard": 42 }), &[("Mcp-Param-Shard", "42.5")], MISMATCH),
        (json!({ "shard": 42 }), &[("Mcp-Param-Shard", "forty-two")], MISMATCH),
        (json!({ "shard": 42 }), &[("Mcp-Param-Shard", "NaN")], MISMATCH),
        (json!({ "shard": 42 }), &[], MISMATCH),
        (json!({ "shard": 9_007_199_254_740_991_i64 }), &[("Mcp-Param-Shard", "9007199254740990")], MISMATCH),
        (json!({ "dry_run": true }), &[("Mcp-Param-Dry-Run", "true")], FINE),
        (json!({ "dry_run": false }), &[("Mcp-Param-Dry-Run", "false")], FINE),
        (json!({ "dry_run": true }), &[("Mcp-Param-Dry-Run", "True")], MISMATCH),
        (json!({ "dry_run": true }), &[("Mcp-Param-Dry-Run", "1")], MISMATCH),
        // What is not there has no header.
        (json!({}), &[], FINE),
        (json!({ "region": null }), &[], FINE),
        (json!({ "note": "eu" }), &[("Mcp-Param-Note", "us")], FINE),
        (json!({}), &[("Mcp-Param-Region", "eu")], MISMATCH),
        (json!({ "region": null }), &[("Mcp-Param-Region", "null")], MISMATCH),
        (json!({ "region": "eu", "shard": 1 }), &[("Mcp-Param-Region", "eu")], MISMATCH),
    ] {
        assert_eq!(verdict(&mut client, &arguments, headers).await, expected, "{arguments} {headers:?}");
    }
    client.finish().await;
}

#[tokio::test]
async fn older_revisions_have_no_headers_of_arguments() {
    for revision in [Revision::V2025_03_26, Revision::V2025_11_25] {
        let mut client = client(revision).await;
        let arguments = json!({ "region": "eu", "shard": 1 });
        for headers in [&[][..], &[("Mcp-Param-Region", "us")], &[("Mcp-Method", "tools/list"), ("Mcp-Name", "other")]]
        {
            assert_eq!(verdict(&mut client, &arguments, headers).await, FINE, "{headers:?}");
        }
        client.finish().await;
    }
}

fn allows(head: &Head, origin: &str) {
    assert_eq!(head.header("access-control-allow-origin"), Some(origin));
    assert!(head.header("vary").unwrap().eq_ignore_ascii_case("origin"));
    assert_eq!(head.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_read_every_answer() {
    let origins = ["https://app.example.com", "https://other.example.com/"];
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let server = Server::empty("routes").tool(route).http(Http::new().allowed_origins(origins));
        let mut client = Client::start(server, Transport::Http, revision).await;
        let request = client.request("tools/list", json!({}));
        let plain = client.headers(&request);
        assert_eq!(
            client.post(&plain, request.to_string().as_bytes()).await.head.header("access-control-allow-origin"),
            None
        );
        for origin in ["https://app.example.com", "https://other.example.com", "http://localhost:6274"] {
            let mut headers = plain.clone();
            headers.push(("Origin".to_owned(), origin.to_owned()));
            let response = client.post(&headers, request.to_string().as_bytes()).await;
            assert_eq!(response.head.status, 200);
            allows(&response.head, origin);
            let exposed = response.head.header("access-control-expose-headers").unwrap();
            for name in ["mcp-session-id", "mcp-protocol-version", "www-authenticate"] {
                assert!(exposed.contains(name), "{exposed}");
            }
            // Refusals are to be read as well.
            for (method, body, status) in [("POST", "garbage", 400), ("PUT", "", 405)] {
                let response = client.http(method, &headers, body.as_bytes()).await;
                assert_eq!(response.head.status, status);
                allows(&response.head, origin);
            }

            let asked = [
                ("Origin", origin),
                ("Access-Control-Request-Method", "POST"),
                (
                    "Access-Control-Request-Headers",
                    "content-type, mcp-method,Mcp-Param-Region, mcp-param-dry-run, mcp-param-, mcp-param-a b, x-evil",
                ),
            ];
            let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let response = client.http("OPTIONS", &asked, b"").await;
            assert_eq!((response.head.status, response.text().as_str()), (204, ""));
            allows(&response.head, origin);
            let methods = response.head.header("access-control-allow-methods").unwrap();
            assert!(["GET", "POST", "DELETE"].iter().all(|method| methods.contains(method)), "{methods}");
            let allowed = response.head.header("access-control-allow-headers").unwrap();
            let allowed: Vec<_> = allowed.split(',').map(str::trim).collect();
            for name in [
                "accept",
                "authorization",
                "content-type",
                "last-event-id",
                "mcp-method",
                "mcp-name",
                "mcp-protocol-version",
                "mcp-session-id",
                "mcp-param-region",
                "mcp-param-dry-run",
            ] {
                assert!(allowed.contains(&name), "{name}: {allowed:?}");
            }
            assert!(allowed.iter().all(|name| !name.contains("evil") && !name.contains(' ') && *name != "mcp-param-"));
        }
        for origin in ["https://app.example.com.evil.com", "http://app.example.com", "https://app.example.com:8443"] {
            let mut headers = plain.clone();
            headers.push(("Origin".to_owned(), origin.to_owned()));
            let response = client.post(&headers, request.to_string().as_bytes()).await;
            assert_eq!(response.head.status, 403, "{origin}");
            assert_eq!(response.head.header("access-control-allow-origin"), None, "{origin}");
        }
        client.finish().await;
    }
}
