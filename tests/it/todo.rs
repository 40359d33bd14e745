//! The to-do list: typed inputs and outputs, state, a file that is never half written.

use std::{fs, path::Path};

use fastmcp_rs_tests::{Client, Example, Revision, Transport, everywhere, wherever};
use serde_json::{Value, json};

fn todo(directory: &Path) -> Example {
    Example::named("todo").env("TODO_DB", directory.join("todos.json"))
}

#[tokio::test]
async fn a_todo_is_created_listed_and_done() {
    wherever(&Revision::ALL, todo, async |client| {
        assert_eq!(client.value("health_check", json!({})).await["status"], "ok");
        assert_eq!(client.value("list_todos", json!({})).await, json!({ "open": 0, "todos": [] }));

        let learn = json!({ "id": 1, "title": "Learn MCP", "done": false });
        assert_eq!(client.value("create_todo", json!({ "title": "Learn MCP" })).await, learn);
        let write = json!({ "id": 2, "title": "Write a server", "description": "in Rust", "done": false });
        let arguments = json!({ "title": "Write a server", "description": "in Rust" });
        assert_eq!(client.value("create_todo", arguments).await, write);

        let learnt = json!({ "id": 1, "title": "Learn MCP", "done": true });
        assert_eq!(client.value("set_todo_status", json!({ "todo_id": 1, "done": true })).await, learnt);
        assert_eq!(client.value("list_todos", json!({})).await, json!({ "open": 1, "todos": [learnt, write] }));
    })
    .await;
}

#[tokio::test]
async fn tools_are_listed_in_the_order_of_their_names() {
    wherever(&Revision::ALL, todo, async |client| {
        let expected = ["create_todo", "health_check", "list_todos", "set_todo_status"];
        assert_eq!(client.names("tools/list", "tools").await, expected);
        assert_eq!(client.names("tools/list", "tools").await, expected);
    })
    .await;
}

#[tokio::test]
async fn what_is_enforced_is_published() {
    everywhere(todo, async |client| {
        let tools = client.list("tools/list", "tools").await;
        let create = &tools[0]["inputSchema"];
        assert_eq!(create["required"], json!(["title"]));
        assert_eq!(create["properties"]["title"]["minLength"], 3);
        assert_eq!(create["properties"]["title"]["maxLength"], 140);
        assert_eq!(create["properties"]["description"]["maxLength"], 500);
        assert_eq!(create["properties"]["description"]["type"], "string", "an optional argument is no union with null");
        assert_eq!(tools[3]["inputSchema"]["properties"]["todo_id"]["minimum"], 1);
        assert_eq!(tools[3]["inputSchema"]["properties"]["todo_id"].get("format"), None);
        assert_eq!(tools[0]["outputSchema"]["type"], "object");
        assert_eq!(tools[0]["annotations"]["destructiveHint"], false);
        assert_eq!(tools[1]["annotations"]["readOnlyHint"], true);
    })
    .await;
}

#[tokio::test]
async fn every_fault_of_a_call_is_named_at_once() {
    everywhere(todo, async |client| {
        let text = client.failure("create_todo", json!({ "titel": "Learn MCP", "description": "x".repeat(501) })).await;
        for part in ["/title", "/titel", "/description", "500"] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
        assert!(text.contains("did you mean"), "no help for the misspelt name: {text}");
    })
    .await;
}

#[tokio::test]
async fn lengths_are_counted_in_characters_and_hold_at_both_ends() {
    everywhere(todo, async |client| {
        for (title, good) in
            [("ab", false), ("abc", true), ("äöü", true), (&*"ü".repeat(140), true), (&*"ü".repeat(141), false)]
        {
            let result = client.call("create_todo", json!({ "title": title })).await;
            assert_eq!(result["isError"] != true, good, "{title:?}: {result}");
        }
    })
    .await;
}

#[tokio::test]
async fn scalars_sent_as_strings_are_understood() {
    everywhere(todo, async |client| {
        client.value("create_todo", json!({ "title": "Learn MCP" })).await;
        for (id, done) in [(json!("1"), json!("true")), (json!(1.0), json!(true))] {
            let todo = client.value("set_todo_status", json!({ "todo_id": id, "done": done })).await;
            assert_eq!(todo["done"], true);
        }
        for id in [json!("one"), json!(0), json!(-1), json!(1.5), json!(1e300), json!("1x"), json!([1]), json!(null)] {
            let text = client.failure("set_todo_status", json!({ "todo_id": id, "done": true })).await;
            assert!(text.contains("/todo_id"), "{id}: {text}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_number_is_the_tools_own_error() {
    everywhere(todo, async |client| {
        let text = client.failure("set_todo_status", json!({ "todo_id": 7, "done": true })).await;
        assert!(text.contains("no to-do with the number 7"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_spoilt_file_is_reported_and_left_alone() {
    for transport in Transport::ALL {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("todos.json");
        fs::write(&file, "{ not a list").unwrap();
        let mut client = Client::start(todo(directory.path()), transport, Revision::V2026_07_28).await;
        for (tool, arguments) in [("list_todos", json!({})), ("create_todo", json!({ "title": "Learn MCP" }))] {
            let text = client.failure(tool, arguments).await;
            assert!(text.contains("todos.json"), "{text}");
        }
        client.finish().await;
        assert_eq!(fs::read_to_string(&file).unwrap(), "{ not a list");
    }
}

#[tokio::test]
async fn what_is_still_to_be_done_is_not_added_twice() {
    everywhere(todo, async |client| {
        let title = json!({ "title": "Learn MCP" });
        let first = client.value("create_todo", title.clone()).await;
        assert_eq!(client.value("create_todo", title.clone()).await, first);
        client.value("set_todo_status", json!({ "todo_id": first["id"], "done": true })).await;
        assert_eq!(client.value("create_todo", title).await["id"], 2, "what is done may be to do again");
    })
    .await;
}

#[tokio::test]
async fn two_servers_on_one_file_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut one, mut other) = tokio::join!(
        Client::start(todo(directory.path()), Transport::Stdio, Revision::V2026_07_28),
        Client::start(todo(directory.path()), Transport::Http, Revision::V2025_11_25),
    );
    let fill = async |client: &mut Client, whose: &str| {
        for n in 0..10 {
            client.value("create_todo", json!({ "title": format!("number {n} of {whose}") })).await;
        }
    };
    tokio::join!(fill(&mut one, "one"), fill(&mut other, "the other"));
    let list = one.value("list_todos", json!({})).await;
    let ids: Vec<u64> = list["todos"].as_array().unwrap().iter().map(|todo| todo["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=20).collect::<Vec<_>>());
    one.finish().await;
    other.finish().await;

    let kept: Value = serde_json::from_slice(&fs::read(directory.path().join("todos.json")).unwrap()).unwrap();
    assert_eq!(kept, list["todos"]);
}
