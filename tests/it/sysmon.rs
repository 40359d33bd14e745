//! The machine's own figures, with hostile names and paths.

use std::path::Path;

use fastmcp_rs_tests::{Example, Revision, everywhere, wherever};
use serde_json::{Value, json};

fn sysmon(_: &Path) -> Example {
    Example::named("sysmon")
}

#[tokio::test]
async fn the_figures_are_the_same_as_tools_and_as_resources() {
    wherever(&Revision::ALL, sysmon, async |client| {
        let disk = client.value("disk_usage", json!({ "path": "/" })).await;
        let load = client.value("system_load", json!({})).await;
        for (uri, figures) in [("sysmon://disk", disk), ("sysmon://load", load)] {
            let read = client.result("resources/read", json!({ "uri": uri })).await;
            let content = &read["contents"][0];
            assert_eq!(content["mimeType"], "application/json");
            let again: Value = serde_json::from_str(content["text"].as_str().unwrap()).unwrap();
            let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&again), names(&figures), "{uri}");
        }
    })
    .await;
}

#[tokio::test]
async fn fixed_resources_and_templates_are_listed_apart() {
    everywhere(sysmon, async |client| {
        let uris = |items: &[Value], member: &str| {
            let mut uris: Vec<_> = items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect();
            uris.sort();
            uris
        };
        let fixed = client.list("resources/list", "resources").await;
        assert_eq!(uris(&fixed, "uri"), ["sysmon://disk", "sysmon://load"]);
        let templates = client.list("resources/templates/list", "resourceTemplates").await;
        assert_eq!(uris(&templates, "uriTemplate"), ["sysmon://disk/{path*}", "sysmon://services/{service_name}"]);
    })
    .await;
}

#[tokio::test]
async fn a_path_of_several_segments_is_one_variable() {
    everywhere(sysmon, async |client| {
        let read = client.result("resources/read", json!({ "uri": "sysmon://disk/usr/bin" })).await;
        assert!(read["contents"][0]["text"].as_str().unwrap().contains("/usr/bin"), "{read}");
    })
    .await;
}

#[tokio::test]
async fn a_service_name_cannot_smuggle_anything() {
    everywhere(sysmon, async |client| {
        for name in
            ["--help", "-H root@evil", "ssh; reboot", "$(reboot)", "a b", "ssh\n", "../../etc/passwd", "", "a\u{0}b"]
        {
            let text = client.failure("service_status", json!({ "service_name": name })).await;
            assert!(text.contains("/service_name"), "{name:?}: {text}");
        }
        for uri in ["sysmon://services/--help", "sysmon://services/..%2f..%2fetc", "sysmon://services/a%20b"] {
            client.refusal("resources/read", json!({ "uri": uri })).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_path_cannot_climb() {
    everywhere(sysmon, async |client| {
        for path in ["../etc", "usr/%2e%2e/etc", "usr%2f..%2fetc", "usr/..%5cetc", "usr/%00", "usr/%zz", "usr/%ff"] {
            client.refusal("resources/read", json!({ "uri": format!("sysmon://disk/{path}") })).await;
        }
    })
    .await;
}
