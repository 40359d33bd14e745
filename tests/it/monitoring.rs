//! The dashboard and the alerts in `docs/monitoring/`: they can be read, and use each metric that a server exposes, and no other.

use std::collections::{BTreeMap, BTreeSet};

use fastmcp_rs_tests::{Example, example::HttpServer, http::Connection};
use serde_json::Value;

const DASHBOARD: &str = include_str!("../../docs/monitoring/grafana.json");
const ALERTS: &str = include_str!("../../docs/monitoring/alerts.yml");
const CHAPTER: &str = include_str!("../../docs/monitoring.md");

fn dashboard() -> Value {
    serde_json::from_str(DASHBOARD).unwrap()
}

fn alerts() -> Vec<Value> {
    let file: Value = serde_yaml_ng::from_str(ALERTS).unwrap();
    let groups = file["groups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).cloned().collect()
}

/// Every expression: of panels, with the panel's title, of variables, and of alerts.
fn expressions() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for panel in dashboard()["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            all.push((panel["title"].to_string(), target["expr"].as_str().unwrap().to_owned()));
        }
    }
    for variable in dashboard()["templating"]["list"].as_array().unwrap() {
        if let Some(query) = variable["query"]["query"].as_str() {
            all.push((variable["name"].to_string(), query.to_owned()));
        }
    }
    for alert in alerts() {
        all.push((alert["alert"].to_string(), alert["expr"].as_str().unwrap().to_owned()));
    }
    all
}

/// The metrics of an expression, each with the labels that it is told apart by there.
fn used(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let metric = |word: &str| {
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|part| word.strip_suffix(part)).unwrap_or(word);
        // A counter may end in the same letters.
        word.starts_with("mcp_").then(|| family.to_owned())
    };
    words.filter_map(metric).collect()
}

/// What a server exposes, by family: the names of its labels.
async fn exposed() -> BTreeMap<String, BTreeSet<String>> {
    // With all that has metrics of its own.
    let example = Example::named("observed").env("METRICS", "1").env("AUTH", "1");
    let server = HttpServer::start(example).await;
    let mut connection = Connection::open(&server.address).await;
    connection.send("GET", "/metrics", &[], b"").await;
    let text = connection.response().await.unwrap().text();
    server.terminate().await;
    let mut families = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            families.insert(rest.split(' ').next().unwrap().to_owned(), BTreeSet::new());
        }
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let family = used(name).into_iter().next().unwrap();
        let known = families.get_mut(&family).unwrap_or_else(|| panic!("{family} has no type"));
        let names =
            labels.split("\",").filter_map(|label| Some(label.split_once('=')?.0.trim_end_matches('}').to_owned()));
        known.extend(names);
    }
    families
}

#[tokio::test]
async fn each_metric_of_a_server_is_shown_and_each_that_is_shown_is_there() {
    let families = exposed().await;
    let shown: BTreeSet<String> = expressions().iter().flat_map(|(_, expression)| used(expression)).collect();
    let there: BTreeSet<String> = families.keys().cloned().collect();
    assert_eq!(shown, there, "in docs/monitoring on the left, at /metrics on the right");
}

#[tokio::test]
async fn series_are_told_apart_by_labels_that_they_have() {
    let families = exposed().await;
    // What Prometheus adds to each series.
    let added = ["instance", "job", "le"];
    for (whose, expression) in expressions() {
        let labels: BTreeSet<&str> = used(&expression)
            .iter()
            .flat_map(|family| families[family].iter().map(String::as_str).collect::<Vec<_>>())
            .chain(added)
            .collect();
        let labels: BTreeSet<String> = labels.into_iter().map(ToOwned::to_owned).collect();
        // `by (a, b)`, `on (a)`, `{a="..", b=~".."}`
        let mut named = Vec::new();
        for word in ["by (", "on (", "ignoring ("] {
            for (at, _) in expression.match_indices(word) {
                let rest = &expression[at + word.len()..];
                named.extend(rest.split(')').next().unwrap().split(',').map(|label| label.trim().to_owned()));
            }
        }
        for (at, _) in expression.match_indices('{') {
            let inside = expression[at + 1..].split('}').next().unwrap();
            let matchers =
                inside.split(',').filter_map(|matcher| Some(matcher.split_once(['=', '!'])?.0.trim().to_owned()));
            named.extend(matchers);
        }
        for label in named {
            assert!(labels.contains(&label), "{whose}: no metric in it has the label {label}: {expression}");
        }
        for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
            let count = |c: char| expression.chars().filter(|other| *other == c).count();
            assert_eq!(count(open), count(close), "{whose}: {expression}");
        }
        assert_eq!(expression.matches('"').count() % 2, 0, "{whose}: {expression}");
    }
}

#[test]
fn the_dashboard_is_one_that_grafana_takes() {
    let dashboard = dashboard();
    assert!(dashboard["schemaVersion"].as_u64() >= Some(39));
    let variables: Vec<_> =
        dashboard["templating"]["list"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(variables, ["datasource", "instance", "tool"]);
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    let mut cells = BTreeSet::new();
    for panel in panels {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{}", panel["title"]);
        let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        assert!(place("x") + place("w") <= 24, "{}", panel["title"]);
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(cells.insert((x, y)), "{} lies over another", panel["title"]);
            }
        }
        let references: BTreeSet<_> =
            panel["targets"].as_array().unwrap().iter().map(|target| target["refId"].to_string()).collect();
        assert_eq!(references.len(), panel["targets"].as_array().unwrap().len());
    }
}

#[test]
fn each_alert_and_each_panel_has_a_row_in_the_book() {
    let alerts = alerts();
    let names: BTreeSet<&str> = alerts.iter().map(|alert| alert["alert"].as_str().unwrap()).collect();
    assert_eq!(names.len(), alerts.len());
    for alert in &alerts {
        let name = alert["alert"].as_str().unwrap();
        assert!(matches!(alert["labels"]["severity"].as_str(), Some("critical" | "warning")), "{name}");
        assert!(alert["annotations"]["summary"].is_string(), "{name}");
        if let Some(time) = alert.get("for") {
            let time = time.as_str().unwrap();
            assert!(time.ends_with('m') && time[..time.len() - 1].parse::<u32>().is_ok(), "{name}: {time}");
        }
    }
    let told: BTreeSet<&str> =
        CHAPTER.lines().filter_map(|line| line.strip_prefix("| `Mcp")?.split_once('`')).map(|(name, _)| name).collect();
    assert_eq!(told, names.iter().map(|name| name.strip_prefix("Mcp").unwrap()).collect());
    for panel in dashboard()["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(CHAPTER.contains(title), "`{title}` is not in docs/monitoring.md");
    }
}
