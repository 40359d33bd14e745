//! Lists: their order, their pages, what they say, and completion.

use fastmcp_rs::{CacheScope, Icon, prelude::*};
use fastmcp_rs_tests::{Client, Revision, client::text_of, served, wherever};
use serde_json::{Value, json};

macro_rules! numbered {
    ($($tool:ident $resource:ident $uri:literal $template:ident $pattern:literal $prompt:ident;)*) => {
        $(
            /// A tool.
            #[tool(inline)]
            fn $tool() -> &'static str {
                stringify!($tool)
            }

            /// A resource.
            #[resource($uri)]
            fn $resource() -> &'static str {
                $uri
            }

            /// A template.
            #[resource($pattern)]
            fn $template(name: String) -> String {
                name
            }

            /// A prompt.
            #[prompt]
            fn $prompt() -> &'static str {
                stringify!($prompt)
            }
        )*

        fn numbered() -> Server {
            Server::empty("pages")$(.tool($tool).resource($resource).resource($template).prompt($prompt))*
        }
    };
}

numbered! {
    tool_c resource_c "page://c" template_c "c://{name}" prompt_c;
    tool_a resource_a "page://a" template_a "a://{name}" prompt_a;
    tool_e resource_e "page://e" template_e "e://{name}" prompt_e;
    tool_b resource_b "page://b" template_b "b://{name}" prompt_b;
    tool_d resource_d "page://d" template_d "d://{name}" prompt_d;
}

/// The lists, what they hold, and the member that orders them.
const LISTS: [(&str, &str, &str); 4] = [
    ("tools/list", "tools", "name"),
    ("resources/list", "resources", "uri"),
    ("resources/templates/list", "resourceTemplates", "uriTemplate"),
    ("prompts/list", "prompts", "name"),
];

