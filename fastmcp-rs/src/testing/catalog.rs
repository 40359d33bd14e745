//! Snapshots of what a server offers, to be read in review like code.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::diff::diff;
use crate::client::{Client, ClientError, MemoryServer};
use crate::protocol::Revision;

/// Everything that a server lists: its tools, resources, templates and prompts, as clients are told them. No version and no time, so
/// that it changes only with what is offered.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogSnapshot {
    /// The server's name.
    pub server: String,
    /// An object with `tools`, `resources`, `resourceTemplates` and `prompts`, sorted by their names.
    pub lists: Value,
}

impl CatalogSnapshot {
    /// As text, with sorted keys.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.lists).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What a server lists for a client.
///
/// # Errors
/// When a list cannot be read.
pub async fn catalog_of(client: &Client) -> Result<CatalogSnapshot, ClientError> {
    let capabilities = &client.server().capabilities;
    let mut lists = json!({});
    for (field, method, has) in [
        ("tools", "tools/list", capabilities.tools.is_some()),
        ("resources", "resources/list", capabilities.resources.is_some()),
        ("resourceTemplates", "resources/templates/list", capabilities.resources.is_some()),
        ("prompts", "prompts/list", capabilities.prompts.is_some()),
    ] {
        let mut items: Vec<Value> = if has { client.listed(method, field).await? } else { Vec::new() };
        let key = |item: &Value| {
            ["name", "uri", "uriTemplate"].map(|name| item[name].as_str().unwrap_or_default().to_owned())
        };
        items.sort_by_key(key);
        lists[field] = items.into();
    }
    Ok(CatalogSnapshot { server: client.server().name.clone(), lists })
}

/// See [`assert_catalog!`](crate::assert_catalog).
#[doc(hidden)]
#[track_caller]
pub fn assert_catalog_in(server: impl Into<MemoryServer>, package: &str) -> impl Future<Output = ()> {
    let at = std::panic::Location::caller();
    let connecting = Client::memory(server).era(Revision::LATEST).connect();
    let package = Path::new(package).to_owned();
    async move {
        let catalog = async {
            let client = connecting.await?;
            let catalog = catalog_of(&client).await?;
            let _ = client.close().await;
            Ok::<_, ClientError>(catalog)
        };
        let catalog = catalog.await.unwrap_or_else(|error| panic!("{at}: the catalog cannot be read: {error}"));
        let update = std::env::var_os("UPDATE_CATALOG").is_some_and(|value| !value.is_empty() && value != "0");
        if let Err(what) = check(&catalog, &package, update) {
            panic!("{at}: {what}");
        }
    }
}

/// Holds a catalog against its snapshot, or writes it.
fn check(catalog: &CatalogSnapshot, package: &Path, update: bool) -> Result<(), String> {
    // A name is the server's, and not always one of a file.
    let name: String = catalog
        .server
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .collect();
    let file = package.join("tests").join("catalog").join(format!("{}.json", name.trim_start_matches('.')));
    let shown = file.display();
    if update {
        let written = file
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&file, catalog.to_text()));
        return written.map_err(|error| format!("{shown} cannot be written: {error}"));
    }
    let known = match std::fs::read_to_string(&file) {
        Ok(known) => known,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(format!(
                "there is no snapshot at {shown}: run the test once with UPDATE_CATALOG=1, and read what it wrote"
            ));
        }
        Err(error) => return Err(format!("{shown} cannot be read: {error}")),
    };
    let known: Value = serde_json::from_str(&known).map_err(|error| format!("{shown} is no JSON: {error}"))?;
    if known == catalog.lists {
        return Ok(());
    }
    let mut what = format!("the catalog is not that of {shown}:\n");
    for change in diff(&known, &catalog.lists) {
        let _ = writeln!(what, "  {change}");
    }
    what.push_str("where that is meant, run the test once with UPDATE_CATALOG=1");
    Err(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_written_when_asked_for_and_never_otherwise() {
        let package = std::env::temp_dir().join(format!("fastmcp-rs-catalog-{}", std::process::id()));
        let catalog = |tools: Value| CatalogSnapshot { server: "my/server".into(), lists: json!({ "tools": tools }) };
        let first = catalog(json!([{ "name": "a", "inputSchema": { "type": "object" } }]));
        let missing = check(&first, &package, false).expect_err("there is none");
        assert!(missing.contains("UPDATE_CATALOG=1") && !package.exists(), "{missing}");
        check(&first, &package, true).expect("it is written");
        check(&first, &package, false).expect("it is the same");
        let file = package.join("tests/catalog/my_server.json");
        assert!(file.exists());
        let differs = check(&catalog(json!([])), &package, false).expect_err("it differs");
        assert!(differs.contains("breaking: tool `a` is gone"), "{differs}");
        std::fs::remove_dir_all(package).expect("it was made here");
    }
}
