//! `list`, `inspect` and `version`: what clients are told. Nothing is started for it.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::output;
use crate::error::Error;
use crate::protocol::method;
use crate::server::RunningServer;

/// The server's name and version.
pub(super) fn version(server: &RunningServer, as_json: bool) -> Result<(), Error> {
    let info = &server.core().info;
    if as_json {
        return output::print_json(&json!({ "name": info.name, "version": info.version }).to_string());
    }
    output::print(&format!("{} {}", info.name, info.version))
}

/// The names of everything, with the first line of what is said about it.
pub(super) async fn list(server: &RunningServer, as_json: bool) -> Result<(), Error> {
    let lists = lists(server).await?;
    if as_json {
        return output::print_json(&format!("{{{}}}", written(&lists)));
    }
    let mut out = String::new();
    for (kind, items) in &lists {
        if items.is_empty() {
            continue;
        }
        let kind = if *kind == "resourceTemplates" { "resource templates" } else { kind };
        let _ = writeln!(out, "{kind}:");
        for item in items.iter().map(|item| read(item)) {
            let about = item["description"].as_str().and_then(|text| text.lines().next()).unwrap_or("");
            let _ = writeln!(out, "{}", format!("  {:<28} {about}", name(&item)).trim_end());
        }
    }
    output::print(out.trim_end())
}

/// Everything that clients are told.
pub(super) async fn inspect(server: &RunningServer, as_json: bool) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Discovered {
        capabilities: Box<RawValue>,
        instructions: Option<Box<RawValue>>,
    }
    let lists = lists(server).await?;
    let core = server.core();
    if as_json {
        let discovered = server.told(method::DISCOVER, None).await?;
        let discovered: Discovered = serde_json::from_str(discovered.get())
            .map_err(|error| Error::new("the server's description cannot be read").caused_by(error))?;
        let mut out = format!("{{\"serverInfo\":{},\"capabilities\":{}", core.info_json, discovered.capabilities);
        if let Some(instructions) = discovered.instructions {
            let _ = write!(out, ",\"instructions\":{instructions}");
        }
        return output::print_json(&format!("{out},{}}}", written(&lists)));
    }
    let mut out = format!("{} {}\n", core.info.name, core.info.version);
    if let Some(instructions) = &core.instructions {
        let _ = writeln!(out, "{instructions}");
    }
    for (kind, items) in &lists {
        for item in items.iter().map(|item| read(item)) {
            describe(&mut out, kind, &item);
        }
    }
    output::print(out.trim_end())
}

fn describe(out: &mut String, kind: &str, item: &Value) {
    let kind = if kind == "resourceTemplates" { "resource template" } else { kind.trim_end_matches('s') };
    let _ = writeln!(out, "\n{kind} {}", name(item));
    if let Some(about) = item["description"].as_str() {
        let _ = writeln!(out, "  {}", about.replace('\n', "\n  "));
    }
    let mut argument = |name: &str, kind: &str, required: bool, about: &str| {
        let optional = if required { "" } else { " (optional)" };
        let line = format!("    {name}{kind}{optional} {}", about.replace('\n', " "));
        let _ = writeln!(out, "{}", line.trim_end());
    };
    let required = item["inputSchema"]["required"].as_array();
    for (name, schema) in item["inputSchema"]["properties"].as_object().into_iter().flatten() {
        let must = required.is_some_and(|required| required.iter().any(|one| one == name.as_str()));
        let kinds = super::arguments::kinds(schema, &item["inputSchema"]).join(" or ");
        let kinds = if kinds.is_empty() { "any".to_owned() } else { kinds };
        argument(name, &format!(": {kinds}"), must, schema["description"].as_str().unwrap_or_default());
    }
    for one in item["arguments"].as_array().into_iter().flatten() {
        let about = one["description"].as_str().unwrap_or_default();
        argument(one["name"].as_str().unwrap_or_default(), "", one["required"] == true, about);
    }
}

type NamedList = (&'static str, Vec<Box<RawValue>>);

/// All four lists, every page of each, item by item as it was written.
async fn lists(server: &RunningServer) -> Result<Vec<NamedList>, Error> {
    #[derive(Deserialize)]
    struct ReadPage {
        #[serde(alias = "tools", alias = "resources", alias = "resourceTemplates", alias = "prompts")]
        items: Vec<Box<RawValue>>,
        #[serde(rename = "nextCursor")]
        next: Option<Box<RawValue>>,
    }
    let mut lists = Vec::new();
    for (method, kind) in [
        (method::TOOLS_LIST, "tools"),
        (method::RESOURCES_LIST, "resources"),
        (method::RESOURCES_TEMPLATES_LIST, "resourceTemplates"),
        (method::PROMPTS_LIST, "prompts"),
    ] {
        let mut items = Vec::new();
        let mut cursor: Option<Box<RawValue>> = None;
        loop {
            // A server without components of a kind does not know their list.
            let Ok(page) = server.told(method, cursor.as_deref()).await else { break };
            let page: ReadPage = serde_json::from_str(page.get())
                .map_err(|error| Error::new(format!("the list of {kind} cannot be read")).caused_by(error))?;
            items.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        lists.push((kind, items));
    }
    Ok(lists)
}

/// The lists as members of an object.
fn written(lists: &[NamedList]) -> String {
    let list = |(kind, items): &NamedList| {
        let items: Vec<&str> = items.iter().map(|item| item.get()).collect();
        format!("\"{kind}\":[{}]", items.join(","))
    };
    lists.iter().map(list).collect::<Vec<_>>().join(",")
}

fn read(item: &RawValue) -> Value {
    serde_json::from_str(item.get()).unwrap_or_default()
}

fn name(item: &Value) -> &str {
    ["uri", "uriTemplate", "name"].iter().find_map(|key| item[*key].as_str()).unwrap_or("")
}
