//! What clients are told of tools, resources and prompts: a zoo of arguments and results, and the list entry of each as a
//! golden file. `UPDATE_EXPECT=1 cargo test -p fastmcp-rs-tests --test goldens` rewrites them; read them like code.

#[path = "../support/listed.rs"]
mod listed;
mod zoo;

use expect_test::expect_file;
use fastmcp_rs::{Server, serde_json};

/// Every entry of a list has a file of its own, and every file an entry.
async fn check(method: &str, directory: &str) {
    let mut files = Vec::new();
    for entry in listed::list(Server::new("zoo").state(zoo::Keeper), method).await {
        let name = entry["name"].as_str().expect("an entry has a name");
        let text = serde_json::to_string_pretty(&entry).expect("a list is JSON") + "\n";
        files.push(format!("{name}.json"));
        expect_file![format!("{}/goldens/{directory}/{name}.json", env!("CARGO_MANIFEST_DIR"))].assert_eq(&text);
    }
    let kept = std::fs::read_dir(format!("{}/goldens/{directory}", env!("CARGO_MANIFEST_DIR"))).expect("it is there");
    let mut kept: Vec<String> =
        kept.map(|file| file.expect("it is there").file_name().into_string().expect("it has a name")).collect();
    kept.sort();
    files.sort();
    assert_eq!(kept, files, "a golden file that no entry belongs to");
}

#[tokio::test]
async fn tools() {
    check("tools/list", "tools").await;
}

#[tokio::test]
async fn resources() {
    check("resources/list", "resources").await;
}

#[tokio::test]
async fn resource_templates() {
    check("resources/templates/list", "templates").await;
}

#[tokio::test]
async fn prompts() {
    check("prompts/list", "prompts").await;
}
