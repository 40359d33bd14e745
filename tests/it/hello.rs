//! The smallest server, and the first hour with it: `greeter` in `tests/examples` is the program that docs/getting-started.md has
//! somebody write.

use std::{fs, path::Path};

use fastmcp_rs_tests::{Example, client::text_of, everywhere};
use serde_json::json;

#[tokio::test]
async fn the_smallest_server_greets() {
    everywhere(
        |_| Example::named("hello"),
        async |client| {
            let result = client.call("greet", json!({ "name": "World" })).await;
            assert_eq!(text_of(&result), "Hello, World!");
            assert_ne!(result["isError"], true);
        },
    )
    .await;
}

#[tokio::test]
async fn the_signature_and_its_docs_are_what_is_listed() {
    everywhere(
        |_| Example::named("hello"),
        async |client| {
            let tools = client.list("tools/list", "tools").await;
            assert_eq!(tools.len(), 1);
            assert_eq!(tools[0]["name"], "greet");
            assert_eq!(tools[0]["description"], "Greet someone by name.");
            let schema = &tools[0]["inputSchema"];
            assert_eq!(schema["type"], "object");
            assert_eq!(schema["required"], json!(["name"]));
            assert_eq!(schema["properties"], json!({ "name": { "type": "string", "description": "Who to greet." } }));
        },
    )
    .await;
}

#[tokio::test]
async fn only_what_is_served_is_declared() {
    everywhere(
        |_| Example::named("hello"),
        async |client| {
            let capabilities = client.server["capabilities"].clone();
            assert!(capabilities["tools"].is_object(), "{capabilities}");
            for absent in ["resources", "prompts", "completions"] {
                assert_eq!(capabilities.get(absent), None, "{absent} is declared and there is none");
            }
            let info = match client.revision().is_modern() {
                true => client.server["_meta"]["io.modelcontextprotocol/serverInfo"].clone(),
                false => client.server["serverInfo"].clone(),
            };
            assert_eq!(info["name"], "greeter");
        },
    )
    .await;
}

/// The blocks of a page in one language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let blocks = page.split("\n```").skip(1).step_by(2);
    let named = |block: &'a str| block.split_once('\n').filter(|(name, _)| name.split(',').next() == Some(language));
    blocks.filter_map(named).map(|(_, text)| text).collect()
}

#[tokio::test]
async fn the_first_hour_goes_as_the_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../docs/getting-started.md")).unwrap();
    let written = |file: &str| fs::read_to_string(root.join("examples/greeter").join(file)).unwrap();
    let rust = blocks(&page, "rust");
    let text = blocks(&page, "text");
    assert_eq!(format!("{}\n", rust[1]), written("count.rs"));
    // The documentation of the program is not on the page.
    let main = written("main.rs").lines().filter(|line| !line.starts_with("//!")).collect::<Vec<_>>().join("\n");
    assert_eq!(format!("{}\n\n{}", text[2], rust[0]), main.trim_start());

    let shell: Vec<&str> = blocks(&page, "sh").into_iter().filter(|block| block.starts_with("cargo run")).collect();
    let answers = [text[0], text[1], text[3]];
    assert_eq!(shell.len(), answers.len(), "{shell:?}");
    for (typed, answer) in shell.into_iter().zip(answers) {
        let words = typed.strip_prefix("cargo run -- ").unwrap().split(' ');
        let ran = Example::named("greeter").args(words).output().await;
        let said = String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap();
        // By now there are two tools.
        let said = said.replace("  count_words                  Count the words of a text.\n", "");
        assert_eq!(said.trim_end(), answer, "{typed}");
    }
    let listed = Example::named("greeter").arg("list").output().await;
    assert!(String::from_utf8(listed.stdout).unwrap().contains("count_words"), "the second tool is found");
}