#[tokio::test]
async fn pages_add_up_to_the_sorted_list() {
    wherever(
        &Revision::ALL,
        |_| numbered().page_size(2),
        async |client| {
            for (method, field, key) in LISTS {
                let mut params = json!({});
                let mut sizes = Vec::new();
                let mut keys = Vec::new();
                loop {
                    let page = client.result(method, params).await;
                    let items = page[field].as_array().unwrap();
                    sizes.push(items.len());
                    keys.extend(items.iter().map(|item| item[key].as_str().unwrap().to_owned()));
                    match page.get("nextCursor") {
                        Some(cursor) => params = json!({ "cursor": cursor }),
                        None => break,
                    }
                }
                assert_eq!(sizes, [2, 2, 1], "{method}");
                assert!(keys.is_sorted() && keys.len() == 5, "{method}: {keys:?}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_cursor_outlives_the_server_and_changes_of_the_list() {
    let server = numbered().page_size(2);
    let mut client = Client::of(server, Revision::V2026_07_28).await;
    let cursor = client.result("tools/list", json!({})).await["nextCursor"].take();
    client.finish().await;

    let server = numbered().page_size(2);
    let server = server.build().unwrap();
    let handle = server.clone();
    let mut client = Client::of(server, Revision::V2025_06_18).await;
    let names = async |client: &mut Client| {
        let page = client.result("tools/list", json!({ "cursor": cursor })).await;
        page["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&mut client).await, ["tool_c", "tool_d"]);
    handle.remove("tool_b").unwrap(); // the last of the first page
    handle.remove("tool_c").unwrap();
    assert_eq!(names(&mut client).await, ["tool_d", "tool_e"]);
    let refusal = client.refusal("prompts/list", json!({ "cursor": cursor })).await;
    assert_eq!(refusal.code, -32602, "the cursor of another list");
    client.unasked.clear();
    client.finish().await;
}

#[tokio::test]
async fn lists_are_the_same_every_time() {
    served(numbered, async |client| {
        for (method, ..) in LISTS {
            let first = client.result(method, json!({})).await;
            for _ in 0..3 {
                assert_eq!(client.result(method, json!({})).await, first);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_empty_cursor_is_a_cursor_and_not_one_of_ours() {
    served(
        || numbered().page_size(2),
        async |client| {
            for (method, ..) in LISTS {
                assert_eq!(client.refusal(method, json!({ "cursor": "" })).await.code, -32602, "{method}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn how_long_lists_keep_is_the_servers_to_say() {
    let server = || numbered().cache_lists(std::time::Duration::from_secs(60), CacheScope::Public);
    wherever(
        &[Revision::V2026_07_28],
        |_| server(),
        async |client| {
            for (method, ..) in LISTS {
                let list = client.result(method, json!({})).await;
                assert_eq!((&list["ttlMs"], &list["cacheScope"]), (&json!(60_000), &json!("public")), "{method}");
            }
        },
    )
    .await;
    wherever(
        &[Revision::V2026_07_28],
        |_| numbered(),
        async |client| {
            let list = client.result("tools/list", json!({})).await;
            assert_eq!((&list["ttlMs"], &list["cacheScope"]), (&json!(0), &json!("private")));
        },
    )
    .await;
}

/// Does everything.
///
/// In two paragraphs.
#[tool(
    name = "do.it-all",
    title = "Do it all",
    tags("a", "b"),
    version = "1.2",
    read_only,
    open_world = false,
    icon = "https://example.com/icon.png",
    meta = json!({ "com.example/key": [1] })
)]
fn everything() -> u8 {
    1
}

/// Seen by nobody.
#[tool(hidden)]
fn secret() -> u8 {
    2
}

/// Seen by nobody either.
#[tool]
fn _internal() -> u8 {
    3
}

#[tokio::test]
async fn an_entry_says_what_the_attribute_says_in_the_form_of_its_revision() {
    let server = || {
        let server = Server::empty("entries").title("Entries").description("Lists things.").version("3.1");
        server.website_url("https://example.com").icon(Icon::new("https://example.com/server.png")).tool(everything)
    };
    wherever(
        &Revision::ALL,
        |_| server(),
        async |client| {
            let revision = client.revision();
            let since = |first: Revision, value: Value| (revision >= first).then_some(value);
            let tool = client.list("tools/list", "tools").await.remove(0);
            assert_eq!(tool["name"], "do.it-all");
            assert_eq!(tool["description"], "Does everything.\n\nIn two paragraphs.");
            for (member, expected) in [
                ("title", since(Revision::V2025_06_18, json!("Do it all"))),
                ("annotations", since(Revision::V2025_03_26, json!({ "readOnlyHint": true, "openWorldHint": false }))),
                ("icons", since(Revision::V2025_11_25, json!([{ "src": "https://example.com/icon.png" }]))),
                (
                    "_meta",
                    since(
                        Revision::V2025_06_18,
                        json!({ "com.example/key": [1], "fastmcp": { "tags": ["a", "b"], "version": "1.2" } }),
                    ),
                ),
            ] {
                assert_eq!(tool.get(member), expected.as_ref(), "{member} in {revision}");
            }
            let info = match revision.is_modern() {
                true => &client.server["_meta"]["io.modelcontextprotocol/serverInfo"],
                false => &client.server["serverInfo"],
            };
            assert_eq!((&info["name"], &info["version"]), (&json!("entries"), &json!("3.1")));
            for (member, expected) in [
                ("title", since(Revision::V2025_06_18, json!("Entries"))),
                ("description", since(Revision::V2025_11_25, json!("Lists things."))),
                ("websiteUrl", since(Revision::V2025_11_25, json!("https://example.com"))),
                ("icons", since(Revision::V2025_11_25, json!([{ "src": "https://example.com/server.png" }]))),
            ] {
                assert_eq!(info.get(member), expected.as_ref(), "{member} in {revision}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_hidden_is_not_listed_and_can_be_called() {
    served(
        || Server::empty("hidden").tool(everything).tool(secret).tool(_internal),
        async |client| {
            assert_eq!(client.names("tools/list", "tools").await, ["do.it-all"]);
            assert_eq!(text_of(&client.call("secret", json!({})).await), "2");
            assert_eq!(text_of(&client.call("_internal", json!({})).await), "3");
            let refusal = client.refusal("tools/call", json!({ "name": "secrt" })).await;
            assert!(!refusal.message.contains("`secret`"), "what is hidden is not suggested: {refusal}");
        },
    )
    .await;
}

#[tokio::test]
async fn tags_choose_what_is_served() {
    let mut client = Client::of(numbered().tool(everything).only_tags(["b"]), Revision::V2026_07_28).await;
    assert_eq!(client.names("tools/list", "tools").await, ["do.it-all"]);
    assert_eq!(client.refusal("prompts/list", json!({})).await.code, -32601, "nothing of the kind is left");
    client.finish().await;
    let mut client = Client::of(numbered().tool(everything).except_tags(["a"]), Revision::V2026_07_28).await;
    assert_eq!(client.names("tools/list", "tools").await.len(), 5);
    client.finish().await;
    let error = numbered().only_tags(["nobody has this"]).build().unwrap_err().to_string();
    assert!(error.contains("its tags leave nothing to serve"), "{error}");
    assert!(Server::empty("empty").build().unwrap_err().to_string().contains("nothing to offer"));
}

#[tokio::test]
async fn an_older_client_that_asks_for_what_is_not_there_gets_an_empty_list() {
    wherever(
        &Revision::ALL,
        |_| Server::empty("tools").tool(secret).tool(everything),
        async |client| {
            for (method, field, _) in LISTS.into_iter().skip(1) {
                match client.ask(method, json!({})).await {
                    Ok(list) => {
                        assert!(!client.revision().is_modern());
                        assert_eq!(list[field], json!([]), "{method}");
                    }
                    Err(refusal) => {
                        assert!(client.revision().is_modern());
                        assert_eq!(refusal.code, -32601, "{method}");
                    }
                }
            }
        },
    )
    .await;
}

#[model]
#[serde(rename_all = "lowercase")]
enum Unit {
    Celsius,
    Fahrenheit,
    Centigrade,
}

async fn cities(typed: Completing) -> Vec<String> {
    tokio::task::yield_now().await;
    let country = typed.arguments.get("country").map_or("", String::as_str);
    let all = match country {
        "Norway" => vec!["Oslo", "Bergen"],
        _ => vec!["Oslo", "Bergen", "Osaka", "Berlin"],
    };
    all.into_iter().filter(|city| city.starts_with(&typed.value)).map(str::to_owned).collect()
}

fn numbers(typed: Completing) -> Vec<String> {
    (0..250).map(|n| n.to_string()).filter(|n| n.starts_with(&typed.value)).collect()
}

/// The weather.
#[prompt]
fn weather(
    country: Option<String>,
    #[arg(complete = cities)] city: String,
    unit: Option<Unit>,
    #[arg(complete = numbers)] day: Option<u8>,
) -> String {
    let _ = (country, unit, day);
    city
}

/// The weather as a resource.
#[resource("weather://{city}/{unit}")]
fn weather_at(#[arg(complete = cities)] city: String, unit: Unit) -> String {
    let _ = unit;
    city
}

#[tokio::test]
async fn arguments_complete_by_a_function_or_by_being_an_enum() {
    wherever(&Revision::ALL, |_| Server::empty("complete").prompt(weather).resource(weather_at), async |client| {
        let prompt = json!({ "type": "ref/prompt", "name": "weather" });
        let template = json!({ "type": "ref/resource", "uri": "weather://{city}/{unit}" });
        for (reference, name, value, expected) in [
            (&prompt, "city", "Os", json!(["Oslo", "Osaka"])),
            (&prompt, "city", "X", json!([])),
            (&prompt, "unit", "", json!(["celsius", "fahrenheit", "centigrade"])),
            (&prompt, "unit", "CE", json!(["celsius", "centigrade"])),
            (&prompt, "country", "N", json!([])),
            (&template, "city", "Ber", json!(["Bergen", "Berlin"])),
            (&template, "unit", "f", json!(["fahrenheit"])),
        ] {
            let params = json!({ "ref": reference, "argument": { "name": name, "value": value } });
            let found = client.result("completion/complete", params).await;
            assert_eq!(found["completion"]["values"], expected, "{reference} {name} {value:?}");
        }
        let declared = client.revision() >= Revision::V2025_03_26;
        assert_eq!(client.server["capabilities"].get("completions").is_some(), declared);

        let params = json!({
            "ref": prompt, "argument": { "name": "city", "value": "" }, "context": { "arguments": { "country": "Norway" } },
        });
        let found = client.result("completion/complete", params).await;
        assert_eq!(found["completion"]["values"], json!(["Oslo", "Bergen"]));

        let params = json!({ "ref": prompt, "argument": { "name": "day", "value": "" } });
        let found = client.result("completion/complete", params).await;
        let completion = &found["completion"];
        assert_eq!(completion["values"].as_array().unwrap().len(), 100, "no more than a hundred");
        assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(250), &json!(true)));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_completed_is_refused() {
    served(
        || Server::empty("complete").prompt(weather).resource(weather_at),
        async |client| {
            for params in [
                json!({}),
                json!({ "ref": { "type": "ref/prompt", "name": "weather" } }),
                json!({ "ref": { "type": "ref/prompt", "name": "nothing" }, "argument": { "name": "city", "value": "" } }),
                json!({ "ref": { "type": "ref/prompt", "name": "weather" }, "argument": { "name": "town", "value": "" } }),
                json!({ "ref": { "type": "ref/resource", "uri": "nothing://{a}" }, "argument": { "name": "a", "value": "" } }),
                json!({ "ref": { "type": "ref/tool", "name": "weather" }, "argument": { "name": "city", "value": "" } }),
                json!({ "ref": { "type": "ref/prompt", "name": "weather" }, "argument": { "name": "city", "value": 5 } }),
            ] {
                assert_eq!(client.refusal("completion/complete", params.clone()).await.code, -32602, "{params}");
            }
        },
    )
    .await;
    served(
        || Server::empty("nothing to complete").tool(everything),
        async |client| {
            let params =
                json!({ "ref": { "type": "ref/prompt", "name": "x" }, "argument": { "name": "a", "value": "" } });
            assert_eq!(client.refusal("completion/complete", params).await.code, -32601);
        },
    )
    .await;
}
