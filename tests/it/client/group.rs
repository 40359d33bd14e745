//! Several servers by one configuration.

use fastmcp_rs::client::{ClientError, ClientGroup, ConnectError};
use fastmcp_rs_tests::example::{Example, HttpServer, executable};
use serde_json::{Value, json};

#[tokio::test]
async fn each_server_is_called_by_its_name_and_a_dead_one_takes_no_other_away() {
    let http = HttpServer::start(Example::named("hello")).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mcp.json");
    let config = json!({ "mcpServers": {
        "local": { "command": executable("hello"), "args": [], "env": { "A": "${NOT_SET:-b}" } },
        "remote": { "url": format!("http://{}{}", http.address, http.path), "timeout": 20_000, "mode": "2025-11-25" },
        "dead": { "command": "/no/such/program" },
        "wrong": { "type": "carrier pigeon" },
        "empty": {},
        "list": [],
        "unset": { "command": "x", "args": ["${SURELY_NOT_SET_ANYWHERE}"] },
        "off": { "command": "/no/such/program", "disabled": true },
    } });
    std::fs::write(&file, config.to_string()).unwrap();
    let group = ClientGroup::from_config(&file).unwrap().connect().await.unwrap();
    let names: Vec<&str> = group.clients().map(|(name, _)| name).collect();
    assert_eq!(names, ["local", "remote"]);
    let failed: Vec<&str> = group.failures().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(failed, ["dead", "empty", "list", "unset", "wrong"]);
    assert!(group.failures().iter().all(|(_, error)| matches!(error, ClientError::Connect(_))));
    assert_eq!(group.client("remote").unwrap().revision(), fastmcp_rs::Revision::V2025_11_25);

    let (tools, untold) = group.tools().await;
    assert!(untold.is_empty());
    let first = tools[0].name.clone();
    let same = first.replace("local__", "remote__");
    assert!(tools.iter().any(|tool| tool.name == same), "{tools:?}");
    for name in [first, same] {
        let greeting = group.call_tool(&name, json!({ "name": "Ada" })).await.unwrap();
        assert!(!greeting.is_error() && greeting.to_text().contains("Ada"), "{name}: {greeting:?}");
    }
    for (name, words) in [
        ("add", "local, remote"),
        ("nowhere__add", "no server of `nowhere__add`"),
        ("dead__add", "the server `dead` is not connected"),
    ] {
        let error = group.call_tool(name, json!({})).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    group.close().await.unwrap();
    http.terminate().await;
}

#[tokio::test]
async fn a_name_that_may_be_of_two_is_refused() {
    let hello = executable("hello");
    let config = json!({ "servers": { "a": { "command": hello }, "a__b": { "command": hello } } });
    let group = ClientGroup::from_json(&config.to_string()).unwrap();
    let group = group.each(|_, builder| builder.timeout(std::time::Duration::from_secs(30))).connect().await.unwrap();
    let error = group.call::<Value>("a__b__add", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("may be of `a` or of `a__b`"), "{error}");
    group.close().await.unwrap();
}

#[tokio::test]
async fn a_configuration_that_is_none_is_named() {
    for text in ["", "[]", "{}", "{\"mcpServers\": []}", "// a comment\n{}"] {
        let error = ClientGroup::from_json(text).unwrap_err();
        assert!(matches!(error, ClientError::Connect(ConnectError::Setting { .. })), "{text}: {error:?}");
    }
    let error = ClientGroup::from_config("/no/such/file.json").unwrap_err().to_string();
    assert!(error.contains("/no/such/file.json"), "{error}");
    let error = ClientGroup::from_json(r#"{"mcpServers":{"a":{"command":"/no/such/program"}}}"#).unwrap();
    let error = error.connect().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(ConnectError::Spawn { .. })), "{error:?}");
}
